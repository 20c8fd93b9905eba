// Chooses among cases those whose outcome has something that few have had so far, so that a small file holds the rare turns too.

const scarce = 4; // what so few cases have shown is worth any size
const rare = 14; // what so few have shown is worth a case of modest size
const modest = 2000; // characters
const ordinary = 0.012; // the share of the other cases that stays

// A line of the console without what varies in it.
function template(line) {
  const words = line.replace(/'[^']*'|\[[^\]]*\]|\{[^}]*\}/g, '').replace(/ for \S+ from file .*/, ' for from file').split(' ');
  return words.filter((word) => /^[A-Za-z]+[.,:]?$/.test(word)).slice(0, 12).join(' ');
}

function features(k, { pages }) {
  const all = new Set();
  for (const { err = '', later = [], log, got, maps } of pages) {
    for (const line of [err, ...later, ...log]) all.add(template(line));
    for (const { a, err: fault = 'ok', own } of got) all.add(`${k} ${a} ${fault.split(' ')[0]} ${own}`);
    for (const map of maps) all.add(`map ${Object.keys(map)}`);
  }
  return all;
}

/** chooser returns a function that says of one case after the other whether it is kept. */
export function chooser(r) {
  const shown = new Map();
  return (k, out, line) => {
    const mine = [...features(k, out)];
    const least = Math.min(...mine.map((feature) => shown.get(feature) ?? 0));
    const keep = least < scarce || (line.length < modest && (least < rare || r.chance(ordinary)));
    if (keep) for (const feature of mine) shown.set(feature, (shown.get(feature) ?? 0) + 1);
    return keep;
  };
}
