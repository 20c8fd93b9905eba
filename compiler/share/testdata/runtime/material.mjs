// What the generated cases are made of: names, packages with their versions, and ranges as people write them, plain and odd.

export const NAMES = ['account', 'alpha', 'cart', 'catalog', 'checkout', 'help', 'orders', 'search', 'shell', 'vendor', 'zeta'];

// Names whose order is easy to get wrong: registration compares UTF-16 code units, not letters, numbers or code points.
export const ODD_NAMES = [
  'Zeta', 'alpha', 'Alpha', 'ALPHA', 'app-2', 'app-10', 'app_2', 'app2', 'app10', '10', '9', '_shell', '~shell', '$shell', 'ärzte',
  'zebra', 'Étoile', '日本', '\u{ff5e}shell', '\u{1f600}shell', 'shell', 'shell.', 'shell-', 'shell0',
];

export const PACKAGES = {
  react: ['16.14.0', '17.0.1', '17.0.2', '18.0.0', '18.2.0', '18.3.1', '19.0.0', '19.1.0'],
  lodash: ['3.10.1', '4.17.20', '4.17.21'],
  rxjs: ['6.6.7', '7.5.0', '7.8.0', '7.8.1', '8.0.0'],
  '@angular/core': ['17.3.12', '18.2.13', '19.0.0', '19.2.4', '20.0.0', '20.3.1'],
  '@org/ui': ['0.0.3', '0.0.4', '0.1.0', '0.1.9', '0.2.0', '0.2.5', '1.0.0', '1.9.0'],
  'zone.js': ['0.11.8', '0.14.10', '0.15.0', '0.15.1'],
};

export const PRERELEASES = [
  '18.3.0-canary-1', '19.0.0-alpha.1', '19.0.0-beta', '19.0.0-rc', '19.0.0-rc.0', '19.0.0-rc.1', '19.0.0-rc.10', '19.0.0',
  '19.0.0-rc.1.2', '19.0.0-1', '19.0.0-01', '19.0.0-rc.1+build.7', '19.0.0+build.7', '19.1.0-0', '18.2.0', '18.3.0', '0.0.0-experimental-1',
];

// Keys that look like array indices come first in a JavaScript object, in ascending order, whenever they were added.
export const INTEGERS = ['0', '2', '9', '10', '17', '18', '19', '018', '18.0', '18.0.0', '4294967294', '4294967295', '19.0', '1e1'];

export const WEIRD = [
  'v18.3.1', '18.2', '18', '0', 'latest', '19.0.0+sha.abc', '18.2.0.1', ' 18.2.0', '18.2.0 ', '=18.2.0', '18.x', '*', '18.02.0', '1.2.3-',
  'V18.2.0', '18.2.0-rc.1', '99999999999999999999.0.0', 'workspace:*', '^18.2.0',
];

const major = (version) => version.split('.')[0];
const minor = (version) => version.split('.').slice(0, 2).join('.');
const next = (version) => `${Number.parseInt(major(version), 10) + 1}.0.0`;

// A range is made from v, a version of the package (mostly the declaration's own), and w, another one.
export const PLAIN_RANGES = [
  (v) => `^${v}`, (v) => `^${v}`, (v) => `^${v}`, (v) => `^${major(v)}`, (v) => `^${major(v)}.0.0`, (v) => `~${v}`,
  (v) => `~${minor(v)}`, (v) => v, (v) => `=${v}`, (v) => `>=${v}`, (v) => `>${v}`, (v) => `<=${v}`, (v) => `<${v}`,
  (v) => `>=${v} <${next(v)}`, (v, w) => `>=${v} <${w}`, (v, w) => `${v} - ${w}`, (v, w) => `^${v} || ^${w}`,
  (v, w) => `${v} || ${w}`, (v) => `${major(v)}.x`, (v) => `${minor(v)}.x`, () => '*', () => false,
];

export const ODD_RANGES = [
  () => '', () => 'x', () => 'X', () => 'latest', () => 'next', () => 'workspace:*', () => 'workspace:^', () => 'catalog:',
  () => 'file:../lib', (v) => `npm:other@^${v}`, (v) => `^${v} ||`, (v) => `|| ${v}`, (v) => `^ ${v}`,
  (v) => `>= ${v} < ${next(v)}`, (v) => `~>${v}`, (v) => `~> ${v}`, (v) => `^v${v}`, (v) => `v${v}`, (v) => `=v${v}`,
  (v) => `!${v}`, (v) => `!=${v}`, (v, w) => `>=${v},<${w}`, (v) => `=>${v}`, (v) => `==${v}`, (v) => `^${v}-0`,
  (v) => `>=${v}-0`, (v) => `^${v}-rc.1`, () => '>=0.0.0', () => '>=0', () => '>0', () => '<0.0.0-0', () => '>=0.0.0-0',
  (v) => `${major(v)} - ${next(v)}`, (v) => `${major(v)}.*`, (v) => `^${minor(v)}.x`, (v) => `~${major(v)}`,
  (v) => `~${major(v)}.x`, (v) => ` ^${v} `, (v, w) => `^${v}  ||  ~${w}`, (v, w) => `^${v}|^${w}`, (v) => `^${v} garbage`,
  (v, w) => `>=${v} <${w} || >${w}`, (v) => `>=${v} <=${v}`, (v) => `<${v} >${v}`, (v) => `>=${v}+build.1`, () => '*.*',
  () => '1.*.3', () => '^x', () => '~*', (v) => `^${v}^${v}`,
];
