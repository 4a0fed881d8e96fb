# shellcheck shell=bash
# kubeadm init, and waiting until everything is ready.

PREFLIGHT_IGNORED=SystemVerification,Swap,NumCPU,Mem,Hostname,FileExisting-crictl,Service-Kubelet,Port-10250

init_config() {
  cat <<Y
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: $NODE_IP, bindPort: 6443}
nodeRegistration:
  name: $NODE_NAME
  criSocket: $CRI
  imagePullPolicy: Never
  taints: []
  kubeletExtraArgs:
  - {name: node-ip, value: $NODE_IP}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: $K8S_VERSION
imageRepository: $IMAGE_REPO
dns: {imageTag: $DNS_TAG}
networking: {podSubnet: $POD_CIDR, serviceSubnet: $SVC_CIDR}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
failCgroupV1: false
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
# the size of the table of connections belongs to the machine: a network namespace cannot set it
conntrack: {maxPerCore: 0, min: 0}
Y
}

kubeadm_init() {
  init_config > "$RUN/kubeadm.yaml"
  : > "$LOG/kubelet.log"
  daemon kubelet-supervisor "$LOG/supervisor.log" PLUMBLINE_CLUSTER_HOME="$CLUSTER_HOME" bash "$CLUSTER_DIR/supervise-kubelet.sh"
  in_net env -i --chdir=/ PATH="$SYSTEM_PATH" HOME=/root kubeadm init --config "$RUN/kubeadm.yaml" --ignore-preflight-errors="$PREFLIGHT_IGNORED" \
    > "$LOG/kubeadm-init.log" 2>&1 || { tail -30 "$LOG/kubeadm-init.log" >&2; return 1; }
}

kube() { in_net "$BIN/kubectl" --request-timeout=10s "$@"; }

node_ready() { in_net "$BIN/kubectl" wait --for=condition=Ready "node/$1" --timeout=120s >/dev/null; }

# Four static pods, whose mirrors appear a little later than the node, kube-proxy and two of CoreDNS.
system_pods_there() { [ "$(kube -n kube-system get pods -o name | wc -l)" -ge 7 ]; }

system_pods_ready() {
  wait_for 90 system_pods_there
  in_net "$BIN/kubectl" -n kube-system wait --for=condition=Ready pod --all --timeout=180s >/dev/null
  wait_for 60 kube -n default get serviceaccount default
}

# kube-proxy is ready a moment before its rules are.
service_network_ready() { wait_for 60 in_net curl -ksS --max-time 2 "$SERVICE_URL"; }

# Does our own cluster run and answer?
is_up() {
  complete && live_pid containerd && live_pid kubelet-supervisor && live_pid kubelet && kube get --raw=/readyz
} >/dev/null 2>&1
