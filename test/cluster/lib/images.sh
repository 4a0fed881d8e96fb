# shellcheck shell=bash
# Images, made from the built binaries: the control plane, kube-proxy, CoreDNS, pause and a busybox for workload.

# image NAME:TAG FOLDER [ENTRYPOINT...]
image() {
  local archive=$RUN/image.tar name=$1 root=$2
  shift 2
  bash "$CLUSTER_DIR/mkimage.sh" "$IMAGE_REPO/$name" "$root" "$archive" "$@"
  ctr -n k8s.io images import "$archive" >/dev/null
  rm -f "$archive"
}

# program_image NAME TAG: an image with one static binary on its PATH, as upstream's control plane has.
program_image() {
  local root=$RUN/rootfs
  rm -rf "$root"
  install -D -m 0755 "$BIN/$1" "$root/usr/local/bin/$1"
  image "$1:$2" "$root"
}

# single_image NAME TAG: an image that is one static binary in / and starts it.
single_image() {
  local root=$RUN/rootfs
  rm -rf "$root"
  install -D -m 0755 "$BIN/$1" "$root/$1"
  image "$1:$2" "$root" "/$1"
}

images() {
  local c
  for c in kube-apiserver kube-controller-manager kube-scheduler; do program_image "$c" "$K8S_VERSION"; done
  program_image etcd "$ETCD_TAG"
  single_image coredns "$DNS_TAG"
  single_image pause "$PAUSE_TAG"
  busybox_image
  kube_proxy_image
  rm -rf "$RUN/rootfs"
}

busybox_image() {
  local root=$RUN/rootfs applet
  rm -rf "$root"
  install -D -m 0755 "$(command -v busybox)" "$root/bin/busybox"
  install -d -m 1777 "$root/tmp"
  for applet in $(busybox --list); do ln -sfn busybox "$root/bin/$applet"; done
  install -m 0755 "$(command -v busybox)" "$root/bin/busybox" # the list names busybox itself
  image busybox:1 "$root" /bin/sleep 1000000
}

# kube-proxy calls iptables and conntrack: Debian's, with the libraries that they link to.
kube_proxy_image() {
  local root=$RUN/rootfs lib b d
  lib=/usr/lib/$(gcc -print-multiarch)
  rm -rf "$root"
  mkdir -p "$root"/usr/{sbin,bin,lib,lib64,local/bin} "$root"/{etc,run,tmp} "$root$lib"
  for d in lib lib64 sbin bin; do ln -s "usr/$d" "$root/$d"; done
  install -m 0755 "$BIN/kube-proxy" "$root/usr/local/bin/"
  cp /usr/sbin/{xtables-nft-multi,conntrack} "$root/usr/sbin/"
  for b in ip{,6}tables{,-save,-restore}; do ln -s xtables-nft-multi "$root/usr/sbin/$b"; done
  cp -a "$lib/xtables" "$root$lib/"
  # the extensions too: one that cannot be loaded makes kube-proxy's whole restore fail
  for b in $(ldd /usr/sbin/{xtables-nft-multi,conntrack} "$lib"/xtables/*.so | sed -n 's/.*[[:space:]]\(\/[^ ]*\) (.*/\1/p' | sort -u); do
    mkdir -p "$root$(dirname "$b")"
    cp -L "$b" "$root$b"
  done
  image "kube-proxy:$K8S_VERSION" "$root"
}
