// Makes up cases, runs them on the real runtime and prints them: the same seed gives the same bytes.
//
//   node generate.mjs mf --seed 1 --count 5000         lines {id,k,in,out} for Module Federation 2.9.2 (mf.mjs)
//   node generate.mjs webpack --seed 1 --count 2000    the same for webpack 5.110.3's own containers (webpack.mjs)
//
// A kind is a row of KINDS: what it says overrides USUAL. Case number id is of kind number id modulo the kinds of its engine.
import fs from 'node:fs';
import { INTEGERS, NAMES, ODD_NAMES, ODD_RANGES, PACKAGES, PLAIN_RANGES, PRERELEASES, WEIRD } from './material.mjs';
import { forCase } from './random.mjs';

// A version that webpack's runtime cannot read at all: it throws a TypeError of the JavaScript engine's own wording.
const UNREADABLE = '1.2.3-';

// Numbers are probabilities, pairs are the least and the most.
const USUAL = {
  remotes: [1, 4], packages: [1, 2], declared: 0.85, names: NAMES, versions: null,
  singleton: 0.5, strict: 0.2, loose: 0.1, withoutImport: 0.08, eager: 0, withoutVersion: 0,
  withoutRange: 0.15, oddRange: 0.05, ownRange: 0.8,
  lists: 0, scopes: 0, remoteScopes: 0, strategy: 0.15, runtime: 0, fail: 0, dynamic: 0, nested: 0, alsoDirect: 0, tree: 0,
  bareImport: 0, falseVersion: 0, oneScope: false, steps: 0.9, inOrder: 0.3, repeated: 0, undeclared: 0,
};

const KINDS = {
  mf: {
    singleton: { singleton: 1 },
    strict: { singleton: 1, strict: 0.7 },
    nonsingleton: { singleton: 0, strict: 0.3 },
    mixedflags: { singleton: 0.4, strict: 0.4 },
    many: { remotes: [5, 8], packages: [1, 3], strategy: 0.3 },
    alone: { remotes: [0, 0], packages: [1, 4], oddRange: 0.3, runtime: 0.3, repeated: 0.5, lists: 0.3, eager: 0.2 },
    pre: { versions: PRERELEASES, oddRange: 0.2, packages: [1, 1] },
    integer: { versions: INTEGERS, oddRange: 0.15, packages: [1, 1], remotes: [2, 5] },
    weird: { versions: WEIRD, oddRange: 0.4, packages: [1, 1], withoutVersion: 0.1 },
    ranges: { oddRange: 1, ownRange: 0.9, withoutRange: 0 },
    multiver: { lists: 0.6, remotes: [1, 3], strict: 0.4 },
    lists: { lists: 0.9, eager: 0.15, scopes: 0.3, withoutImport: 0.3, withoutVersion: 0.1, remotes: [1, 3], packages: [1, 1] },
    dynamic: { dynamic: 0.5 },
    nested: { nested: 0.7, remotes: [2, 5] },
    tree: { nested: 0.8, tree: 0.5, alsoDirect: 0.4, remotes: [3, 6], packages: [1, 1], strategy: 0.3, fail: 0.1, dynamic: 0.15 },
    runtimeapi: { runtime: 1, withoutImport: 0.05 },
    runtimemix: {
      runtime: 1, lists: 0.2, undeclared: 0.15, withoutVersion: 0.1, repeated: 0.3, scopes: 0.2, eager: 0.2, fail: 0.1,
      withoutImport: 0.15,
    },
    eager: { eager: 0.6 },
    scopes: { scopes: 0.6, remoteScopes: 0.4, remotes: [2, 4] },
    fail: { fail: 0.4, remotes: [2, 5], repeated: 0.3 },
    samever: { versions: ['18.2.0', '19.0.0'], packages: [1, 1], remotes: [3, 6], names: ODD_NAMES },
    names: { names: ODD_NAMES, versions: ['1.0.0', '1.1.0'], remotes: [3, 8], packages: [1, 1], eager: 0.1 },
    repeated: { repeated: 0.8, eager: 0.15, strict: 0.4 },
    strategies: { strategy: 0.8, nested: 0.2, remotes: [2, 6] },
    chaos: {
      remotes: [0, 7], packages: [1, 3], names: ODD_NAMES, strict: 0.3, eager: 0.15, oddRange: 0.25, lists: 0.25, scopes: 0.25,
      remoteScopes: 0.25, strategy: 0.4, fail: 0.1, dynamic: 0.1, nested: 0.25, tree: 0.2, alsoDirect: 0.2, repeated: 0.3,
      withoutImport: 0.15, withoutVersion: 0.05,
    },
  },
  webpack: {
    singleton: { singleton: 1 },
    strictsingleton: { singleton: 1, strict: 0.7 },
    nonsingleton: { singleton: 0 },
    loose: { singleton: 0, loose: 0.8, strict: 0, ownRange: 0.6 },
    mixedflags: { singleton: 0.4, strict: 0.4, loose: 0.3 },
    many: { remotes: [5, 8], packages: [1, 2] },
    alone: { remotes: [0, 0], packages: [1, 4], oddRange: 0.3, eager: 0.3, withoutImport: 0.2 },
    pre: { versions: PRERELEASES, oddRange: 0.2, packages: [1, 1] },
    integer: { versions: INTEGERS, oddRange: 0.15, packages: [1, 1], remotes: [2, 4] },
    weird: { versions: WEIRD.filter((version) => version !== UNREADABLE), oddRange: 0.4, packages: [1, 1] },
    ranges: { oddRange: 1, ownRange: 0.9, withoutRange: 0 },
    noimport: { withoutImport: 0.5, bareImport: 0.2, strict: 0.4, packages: [1, 1] },
    noversion: { withoutVersion: 0.3, falseVersion: 0.3, packages: [1, 1] },
    eager: { eager: 0.6 },
    eagersame: { eager: 0.5, versions: ['18.2.0', '19.0.0'], packages: [1, 1], remotes: [2, 4], names: ODD_NAMES },
    scopes: { scopes: 0.6, remoteScopes: 0.4, remotes: [2, 4] },
    fail: { fail: 0.5, remotes: [1, 4] },
    nested: { nested: 0.7, remotes: [2, 4] },
    tree: {
      nested: 0.8, tree: 0.5, alsoDirect: 0.4, remotes: [3, 5], packages: [1, 1], fail: 0.1, remoteScopes: 0.1, scopes: 0.1,
    },
    samever: { versions: ['18.2.0', '19.0.0'], packages: [1, 1], remotes: [3, 5] },
    names: { names: ODD_NAMES, versions: ['1.0.0', '1.1.0'], remotes: [2, 6], packages: [1, 1] },
    chaos: {
      remotes: [1, 5], packages: [1, 2], names: ODD_NAMES, strict: 0.3, loose: 0.3, eager: 0.25, oddRange: 0.25, scopes: 0.25,
      remoteScopes: 0.25, fail: 0.1, nested: 0.25, tree: 0.2, alsoDirect: 0.2, withoutImport: 0.15, bareImport: 0.1,
      withoutVersion: 0.05, falseVersion: 0.05,
    },
  },
};

