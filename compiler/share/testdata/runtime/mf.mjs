// Runs cases of share negotiation on the real Module Federation runtime 2.9.2: webpack-bundler-runtime on runtime-core.
//
//   npm ci
//   node mf.mjs run FILE            lines {id,k,in} -> lines {id,k,in,out} on stdout; FILE may end in .gz
//   node mf.mjs check FILE          runs them and compares with the `out` in the file
//   node mf.mjs time FILE [PASSES]  milliseconds per pass after one pass to warm up
//
// Every app (the host and each remote) gets what a bundle would have: a webpackRequire of its own with a runtime instance, and
// the functions that generated code calls on it. Only the network is made up: an entry "arrives" on a clock (clock.mjs) and is
// a container over such an app. What is shared is a plain {version, from} that says whose copy it is.
import { fileURLToPath } from 'node:url';
import federation from '@module-federation/webpack-bundler-runtime';
import { resetFederationGlobalInfo } from '@module-federation/runtime-core';
import { Clock } from './clock.mjs';
import { listen, logLine } from './ear.mjs';
import { main } from './lines.mjs';

const { bundlerRuntime } = federation;
const PREFIX = '[ Federation Runtime ]';

const list = (value) => (Array.isArray(value) ? value : [value]);
const scopesOf = (declaration) => list(declaration.scope ?? 'default');
const firstLine = (text) => String(text).split('\n')[0];
const withoutPrefix = (text) => firstLine(text).replace(`${PREFIX}: `, '');

const isWarning = ({ method, words }) => method === 'warn' && words[0] === PREFIX;

