// Builds the apps of a case with webpack 5.110.3 and its own ModuleFederationPlugin, in memory.
//
// Every app is a folder of its own: a package.json that depends on what is shared ("^version" where the version is known),
// node_modules with a package per declaration that exports {version, from}, and the modules that use them. What the bundles
// decide is all webpack's: the only thing that is put in is where a remote entry comes from, `loadEntry(name)`.
import webpack from 'webpack';
import { Files } from './files.mjs';

// EXPOSED_SCOPES is exposed by every remote, so that one can see share scopes that the host does not have.
export const EXPOSED_SCOPES = './share-scopes';

// pathsOf lists what can be imported from an app: its shared packages, and through it those of the remotes below it.
export function pathsOf(app, configs) {
  const below = (app.remotes ?? []).flatMap((name) => pathsOf(configs.get(name), configs).map((path) => `${name}/${path}`));
  return [...Object.keys(app.shared), EXPOSED_SCOPES.slice(2), ...below];
}

export async function buildHost(host, remotes, configs) {
  const files = new Files();
  const folder = writeApp(files, host);
  files.put(`${folder}/main.js`, hostSource(host, remotes, configs));
  return build(files, folder, host.name, {
    entry: './main.js',
    output: { filename: 'main.js', library: { type: 'commonjs2' } },
    plugins: [new webpack.container.ModuleFederationPlugin({ remotes: remoteOptions(remotes, configs), shared: sharedOptions(host) })],
  });
}

export async function buildRemote(app, configs) {
  const files = new Files();
  const folder = writeApp(files, app);
  files.put(`${folder}/share-scopes.js`, 'export const scopes = __webpack_share_scopes__;');
  const exposes = Object.fromEntries(pathsOf(app, configs).map((path) => [`./${path}`, path]));
  exposes[EXPOSED_SCOPES] = './share-scopes.js';
  const container = {
    name: app.name, filename: 'main.js', library: { type: 'commonjs2' }, exposes, shared: sharedOptions(app),
    remotes: remoteOptions(app.remotes ?? [], configs), shareScope: app.shareScope ?? 'default',
  };
  return build(files, folder, app.name, { entry: {}, output: {}, plugins: [new webpack.container.ModuleFederationPlugin(container)] });
}

// hostSource imports whatever a step may ask for, each in a chunk of its own. An eager package is required in the initial chunk:
// it must be at hand there.
function hostSource(host, remotes, configs) {
  const uses = Object.entries(host.shared).map(([name, { eager }]) => getter(name, eager ? 'require' : 'import'));
  const paths = remotes.flatMap((name) => pathsOf(configs.get(name), configs).map((path) => `${name}/${path}`));
  return `
    export const uses = { ${uses.join(', ')} };
    export const remotes = { ${paths.map((path) => getter(path, 'import')).join(', ')} };
    export const scopes = __webpack_share_scopes__;
  `;
}

function getter(request, how) {
  return `${JSON.stringify(request)}: () => ${how}(${JSON.stringify(request)})`;
}

function writeApp(files, app) {
  const folder = `/${app.name}`;
  const dependencies = {};
  for (const [name, { version, import: request }] of Object.entries(app.shared)) {
    if (version) dependencies[name] = `^${version}`;
    if (request !== false) writePackage(files, `${folder}/node_modules/${name}`, name, version || undefined, app.name);
  }
  files.put(`${folder}/package.json`, JSON.stringify({ name: `app-${app.name}`, dependencies }));
  return folder;
}

function writePackage(files, folder, name, version, app) {
  files.put(`${folder}/package.json`, JSON.stringify({ name, version, type: 'module', main: 'index.js' }));
  files.put(`${folder}/index.js`, `export const version = ${JSON.stringify(version ?? '0')}, from = ${JSON.stringify(app)};`);
}

// A version that is a string is in the package's package.json, where webpack looks for it; false says that it shall not look.
function sharedOptions(app) {
  return Object.fromEntries(Object.entries(app.shared).map(([name, { version, scope = 'default', ...options }]) => [
    name, { ...options, shareScope: scope, ...(version === false && { version }) },
  ]));
}

function remoteOptions(names, configs) {
  return Object.fromEntries(names.map((name) => [
    name, { external: `promise loadEntry(${JSON.stringify(name)})`, shareScope: configs.get(name).shareScope ?? 'default' },
  ]));
}

// build resolves to a function that reads an output file. Readable ids cost nothing and occur in error texts as a development build would have them.
async function build(files, folder, name, { entry, output, plugins }) {
  const compiler = webpack({
    context: folder, mode: 'none', target: 'node', entry, plugins, devtool: false, cache: false, performance: false,
    output: { path: `${folder}/dist`, uniqueName: name, ...output },
    optimization: { moduleIds: 'named', chunkIds: 'named' },
    infrastructureLogging: { level: 'none' },
  });
  Object.assign(compiler, { inputFileSystem: files, outputFileSystem: files, intermediateFileSystem: files });
  const stats = await new Promise((resolve, reject) => compiler.run((error, done) => (error ? reject(error) : resolve(done))));
  if (stats.hasErrors()) throw new Error(`building ${name}: ${stats.toJson({ all: false, errors: true }).errors[0].message}`);
  return (file) => files.text(`${folder}/dist/${file}`);
}
