// Runs cases of share negotiation on webpack 5.110.3's own containers: every app of every case is really built (bundles.mjs) and run.
//
//   npm ci
//   node webpack.mjs run FILE       lines {id,k,in} -> lines {id,k,in,out} on stdout; FILE may end in .gz
//   node webpack.mjs check FILE     runs them and compares with the `out` in the file
//   node webpack.mjs time FILE [PASSES]
//
// `in` has neither strategy nor api: webpack has one way only. A step of the host is `import('react')` (a plain require in the initial chunk if
// it is eager); one of a remote is the host's `import('remote/react')`, of a nested remote `import('parent/remote/react')`. out.scope is the
// host's: [version, from, loaded, eager].
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { EXPOSED_SCOPES, buildHost, buildRemote } from './bundles.mjs';
import { Clock } from './clock.mjs';
import { listen, logLine } from './ear.mjs';
import { main } from './lines.mjs';

// evaluate runs a built bundle as a CommonJS module whose chunks come from the same build.
function evaluate(read, loadEntry) {
  const modules = new Map();
  const require = (file) => {
    if (!modules.has(file)) {
      const module = { exports: {} };
      modules.set(file, module);
      vm.compileFunction(read(file), ['module', 'exports', 'require', 'loadEntry'])(module, module.exports, require.relative, loadEntry);
    }
    return modules.get(file).exports;
  };
  require.relative = (request) => require(request.replace(/^\.\//, ''));
  return require('main.js');
}

// Watch notices which entries of share scopes get taken: webpack sets `loaded` on an entry whenever it takes it.
class Watch {
  constructor() {
    this.maps = [];
    this.watched = new WeakMap();
  }

  entries() {
    return this.maps.flatMap((map) => Object.values(map)).flatMap((scope) => Object.values(scope)).flatMap((versions) => Object.values(versions));
  }

  begin() {
    for (const entry of this.entries()) {
      if (this.watched.has(entry)) this.watched.get(entry).taken = false;
      else this.watch(entry);
    }
  }

  watch(entry) {
    const state = { loaded: entry.loaded, taken: false };
    this.watched.set(entry, state);
    Object.defineProperty(entry, 'loaded', {
      get: () => state.loaded,
      set: (loaded) => Object.assign(state, { loaded, taken: true }),
    });
  }

  // taken is whether any was since begin; one that did not exist then was taken if it is loaded now.
  taken() {
    return this.entries().some((entry) => (this.watched.has(entry) ? this.watched.get(entry).taken : entry.loaded));
  }
}

class Page {
  constructor(input) {
    this.input = input;
    this.clock = new Clock();
    this.watch = new Watch();
    this.configs = new Map(input.remotes.map((remote) => [remote.name, remote]));
    this.rank = new Map((input.arrival ?? []).map((name, place) => [name, place]));
    this.entries = new Map();
    this.builds = new Map();
  }

  async open() {
    const direct = this.input.remotes.filter((remote) => !remote.nestedOnly).map((remote) => remote.name);
    const read = await buildHost(this.input.host, direct, this.configs);
    for (const [name, config] of this.configs) if (!config.fail) this.builds.set(name, await buildRemote(config, this.configs));
    this.host = evaluate(read, (name) => this.loadEntry(name));
    this.watch.maps.push(this.host.scopes);
  }

  // loadEntry stands for the script tag: an entry is there once for the whole page, one that failed is fetched anew by the next app that asks.
  // Every app has an error object of its own, since webpack writes into it.
  async loadEntry(name) {
    if (!this.entries.has(name)) this.entries.set(name, this.fetchEntry(name));
    const container = await this.entries.get(name);
    if (!container) throw new Error(`entry ${name} unavailable`);
    return container;
  }

  async fetchEntry(name) {
    await this.clock.after(1 + (this.rank.get(name) ?? this.rank.size));
    if (this.configs.get(name).fail) return void this.entries.delete(name);
    const container = evaluate(this.builds.get(name), (other) => this.loadEntry(other));
    const exposed = await container.get(EXPOSED_SCOPES);
    this.watch.maps.push(exposed().scopes);
    return container;
  }

  async take([consumer, name]) {
    return consumer === this.input.host.name ? this.host.uses[name]() : this.host.remotes[`${this.pathTo(consumer)}/${name}`]();
  }

  pathTo(consumer) {
    const parent = this.configs.get(consumer).nestedOnly && this.input.remotes.find((remote) => remote.remotes?.includes(consumer));
    return parent ? `${this.pathTo(parent.name)}/${consumer}` : consumer;
  }

  async step(step) {
    const result = { w: step[0], p: step[1] };
    const heard = listen();
    this.watch.begin();
    this.take(step).then(
      (copy) => Object.assign(result, { v: copy.version, f: copy.from }),
      (error) => { result.err = String(error?.message ?? error); },
    );
    await this.clock.drain();
    if (!('v' in result) && !('err' in result)) result.err = 'never settles';
    if (result.f === result.w && !this.watch.taken()) result.own = 1;
    const warnings = heard.filter(({ method }) => method === 'warn').map(({ words }) => words.map(String).join(' '));
    const others = heard.filter(({ method }) => method !== 'warn').map(logLine);
    return Object.assign(result, warnings.length > 0 && { warn: warnings }, others.length > 0 && { log: others });
  }

  scope() {
    const scopes = {};
    for (const [scope, packages] of Object.entries(this.host.scopes)) {
      scopes[scope] = {};
      for (const [name, versions] of Object.entries(packages)) {
        scopes[scope][name] = Object.entries(versions).map(([version, entry]) => [version, entry.from, entry.loaded ? 1 : 0, entry.eager ? 1 : 0]);
      }
    }
    return scopes;
  }
}

export async function negotiate(input) {
  const page = new Page(input);
  await page.open();
  const steps = [];
  for (const step of input.steps) steps.push(await page.step(step));
  return { steps, scope: page.scope() };
}

// Entries that fail while nobody waits for them are nobody's to catch, as in a browser.
process.on('unhandledRejection', () => {});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main({ name: 'webpack', run: negotiate }, process.argv.slice(2));
}
