# shellcheck shell=bash
# The cluster's network namespace, with the node's address on a bridge of its own.

in_net() { nsenter --net="/run/netns/$NETNS" -- "$@"; }

# clean COMMAND...: with a system service's environment and folder; nothing of the caller leaks into the cluster.
clean() { env -i --chdir=/ PATH="$SYSTEM_PATH" LANG=C.UTF-8 HOME=/root "$@"; }

# daemon NAME LOGFILE COMMAND...: in the network namespace, detached, with a pid file.
daemon() {
  local name=$1 log=$2
  shift 2
  setsid nsenter --net="/run/netns/$NETNS" -- env -i --chdir=/ PATH="$SYSTEM_PATH" LANG=C.UTF-8 "$@" \
    >> "$log" 2>&1 < /dev/null 9>&- &
  save_pid "$name" $!
}

network() {
  [ -e "/run/netns/$NETNS" ] || ip netns add "$NETNS"
  netns_identity "/run/netns/$NETNS" > "$RUN/netns"
  ip -n "$NETNS" link set lo up
  # a bridge, because not every kernel has the dummy driver; the worker's cable plugs in here
  ip -n "$NETNS" link add "$NODE_IF" type bridge
  ip -n "$NETNS" addr add "$NODE_IP/24" dev "$NODE_IF"
  ip -n "$NETNS" link set "$NODE_IF" up
  node_routing "$NETNS" "$NODE_IF"
}

# netns_identity FILE: what tells a network namespace from every other one, over reboots too.
netns_identity() { echo "$(cat /proc/sys/kernel/random/boot_id) $(stat -Lc %i "$1" 2>/dev/null)"; }

# node_routing NETNS DEVICE: a service address needs some route before kube-proxy's rules can see the packet.
node_routing() {
  ip -n "$1" route replace "$SVC_CIDR" dev "$2"
  nsenter --net="/run/netns/$1" -- sysctl -qw net.ipv4.ip_forward=1
  nsenter --net="/run/netns/$1" -- sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null || true
}

# The kubelet's volumes need a shared root; it also sets kernel parameters of the whole machine.
KUBELET_SYSCTLS=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes)

machine_state() {
  sysctl "${KUBELET_SYSCTLS[@]}" > "$RUN/sysctls" 2>/dev/null || true
  findmnt -no PROPAGATION / > "$RUN/propagation"
  mount --make-rshared /
}

restore_machine_state() {
  [ ! -s "$RUN/sysctls" ] || sysctl -q -p "$RUN/sysctls" 2>/dev/null || true
  [ "$(cat "$RUN/propagation" 2>/dev/null)" != private ] || mount --make-rprivate /
  rm -f "$RUN/sysctls" "$RUN/propagation"
}
