// What a shell asks of a pointer before it believes it: compiler/note in JavaScript, on WebCrypto (Ed25519: Chrome 137,
// Firefox 129, Safari 17, Node 20). vectors.json is what both say of a table of documents.

// Refused says in `reason` which question came out wrong: malformed, unsigned, signature, unknown keys, threshold, schema,
// registry, replayed or expired.
export class Refused extends Error {
  constructor(reason) {
    super(`pointer refused: ${reason}`);
    this.reason = reason;
  }
}

const demand = (holds, reason) => {
  if (!holds) throw new Refused(reason);
};

const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

// canonical writes a value of JSON.parse as RFC 8785 has it. Objects keep keys that are numbers in an order of their own, so
// JSON.stringify alone does not do.
const canonical = (value, depth = 0) => {
  demand(depth <= 32, "malformed");
  if (Array.isArray(value)) return `[${value.map((v) => canonical(v, depth + 1))}]`;
  if (!value || typeof value != "object") {
    demand(!/\p{Surrogate}/u.test(value), "malformed"); // half a character, which no UTF-8 can hold
    return JSON.stringify(value);
  }
  return `{${Object.keys(value).sort().map((k) => `${canonical(k)}:${canonical(value[k], depth + 1)}`)}}`;
};

const signature =
  /^— ([!#-*,-\[\]-~]+) ((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

// split takes a document apart: the pointer, the text that is signed, and whose the signatures are said to be.
const split = (doc) => {
  demand(doc.length <= 1 << 20, "malformed");
  let pointer, text;
  const signatures = [];
  try {
    const whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(doc);
    const end = whole.indexOf("\n");
    text = end < 0 ? whole : `${whole.slice(0, end)}}`;
    pointer = JSON.parse(text);
    if (end >= 0) {
      const [, list] = /^,"signatures":\["(.*)"\]}\n$/.exec(whole.slice(end + 1));
      for (const line of list.split('","')) {
        const [, name, base64] = signature.exec(line);
        const raw = bytes(base64);
        demand(raw.length > 4 && btoa(String.fromCharCode(...raw)) == base64, "malformed");
        const hash = Array.from(raw.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join("");
        signatures.push({ id: `${name}+${hash}`, raw: raw.subarray(4) });
      }
    }
    demand(text[0] == "{" && text != "{}" && canonical(pointer) == text, "malformed");
  } catch {
    throw new Refused("malformed");
  }
  demand(!Object.hasOwn(pointer, "signatures") && signatures.length <= 100, "malformed");
  return { pointer, text: new TextEncoder().encode(`${text}\n`), signatures };
};

// verify returns those of the keys that signed; at least threshold of them. A signature of an unknown key says nothing, and a
// wrong one of a known key spoils the document. A key is "name+hash+base64", as muster key new prints it.
const verify = async (text, signatures, keys, threshold) => {
  demand(signatures.length, "unsigned");
  const known = new Map(keys.map((key) => [/^[^+]+\+[^+]+/.exec(key)[0], key]));
  const signed = new Set();
  for (const { id, raw } of signatures) {
    const key = known.get(id);
    if (!key) continue;
    const data = bytes(key.slice(id.length + 1)).subarray(1);
    const imported = await crypto.subtle.importKey("raw", data, "Ed25519", false, ["verify"]);
    demand(await crypto.subtle.verify("Ed25519", imported, raw, text), "signature");
    signed.add(key);
  }
  demand(signed.size, "unknown keys");
  demand(signed.size >= threshold, "threshold");
  return [...signed];
};

// accept takes the bytes of a pointer and returns {pointer, signed}: what it says, and the keys that signed it. It throws
// Refused. keys: those that the shell trusts, no two the same; undefined if it asks for no signatures. seen: the highest
// serial that was accepted from each key, or from "" without keys. now: milliseconds.
export const accept = async (doc, { keys, threshold = 1, schema, registry, seen = {}, now = Date.now() }) => {
  const { pointer, text, signatures } = split(doc);
  const signed = keys ? await verify(text, signatures, keys, threshold) : [];
  demand(pointer.schema === schema, "schema");
  demand(pointer.registry === registry, "registry");
  const { serial, expires } = pointer;
  demand(Number.isSafeInteger(serial) && serial > 0, "malformed");
  for (const key of keys ? signed : [""]) demand(serial >= (seen[key] ?? 0), "replayed");
  if (Object.hasOwn(pointer, "expires")) {
    const at = Date.parse(expires);
    demand(at >= 0 || at < 0, "malformed");
    demand(new Date(at).toISOString().replace(".000Z", "Z") === expires, "malformed");
    demand(now < at, "expired");
  }
  return { pointer, signed };
};
