// Prints test vectors of Native Federation's share negotiation: what the real runtimes, the orchestrator 4.6.1 and the classic
// runtime 3.5.5, do with generated pages. One line is one case: {id, k(ind), in, out}. The same seed gives the same bytes.
//
//   npm ci
//   node generate.mjs | gzip -9n > ../vectors/native-federation.jsonl.gz
//   node generate.mjs --seed 7 --count 50000        # other cases
//
// in:  {runtime: orchestrator|classic, pages}. The pages are loads by one visitor whose storage lasts; a page is {options as given to
//      initFederation, host?, remotes in manifest order, arrival?: names in the order their documents arrive, later?: remotes added
//      afterwards, hostCacheTag?}. An app is {name, as?: the name in its document, url?: default https://<name>.test/remoteEntry.json, host
//      ./remoteEntry.json, shared, exposes, chunks, integrity, fail?: why there is no document}. The page is https://page.test/.
// out: {pages}; a page is {err?: what initFederation threw, later?: what adding each threw or "", log: console lines at level warn and
//      above, maps: the import maps in order, got: [{w: consumer, p: package, e?: entry point, a?: action, v: version got, f: provider, own?: 1 if
//      by a scope of its own, err?: unmapped | void | unknown <address>}]}.

import { browser } from './orchestrator.mjs';
import { visit } from './classic.mjs';
import { make } from './cases.mjs';
import { kinds } from './kinds.mjs';
import { network } from './network.mjs';
import { source } from './random.mjs';
import { chooser } from './rarity.mjs';

function argument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

async function run({ runtime, pages }, net) {
  const go = runtime === 'classic' ? (page) => visit(page, net) : browser(net);
  const out = [];
  for (const page of pages) out.push(await go(page));
  return { pages: out };
}

async function main() {
  if (!Intl.Collator().resolvedOptions().locale.startsWith('en')) throw new Error('set LC_ALL=en_US.UTF-8: the orchestrator sorts as the language has it');
  const r = source(argument('seed', 1));
  const net = network();
  const keep = chooser(r);
  const names = Object.entries(kinds).map(([k, { weight = 1 }]) => [k, weight]);
  for (let id = 0, count = argument('count', 2040); id < count; ) {
    const k = r.weighted(names);
    const input = make(r, kinds[k]);
    const out = await run(input, net);
    const line = JSON.stringify({ id, k, in: input, out });
    if (!keep(k, out, line)) continue;
    process.stdout.write(line + '\n');
    id++;
  }
}

await main();
