#!/usr/bin/env bash
# Builds both images without a container engine or a registry and leaves them as docker-archives in $IMAGES_HOME.
# build.sh [--clean]: --clean first forgets base images and layers of earlier runs.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
# shellcheck source=bases.sh
. "$IMAGES_DIR/bases.sh"

storage() { local c=$1; shift; buildah --root "$IMAGES_HOME/storage" --runroot "$IMAGES_HOME/storage-run" "$c" "$@"; }

tools() {
  local p missing=()
  for p in buildah debootstrap ca-certificates jq; do
    dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]} ..."
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -qq
  apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# What npm needs to reach its registry from here. Secrets are mounted for one RUN and are in no layer.
secrets() {
  local ca
  ca=$(npm config get cafile 2>/dev/null || true)
  [ -r "$ca" ] || ca=/etc/ssl/certs/ca-certificates.crt
  cp "$ca" "$WORK/ca.pem"
  { grep -hvE '^(nodedir|cafile)[[:space:]]*=' "$HOME/.npmrc" 2>/dev/null || true; echo 'cafile=/run/secrets/ca.pem'; } > "$WORK/npmrc"
}

# build NAME IMAGE ARCHIVE
build() {
  local start=$SECONDS
  say "$1 ..."
  storage bud --quiet --pull-never --layers \
    --build-arg "BUILD_BASE=$BUILD_BASE" --build-arg "RUNTIME_BASE=$RUNTIME_BASE" \
    --secret "id=npmrc,src=$WORK/npmrc" --secret "id=ca,src=$WORK/ca.pem" \
    --file "$ROOT/Dockerfile.$1" --ignorefile "$ROOT/.dockerignore" --tag "$2" "$ROOT" > "$WORK/$1.log" 2>&1 ||
    { cat "$WORK/$1.log" >&2; fail "building $1 failed."; }
  rm -f "$3.new"
  storage push --quiet "$2" "docker-archive:$3.new:$2"
  bash "$IMAGES_DIR/inspect.sh" "$3.new"
  mv "$3.new" "$3"
  say "$1: $(($(stat -c %s "$3") / 1048576)) MiB in $((SECONDS - start)) s, $3"
}

[ "$(id -u)" = 0 ] || fail "this needs root."
[ "${1:-}" != --clean ] || rm -rf "$IMAGES_HOME/storage" "$IMAGES_HOME/storage-run"
mkdir -p "$IMAGES_HOME"
exec 9> "$IMAGES_HOME/lock"
flock 9
WORK=$(mktemp -d "$IMAGES_HOME/work.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
tools
secrets
[ -x "$NODE_BINARY" ] || fail "node_modules has no node: run \`npm ci\` first."
build_base
runtime_base
build agent "$AGENT_IMAGE" "$AGENT_ARCHIVE"
build aggregator "$AGGREGATOR_IMAGE" "$AGGREGATOR_ARCHIVE"
# Each change of the tree leaves half a gigabyte of layers that nothing will ask for again.
storage rmi --prune >/dev/null 2>&1 || true
