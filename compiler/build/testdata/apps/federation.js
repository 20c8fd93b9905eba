// What every build shares, and what is said of it.
export const shared = {
  react: { singleton: true, strictVersion: true, requiredVersion: "^19.3.0" },
  rxjs: { singleton: true, import: false, requiredVersion: "^7.8.0" },
  "@preact/signals-core": { eager: true, requiredVersion: false },
  nanoid: { shareScope: "ids" },
  zustand: { singleton: false, strictVersion: false },
};

export const checkout = {
  name: "checkout",
  filename: "remoteEntry.js",
  exposes: { "./Button": "./src/Button.js", "./Routes": "./src/Routes.js", "./Total": "./src/Total.js" },
  remotes: { catalog: "productCatalog@https://cdn.acme.example/catalog/3.3.0/mf-manifest.json" },
  shared,
  manifest: true,
  dts: false,
  experiments: { externalRuntime: true }, // the federation runtime is some 60 KB in every entry
};