// What every webpack kind has: one share scope per declaration and container, no strategies.
const ALWAYS = { mf: {}, webpack: { oneScope: true, strategy: 0 } };

const STRATEGIES = ['version-first', 'loaded-first'];

// Module Federation takes lists of scopes, webpack one scope only.
const SCOPES = {
  declaration: ['ui', ['ui', 'default'], ['default', 'ui'], 'default', ['ui']],
  remote: ['ui', ['default', 'ui'], ['ui', 'default']],
  one: ['default', 'ui'],
};

function makeCase(engine, random, usual) {
  const count = random.between(...usual.remotes);
  const names = random.sample(usual.names, count + 1);
  const packages = random.sample(Object.keys(PACKAGES), random.between(...usual.packages));
  const input = engine === 'mf' ? { strategy: random.pick(STRATEGIES) } : {};
  input.host = makeApp(random, usual, names[0], packages);
  setStrategy(random, usual, input.host);
  input.remotes = names.slice(1).map((name) => makeRemote(random, usual, name, packages));
  nest(random, usual, input.remotes);
  if (random.chance(usual.runtime)) input.api = 'runtime';
  if (usual.dynamic) input.dynamic = input.remotes.map((remote) => remote.name).filter(() => random.chance(usual.dynamic));
  input.arrival = random.shuffle(names.slice(1));
  input.steps = makeSteps(random, usual, input, packages);
  return input;
}

function setStrategy(random, usual, app) {
  if (usual.strategy && random.chance(usual.strategy)) app.shareStrategy = random.pick(STRATEGIES);
}

function makeRemote(random, usual, name, packages) {
  const remote = makeApp(random, usual, name, packages);
  setStrategy(random, usual, remote);
  if (random.chance(usual.remoteScopes)) remote.shareScope = random.pick(usual.oneScope ? SCOPES.one : SCOPES.remote);
  if (random.chance(usual.fail)) remote.fail = true;
  return remote;
}

