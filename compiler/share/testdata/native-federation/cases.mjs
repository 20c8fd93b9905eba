// Makes cases. A kind is a table of knobs; what a kind does not set comes from plain.

const NPM = {
  react: { versions: ['18.2.0', '18.3.1', '19.0.0', '19.1.0', '17.0.2'], more: ['react/jsx-runtime', 'react/jsx-dev-runtime'] },
  'react-dom': { versions: ['18.2.0', '18.3.1', '19.0.0', '19.1.0'], more: ['react-dom/client', 'react-dom/server'] },
  '@angular/core': { versions: ['19.0.0', '19.2.4', '20.0.0', '20.3.1', '18.2.13'], more: ['@angular/core/rxjs-interop', '@angular/core/primitives/signals'] },
  '@angular/common': { versions: ['19.0.0', '19.2.4', '20.0.0', '20.3.1'], more: ['@angular/common/http', '@angular/common/locales/de'] },
  '@angular/router': { versions: ['19.0.0', '19.2.4', '20.0.0'], more: [] },
  rxjs: { versions: ['7.8.1', '7.8.2', '6.6.7'], more: ['rxjs/operators', 'rxjs/ajax'] },
  lodash: { versions: ['4.17.21', '4.17.20', '3.10.1'], more: ['lodash/fp'] },
  'zone.js': { versions: ['0.15.0', '0.15.1', '0.14.10'], more: [] },
  '@acme/ui': { versions: ['1.0.0', '1.4.2', '2.0.0-beta.3', '0.9.1'], more: ['@acme/ui/forms'] },
};

const PRERELEASES = ['19.0.0-rc.1', '19.0.0-rc.0', '18.3.0-canary-1', '20.0.0-next.2', '4.17.21+b7', '4.17.21+b8', '1.0.0-0', '2.0.0-beta.10'];
const BAD_VERSIONS = [undefined, undefined, '18', '18.2', 'latest', 'v19.0.0', '=18.2.0', ' 18.2.0 ', '1.2.3.4', '019.0.0', 'workspace:*'];
const ODD_RANGES = ['*', '', 'x', 'latest', 'workspace:*', 'npm:react@^18', '>=0.0.0-0', '^18 || ^19', '17 - 19', '>18 <20', '~> 18.2', '^19.0.0-rc', '>=19.0.0-rc.0 <20',
  '^18.0.0 ||', '>=4.17.20', '<1', '>2', '^0.15', '~1.4', '1.x || >=2.0.0-beta <3', '>=2 <1 || >=3', '18.2.0 19.0.0', '>=18.0.0,<20.0.0', '>*', '>1.x', '^*', '> 18.2.0-rc.1'];
const NAMES = ['account', 'cart', 'catalog', 'checkout', 'search', 'shell', 'vendor', 'zeta'];
const ODD_NAMES = ['team/cart', 'Cart', 'cart-2', 'cart_2', 'cart2', '7', '10', 'a.b', 'Zeta', 'mfe 1'];
const FAILURES = ['TypeError: Failed to fetch', 'SyntaxError: Unexpected end of JSON input', '404 - Not Found']; // the classic runtime does not look at the status

export const plain = {
  runtime: 'orchestrator', host: 0.6, namedHost: 0.2, remotes: [1, 3], packages: [1, 2], declares: 0.75, singleton: 0.9, strict: 0.5, range: { near: 7, own: 2, wide: 0, odd: 0 },
  prerelease: 0, badVersion: 0, newest: 0, scopes: [[undefined, 1]], dense: 0.5, more: 0.1, pool: 0, autoPool: 0, flat: 0, fail: 0, oddNames: 0, renamed: 0, arrival: 0.2, later: [0, 0],
  pages: [1, 1], urls: 'own', chunks: 0, integrity: 0, exposes: 0.03, flags: 0, profile: 0, twice: 0, family: 0,
};

const fileOf = (specifier) => specifier.replace(/^@/, '').replace(/[^a-z0-9.]+/g, '_') + '.js';

function rangeOf(r, knobs, version, versions) {
  const kind = r.weighted(Object.entries(knobs.range));
  if (kind === 'odd') return r.pick(ODD_RANGES);
  if (kind === 'wide') return r.pick(['*', `>=${versions.at(-1)}`, '>=18.0.0', '^18 || ^19 || ^20', '>=19 <21']);
  const of = kind === 'own' ? version : r.pick(versions);
  const [major, minor] = of.split('.');
  return r.pick([`^${of}`, `^${of}`, `^${major}.0.0`, `~${of}`, of, `>=${of}`, `^${major}.${minor}.0`, `${major}.x`, `>=${major}.0.0 <${Number(major) + 1}.0.0`]);
}

function versionOf(r, knobs, versions) {
  if (r.chance(knobs.badVersion)) return r.pick(BAD_VERSIONS);
  if (r.chance(knobs.prerelease)) return r.pick(PRERELEASES);
  return r.pick(versions);
}

