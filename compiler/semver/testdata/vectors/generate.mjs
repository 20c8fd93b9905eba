// Writes what the JavaScript engines answer about hostile ranges and versions, one JSON array a line:
//
//   ranges:      [range, version, module-federation, webpack, npm, kind]
//   supersedes:  [candidate, current, module-federation, webpack, npm, kind]
//   before:      [range, version, webpack before 5.112, kind]
//
// An answer is 1, 0, or "E" where the engine threw. ranges-hostile.jsonl.gz, supersedes.jsonl.gz and before.jsonl.gz were made
// so, in a folder outside the repository:
//
//   npm install @module-federation/runtime-core@2.9.2 webpack@5.112.0 webpack-before@npm:webpack@5.110.3 semver@7.8.6
//   node <this file> ranges 1 12000 | gzip -9n >ranges-hostile.jsonl.gz
//   node <this file> supersedes 1 6000 | gzip -9n >supersedes.jsonl.gz
//   node <this file> before 1 8000 | gzip -9n >before.jsonl.gz
//
// The arguments are what to write, a seed and a number of lines; the same seed gives the same lines. The packages are looked
// for in ./node_modules. A long run with another seed, written to ranges.jsonl in a folder that MUSTER_VECTORS names, is a
// differential test:
//
//   node <this file> ranges 7 1000000 >/tmp/fuzz/ranges.jsonl
//   MUSTER_VECTORS=/tmp/fuzz go test -run Vectors -v ./compiler/semver

import fs from "node:fs";
import Module, { createRequire } from "node:module";
import path from "node:path";
import zlib from "node:zlib";

const [what = "ranges", seed = "1", count = "1000"] = process.argv.slice(2);

// --- the engines

const require = createRequire(path.join(process.cwd(), "x.js"));
const federation = path.join(process.cwd(), "node_modules/@module-federation/runtime-core/dist/utils");
const { satisfy } = require(path.join(federation, "semver/index.cjs"));
const webpack = require("webpack/lib/sharing/semver.js");
const before = what === "before" && require("webpack-before/lib/util/semver.js");
const npm = require("semver");

// privately gives a function that a CommonJS file keeps to itself.
function privately(file, name) {
	const m = new Module(file);
	m.filename = file;
	m.paths = Module._nodeModulePaths(path.dirname(file));
	m._compile(fs.readFileSync(file, "utf8") + `\nexports.${name} = ${name};`, file);
	return m.exports[name];
}
const federationLess = privately(path.join(federation, "share.cjs"), "versionLt");

function ask(question) {
	try {
		return question() ? 1 : 0;
	} catch {
		return "E";
	}
}
const satisfies = (range, version) => [
	ask(() => satisfy(version, range)),
	ask(() => webpack.satisfy(webpack.parseRange(range), version)),
	ask(() => npm.satisfies(version, range)),
];
const satisfiesBefore = (range, version) => [ask(() => before.satisfy(before.parseRange(range), version))];
const supersedes = (candidate, current) => [
	ask(() => federationLess(current, candidate)),
	ask(() => webpack.versionLt(current, candidate)),
	ask(() => npm.gt(candidate, current)),
];

// --- chance: mulberry32

