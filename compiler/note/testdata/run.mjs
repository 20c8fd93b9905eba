// Reads questions, one JSON object a line, and answers each with a line: a reason of verify.mjs, or "ok" and the keys that
// signed.
import { createInterface } from "node:readline";
import { accept } from "./verify.mjs";

const answer = async ({ doc, now, ...expected }) => {
  try {
    const { signed } = await accept(Buffer.from(doc, "base64"), { ...expected, now: Date.parse(now) });
    return ["ok", ...signed].join(" ");
  } catch (e) {
    return e.reason ?? `a bug: ${e.stack.replaceAll("\n", " ")}`;
  }
};

for await (const line of createInterface({ input: process.stdin })) console.log(await answer(JSON.parse(line)));