function filesFor(r, knobs, name, again) {
  const extra = NPM[name].more.filter(() => r.chance(knobs.more));
  const suffix = again ? '2' : '';
  const entries = Object.fromEntries([name, ...extra].map((s) => [s, suffix + fileOf(s)]));
  if (r.chance(knobs.dense)) return [{ packageName: name, entries }];
  return Object.entries(entries).map(([packageName, outFileName]) => ({ packageName, outFileName }));
}

// An app of a family knob has all its packages from one release, as a build does.
function externalsFor(r, knobs, name, again, release) {
  const { versions } = NPM[name];
  const version = release === undefined ? versionOf(r, knobs, versions) : versions[release];
  const near = version && /^\d+\.\d+\.\d+/.test(version) ? version : versions[0];
  const shareScope = r.weighted(knobs.scopes);
  const facts = {
    ...(version === undefined ? {} : { version }),
    requiredVersion: rangeOf(r, knobs, near, versions),
    ...(r.chance(knobs.singleton) ? { singleton: true } : {}),
    ...(r.chance(knobs.strict) ? { strictVersion: true } : {}),
    ...(shareScope === undefined ? {} : { shareScope }),
    ...(r.chance(knobs.pool) ? { pool: r.pick(['ng', 'ng', 'ui']) } : {}),
    ...(knobs.chunks && r.chance(0.5) ? { bundle: 'browser-shared' } : {}),
  };
  return filesFor(r, knobs, name, again).map((files) => ({ ...files, ...facts }));
}

function urlFor(r, knobs, name, version = '') {
  const slug = name.replace(/[A-Z_]/g, (c) => `u-${c.toLowerCase()}`).replace(/[^a-z0-9]+/g, '-'); // one per name
  const at = version && `${version}/`;
  switch (knobs.urls === 'odd' ? r.pick(['nested', 'relative', 'bare', 'root', 'loose', 'same']) : knobs.urls) {
    case 'nested': return `https://page.test/${slug}/${at}remoteEntry.json`;
    case 'relative': return `./${slug}/${at}remoteEntry.json`;
    case 'bare': return `${slug}/${at}remoteEntry.json`;
    case 'root': return `${slug}.json`;
    case 'loose': return r.pick([`https://${slug}.test/mfe`, `https://${slug}.test/v1.2`, `https://${slug}.test/mfe/`]);
    case 'same': return `https://page.test/${slug}.json`;
    default: return at || slug !== name ? `https://${slug}.test/${at}remoteEntry.json` : undefined;
  }
}

function sharedFor(r, knobs, packages) {
  const shared = [];
  const release = r.chance(knobs.family) ? r.below(3) : undefined;
  for (const name of r.shuffle(packages)) {
    if (r.chance(knobs.declares)) shared.push(...externalsFor(r, knobs, name, false, release));
    if (r.chance(knobs.twice)) shared.push(...externalsFor(r, knobs, name, true));
  }
  return shared;
}

function extras(r, knobs, shared) {
  const out = {};
  if (r.chance(knobs.exposes)) out.exposes = [{ key: './Main', outFileName: 'Main.js' }];
  if (r.chance(knobs.chunks)) out.chunks = { 'browser-shared': ['chunk-A1.js'], ...(r.chance(0.5) ? { 'mapping-or-exposed': ['./chunk-B2.js', 'c.mjs'] } : {}) };
  if (r.chance(knobs.integrity)) {
    const files = [...shared.flatMap((s) => Object.values(s.entries ?? { f: s.outFileName })), 'Main.js', 'chunk-A1.js'];
    out.integrity = Object.fromEntries(files.filter(() => r.chance(0.8)).map((file, i) => [file, `sha384-${i}`]));
  }
  return out;
}

function appFor(r, knobs, name, packages, version) {
  const url = urlFor(r, knobs, name, version);
  const app = { name, ...(url ? { url } : {}) };
  if (r.chance(knobs.renamed)) app.as = r.pick([...NAMES, ...ODD_NAMES]);
  if (r.chance(knobs.fail)) return { ...app, fail: r.pick(knobs.runtime === 'classic' ? FAILURES.slice(0, 2) : FAILURES) };
  const shared = sharedFor(r, knobs, packages);
  return { ...app, ...(shared.length ? { shared } : {}), ...extras(r, knobs, shared) };
}

function hostFor(r, knobs, packages) {
  const { name: _, as: __, url: ___, ...host } = appFor(r, { ...knobs, fail: knobs.fail / 3 }, 'host', packages);
  if (knobs.runtime === 'classic') return host;
  const url = knobs.urls === 'own' ? undefined : r.pick(['https://page.test/remoteEntry.json', './remoteEntry.json', './assets/remoteEntry.json']);
  return { ...(r.chance(knobs.namedHost) ? { name: r.pick(['host', 'shell', 'cart']) } : {}), ...(url ? { url } : {}), ...host };
}

