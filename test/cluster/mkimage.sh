#!/usr/bin/env bash
# mkimage.sh NAME:TAG FOLDER OUT.tar [ENTRYPOINT...]: pack a folder as a one-layer docker-archive.
# The same folder gives the same bytes.
set -euo pipefail
name=$1 root=$2 out=$3
shift 3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$root" -cf "$tmp/layer.tar" .
diff=$(sha256sum "$tmp/layer.tar" | cut -d' ' -f1)
jq -cn --arg arch "$(dpkg --print-architecture)" --arg diff "sha256:$diff" --args '{
  architecture: $arch, os: "linux", created: "2026-01-01T00:00:00Z",
  config: {Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Entrypoint: $ARGS.positional},
  rootfs: {type: "layers", diff_ids: [$diff]},
  history: [{created: "2026-01-01T00:00:00Z", created_by: "test/cluster/mkimage.sh"}]}' "$@" > "$tmp/config.json"
jq -cn --arg name "$name" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' > "$tmp/manifest.json"
tar --owner=0 --group=0 --mtime=@0 -C "$tmp" -cf "$out" manifest.json config.json layer.tar
