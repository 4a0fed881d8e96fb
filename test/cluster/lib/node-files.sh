# shellcheck shell=bash
# Files that a node has before kubeadm runs: programs, the kubelet's unit and drop-in (as Debian packages of
# kubeadm bring them), the CNI configuration and containerd's.

node_files() {
  install -m 0755 "$BIN"/{kubelet,kubeadm,kubectl} /usr/bin/
  mkdir -p /opt/cni/bin /etc/cni/net.d
  cp -a /usr/lib/cni/. /opt/cni/bin/
  kubelet_unit
  cni_config "$NODE_POD_CIDR" /etc/cni/net.d/10-plumbline.conflist
}

kubelet_unit() {
  local unit=/usr/lib/systemd/system/kubelet.service
  mkdir -p "$unit.d"
  cat > "$unit" <<'U'
[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
U
  cat > "$unit.d/10-kubeadm.conf" <<'U'
# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# This is a file that "kubeadm init" and "kubeadm join" generates at runtime, populating the KUBELET_KUBEADM_ARGS variable dynamically
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# This is a file that the user can use for overrides of the kubelet args as a last resort.
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
U
  echo 'KUBELET_EXTRA_ARGS=' > /etc/default/kubelet
  chmod 0644 "$unit" "$unit.d/10-kubeadm.conf" /etc/default/kubelet
}

# cni_config POD_CIDR FILE: no masquerading, since nothing is outside; pods keep their address on the way to the other node.
cni_config() {
  jq -n --arg cidr "$1" '{cniVersion: "0.4.0", name: "plumbline", plugins: [
    {type: "bridge", bridge: "cni0", isGateway: true, ipMasq: false, hairpinMode: true,
     ipam: {type: "host-local", ranges: [[{subnet: $cidr}]], routes: [{dst: "0.0.0.0/0"}]}},
    {type: "portmap", capabilities: {portMappings: true}}]}' > "$2"
  chmod 0600 "$2"
}

containerd_config() {
  # without CAP_SYS_RESOURCE nobody may lower an OOM score, which the kubelet asks for: clamp it to containerd's own
  local clamp=false
  (echo -1 > /proc/self/oom_score_adj) 2>/dev/null || clamp=true
  mkdir -p /etc/containerd
  cat > /etc/containerd/config.toml <<T
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$IMAGE_REPO/pause:$PAUSE_TAG"
  restrict_oom_score_adj = $clamp
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
T
}

runtime() {
  containerd_config
  : > "$LOG/containerd.log"
  daemon containerd "$LOG/containerd.log" /usr/bin/containerd
  wait_for 30 ctr version
}