function given(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

// provided is what the bundle says about a declaration in its init options: only what was configured, the runtime fills the rest.
function provided(declaration, app) {
  const { version, requiredVersion, singleton, strictVersion, eager } = declaration;
  return {
    version,
    get: copyGetter(declaration, { version: version ?? '0', from: app }),
    scope: scopesOf(declaration),
    shareConfig: given({ requiredVersion, singleton, strictVersion, eager }),
  };
}

// consumed is what the build plugin writes into the consuming module, where it does know defaults.
function consumed(declaration, app) {
  const { version, requiredVersion, singleton, strictVersion, eager } = declaration;
  return {
    getter: declaration.import === false ? undefined : copyGetter(declaration, { version: version ?? '0', from: app, own: true }),
    shareInfo: {
      shareConfig: given({
        eager: Boolean(eager),
        requiredVersion: requiredVersion ?? (version === undefined ? undefined : `^${version}`),
        singleton: Boolean(singleton),
        strictVersion: strictVersion ?? (declaration.import !== false && !singleton),
      }),
      scope: scopesOf(declaration),
    },
  };
}

// An eager copy is part of the bundle and there at once, any other comes with a chunk of its own.
function copyGetter(declaration, copy) {
  const factory = () => copy;
  return declaration.eager ? () => factory : () => Promise.resolve(factory);
}

function sharedOptions(app) {
  const shared = {};
  for (const [name, declarations] of Object.entries(app.shared)) {
    const kept = list(declarations).filter((declaration) => declaration.import !== false);
    if (kept.length > 0) shared[name] = kept.map((declaration) => provided(declaration, app.name));
  }
  return shared;
}

// createRequire makes as much of webpack's __webpack_require__ as the bundler runtime uses.
function createRequire(initOptions) {
  const require = (id) => {
    const module = (require.c[id] = { exports: {} });
    require.m[id](module);
    return module.exports;
  };
  const initPromises = {};
  const initTokens = {};
  return Object.assign(require, {
    m: {},
    c: {},
    S: {},
    o: (object, key) => Object.prototype.hasOwnProperty.call(object, key),
    I: (shareScopeName, initScope) =>
      bundlerRuntime.I({ shareScopeName, webpackRequire: require, initPromises, initTokens, initScope }),
    federation: { ...federation, initOptions, bundlerRuntimeOptions: {} },
  });
}

class App {
  constructor(config, remotes, page) {
    this.name = config.name;
    this.shared = config.shared;
    this.installedModules = {};
    this.handlers = {};
    this.require = createRequire({
      name: config.name,
      remotes,
      shared: sharedOptions(config),
      shareStrategy: config.shareStrategy || page.input.strategy,
      plugins: [{ name: 'arrival', loadEntry: ({ remoteInfo }) => page.loadEntry(remoteInfo.name) }],
    });
    this.runtime = this.require.federation.instance = bundlerRuntime.init({ webpackRequire: this.require });
  }

  // container is the remote entry: get answers with no module, since steps consume in the app itself.
  container(shareScopeKey) {
    return {
      init: (shareScope, initScope, remoteEntryInitOptions) =>
        bundlerRuntime.initContainerEntry({
          webpackRequire: this.require, shareScope, initScope, remoteEntryInitOptions, shareScopeKey,
        }),
      get: async () => () => ({}),
    };
  }

  async consume(name, index = 0) {
    const id = `${name}#${index}`;
    const declaration = list(this.shared[name])[index];
    this.handlers[id] ??= { shareKey: name, ...consumed(declaration, this.name) };
    await (declaration.eager ? this.installAtStart(id) : this.installWithChunk(id));
    return this.require(id);
  }

  installAtStart(id) {
    bundlerRuntime.installInitialConsumes({ ...this.consumeOptions(), initialConsumes: [id] });
  }

  async installWithChunk(id) {
    const promises = [];
    bundlerRuntime.consumes({ ...this.consumeOptions(), chunkId: id, promises, chunkMapping: { [id]: [id] } });
    await Promise.all(promises);
  }

  consumeOptions() {
    return { webpackRequire: this.require, installedModules: this.installedModules, moduleToHandlerMapping: this.handlers };
  }

  async loadShare(name) {
    const factory = await this.runtime.loadShare(name);
    return factory();
  }
}

// Page is one browser page: the apps on it, what is still loading, and the steps taken on it.
class Page {
  constructor(input) {
    this.input = input;
    this.clock = new Clock();
    this.configs = new Map(input.remotes.map((remote) => [remote.name, remote]));
    this.rank = new Map((input.arrival ?? []).map((name, place) => [name, place]));
    this.dynamic = new Set(input.dynamic);
    this.apps = new Map();
    const known = input.remotes.filter((remote) => !remote.nestedOnly && !this.dynamic.has(remote.name));
    this.host = this.addApp(input.host, known.map((remote) => remote.name));
  }

  addApp(config, remotes = []) {
    const app = new App(config, remotes.map((name) => this.remoteOption(name)), this);
    this.apps.set(config.name, app);
    return app;
  }

  remoteOption(name) {
    return { name, entry: `http://localhost/${name}.js`, shareScope: this.shareScope(name) };
  }

  shareScope(name) {
    return this.configs.get(name).shareScope ?? 'default';
  }

  // loadEntry stands for fetching and evaluating remoteEntry.js: later in the order of arrival takes longer from when it is asked for.
  async loadEntry(name) {
    await this.clock.after(1 + (this.rank.get(name) ?? this.rank.size));
    const config = this.configs.get(name);
    if (config.fail) throw new Error(`entry ${name} unavailable`);
    return this.addApp(config, config.remotes).container(this.shareScope(name));
  }

  async take([consumer, name, index]) {
    const app = await this.reach(consumer);
    return this.input.api === 'runtime' ? app.loadShare(name) : app.consume(name, index);
  }

  // reach loads the consumer the way its page would: a nested one through the remote that names it.
  async reach(consumer) {
    if (consumer === this.host.name) return this.host;
    const parent = this.configs.get(consumer).nestedOnly && this.input.remotes.find((remote) => remote.remotes?.includes(consumer));
    const from = parent ? await this.reach(parent.name) : this.host;
    if (this.dynamic.has(consumer)) from.runtime.registerRemotes([this.remoteOption(consumer)]);
    await from.runtime.loadRemote(`${consumer}/module`);
    return this.apps.get(consumer);
  }

  async step(step) {
    const result = { w: step[0], p: step[1] };
    const heard = listen();
    this.take(step).then(
      ({ version, from, own }) => Object.assign(result, { v: version, f: from }, own && { own: 1 }),
      (error) => { result.err = withoutPrefix(error?.message ?? error); },
    );
    await this.clock.drain();
    if (!('v' in result) && !('err' in result)) result.err = 'never settles';
    const warnings = heard.filter(isWarning).map(({ words }) => withoutPrefix(words[1]?.message ?? words[1]));
    const others = heard.filter((call) => !isWarning(call)).map(logLine);
    return Object.assign(result, warnings.length > 0 && { warn: warnings }, others.length > 0 && { log: others });
  }

  scope() {
    const scopes = {};
    for (const [scope, packages] of Object.entries(this.host.runtime.shareScopeMap)) {
      scopes[scope] = {};
      for (const [name, versions] of Object.entries(packages)) {
        scopes[scope][name] = Object.entries(versions).map(([version, entry]) => [version, entry.from, entry.loaded ? 1 : 0]);
      }
    }
    return scopes;
  }
}

export async function negotiate(input) {
  resetFederationGlobalInfo();
  const page = new Page(input);
  const steps = [];
  for (const step of input.steps) steps.push(await page.step(step));
  return { steps, scope: page.scope() };
}

// An eager step starts loading remotes and never looks at the outcome: nobody catches what fails there, as in a browser.
process.on('unhandledRejection', () => {});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main({ name: 'negotiation', run: negotiate }, process.argv.slice(2));
}
