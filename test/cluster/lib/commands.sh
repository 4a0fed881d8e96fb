# shellcheck shell=bash
# The sub-commands of cluster.sh, one function each.

need_root() { [ "$(id -u)" = 0 ] || refuse "this needs root."; }
need_up() { is_up || refuse "the cluster is not up; run \`cluster.sh up\` first."; }

# One command that changes things at a time.
lock() {
  exec 9> "$CLUSTER_HOME/lock"
  flock -n 9 || { say "waiting for another cluster.sh to finish"; flock 9; }
}

cmd_build() {
  need_root
  lock
  mkdir -p "$BIN" "$RUN" "$LOG"
  step packages packages
  step build build_all
}

cmd_up() {
  if external_cluster; then
    say "using the cluster of KUBECONFIG=$GIVEN_KUBECONFIG; nothing to do"
    return
  fi
  [ -z "$GIVEN_KUBECONFIG" ] || say "no API server answers for KUBECONFIG=$GIVEN_KUBECONFIG: making a cluster"
  need_root
  refuse_foreign_cluster
  lock
  if is_up; then
    say "already up: node $NODE_NAME in network namespace $NETNS"
  else
    up
  fi
  [ "${1:-}" != --worker ] || add_worker
}

up() {
  local start=$EPOCHREALTIME
  trap '[ -z "$STEP" ] || echo "cluster: \"$STEP\" failed; logs are in $LOG; \`cluster.sh down\` removes what was made" >&2' EXIT
  if ours; then step "remove what an earlier, unfinished cluster left" down; fi
  mkdir -p "$BIN" "$RUN" "$LOG"
  step packages packages
  refuse_foreign_runtime
  step build build_all
  claim_all
  step network network
  step "machine state" machine_state
  step "node files" node_files
  step containerd runtime
  step images images
  step "kubeadm init" kubeadm_init
  step "node ready" node_ready "$NODE_NAME"
  step "system pods ready" system_pods_ready
  step "service network ready" service_network_ready
  mark_complete
  kube get nodes,pods -A -o wide
  say "up in $(tenths "$start") s; run what talks to the cluster through \`cluster.sh in\`"
}

cmd_down() {
  need_root
  refuse_other_home
  mkdir -p "$RUN"
  lock
  step down down
}

cmd_in() {
  if external_cluster; then exec env KUBECONFIG="$GIVEN_KUBECONFIG" "$@"; fi
  [ -e "/run/netns/$NETNS" ] || refuse "the cluster is not up; run \`cluster.sh up\` first."
  exec nsenter --net="/run/netns/$NETNS" -- env KUBECONFIG="$ADMIN_CONF" NODE_NAME="$NODE_NAME" PATH="$BIN:$PATH" "$@"
}

cmd_add_worker() {
  need_root
  need_up
  lock
  add_worker
}

cmd_remove_worker() {
  need_root
  need_up
  lock
  step "remove worker" remove_worker
}

cmd_worker_in() {
  local pid
  need_root
  pid=$(worker_pid) || refuse "there is no worker; run \`cluster.sh add-worker\` first."
  # shellcheck disable=SC2016 # expanded by the inner shell
  exec nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup -- \
    env -u KUBECONFIG NODE_NAME="$WORKER_NAME" PATH="$PATH" sh -c 'cd "$0" 2>/dev/null || cd /; exec "$@"' "$PWD" "$@"
}

cmd_load() {
  [ -r "${1:-}" ] || refuse "load needs a readable image archive."
  need_up
  zcat -f "$1" | ctr -n k8s.io images import - # the runtime reads no gzip; zcat -f passes plain archives through
  if worker_pid >/dev/null; then zcat -f "$1" | in_worker ctr -n k8s.io images import - >/dev/null; fi
}

# restart-kubelet [--worker]: ends the process of the pid file; the supervisor starts a new one with what the files say now.
cmd_restart_kubelet() {
  local enter=in_net file=$RUN/kubelet.pid old start=$EPOCHREALTIME
  need_root
  if [ "${1:-}" = --worker ]; then
    worker_pid >/dev/null || refuse "there is no worker; run \`cluster.sh add-worker\` first."
    enter=in_worker file=$WORKER_HOME/run/kubelet.pid
  else
    live_pid kubelet >/dev/null || refuse "no kubelet of this cluster runs."
  fi
  old=$(cat "$file")
  "$enter" kill "$old"
  wait_for 20 kubelet_replaced "$file" "$old" || { "$enter" kill -KILL "$old"; wait_for 10 kubelet_replaced "$file" "$old"; }
  wait_for 60 "$enter" curl -fsS --max-time 2 http://127.0.0.1:10248/healthz
  say "kubelet $(cat "$file") answers after $(tenths "$start") s"
}

kubelet_replaced() { [ "$(cat "$1")" != "$2" ]; }

cmd_status() {
  local d
  if external_cluster; then
    say "external cluster of KUBECONFIG=$GIVEN_KUBECONFIG"
    return
  fi
  for d in containerd kubelet-supervisor kubelet; do say "$d: $(live_pid "$d" || echo 'not running')"; done
  say "worker: $(worker_pid || echo none)"
  is_up || { say "down"; return 1; }
  kube get nodes,pods -A -o wide
}

cmd_env() {
  if external_cluster; then
    printf 'export KUBECONFIG=%q\nexport PLUMBLINE_CLUSTER_NETNS=\n' "$GIVEN_KUBECONFIG"
    return
  fi
  printf 'export %s=%q\n' KUBECONFIG "$ADMIN_CONF" NODE_NAME "$NODE_NAME" NODE_IP "$NODE_IP" \
    PLUMBLINE_CLUSTER_NETNS "$NETNS" PLUMBLINE_CLUSTER_HOME "$CLUSTER_HOME" PLUMBLINE_CLUSTER_BIN "$BIN" \
    PLUMBLINE_CLUSTER_LOG "$LOG" PLUMBLINE_CLUSTER_KUBELET_PID_FILE "$RUN/kubelet.pid" \
    PLUMBLINE_CLUSTER_BUSYBOX "$IMAGE_REPO/busybox:1" PLUMBLINE_CLUSTER_WORKER "$WORKER_NAME"
}
