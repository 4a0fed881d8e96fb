# shellcheck shell=bash
# The second node: a machine made of namespaces (mount, pid, cgroup, net, uts, ipc) on the same kernel, with a
# copy-on-write view of this machine's files, its own containerd and kubelet, joined by a real `kubeadm join`.

worker_pid() { live_pid worker; }

# in_worker COMMAND...: in all of the worker's namespaces.
in_worker() { nsenter --target "$(worker_pid)" --mount --uts --ipc --net --pid --cgroup -- "$@"; }

add_worker() {
  if worker_pid >/dev/null && kube get node "$WORKER_NAME" >/dev/null 2>&1; then
    say "worker $WORKER_NAME is already there"
    return
  fi
  remove_worker # what is left of one that died
  step "worker network" worker_network
  step "worker machine" worker_machine
  step "worker images" worker_images
  step "kubeadm join" kubeadm_join
  step "worker ready" worker_ready
  kube get nodes -o wide
}

# A cable from the worker's network namespace to the bridge that carries the first node's address.
worker_network() {
  ip netns add "$WORKER_NETNS"
  ip -n "$WORKER_NETNS" link set lo up
  ip -n "$NETNS" link add worker0 type veth peer name eth0 netns "$WORKER_NETNS"
  ip -n "$NETNS" link set worker0 master "$NODE_IF" up
  ip -n "$WORKER_NETNS" addr add "$WORKER_IP/24" dev eth0
  ip -n "$WORKER_NETNS" link set eth0 up
  node_routing "$WORKER_NETNS" eth0
  ip -n "$WORKER_NETNS" route replace "$NODE_POD_CIDR" via "$NODE_IP"
}

worker_machine() {
  rm -rf --one-file-system "$WORKER_HOME"
  rm -rf "$LOG/worker"
  mkdir -p "$WORKER_HOME"/{upper,work,root,containerd,run} "$LOG/worker"
  install -d -m 0700 "$WORKER_HOME/kubelet" # as kubeadm makes it
  worker_cgroups
  setsid bash "$CLUSTER_DIR/worker-start.sh" > "$LOG/worker/boot.log" 2>&1 < /dev/null 9>&- &
  wait_for 20 worker_started $!
  wait_for 30 in_worker ctr version || { tail -20 "$LOG/worker/boot.log" >&2; return 1; }
}

# worker_started LAUNCHER: notes the first process of the worker's pid namespace once it has its own root.
worker_started() {
  local first
  first=$(pgrep -P "$1" -o) && [ -e "/proc/$first/root/run/worker-booted" ] && save_pid worker "$first"
}

# One cgroup per hierarchy; it becomes the root of the worker's cgroup namespace.
worker_cgroups() {
  local c f
  for c in $(worker_cgroup_roots); do
    mkdir -p "$c/$WORKER_CGROUP"
    for f in cpuset.cpus cpuset.mems; do
      [ ! -e "$c/$f" ] || cat "$c/$f" > "$c/$WORKER_CGROUP/$f"
    done
  done
}

worker_cgroup_roots() { awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts; }

worker_images() {
  local i
  for i in "pause:$PAUSE_TAG" "coredns:$DNS_TAG" busybox:1 "kube-proxy:$K8S_VERSION"; do
    ctr -n k8s.io images export - "$IMAGE_REPO/$i" | in_worker ctr -n k8s.io images import - >/dev/null
  done
}

join_config() {
  local command
  command=$(in_net "$BIN/kubeadm" --kubeconfig "$ADMIN_CONF" token create --ttl 15m --print-join-command 2>> "$LOG/worker/kubeadm-join.log")
  # shellcheck disable=SC2086 # kubeadm join ADDRESS --token T --discovery-token-ca-cert-hash H
  set -- $command
  cat <<Y
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken: {apiServerEndpoint: "$3", token: "$5", caCertHashes: ["$7"]}
nodeRegistration:
  name: $WORKER_NAME
  criSocket: $CRI
  imagePullPolicy: Never
  kubeletExtraArgs:
  - {name: node-ip, value: $WORKER_IP}
Y
}

kubeadm_join() {
  join_config > "$RUN/kubeadm-join.yaml"
  in_worker sh -c 'umask 077; cat > /root/kubeadm-join.yaml' < "$RUN/kubeadm-join.yaml"
  rm -f "$RUN/kubeadm-join.yaml"
  in_worker env -i --chdir=/ PATH="$SYSTEM_PATH" HOME=/root kubeadm join --config /root/kubeadm-join.yaml \
    --ignore-preflight-errors="$PREFLIGHT_IGNORED" >> "$LOG/worker/kubeadm-join.log" 2>&1 || { tail -30 "$LOG/worker/kubeadm-join.log" >&2; return 1; }
}

worker_pod_cidr() { kube get node "$WORKER_NAME" -o jsonpath='{.spec.podCIDR}' | grep .; }

worker_ready() {
  local cidr
  wait_for 30 worker_pod_cidr
  cidr=$(worker_pod_cidr)
  cni_config "$cidr" "$RUN/worker.conflist"
  in_worker sh -c 'umask 077; cat > /etc/cni/net.d/10-plumbline.conflist' < "$RUN/worker.conflist"
  rm -f "$RUN/worker.conflist"
  ip -n "$NETNS" route replace "$cidr" via "$WORKER_IP"
  node_ready "$WORKER_NAME"
  in_net "$BIN/kubectl" -n kube-system rollout status daemonset/kube-proxy --timeout=120s >/dev/null
  wait_for 60 in_worker curl -ksS --max-time 2 "$SERVICE_URL"
}

# The kernel ends every process of a pid namespace with its first one, and drops its mounts.
worker_down() {
  local pid
  if pid=$(worker_pid); then
    kill -KILL "$pid"
    wait_for 20 gone worker || true
  fi
  rm -f "$RUN/worker.pid" "$RUN/worker.start"
  if [ -e "/run/netns/$WORKER_NETNS" ]; then ip -n "$NETNS" link del worker0 2>/dev/null || true; fi
  remove_netns "$WORKER_NETNS"
  remove_cgroups "$WORKER_CGROUP"
  rm -rf --one-file-system "$WORKER_HOME"
}

remove_worker() {
  kube delete node "$WORKER_NAME" --ignore-not-found >/dev/null
  # the next worker has the same name and would inherit their Ready status
  kube delete pods -A --field-selector "spec.nodeName=$WORKER_NAME" --force --grace-period=0 >/dev/null 2>&1
  worker_down
}
