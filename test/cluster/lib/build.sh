# shellcheck shell=bash
# Binaries of Kubernetes, etcd, CoreDNS and the pause program, from pinned Go modules. What is there with the same
# pins and flags is kept; what KUBEBUILDER_ASSETS has is linked instead of built.

ldflags() {
  local flags="-s -w" p minor=${K8S_VERSION#v1.}
  for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $p.gitVersion=$K8S_VERSION -X $p.gitMajor=1 -X $p.gitMinor=${minor%%.*} -X $p.gitTreeState=clean -X $p.gitCommit=unknown"
  done
  echo "$flags"
}

# stamp FOLDER: changes when a pin or a flag does.
stamp() { { ldflags; cat "$CLUSTER_DIR/build/$1"/go.{mod,sum}; } | sha256sum | cut -d' ' -f1; }

go_build() { # NAME FOLDER LDFLAGS PACKAGE
  command -v go >/dev/null || { echo "cluster: building $1 needs Go (go.mod names the version) on PATH" >&2; return 1; }
  (cd "$CLUSTER_DIR/build/$2" &&
    CGO_ENABLED=0 nice go build -buildvcs=false -trimpath -ldflags "$3" -o "$BIN/$1" "$4" 2>> "$LOG/build.log") ||
    { tail -20 "$LOG/build.log" >&2; return 1; }
  stamp "$2" > "$BIN/.$1.stamp"
}

build_kube() { go_build "$1" kube "$(ldflags)" "k8s.io/kubernetes/cmd/$1"; }
build_etcd() { go_build etcd etcd "-s -w" .; }
build_dns() { go_build coredns dns "-s -w" .; }
build_pause() { gcc -Os -static -s -o "$BIN/pause" "$CLUSTER_DIR/build/pause.c"; }

# provide NAME FOLDER BUILDER: link, keep or build one binary.
provide() {
  local name=$1 given=${KUBEBUILDER_ASSETS:-/nowhere}/$1
  if [ -x "$given" ] && ! [ "$given" -ef "$BIN/$name" ]; then # it may point at our own folder
    ln -sfn "$given" "$BIN/$name"
    rm -f "$BIN/.$name.stamp"
    say "build $name: taken from KUBEBUILDER_ASSETS"
  elif [ ! -x "$BIN/$name" ] || [ "$(cat "$BIN/.$name.stamp" 2>/dev/null)" != "$(stamp "$2")" ]; then
    rm -f "$BIN/$name"
    step "build $name" "$3" "$name"
  fi
}

build_all() {
  local c
  : > "$LOG/build.log"
  for c in "${KUBE_PROGRAMS[@]}"; do provide "$c" kube build_kube; done
  provide etcd etcd build_etcd
  provide coredns dns build_dns
  [ -x "$BIN/pause" ] || step "build pause" build_pause
}
