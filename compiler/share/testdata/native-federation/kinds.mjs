// The kinds of cases: which knobs each turns, and how often it comes.

const angular = ['@angular/core', '@angular/common', '@angular/router', '@acme/ui'];
const pooled = { from: angular, packages: [2, 3], dense: 0.9, more: 0.2, family: 0.5, singleton: 1, strict: 0.4, range: { near: 3, own: 1, wide: 5 } };
const scoped = [[undefined, 1], ['team', 3], ['strict', 1]];

export const kinds = {
  singleton: { weight: 4 },
  'no-host': { weight: 4, host: 0, remotes: [2, 4], packages: [1, 1] },
  latest: { host: 0.2, newest: 1 },
  'odd-ranges': { weight: 3, range: { near: 1, own: 1, odd: 6 } },
  prerelease: { weight: 2, prerelease: 0.6, range: { near: 3, own: 3, odd: 2 } },
  'bad-version': { weight: 2, badVersion: 0.4, profile: 0.15, range: { near: 2, own: 1, odd: 2 }, later: [0, 1], packages: [1, 1] },
  private: { singleton: 0.3 },
  scopes: { weight: 3, scopes: [[undefined, 1], ['team', 3], ['strict', 2], ['__GLOBAL__', 1]], more: 0.2, later: [0, 1] },
  'scope-flags': { weight: 2, scopes: scoped, more: 0.4, flags: 0.7, profile: 0.3, later: [0, 1], pages: [1, 2], packages: [1, 1], dense: 0.8 },
  'strict-scope': { scopes: [['strict', 1]], later: [0, 1], packages: [1, 1] },
  entries: { weight: 3, more: 0.5, packages: [1, 1], dense: 0.8, flat: 0.3 },
  coverage: { weight: 2, more: 0.5, dense: 1, profile: 0.5, later: [0, 1], packages: [1, 1] },
  flags: { weight: 4, flags: 0.8, fail: 0.1, badVersion: 0.05, more: 0.2, dense: 0.8, later: [0, 1], renamed: 0.05, scopes: [[undefined, 5], ['team', 1]] },
  fail: { weight: 2, fail: 0.4, arrival: 0.6, flags: 0.2, later: [0, 1], packages: [1, 1] },
  names: { weight: 2, oddNames: 0.6, renamed: 0.25, namedHost: 0.5, packages: [1, 1] },
  twice: { twice: 0.5, packages: [1, 1], scopes: [[undefined, 4], ['team', 1]], later: [0, 1], profile: 0.1 },
  later: { weight: 4, remotes: [0, 2], later: [1, 2], more: 0.1, dense: 0.7 },
  'later-coverage': { weight: 2, remotes: [0, 2], later: [1, 2], profile: 0.5, flags: 0.2, more: 0.5, dense: 1, packages: [1, 1], strict: 0.2, scopes: [[undefined, 2], ['team', 1]] },
  'later-flags': { weight: 3, remotes: [0, 2], later: [1, 2], flags: 0.8, profile: 0.4, more: 0.3, dense: 0.8, packages: [1, 1], renamed: 0.1, fail: 0.05, scopes: [[undefined, 2], ['team', 1]] },
  'later-scopes': { weight: 2, remotes: [0, 2], later: [1, 2], scopes: scoped, more: 0.2, dense: 0.8, packages: [1, 1], twice: 0.1 },
  pool: { weight: 4, ...pooled, pool: 0.8, remotes: [2, 4] },
  'auto-pool': { weight: 4, ...pooled, autoPool: 1, remotes: [2, 5], scopes: [[undefined, 3], ['team', 1]] },
  'scope-pool': { weight: 3, ...pooled, autoPool: 1, remotes: [2, 5], scopes: [['team', 1]], profile: 0.1, later: [0, 1] },
  'pool-flags': { weight: 2, ...pooled, autoPool: 0.7, pool: 0.4, flags: 0.7, profile: 0.3, remotes: [2, 4], scopes: [[undefined, 3], ['team', 1]] },
  'later-pool': { weight: 4, ...pooled, autoPool: 0.7, pool: 0.5, remotes: [1, 3], later: [1, 2] },
  revisit: { weight: 3, pages: [2, 3], later: [0, 1], profile: 0.2, packages: [1, 1], remotes: [1, 2] },
  'revisit-scopes': { pages: [2, 3], scopes: [[undefined, 1], ['team', 1], ['strict', 1]], profile: 0.3, packages: [1, 1], more: 0.2, later: [0, 1] },
  'revisit-pool': { weight: 3, ...pooled, packages: [2, 2], pages: [2, 3], autoPool: 0.7, pool: 0.3, profile: 0.2, remotes: [1, 3], later: [0, 1] },
  urls: { weight: 2, urls: 'odd', singleton: 0.7, later: [0, 1], host: 0.8, profile: 0.3 },
  files: { weight: 2, chunks: 0.6, integrity: 0.6, exposes: 0.5, later: [0, 1], scopes: [[undefined, 3], ['team', 1]], packages: [1, 1], remotes: [1, 2] },
  'pool-files': { ...pooled, chunks: 0.8, integrity: 0.6, autoPool: 1, packages: [2, 2], scopes: [[undefined, 1], ['team', 1]] },
  mixed: {
    weight: 3, remotes: [0, 7], packages: [1, 3], more: 0.1, badVersion: 0.03, prerelease: 0.1, scopes: [[undefined, 6], ['team', 2], ['strict', 1]], pool: 0.1, autoPool: 0.2, flat: 0.2,
    fail: 0.05, oddNames: 0.1, renamed: 0.05, later: [0, 2], pages: [1, 2], flags: 0.1, profile: 0.1, twice: 0.05, range: { near: 5, own: 3, odd: 1 }, newest: 0.2, singleton: 0.8, family: 0.2,
  },
  'classic-exact': { weight: 4, runtime: 'classic', dense: 0, arrival: 0.8, packages: [1, 1], remotes: [1, 4] },
  'classic-dense': { weight: 2, runtime: 'classic', dense: 0.3, arrival: 0.8, flags: 0.2, more: 0.1 },
  'classic-fail': { runtime: 'classic', dense: 0, fail: 0.4, arrival: 0.8, flags: 0.3 },
  'classic-later': { weight: 2, runtime: 'classic', dense: 0.1, later: [1, 2], arrival: 0.3 },
  'classic-urls': { runtime: 'classic', dense: 0, urls: 'odd', profile: 0.3, later: [0, 1] },
};
