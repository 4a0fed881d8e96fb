#!/usr/bin/env bash
# A real one-node kubeadm cluster on a machine without a container registry; see README.md beside this file.
set -euo pipefail

usage() {
  cat <<'U'
cluster.sh COMMAND
  up [--worker]     make the cluster (and a second node) and wait until it is ready
  down              stop it and remove what it made; built binaries stay
  build             only build the binaries
  in CMD...         run in the cluster's network namespace, with KUBECONFIG and kubectl
  add-worker        join a second node, made of namespaces; remove-worker takes it away
  worker-in CMD...  run in all of the worker's namespaces
  load ARCHIVE      import a docker-archive into every node
  restart-kubelet [--worker]  end the kubelet and wait until its successor is healthy
  status            what runs; exit 1 when the cluster is down
  env               shell exports, for eval "$(cluster.sh env)"
U
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in settings say process claim external packages build network node-files images init worker down commands; do
  # shellcheck source=/dev/null
  . "$here/lib/$part.sh"
done
mkdir -p "$CLUSTER_HOME"

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  up) cmd_up "$@" ;;
  down) cmd_down ;;
  build) cmd_build ;;
  in) cmd_in "$@" ;;
  add-worker) cmd_add_worker ;;
  remove-worker) cmd_remove_worker ;;
  worker-in) cmd_worker_in "$@" ;;
  load) cmd_load "$@" ;;
  restart-kubelet) cmd_restart_kubelet "$@" ;;
  status) cmd_status ;;
  env) cmd_env ;;
  *) usage >&2; exit 2 ;;
esac
