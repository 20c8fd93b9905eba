import { withNativeFederation } from "@softarc/native-federation/config";
import { exposes, shared } from "./federation.native.cjs";

const dense = process.env.BUILD === "native4-dense";
if (dense) {
  shared.nanoid.shareScope = "ids";
  shared.react.pool = "ui";
}
export default withNativeFederation({ name: "@acme/checkout", exposes, shared,
  features: { integrityHashes: dense, denseExternals: dense, denseChunking: dense, ignoreUnusedDeps: false } });
