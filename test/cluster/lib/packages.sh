# shellcheck shell=bash
# Debian packages: the container runtime, the CNI plugins and what kubelet and kube-proxy call.

PACKAGES=(containerd runc containernetworking-plugins conntrack ethtool iptables socat
  busybox-static ca-certificates curl gcc libc6-dev iproute2 jq kmod procps util-linux)

packages() {
  local p missing=()
  for p in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  # a package's start script must not start a runtime of its own
  local policy=/usr/sbin/policy-rc.d rc=0
  [ -e "$policy" ] && policy= || printf '#!/bin/sh\nexit 101\n' > "$policy"
  [ -z "$policy" ] || chmod 0755 "$policy"
  apt_install "${missing[@]}" || rc=$?
  [ -z "$policy" ] || rm -f "$policy"
  return "$rc"
}

apt_install() {
  {
    apt-get -o DPkg::Lock::Timeout=300 update -qq &&
      apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@"
  } </dev/null > "$LOG/apt.log" 2>&1 || { tail -20 "$LOG/apt.log" >&2; return 1; }
}
