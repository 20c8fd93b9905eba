// A seeded source of choices (sfc32), so that a seed always gives the same cases.

function sfc32(seed) {
  let a = 0x9e3779b9, b = 0x243f6a88, c = seed >>> 0, d = 1;
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** source returns {below(n), chance(p), pick(list), some(list, n), shuffle(list), weighted([[value, weight]])}. */
export function source(seed) {
  const next = sfc32(seed);
  const below = (n) => next() % n;
  const chance = (p) => next() / 2 ** 32 < p;
  const pick = (list) => list[below(list.length)];
  const between = ([low, high]) => low + below(high - low + 1);
  const shuffle = (list) => {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  };
  const some = (list, n) => shuffle(list).slice(0, n);
  const weighted = (choices) => {
    let left = below(choices.reduce((sum, [, weight]) => sum + weight, 0));
    return choices.find(([, weight]) => (left -= weight) < 0)[0];
  };
  return { below, chance, pick, between, shuffle, some, weighted };
}
