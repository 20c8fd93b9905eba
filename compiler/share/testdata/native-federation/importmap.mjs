// What a page resolves a bare specifier to, by the import map algorithm of the HTML standard: maps that arrive later only add
// rules, the longest scope that knows the specifier wins, the top level comes last.

const urlLike = (text) => /^(\.{0,2}\/|[a-z][a-z0-9+.-]*:)/i.test(text);

export function absolute(text, base) {
  try {
    return new URL(text, base).href;
  } catch {
    return null;
  }
}

const record = () => Object.create(null);

function addRules(into, rules, base) {
  for (const [specifier, address] of Object.entries(rules ?? {})) {
    if (!(specifier in into)) into[specifier] = urlLike(address) ? absolute(address, base) : null;
  }
}

// Of two scopes of a map that are one address, the last counts.
function absoluteScopes(scopes, base) {
  const found = record();
  for (const [prefix, rules] of Object.entries(scopes ?? {})) {
    const address = absolute(prefix, base);
    if (address !== null) found[address] = rules;
  }
  return Object.entries(found);
}

/** merge joins the maps of one page; base is the page's URL. */
export function merge(maps, base) {
  const merged = { imports: record(), scopes: record() };
  for (const map of maps) {
    addRules(merged.imports, map.imports, base);
    for (const [scope, rules] of absoluteScopes(map.scopes, base)) {
      addRules((merged.scopes[scope] ??= record()), rules, base);
    }
  }
  return merged;
}

/** resolve is the rule that code at referrer meets: undefined if there is none; a null address means that the rule is void. */
export function resolve(merged, specifier, referrer) {
  for (const scope of Object.keys(merged.scopes).sort().reverse()) {
    const covers = scope === referrer || (scope.endsWith('/') && referrer.startsWith(scope));
    if (covers && specifier in merged.scopes[scope]) {
      return { scoped: true, address: merged.scopes[scope][specifier] };
    }
  }
  if (specifier in merged.imports) return { scoped: false, address: merged.imports[specifier] };
  return undefined;
}