function makeApp(random, usual, name, packages) {
  const shared = {};
  for (const one of packages) {
    if (!random.chance(usual.declared)) continue;
    shared[one] = random.chance(usual.lists) ? makeList(random, usual, one) : makeDeclaration(random, usual, one);
  }
  return { name, shared };
}

function makeList(random, usual, name) {
  const list = [];
  for (let left = random.between(1, 3); left > 0; left--) list.push(makeDeclaration(random, usual, name));
  return list;
}

function makeDeclaration(random, usual, name) {
  const versions = usual.versions ?? PACKAGES[name];
  const version = random.pick(versions);
  const declaration = {};
  if (random.chance(usual.withoutImport)) {
    Object.assign(declaration, { import: false, requiredVersion: makeRange(random, usual, version, versions) });
    if (usual.bareImport && random.chance(usual.bareImport)) delete declaration.requiredVersion;
  } else {
    if (!random.chance(usual.withoutVersion)) declaration.version = version;
    if (usual.falseVersion && random.chance(usual.falseVersion)) declaration.version = false;
    if (!random.chance(usual.withoutRange)) declaration.requiredVersion = makeRange(random, usual, version, versions);
  }
  if (random.chance(usual.singleton)) declaration.singleton = true;
  if (random.chance(usual.strict)) declaration.strictVersion = true;
  else if (random.chance(usual.loose)) declaration.strictVersion = false;
  if (random.chance(usual.eager) && declaration.import !== false) declaration.eager = true;
  if (random.chance(usual.scopes)) declaration.scope = random.pick(usual.oneScope ? SCOPES.one : SCOPES.declaration);
  return declaration;
}

function makeRange(random, usual, version, versions) {
  const v = random.chance(usual.ownRange) ? version : random.pick(versions);
  return random.pick(random.chance(usual.oddRange) ? ODD_RANGES : PLAIN_RANGES)(v, random.pick(versions));
}

// nest puts remotes under other remotes; `tree` lets them go deeper than one level, `alsoDirect` leaves them the host's remotes too.
function nest(random, usual, remotes) {
  const nested = new Set();
  for (const [place, remote] of remotes.entries()) {
    if (place === 0 || !random.chance(usual.nested)) continue;
    const parents = remotes.slice(0, place).filter((parent) => random.chance(usual.tree) || !nested.has(parent));
    if (parents.length === 0) continue;
    for (const parent of random.sample(parents, random.chance(0.2) ? 2 : 1)) (parent.remotes ??= []).push(remote.name);
    if (random.chance(usual.alsoDirect)) continue;
    remote.nestedOnly = true;
    nested.add(remote);
  }
}

function makeSteps(random, usual, input, packages) {
  const possible = [];
  for (const app of [input.host, ...input.remotes]) {
    for (const name of packages) possible.push(...stepsOf(random, usual, input, app, name));
  }
  const wanted = possible.filter(() => random.chance(usual.steps));
  const steps = random.chance(usual.inOrder) ? wanted : random.shuffle(wanted);
  const again = steps.filter(() => random.chance(usual.repeated));
  return again.length > 0 ? [...steps, ...random.shuffle(again)] : steps;
}

// The bundler api can ask for each declaration of a list; the runtime api asks for a package, declared or not.
function stepsOf(random, usual, input, app, name) {
  const declared = app.shared[name];
  if (declared === undefined) return input.api === 'runtime' && random.chance(usual.undeclared) ? [[app.name, name]] : [];
  if (!Array.isArray(declared) || input.api === 'runtime') return [[app.name, name]];
  return declared.map((_, index) => (index === 0 ? [app.name, name] : [app.name, name, index]));
}

function options(args) {
  const [engine, ...rest] = args;
  const value = (flag, fallback) => (rest.includes(flag) ? Number(rest[rest.indexOf(flag) + 1]) : fallback);
  return { engine, seed: value('--seed', 1), count: value('--count', 100) };
}

const { engine, seed, count } = options(process.argv.slice(2));
const kinds = Object.entries(KINDS[engine] ?? {});
if (kinds.length === 0) {
  process.stderr.write('usage: node generate.mjs mf|webpack [--seed N] [--count M]\n');
  process.exit(2);
}
const { negotiate } = await import(`./${engine}.mjs`);
for (let id = 0; id < count; id++) {
  const [k, kind] = kinds[id % kinds.length];
  const input = makeCase(engine, forCase(seed, id), { ...USUAL, ...kind, ...ALWAYS[engine] });
  if (input.steps.length === 0) continue;
  fs.writeSync(1, JSON.stringify({ id, k, in: input, out: await negotiate(input) }) + '\n');
}
process.exit(0);
