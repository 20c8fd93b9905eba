import { federation } from "@module-federation/vite";
import { checkout } from "./federation.js";

export default {
  base: "https://cdn.acme.example/checkout/2.5.0/",
  build: { outDir: `${process.env.OUT}/vite`, emptyOutDir: true, target: "esnext" },
  plugins: [federation({ ...checkout, remotes: { catalog: { type: "module", name: "productCatalog", entry: "https://cdn.acme.example/catalog/3.3.0/remoteEntry.js" } } })],
};
