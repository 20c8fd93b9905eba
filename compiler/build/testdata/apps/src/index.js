import("./Routes.js");
