#!/usr/bin/env bash
# fetch.sh MODCACHE: downloads the sources that the tables were read from through the Go module proxy (2.8 GB unpacked).
set -uo pipefail
export GOMODCACHE=${1:?MODCACHE} GOFLAGS=-mod=mod
cd "$(mktemp -d)"
get() { go mod download "$1" 2>/dev/null || echo "not available: $1"; }
for v in 15.12 16.15 17.17 18.20 19.16 20.15 21.14 22.17 23.17 24.17 25.16 26.15 27.16 28.15 29.15 30.14 31.14 32.13 33.13 34.4 35.4 36.3 37.2; do
  get "k8s.io/kubernetes@v1.$v"
  for m in apiserver component-base controller-manager cloud-provider kubelet kube-scheduler; do get "k8s.io/$m@v0.$v"; done
done
# where the matching patch of a staging module is not on the proxy
for m in apiserver@v0.18.19 component-base@v0.18.19 cloud-provider@v0.18.19 kubelet@v0.18.19 controller-manager@v0.25.4 controller-manager@v0.26.1; do get "k8s.io/$m"; done
for m in etcd@v0.5.0-alpha.5.0.20200910180754-dd1b699fc489 etcd/server/v3@v3.5.35 etcd/server/v3@v3.6.16 etcd/server/v3@v3.7.3 etcd/client/pkg/v3@v3.6.16; do get "go.etcd.io/$m"; done
