#!/usr/bin/env bash
# First process of the worker's pid namespace: builds its root, moves into it, starts containerd and the
# kubelet's supervisor, then only reaps.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib/settings.sh"

ROOT=$WORKER_HOME/root

# What the first node made and a worker has not: hidden by whiteouts, so that nothing has to be deleted.
hide() {
  local p
  for p in etc/kubernetes etc/cni/net.d var/lib/etcd var/lib/kubelet var/lib/containerd var/lib/cni var/log/pods var/log/containers; do
    mkdir -p "$WORKER_HOME/upper/$(dirname "$p")"
    mknod "$WORKER_HOME/upper/$p" c 0 0
  done
}

root_file_system() {
  hide
  mount -t overlay worker -o "lowerdir=/,upperdir=$WORKER_HOME/upper,workdir=$WORKER_HOME/work" "$ROOT"
  mkdir -p "$ROOT"/etc/cni/net.d "$ROOT"/var/lib/{kubelet,containerd,cni} "$ROOT"/var/log/{pods,containers}
  # the runtime's layers cannot lie on an overlay
  mount --bind "$WORKER_HOME/containerd" "$ROOT/var/lib/containerd"
  mount --bind "$WORKER_HOME/kubelet" "$ROOT/var/lib/kubelet"
  mkdir -p "$ROOT$RUN" "$ROOT$LOG"
  mount --bind "$WORKER_HOME/run" "$ROOT$RUN"
  mount --bind "$LOG/worker" "$ROOT$LOG" # the machine's log/worker is the worker's log
  mount -t proc proc "$ROOT/proc"
  mount -t sysfs sysfs "$ROOT/sys"
  mount -t tmpfs -o mode=0755 tmpfs "$ROOT/run"
  mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
  mount --rbind /dev "$ROOT/dev"
  # this repository as it changes, to run its programs here
  mount --bind "$here/../.." "$ROOT$(cd "$here/../.." && pwd)"
  cgroups
}

# In the new cgroup namespace a fresh mount of a hierarchy has the worker's cgroup as its root.
cgroups() {
  local name options to
  mount -t tmpfs -o mode=0755 tmpfs "$ROOT/sys/fs/cgroup"
  while read -r name to _ options; do
    mkdir -p "$ROOT$to"
    mount -t "$name" -o "$options" cgroup "$ROOT$to"
  done < <(cgroup_mounts)
}

# TYPE TARGET - OPTIONS of each cgroup mount of the machine, without the options that every mount has.
cgroup_mounts() {
  awk '$3 ~ /^cgroup2?$/ {
    n = split($4, o, ","); s = "rw"
    for (i = 1; i <= n; i++) if (o[i] !~ /^(rw|relatime|noatime|nosuid|nodev|noexec)$/) s = s "," ($3 == "cgroup" && o[i] ~ /^name=/ ? "none," : "") o[i]
    print $3, $2, "-", s
  }' /proc/self/mounts
}

identity() {
  hostname "$WORKER_NAME"
  echo "$WORKER_NAME" > /etc/hostname
  printf '127.0.0.1 localhost\n%s %s\n' "$WORKER_IP" "$WORKER_NAME" > /etc/hosts
  tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
}

root_file_system
mkdir "$ROOT/.old"
cd "$ROOT"
pivot_root . .old
umount -l /.old
rmdir /.old
mount --make-rshared / # the kubelet's volumes need it
cd /
identity
setsid /usr/bin/containerd > "$LOG/containerd.log" 2>&1 < /dev/null &
setsid env PLUMBLINE_CLUSTER_HOME="$CLUSTER_HOME" bash "$here/supervise-kubelet.sh" > "$LOG/supervisor.log" 2>&1 < /dev/null &
touch /run/worker-booted
exec -a /sbin/init "$BIN/pause"