const FLAGS = ['strictRemoteEntry', 'strictExternalCompatibility', 'strictExternalSameVersionCompatibility', 'strictExternalVersion', 'strictImportMap', 'strictEntryPointCoverage'];

function optionsFor(r, knobs) {
  if (knobs.runtime === 'classic') {
    return {
      ...(r.chance(knobs.flags) ? { throwIfRemoteNotFound: true } : {}),
      ...(r.chance(knobs.profile) ? { cacheTag: 'v1' } : {}),
      ...(knobs.urls === 'own' ? {} : { deployUrl: r.pick(['assets', './assets/', 'https://page.test/assets', '/']) }),
    };
  }
  const strict = r.chance(knobs.flags) ? r.weighted([[true, 1], [Object.fromEntries(r.some(FLAGS, 1 + r.below(2)).map((f) => [f, true])), 4]]) : undefined;
  const profile = {
    ...(r.chance(knobs.newest) ? { latestSharedExternal: true } : {}),
    ...(r.chance(knobs.profile) ? { skipInvalidExternalVersions: true } : {}),
    ...(r.chance(knobs.profile) ? { scopeUncoveredEntrypoints: true } : {}),
    ...(r.chance(knobs.profile) ? { overrideCachedRemotes: r.pick(['always', 'never', 'init-only']) } : {}),
    ...(r.chance(knobs.profile) ? { overrideCachedRemotesIfURLMatches: true } : {}),
    ...(r.chance(knobs.profile / 4) ? { cacheTag: r.pick(['v1', '1.2']) } : {}),
  };
  const feature = { ...(r.chance(knobs.flat) ? { convertFlatSharedInfo: true } : {}), ...(r.chance(knobs.autoPool) ? { useAutoExternalPooling: true } : {}) };
  const full = (o) => Object.keys(o).length > 0;
  return { ...(strict === undefined ? {} : { strict }), ...(full(profile) ? { profile } : {}), ...(full(feature) ? { feature } : {}) };
}

function namesFor(r, knobs, n) {
  const odd = r.some(ODD_NAMES, ODD_NAMES.length);
  return r.some(NAMES, n).map((name) => (r.chance(knobs.oddNames) ? odd.pop() : name));
}

// A remote that comes later is new, or one that is there in a new version, at its old address or at a new one.
function laterFor(r, knobs, names, packages, remotes) {
  const later = [];
  for (let n = r.between(knobs.later); n > 0; n--) {
    const again = remotes.length > 0 && r.chance(0.2);
    const name = again ? r.pick(remotes).name : names[(remotes.length + n) % names.length];
    const app = appFor(r, knobs, name, packages, again && r.chance(0.6) ? 'v2' : '');
    later.push(knobs.runtime === 'classic' ? app : unnamed(r, app));
  }
  return later;
}

function unnamed(r, app) {
  if (r.chance(0.85) || (!app.url && app.as)) return app;
  const { name, ...rest } = app;
  return { ...rest, as: app.as ?? name };
}

function pageFor(r, knobs, packages, names) {
  const remotes = names.slice(0, r.between(knobs.remotes)).map((name) => appFor(r, knobs, name, packages));
  const options = optionsFor(r, knobs);
  const later = laterFor(r, knobs, names, packages, remotes);
  return {
    ...(Object.keys(options).length ? { options } : {}),
    ...(knobs.runtime === 'classic' || r.chance(knobs.host) ? { host: hostFor(r, knobs, packages) } : {}),
    ...(knobs.runtime !== 'classic' && r.chance(knobs.profile / 4) ? { hostCacheTag: 'h1' } : {}),
    remotes,
    ...(r.chance(knobs.arrival) ? { arrival: r.shuffle(remotes.map((a) => a.name)) } : {}),
    ...(later.length ? { later } : {}),
  };
}

// The next page of the same visitor: some remotes as before, some deployed anew (at the old address or at another), some gone.
function nextPage(r, knobs, page, packages, names) {
  const next = pageFor(r, knobs, packages, names);
  next.remotes = next.remotes.map((remote) => {
    const before = page.remotes.find((a) => a.name === remote.name);
    if (!before || r.chance(0.3)) return remote;
    return r.chance(0.5) ? before : { ...remote, url: urlFor(r, { ...knobs, urls: 'own' }, remote.name, 'v2') };
  });
  if (page.host && r.chance(0.7)) next.host = r.chance(0.5) ? page.host : { ...page.host, shared: sharedFor(r, knobs, packages) };
  if (page.options && r.chance(0.7)) next.options = page.options;
  return next;
}

/** make makes one case's `in` from knobs. */
export function make(r, given) {
  const knobs = { ...plain, ...given };
  const packages = r.some(knobs.from ?? Object.keys(NPM), r.between(knobs.packages));
  const names = namesFor(r, knobs, NAMES.length);
  const pages = [pageFor(r, knobs, packages, names)];
  for (let n = r.between(knobs.pages); n > 1; n--) pages.push(nextPage(r, knobs, pages.at(-1), packages, names));
  return { runtime: knobs.runtime, pages };
}
