#!/usr/bin/env bash
# Builds the apps in apps/ with each bundler and writes what came out over the recorded builds beside this script. It needs
# node 20 or later and npm, and takes a minute or two.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OUT=$work/out NODE_ENV=production
packages=(react@19.3.1 rxjs@7.8.2 @preact/signals-core@1.14.5 nanoid@6.0.2 zustand@5.1.0)

# install <folder> <package>... makes a copy of the apps with these tools and the packages that they share.
install() {
  cp -R "$here/apps" "$work/$1"
  cp "$work/$1/package.json" "$work/package.json"
  (cd "$work/$1" && shift && NODE_ENV=development npm install --no-audit --no-fund --save-exact --silent "$@" "${packages[@]}")
  mv "$work/package.json" "$work/$1/package.json" # plugins read the shared packages' ranges from it
}

install webpack webpack@5.110.3 webpack-cli@7.3.1 @module-federation/enhanced@2.9.2
(cd "$work/webpack" && npx webpack)

install rspack @rspack/core@2.3.2 @rspack/cli@2.2.8 @module-federation/enhanced@2.9.2
(cd "$work/rspack" && npx rspack build)

install vite vite@8.3.8 @module-federation/vite@1.23.0
(cd "$work/vite" && npx vite build)

install native4 @softarc/native-federation@4.7.0 @softarc/native-federation-esbuild@4.1.0
for build in native4-flat native4-dense; do (cd "$work/native4" && BUILD=$build node native4.mjs); done

install native3 @softarc/native-federation@3.5.5 esbuild@0.28.2 typescript@5.9.3
mkdir -p "$OUT/native3"
(cd "$work/native3" && node native3.mjs)

# Named after what built them. Source maps are kept as names only: they are large, and nothing reads them.
while read -r build name; do
  rm -rf "${here:?}/$name"
  cp -R "$OUT/$build" "$here/$name"
  find "$here/$name" -name '*.map' -exec truncate -s 0 {} +
done <<'NAMES'
webpack-script webpack-5.110.3-script
webpack-module webpack-5.110.3-module
webpack-host webpack-5.110.3-host
webpack-plain webpack-5.110.3-plain
rspack-script rspack-2.3.2-script
rspack-module rspack-2.3.2-module
vite vite-8.3.8
native3 native-federation-3.5.5
native4-flat native-federation-4.7.0-flat
native4-dense native-federation-4.7.0-dense
NAMES
