#!/usr/bin/env bash
# inspect.sh ARCHIVE: fails when an image holds something to run besides node, or something of the machine that built it.
set -euo pipefail
archive=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tar -C "$tmp" -xf "$archive"
mkdir "$tmp/rootfs"
for layer in $(jq -r '.[0].Layers[]' "$tmp/manifest.json"); do tar -C "$tmp/rootfs" -xf "$tmp/$layer"; done
bad() { echo "inspect: $archive: $*" >&2; exit 1; }

cd "$tmp/rootfs"
programs=$(find . -type f -perm /111 ! -path ./nodejs/bin/node ! -name '*.so' ! -name '*.so.*' ! -name '*.node' ! -name '.wh.*' | sort)
[ -z "$programs" ] || bad "programs besides node: $programs"
shells=$(find . -regextype posix-extended -regex '.*/(sh|bash|dash|ash|busybox|env|npm|npx|apt|apt-get|dpkg)')
[ -z "$shells" ] || bad "has $shells"
[ -z "$(find . -perm /6000)" ] || bad "set-uid or set-gid: $(find . -perm /6000)"
[ -z "$(find . -name .npmrc -o -name ca.pem -o -path '*/run/secrets/*')" ] || bad "secrets of the build are in it"
[ -x nodejs/bin/node ] || bad "no node in it"
config=$(jq -r '.[0].Config' "$tmp/manifest.json")
jq -e '.config.Entrypoint[0] == "/nodejs/bin/node" and (.config.User | test("^(0:0|65532:65532)$")) and (.config.Healthcheck | not)' \
  "$tmp/$config" >/dev/null || bad "entry point or user differ from the Dockerfile: $(jq -c .config "$tmp/$config")"
! jq -r '.config.Env[]' "$tmp/$config" | grep -iE 'proxy|token|secret' || bad "environment of the build is in it"
echo "inspect: $(du -sm "$tmp/rootfs" | cut -f1) MiB unpacked, $(find . -type f | wc -l) files, node is the only program"
