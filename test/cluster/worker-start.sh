#!/usr/bin/env bash
# Launches the worker: enters its cgroups and network namespace, makes the other namespaces and boots it.
# Runs as long as the worker does, whose first process is its only child.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib/settings.sh"
. "$here/lib/worker.sh"

for c in $(worker_cgroup_roots); do echo $$ > "$c/$WORKER_CGROUP/cgroup.procs"; done
exec nsenter --net="/run/netns/$WORKER_NETNS" -- env -i PATH="$SYSTEM_PATH" LANG=C.UTF-8 HOME=/root \
  PLUMBLINE_CLUSTER_HOME="$CLUSTER_HOME" PLUMBLINE_CLUSTER_NODE="$NODE_NAME" \
  unshare --mount --uts --ipc --pid --cgroup --fork --kill-child --propagation private -- bash "$here/worker-boot.sh"
