import { relative } from "node:path";
import { runEsBuildBuilder } from "@softarc/native-federation-esbuild";

// The adapter's own preset for React names files that React 19 does not have.
const replaced = { "node_modules/react/index.js": { file: "node_modules/react/cjs/react.production.js" } };
const built = await runEsBuildBuilder("native4.config.mjs", {
  outputPath: relative(process.cwd(), `${process.env.OUT}/${process.env.BUILD}`),
  tsConfig: "tsconfig.json", entryPoints: ["src/index.js"], packageJson: "package.json", cacheExternalArtifacts: false,
  adapterConfig: { plugins: [], frameworks: [{ name: "react", fileReplacements: { dev: replaced, prod: replaced }, needsCommonJsPlugin: true }] },
});
await built.close();
