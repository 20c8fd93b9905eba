// A network in memory: it keeps every request open until the case says that its answer arrives.

const tick = () => new Promise((resolve) => setImmediate(resolve));

const page404 = '<!doctype html><title>Not found</title>';

function answer(app) {
  const document = {
    name: app.as ?? app.name,
    exposes: app.exposes ?? [],
    shared: app.shared ?? [],
    ...(app.chunks ? { chunks: app.chunks } : {}),
    ...(app.integrity ? { integrity: app.integrity } : {}),
  };
  return { ok: true, status: 200, statusText: 'OK', json: async () => JSON.parse(JSON.stringify(document)) };
}

// A failure is "404 - Not Found" (the server's answer) or "TypeError: Failed to fetch" (what fetch or the parser throws).
function failure(text) {
  const status = /^(\d{3}) - (.*)$/.exec(text);
  if (status) {
    return { ok: false, status: Number(status[1]), statusText: status[2], json: async () => JSON.parse(page404) };
  }
  const [name, message] = text.split(': ');
  throw Object.assign(new Error(message), { name });
}

function finish({ app, resolve, reject }) {
  try {
    resolve(app.fail ? failure(app.fail) : answer(app));
  } catch (error) {
    reject(error);
  }
}

/**
 * network replaces globalThis.fetch. serve puts an app's document at a URL; arrive lets all open requests finish, those of the
 * apps named in order first; it returns the apps whose documents were read.
 */
export function network() {
  const served = new Map();
  let open = [];
  globalThis.fetch = (url) =>
    new Promise((resolve, reject) => open.push({ app: served.get(url.split('?')[0]), resolve, reject }));
  return {
    serve: (url, app) => served.set(url, app),
    async arrive(order = []) {
      const answered = [];
      const rank = ({ app }) => (order.includes(app.name) ? order.indexOf(app.name) : order.length);
      for (await tick(); open.length > 0; await tick()) {
        const next = open.reduce((a, b) => (rank(b) < rank(a) ? b : a));
        open = open.filter((request) => request !== next);
        finish(next);
        if (!next.app.fail) answered.push(next.app);
      }
      return answered;
    },
  };
}

/** settled waits until a runtime is done with what it fetches: {value}, or {error}, and the apps answered. */
export async function settled(promise, net, order) {
  const done = promise.then(
    (value) => ({ value }),
    (error) => ({ error: `${error.name}: ${error.message}` }),
  );
  const answered = await net.arrive(order);
  return { ...(await done), answered };
}
