// Reduces what a runtime did to one page to who gets what.

import { absolute, merge, resolve } from './importmap.mjs';

const entriesOf = (external) => Object.entries(external.entries ?? { [external.packageName]: external.outFileName });

/** filesOf indexes the files that documents list: absolute address → {f: app, v: version}. A later document wins. */
export function filesOf(apps, base) {
  const files = new Map();
  for (const { name, home, doc } of apps) {
    for (const external of doc.shared ?? []) {
      for (const [, file] of entriesOf(external)) {
        files.set(absolute(home + file, base), { f: name, v: external.version ?? '' });
      }
    }
  }
  return files;
}

function verdict(rule, consumer, files) {
  if (!rule) return { err: 'unmapped' };
  if (rule.address === null) return { err: 'void' };
  const file = files.get(rule.address);
  if (!file) return { err: `unknown ${rule.address}` };
  return { v: file.v, f: file.f, ...(rule.scoped && file.f === consumer ? { own: 1 } : {}) };
}

/**
 * gotOf lists, for every app and every entry point it imports, what the page's maps give it. apps are {name, home, doc}; home is
 * the folder its code runs in; action(name, external, specifier) is the runtime's own word for what it did, "" if it has none.
 */
export function gotOf({ apps, maps, files, base, action }) {
  const merged = merge(maps, base);
  const got = [];
  for (const { name, home, doc } of apps) {
    const referrer = absolute(home + 'main.js', base) ?? '';
    for (const external of doc.shared ?? []) {
      for (const [specifier] of entriesOf(external)) {
        const a = action(name, external, specifier);
        const e = specifier === external.packageName ? {} : { e: specifier };
        const rule = resolve(merged, specifier, referrer);
        got.push({ w: name, p: external.packageName, ...e, ...(a ? { a } : {}), ...verdict(rule, name, files) });
      }
    }
  }
  return got;
}
