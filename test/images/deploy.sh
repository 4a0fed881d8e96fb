#!/usr/bin/env bash
# Runs both images in the test cluster from deploy/manifests and waits until they are ready. May be run again at any time.
# deploy.sh [--no-load]: --no-load leaves the images that the nodes have.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

STATE=$IMAGES_HOME/deploy # the test's certificate, its REST token and the overlay
mkdir -p "$STATE/overlay"
chmod 0700 "$STATE"

load() {
  local archive
  for archive in "$AGENT_ARCHIVE" "$AGGREGATOR_ARCHIVE"; do
    [ -r "$archive" ] || fail "no $archive: run test/images/build.sh first."
    cluster load "$archive" >/dev/null
  done
}

has_dns() { [ "$(kube -n kube-system get service kube-dns -o name 2>/dev/null)" ]; }

# The cluster has no provisioner of volumes and no registry: the overlay says so, and nothing else differs from what users apply.
overlay() {
  local stamp
  stamp=$(sha256sum "$AGENT_ARCHIVE" "$AGGREGATOR_ARCHIVE" "$STATE/tls.crt" "$STATE/tokens" | sha256sum | cut -c1-16)
  cat > "$STATE/overlay/kustomization.yaml" <<Y
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [$(realpath --relative-to="$STATE/overlay" "$ROOT/deploy/manifests")]
images:
  - {name: registry.invalid/plumbline-agent, newName: ${AGENT_IMAGE%:*}, newTag: $TAG}
  - {name: registry.invalid/plumbline-aggregator, newName: ${AGGREGATOR_IMAGE%:*}, newTag: $TAG}
patches:
  - target: {kind: PersistentVolumeClaim}
    patch: '{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: plumbline-database}, \$patch: delete}'
  - target: {kind: Deployment, name: plumbline-aggregator}
    patch: |
      - {op: replace, path: /spec/template/spec/volumes/0, value: {name: database, emptyDir: {}}}
      - {op: add, path: /spec/template/metadata/annotations, value: {plumbline.test/stamp: "$stamp"}}
      - {op: add, path: /spec/template/spec/tolerations, value: [{operator: Exists}]}
  - target: {kind: DaemonSet, name: plumbline-agent}
    patch: |
      - {op: add, path: /spec/template/metadata/annotations, value: {plumbline.test/stamp: "$stamp"}}
$(has_dns || echo "      - {op: add, path: /spec/template/spec/hostAliases, value: [{ip: $1, hostnames: [plumbline-aggregator.plumbline.svc]}]}")
Y
}

# put KIND NAMESPACE NAME FILES...: makes or replaces a Secret or ConfigMap of these files
put() {
  local kind=$1 namespace=$2 name=$3 f args=()
  shift 3
  for f in "$@"; do args+=(--from-file="$f"); done
  # shellcheck disable=SC2086 # "secret generic" is two words
  kube -n "$namespace" create $kind "$name" "${args[@]}" --dry-run=client -o yaml | kube apply -f - >/dev/null
}

credentials() {
  local names=(plumbline-aggregator.plumbline.svc plumbline-aggregator.plumbline.svc.cluster.local "$1" 127.0.0.1 localhost)
  if ! openssl x509 -in "$STATE/tls.crt" -noout -checkend 86400 -checkip "$1" 2>/dev/null | grep -q 'does match'; then
    bash "$IMAGES_DIR/certs.sh" "$STATE" "${names[@]}"
  fi
  [ -s "$STATE/token" ] || (umask 077; openssl rand -hex 24 > "$STATE/token")
  printf 'e2e:%s:operator\n' "$(tr -d '\n' < "$STATE/token" | sha256sum | cut -d' ' -f1)" > "$STATE/tokens"
  put "secret generic" "$AGGREGATOR_NAMESPACE" plumbline-tls "$STATE/tls.crt" "$STATE/tls.key" "$STATE/ca.crt"
  put "secret generic" "$AGGREGATOR_NAMESPACE" plumbline-tokens "$STATE/tokens"
  put configmap "$AGENT_NAMESPACE" plumbline-ca "$STATE/ca.crt"
}

# The Service's address goes into the certificate, so the Service comes first.
service_address() {
  kube apply -f "$ROOT/deploy/manifests/namespaces.yaml" -f "$ROOT/deploy/manifests/service.yaml" >/dev/null
  kube -n "$AGGREGATOR_NAMESPACE" get service plumbline-aggregator -o 'jsonpath={.spec.clusterIP}'
}

rollout() {
  kube -n "$1" rollout status "$2" --timeout=120s && return
  kube -n "$1" describe pods | tail -40 >&2
  kube -n "$1" logs "$2" --tail=40 >&2 || true
  fail "$2 did not become ready."
}

[ "${1:-}" = --no-load ] || load
address=$(service_address)
credentials "$address"
overlay "$address"
kube kustomize "$STATE/overlay" | kube apply -f -
rollout "$AGGREGATOR_NAMESPACE" deployment/plumbline-aggregator
rollout "$AGENT_NAMESPACE" daemonset/plumbline-agent
say "REST: https://$address:8080 inside the network of the cluster (cluster.sh in); certificate authority $STATE/ca.crt, token $STATE/token"
