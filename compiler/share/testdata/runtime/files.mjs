// Files in memory, as much of a file system as webpack reads from and writes to.
import path from 'node:path';

const missing = (name) => Object.assign(new Error(`ENOENT: no such file or directory, '${name}'`), { code: 'ENOENT' });

export class Files {
  constructor() {
    this.contents = new Map();
    this.folders = new Map([['/', new Set()]]);
  }

  put(name, text) {
    this.contents.set(name, Buffer.from(text));
    for (let child = name; child !== '/'; child = path.dirname(child)) {
      const folder = path.dirname(child);
      if (!this.folders.has(folder)) this.folders.set(folder, new Set());
      this.folders.get(folder).add(path.basename(child));
    }
  }

  text(name) {
    return this.contents.get(name)?.toString('utf8');
  }

  // Every method below has the signature of its namesake in node:fs, options left out or not.
  readFile(name, ...rest) {
    const bytes = this.contents.get(name);
    if (!bytes) return void rest.at(-1)(missing(name));
    const encoding = rest.length > 1 ? rest[0]?.encoding ?? rest[0] : null;
    rest.at(-1)(null, typeof encoding === 'string' ? bytes.toString(encoding) : bytes);
  }

  readdir(name, ...rest) {
    const names = this.folders.get(name);
    rest.at(-1)(names ? null : missing(name), names && [...names]);
  }

  readlink(name, ...rest) {
    rest.at(-1)(Object.assign(new Error(`EINVAL: not a link, '${name}'`), { code: 'EINVAL' }));
  }

  stat(name, ...rest) {
    const file = this.contents.has(name);
    if (!file && !this.folders.has(name)) return void rest.at(-1)(missing(name));
    rest.at(-1)(null, { isFile: () => file, isDirectory: () => !file, isSymbolicLink: () => false, size: file ? this.contents.get(name).length : 0 });
  }

  lstat(name, ...rest) {
    this.stat(name, ...rest);
  }

  mkdir(name, ...rest) {
    rest.at(-1)(null);
  }

  writeFile(name, bytes, ...rest) {
    this.put(name, bytes);
    rest.at(-1)(null);
  }
}
