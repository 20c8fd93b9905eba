// Hears what is said on the console: engines warn there, and nowhere else can one learn of it.

let heard = [];

for (const method of ['debug', 'error', 'info', 'log', 'warn']) {
  console[method] = (...words) => void heard.push({ method, words });
}

// Node's own warnings (of promises that nobody caught in time) would be written to the same console; no page says that.
process.removeAllListeners('warning');

// listen starts a new record and returns it: [{method, words}], growing until the next listen.
export function listen() {
  heard = [];
  return heard;
}

// logLine is one call as text, cut so that a stack or a dump does not flood the vectors.
export function logLine({ method, words }) {
  return `${method}:${words.map(String).join(' ').slice(0, 160)}`;
}