let state = Number(seed) >>> 0;
function chance() {
	state = (state + 0x6d2b79f5) >>> 0;
	let t = state;
	t = Math.imul(t ^ (t >>> 15), t | 1);
	t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
	return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(chance() * n);
const pick = (list) => list[below(list.length)];
const maybe = (odds, text) => (chance() < odds ? text() : "");
const times = (n, text) => Array.from({ length: n }, text);

// --- texts

const small = ["0", "0", "1", "1", "2", "3", "10"];
const odd = [
	"00", "01", "1a", "", "-1", "1e3", "0x1", "15", "16", "17", "18", "19", "9007199254740990", "9007199254740991", "9007199254740992",
	"9007199254740993", "99999999999999999999", "100000000000000000000", "999999999999999999999", "1000000000000000000000",
	"1".repeat(25), "9".repeat(256), "9".repeat(257), "9".repeat(258), "9".repeat(310), "٣", "１",
];
const words = [
	"0", "1", "2", "10", "a", "alpha", "beta", "rc", "x", "X", "v", "-", "--", "-1", "-0", "00", "01", "0a", "1e5", "1E5", "0x10", "0X1f", "0b11",
	"0o17", "0xg", "Infinity", "-Infinity", "NaN", "1e-7", "1e7", "5e-324", "5e-300", "1e-10", "1e-400", "-1e-9", "0e0", "e5", "1-", "a-b", "canary-1", "20240101", "2024-01",
	"9007199254740991", "9007199254740992", "9007199254740993", "99999999999999999999999", "a".repeat(250), "a".repeat(251), "a".repeat(252),
	"1".repeat(256) + "a", "1".repeat(257) + "a", "é", "\ue000", "\ud83d\ude00", "*", "",
];
const operators = ["", "", "", "^", "^", "~", "~>", ">=", ">=", "<=", ">", "<", "<", "=", "==", "=>", "=<", "!", "!=", "v", "=v", ">=v", "^v", "^=", "~v", "~>=", "<>", "^^", "~^", ">==", "<=*"];
const blanks = ["", "", " ", " ", " ", "  ", "   ", "\t", "\n", "\r\n", "\v", "\f", "\u00a0", "\ufeff", "\u2028", "\u3000", "\u0085", "\u200b", "\u180e", "\u2003"];
const joints = [" ", " ", " ", "  ", "||", " || ", "|| ", " ||", "|||", "||||", "|", ",", ", ", "&&", " - ", " - ", "  -  ", "- ", " -", " -- ", "-", "\u00a0-\u00a0", " +a ", "+a ", " +a+b ", " + "];
const anyMarks = ["x", "X", "*"];

const number = () => (chance() < 0.93 ? pick(small) : pick(odd));
const part = () => (chance() < 0.82 ? number() : pick(anyMarks));
const tail = () => times(1 + below(3), () => (chance() < 0.6 ? pick(words.slice(0, 12)) : pick(words))).join(".");
const pre = () => "-" + tail();
const build = () => "+" + tail();
const partial = () => times(pick([1, 2, 3, 3, 3, 3, 3, 4]), part).join(".") + maybe(0.25, pre) + maybe(0.08, build);
const blank = () => maybe(0.3, () => pick(blanks));
const bound = () => pick(operators) + blank() + partial();
const plainBound = () => pick(["^", "~", ">=", ">", "<", "<=", "=", "", ">= ", "< ", "~ ", "^ ", "~> "]) + times(pick([1, 2, 3, 3]), () => pick(small)).join(".") + maybe(0.2, () => "-" + pick(words.slice(0, 20)));

const given = ["ranges", "ranges-natural"].flatMap((name) => {
	const packed = fs.readFileSync(new URL(`${name}.jsonl.gz`, import.meta.url));
	return zlib.gunzipSync(packed).toString().trim().split("\n").map((line) => JSON.parse(line));
});

function mutate(text) {
	for (let n = 1 + below(3); n > 0; n--) {
		const at = below(text.length + 1);
		const to = at + below(3);
		const extra = pick([
			() => "", () => pick(blanks), () => pick(operators), () => pick(joints), number, () => pick(words), () => pick(anyMarks), () => ".", () => "-", () => "+",
			() => "v", () => "=", () => "*", () => "||",
			() => text.slice(below(text.length + 1), below(text.length + 1)),
		])();
		text = text.slice(0, at) + extra + text.slice(chance() < 0.5 ? at : to);
	}
	return text;
}

const ranges = {
	bounds: () => times(1 + below(3), plainBound).join(" "),
	joined: () => blank() + times(1 + below(4), bound).reduce((a, b) => a + pick(joints) + b) + blank(),
	single: () => bound(),
	hyphen: () => blank() + partial() + pick([" - ", " - ", "  -  ", " -", "- ", "\t-\n", " - +a "]) + pick(["", "", "v", "= ", "=v "]) + partial() + maybe(0.2, () => pick(joints) + bound()),
	or: () => times(2 + below(3), () => maybe(0.85, () => (chance() < 0.7 ? plainBound() : bound()))).join(pick(["||", " || ", "|| ", "\u3000||\t", " || || "])),
	mutated: () => mutate(pick(given)[0]),
	prerelease: () => pick(["^", "~", ">", ">=", "<", "<=", "", "=", "~>", "1.2.3 - "]) + "1.2.3-" + tail() + maybe(0.3, () => pick([" ", "||"]) + pick([">", "<", "^"]) + "1.2.3-" + tail()),
	build: () => times(1 + below(3), () => pick(operators.slice(0, 12)) + pick([" ", "+a ", " +a ", " +a+b ", " +a.1 +b ", "+a..b ", ""]) + pick(["1.2.3", "1", "2.0", "1.x", "1.2.3-v", "1.2.3+b"])).join(pick([" ", " - ", " +a - ", " - +a ", " +a - +b ", "||", " = ", "v = ", " +a= "])),
	printed: () => pick(operators.slice(0, 14)) + pick(["1.2.3-", "1.2.", "1.2.3-rc.", "0x1.2.", "1e-7.", "-"]) + pick(odd.concat(words)) + maybe(0.3, () => pick([" ", "||"]) + plainBound()),
	limits: () => pick(["^x.", "~x.x.", "^1.x.", "1.x.", ">1.x.", "x.", "^x.x.1-", "1.2.x-", "^1.2.x-a.", "x - 1.x.x-", "^1.2.3-", "~1.x.x-0."]) + pick(odd.concat(words).filter((w) => w.length > 14)) + maybe(0.3, () => pick([" ", " - ", "||"]) + plainBound()),
	star: () => pick(operators) + times(1 + below(3), () => pick(["*", "1.2.3", "1.*", "0.0.0", "x", ">=", "<", " ", "*", "v", "-", "1"])).join(""),
	floor: () => pick([">=0.0.0", ">= 0.0.0", ">=0", ">=0.0", ">=0.x", ">=v0.0.0", ">=00000", ">=0-0+0", ">=0é0é0", ">=0\ud83d\ude000a0", ">=0.0.0-0", ">=0.0.0*", "^0.0.0", "~0", "~0.0.0", "0.x"]) + maybe(0.6, () => pick([" ", "||", " || "]) + plainBound()),
	noise: () => times(1 + below(8), () => pick([...operators, ...blanks, ...joints, ...words.slice(0, 30), ...anyMarks, ".", "1.2.3", "1", "0"])).join(""),
	long: () => pick([" ", "=", "v", "<", "~", "^", "*", "|", "-", "1.", "x.", "+a", " - "]).repeat(below(300)) + bound() + maybe(0.3, () => pick([" ", "-a", ".1"]).repeat(below(300))),
};

const plainVersion = () => times(3, () => pick(small)).join(".") + maybe(0.35, () => "-" + times(1 + below(2), () => pick(words.slice(0, 22))).join("."));
const versions = [
	plainVersion, plainVersion, plainVersion,
	(range) => near(range),
	(range) => near(range),
	() => maybe(0.1, () => pick(operators)) + blank() + partial() + maybe(0.1, () => pick(blanks)),
	() => mutate(plainVersion()),
	() => "1.2.3-" + tail(),
	() => pick(given)[1],
];

// near is a version made of a range's numbers.
function near(range) {
	const found = range.match(/\d+(\.\d+)*(-[0-9A-Za-z.-]+)?/g);
	if (!found) return plainVersion();
	const [numbers, ...rest] = pick(found).split("-");
	const parts = numbers.split(".").slice(0, 3);
	while (parts.length < 3) parts.push("0");
	const at = below(4);
	if (at < 3 && parts[at].length < 4) parts[at] = String(Math.max(0, Number(parts[at]) + pick([-1, 0, 1, 1])));
	return parts.join(".") + (chance() < 0.5 ? "" : rest.length && chance() < 0.8 ? "-" + rest.join("-") + maybe(0.3, () => "." + pick(words)) : "-" + pick(words.slice(0, 20)));
}

const kinds = Object.keys(ranges);

// What webpack 5.112 reads otherwise: carets and tildes before zeros, before partial versions, and before nothing.
const short = () => pick(["^", "^", "~", "~", "", ">=", "<="]) + pick(["0", "0.0", "0.0.0", "0.1", "1", "1.2", "*", "x", "", "0.x", "0.*.*", "0-rc", "0.0-rc.1", "1.2.3", "0.0.3-a"]);
const shorts = {
	short,
	words: () => times(2 + below(3), short).join(pick([" ", "  "])),
	arms: () => times(2 + below(2), () => times(1 + below(2), short).join(" ")).join(pick(["||", " || "])),
	hyphens: () => short() + " - " + short() + maybe(0.5, () => pick([" ", " || "]) + short()),
};
const shortVersion = () => pick(["0", "0.0", "0.1", "1", "1.2", "0.0.3", "0.1.0", "1.2.3", "1.4.0", "0-rc", "0.0-rc.1", "1.2.3-rc.1", "0+b", ""]);
const lines = {
	ranges() {
		const kind = pick(kinds);
		const range = ranges[kind]();
		let version = pick(versions)(range);
		for (let n = below(8); n > 0 && satisfies(range, version).join("") === "000"; n--) version = pick(versions)(range); // most pairs say no
		return [range, version, kind, satisfies];
	},
	before() {
		const kind = pick([...Object.keys(shorts), "any", "any"]);
		if (kind !== "any") return [shorts[kind](), maybe(0.8, shortVersion) || plainVersion(), kind, satisfiesBefore];
		const [range, version] = lines.ranges();
		return [range, version, kind, satisfiesBefore];
	},
	supersedes() {
		const a = pick(versions)("1.2.3-rc.1");
		const b = pick([() => pick(versions)(a), () => mutate(a), () => near(a), () => a.replace(/[-+].*/s, "")])();
		return chance() < 0.5 ? [a, b, "order", supersedes] : [b, a, "order", supersedes];
	},
};

// Text that is cut between the two halves of a character is left out: UTF-8 has no form for it.
const written = [];
while (written.length < Number(count)) {
	const [a, b, kind, answers] = lines[what]();
	if (a.isWellFormed() && b.isWellFormed()) written.push(JSON.stringify([a, b, ...answers(a, b), kind]));
}
fs.writeSync(1, written.join("\n") + "\n");
