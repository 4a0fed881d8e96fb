# shellcheck shell=bash
# Taking the cluster down: our processes by pid file, then what holds on to our namespaces, then our paths.

down() {
  worker_down
  stop kubelet-supervisor
  stop kubelet
  stop_containers
  stop containerd
  kill_shims
  if ours; then
    unmount_below /var/lib/kubelet /run/containerd
    remove_pod_namespaces
    remove_cgroups kubepods
  fi
  remove_netns "$NETNS"
  release_all
  restore_machine_state
  rm -rf "$RUN/rootfs" "$RUN/netns" "$RUN/image.tar" "$RUN/kubeadm.yaml"
}

stop_containers() {
  if gone containerd || ! ctr --connect-timeout 3s version >/dev/null 2>&1; then return 0; fi
  local t
  for t in $(ctr -n k8s.io tasks ls -q); do ctr -n k8s.io tasks kill -s SIGKILL "$t" 2>/dev/null || true; done
  wait_for 10 no_running_task || true
  for t in $(ctr -n k8s.io tasks ls -q); do ctr -n k8s.io tasks rm -f "$t" >/dev/null 2>&1 || true; done
}

no_running_task() { ! ctr -n k8s.io tasks ls | grep -q RUNNING; }

# Shims outlive their containerd: ours are those in our network namespace.
kill_shims() {
  local pid child
  [ -s "$RUN/netns" ] || return 0
  for pid in $(pgrep -f '^/usr/bin/containerd-shim-runc-v2 -namespace k8s\.io '); do
    [ "$(netns_identity "/proc/$pid/ns/net")" = "$(cat "$RUN/netns")" ] || continue
    for child in $(pgrep -P "$pid"); do kill -KILL "$child" 2>/dev/null || true; done
    kill -KILL "$pid" 2>/dev/null || true
  done
}

unmount_below() {
  local d m
  for d in "$@"; do
    awk -v d="$d/" 'index($2, d) == 1 { print $2 }' /proc/mounts | sort -r | while read -r m; do umount -l "$m" 2>/dev/null || true; done
  done
}

# Network namespaces of pods, which the CNI plugins of our runtime made.
remove_pod_namespaces() {
  local n
  for n in /run/netns/cni-*; do
    [ -e "$n" ] || continue
    umount -l "$n" 2>/dev/null || true
    rm -f "$n"
  done
}

remove_cgroups() {
  local c
  for c in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
    [ ! -d "$c" ] || find "$c" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  done
}

remove_netns() { [ ! -e "/run/netns/$1" ] || ip netns del "$1"; }
