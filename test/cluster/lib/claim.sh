# shellcheck shell=bash
# Node paths that the cluster takes, written to a marker file before they are made. What stood there before
# is moved aside and comes back with `down`; what is not in the marker is never removed.

# The node's own paths, in the order in which they are taken.
CLAIMED_PATHS=(
  /run/containerd /var/lib/containerd /etc/containerd/config.toml
  /etc/cni/net.d /opt/cni/bin /var/lib/cni
  /usr/bin/kubelet /usr/bin/kubeadm /usr/bin/kubectl
  /usr/lib/systemd/system/kubelet.service /usr/lib/systemd/system/kubelet.service.d /etc/default/kubelet
  /var/lib/kubelet /var/lib/etcd /var/log/pods /var/log/containers
)

ours() { [ -e "$MARKER" ]; }

# `up` came to its end.
mark_complete() { echo complete >> "$MARKER"; }
complete() { grep -qx complete "$MARKER"; }

refuse_foreign_cluster() {
  [ -e /etc/kubernetes ] || return 0
  ours || refuse "/etc/kubernetes exists and was not made by this script (it holds no ${MARKER##*/}); use another machine or remove that cluster first."
  refuse_other_home
}

refuse_other_home() {
  ours || return 0
  local home
  home=$(sed -n 's/^home=//p' "$MARKER")
  [ "$home" = "$CLUSTER_HOME" ] || refuse "the cluster on this machine was made with PLUMBLINE_CLUSTER_HOME=$home; set that."
}

refuse_foreign_runtime() {
  if [ -S /run/containerd/containerd.sock ] && gone containerd && ctr --connect-timeout 2s version >/dev/null 2>&1; then
    refuse "a containerd that this script did not start answers on /run/containerd; stop it first."
  fi
}

claim_all() {
  local p
  mkdir -p /etc/kubernetes
  echo "home=$CLUSTER_HOME" > "$MARKER"
  for p in "${CLAIMED_PATHS[@]}"; do
    if [ -e "$p" ] || [ -L "$p" ]; then mv "$p" "$p.before-plumbline"; fi
    echo "path=$p" >> "$MARKER"
    mkdir -p "$(dirname "$p")"
  done
}

release_all() {
  ours || return 0
  local p
  while read -r p; do
    rm -rf --one-file-system "$p"
    if [ -e "$p.before-plumbline" ]; then mv "$p.before-plumbline" "$p"; fi
  done < <(sed -n 's/^path=//p' "$MARKER" | tac)
  rmdir /etc/cni /opt/cni 2>/dev/null || true
  rm -rf --one-file-system /etc/kubernetes
}
