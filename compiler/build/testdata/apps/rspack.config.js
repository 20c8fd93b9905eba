import rspack from "@rspack/core";
import { ModuleFederationPlugin } from "@module-federation/enhanced/rspack";
import { checkout } from "./federation.js";

const build = (name, output, plugin, more = {}) => ({
  name, mode: "production", context: import.meta.dirname, entry: {}, devtool: false, ...more,
  output: { path: `${process.env.OUT}/${name}`, filename: "[name].[contenthash:8].js", chunkFilename: "[name].[contenthash:8].js", uniqueName: "checkout", ...output },
  plugins: [plugin],
});

export default [
  build("rspack-script", { publicPath: "https://cdn.acme.example/checkout/2.5.0/" }, new ModuleFederationPlugin({ ...checkout, library: { type: "var", name: "acmeCheckout" }, remoteType: "script" })),
  build("rspack-module", { publicPath: "auto", module: true, library: { type: "module" } },
    new ModuleFederationPlugin({ ...checkout, library: { type: "module" }, filename: "static/remoteEntry.js", manifest: { filePath: "static" } })),
];
