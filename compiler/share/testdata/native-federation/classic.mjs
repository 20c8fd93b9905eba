// Runs pages through the real classic runtime 3.x, which keeps its state in globalThis and hands maps to es-module-shims.

import { initFederation, loadRemoteModule } from '@softarc/native-federation-runtime';
import { filesOf, gotOf } from './outcome.mjs';
import { settled } from './network.mjs';
import { PAGE, urlOf } from './orchestrator.mjs';

globalThis.importShim = async () => ({});

const HOST = '__NF-HOST__';

const folderOf = (url) => `${url.split('/').slice(0, -1).join('/')}/`;

// The runtime prints its own line and then the error it caught.
function recorder() {
  const log = [];
  console.error = (text) => log.push(`error ${text instanceof Error ? `${text.name}: ${text.message}` : text}`);
  return log;
}

function fakeDocument(maps) {
  globalThis.document = {
    createElement: () => ({}),
    head: { appendChild: ({ textContent }) => maps.push(JSON.parse(textContent)) },
  };
}

function forget() {
  for (const map of Object.values(globalThis.__NATIVE_FEDERATION__)) map.clear();
}

const failed = (log, name) => log.some((line) => line.startsWith(`error Error loading remote entry for ${name} from file `));

// add brings one remote in after init; that it exposes no such module is no matter of sharing.
async function add(app, { net, maps, apps, files }) {
  net.serve(urlOf(app), app);
  const before = maps.length;
  const { error, answered } = await settled(loadRemoteModule({ remoteEntry: urlOf(app), exposedModule: './Main' }), net);
  const listed = { name: app.as ?? app.name, home: folderOf(urlOf(app)), doc: app };
  if (answered.length > 0) files.push(listed);
  if (maps.length > before) apps.push(listed);
  return error?.startsWith('Error: Unknown exposed module') ? '' : error ?? '';
}

/** visit runs one page; nothing outlives it. */
export async function visit(page, net) {
  forget();
  const maps = [];
  const log = recorder();
  fakeDocument(maps);
  const deploy = (page.options?.deployUrl ?? './').replace(/\/?$/, '/');
  const remotes = page.remotes ?? [];
  net.serve(`${deploy}remoteEntry.json`, page.host);
  for (const remote of remotes) net.serve(urlOf(remote), remote);
  const manifest = Object.fromEntries(remotes.map((remote) => [remote.name, urlOf(remote)]));
  const { error, answered } = await settled(initFederation(manifest, page.options), net, page.arrival);
  if (error) return { err: error, log, maps, got: [] };
  const listed = Object.keys(manifest).map((name) => remotes.findLast((app) => app.name === name));
  const files = [{ name: HOST, home: deploy, doc: page.host }];
  for (const doc of listed) if (answered.includes(doc)) files.push({ name: doc.name, home: folderOf(urlOf(doc)), doc });
  const apps = files.filter(({ name }) => !failed(log, name));
  const later = [];
  for (const app of page.later ?? []) later.push(await add(app, { net, maps, apps, files }));
  const got = gotOf({ apps, maps, files: filesOf(files, PAGE), base: PAGE, action: () => '' });
  return { ...(later.some(Boolean) ? { later } : {}), log, maps, got };
}
