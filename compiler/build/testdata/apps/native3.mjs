// There is no current esbuild adapter for Native Federation 3: this is the least that its builder needs.
import { basename, join, relative } from "node:path";
import native from "@softarc/native-federation/build.js";
import * as esbuild from "esbuild";

const adapter = async ({ entryPoints, external, outdir, hash }) => {
  const built = await esbuild.build({
    entryPoints: entryPoints.map((e) => ({ in: e.fileName, out: basename(e.outName, ".js") })), outdir, external, bundle: true, minify: true,
    splitting: true, format: "esm", target: "es2022", entryNames: hash ? "[name]-[hash]" : "[name]", metafile: true, define: { "process.env.NODE_ENV": '"production"' },
  });
  return Object.keys(built.metafile.outputs).map((fileName) => ({ fileName: join(process.cwd(), fileName) }));
};
await native.federationBuilder.init({ adapter, options: {
  workspaceRoot: process.cwd(), outputPath: relative(process.cwd(), `${process.env.OUT}/native3`), tsConfig: "tsconfig.json",
  federationConfig: "native3.config.cjs", cacheExternalArtifacts: false, packageJson: "package.json",
} });
await native.federationBuilder.build();
