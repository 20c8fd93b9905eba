// Runs pages through the real orchestrator. Everything outside it is in memory: documents, storage, the import map setter.

import { initFederation } from '@softarc/native-federation-orchestrator';
import { filesOf, gotOf } from './outcome.mjs';
import { settled } from './network.mjs';

export const PAGE = 'https://page.test/';

export const urlOf = (app) => app.url ?? `https://${app.name ?? app.as}.test/remoteEntry.json`;

function memory() {
  const kept = {};
  return () => (key, initial) => {
    const entry = {
      get: () => structuredClone(key in kept ? kept[key] : initial),
      set: (value) => ((kept[key] = structuredClone(value)), entry),
      clear: () => entry.set(initial),
    };
    return entry;
  };
}

// The orchestrator's consoleLogger prints "[NF][step]: text" and the details; of details only an error's name and text is kept.
function recorder() {
  const log = [];
  const actions = {};
  const line = (level) => (step, text, details) => {
    const error = details instanceof Error ? details : details?.error;
    log.push(`${level} [NF][${step}]: ${text}${error ? ` ${error.name}: ${error.message}` : ''}`);
  };
  const debug = (step, text, details) => {
    const name = /^\[(.*)\] Processed actions:$/s.exec(text)?.[1];
    if (step === 9 && name !== undefined) actions[name] = details;
  };
  console.warn = (text) => log.push(`warn ${text}`);
  return { log, actions, logger: { debug, warn: line('warn'), error: line('error') } };
}

function hostOption({ host, hostCacheTag: cacheTag }) {
  if (!host) return {};
  const url = host.url ?? './remoteEntry.json';
  if (!host.name && !cacheTag) return { hostRemoteEntry: url };
  return { hostRemoteEntry: { url, ...(host.name ? { name: host.name } : {}), ...(cacheTag ? { cacheTag } : {}) } };
}

// manifestOf is the manifest as the library sees it: the host comes last, unless a remote has its name.
function manifestOf({ host, remotes = [] }) {
  const manifest = Object.fromEntries(remotes.map((remote) => [remote.name, { ...remote, key: remote.as ?? remote.name }]));
  if (!host) return manifest;
  const name = host.name ?? '__NF-HOST__';
  manifest[name] = { ...host, name, key: name, url: host.url ?? './remoteEntry.json' };
  return manifest;
}

// actionOf returns what the library's state says of an entry point of an app's external.
function actionOf({ sharedExternalsRepo, scopedExternalsRepo }, actions) {
  const isPrivate = (name, specifier) =>
    Object.values(scopedExternalsRepo.tryGet(name).orElse({})).some(({ entries }) => Object.hasOwn(entries, specifier));
  return (name, { singleton, shareScope }, specifier) => {
    if (!singleton) return isPrivate(name, specifier) ? 'private' : '';
    for (const [packageName, external] of Object.entries(sharedExternalsRepo.getFromScope(shareScope))) {
      for (const version of external.versions) {
        const meta = version.remotes.find((r) => r.name === name && Object.hasOwn(r.entries, specifier));
        if (!meta) continue;
        const dynamic = actions[name]?.[packageName];
        if (dynamic) return dynamic.override ? 'override' : dynamic.action;
        return meta.servedBy ? 'served' : version.action;
      }
    }
    return '';
  };
}

// A page's documents: those in force, by name, and every one that was in force before, for the files it lists. A document is kept
// as the library reads it, which may join entry points to their package.
function ledger(stored, { remoteInfoRepo, remoteEntryProvider }, net) {
  const docs = { ...stored };
  const seen = [];
  return {
    docs,
    seen,
    async note(name, app) {
      docs[name] = { name, doc: (await settled(remoteEntryProvider.provide(urlOf(app)), net)).value };
    },
    settle(names) {
      for (const name of names) docs[name].home = remoteInfoRepo.getAll()[name].scopeUrl;
      seen.push(...names.map((name) => ({ ...docs[name] })));
    },
    apps: () => Object.keys(remoteInfoRepo.getAll()).map((name) => docs[name]),
  };
}

// add brings one remote in after init. It came into force if the orchestrator has made a new record of it.
async function add(app, { value, net, maps, page }, books) {
  const name = app.as ?? app.name;
  const before = value.adapters.remoteInfoRepo.tryGet(name).get();
  const handed = maps.length;
  net.serve(urlOf(app), app);
  const { error } = await settled(value.initRemoteEntry(urlOf(app), app.name), net);
  if (value.adapters.remoteInfoRepo.tryGet(name).get() !== before) {
    await books.note(name, app);
    books.settle([name]);
  }
  if (maps.length > handed) page.stored = { ...books.docs };
  return error ?? '';
}

/** browser is one visitor's: what it stores outlives a page. It returns the function that visits a page. */
export function browser(net) {
  const storage = memory();
  let stored = {};
  return async (page) => {
    const { log, actions, logger } = recorder();
    const maps = [];
    const setImportMapFn = async (map) => (maps.push(structuredClone(map)), map);
    const manifest = manifestOf(page);
    for (const app of Object.values(manifest)) net.serve(urlOf(app), app);
    const remotes = Object.fromEntries((page.remotes ?? []).map((remote) => [remote.name, urlOf(remote)]));
    const options = { ...page.options, ...hostOption(page), storage, logger, logLevel: 'debug', setImportMapFn };
    const { value, error, answered } = await settled(initFederation(remotes, options), net, page.arrival);
    if (error) return { err: error, log, maps, got: [] };
    const books = ledger(stored, value.adapters, net);
    for (const app of Object.values(manifest)) if (answered.includes(app)) await books.note(app.key, app);
    books.settle(Object.keys(value.adapters.remoteInfoRepo.getAll()));
    const run = { value, net, maps, page: { stored: { ...books.docs } } };
    const later = [];
    for (const app of page.later ?? []) later.push(await add(app, run, books));
    stored = run.page.stored;
    const view = { apps: books.apps(), maps, files: filesOf(books.seen, PAGE), base: PAGE, action: actionOf(value.adapters, actions) };
    return { ...(later.some(Boolean) ? { later } : {}), log, maps, got: gotOf(view) };
  };
}
