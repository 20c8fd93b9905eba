// Runs azurite until standard input ends, so that it never outlives the test that has started it, however that ends.
process.stdin.on("end", () => process.exit(0)).resume();
await import("azurite/dist/src/blob/main.js");
