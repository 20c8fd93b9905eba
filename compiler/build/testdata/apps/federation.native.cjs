// The same for Native Federation: it knows no eager, no import: false and, before 4, no scopes.
exports.shared = {
  react: { singleton: true, strictVersion: true, requiredVersion: "^19.3.0" },
  "@preact/signals-core": { singleton: true, strictVersion: false, requiredVersion: "^1.14.0" },
  nanoid: { singleton: false, requiredVersion: "^6.0.0" },
  zustand: { singleton: true, strictVersion: true, requiredVersion: "^5.0.0", build: "separate" },
  "zustand/vanilla": { singleton: true, strictVersion: true, requiredVersion: "^5.0.0", build: "separate" },
};
exports.exposes = { "./Button": "./src/Button.js", "./Routes": "./src/Routes.js" };
