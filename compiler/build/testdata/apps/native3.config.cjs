const { withNativeFederation } = require("@softarc/native-federation/build");

module.exports = withNativeFederation({ name: "checkout", ...require("./federation.native.cjs") });
