import webpack from "webpack";
import { ModuleFederationPlugin } from "@module-federation/enhanced/webpack";
import { checkout, shared } from "./federation.js";

const build = (name, output, plugin, more = {}) => ({
  name, mode: "production", context: import.meta.dirname, entry: {}, devtool: false, ...more,
  output: { path: `${process.env.OUT}/${name}`, filename: "[name].[contenthash:8].js", chunkFilename: "[name].[contenthash:8].js", uniqueName: "checkout", ...output },
  plugins: [plugin],
});

const esm = { library: { type: "module" } };
const { manifest, dts, experiments, ...plain } = checkout; // which webpack itself does not know
const classic = { ...plain, remotes: { catalog: "productCatalog@https://cdn.acme.example/catalog/3.3.0/remoteEntry.js" },
  shared: Object.fromEntries(Object.entries(shared).map(([k, { shareScope, ...v }]) => [k, v])) };
export default [
  build("webpack-script", { publicPath: "auto" }, new ModuleFederationPlugin(checkout)),
  build("webpack-module", { publicPath: "https://cdn.acme.example/checkout/2.5.0/", module: true },
    new ModuleFederationPlugin({ ...checkout, ...esm, filename: "remoteEntry.[contenthash:8].js", shareStrategy: "loaded-first" }), { experiments: { outputModule: true }, devtool: "source-map" }),
  build("webpack-host", { publicPath: "/" }, new ModuleFederationPlugin({ ...checkout, name: "shell", filename: undefined, exposes: undefined }), { entry: "./src/index.js" }),
  build("webpack-plain", { publicPath: "auto" }, new webpack.container.ModuleFederationPlugin(classic)),
];
