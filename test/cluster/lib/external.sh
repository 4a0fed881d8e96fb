# shellcheck shell=bash
# A cluster that the caller already has: KUBECONFIG from outside whose API server answers.

external_cluster() {
  [ -n "$GIVEN_KUBECONFIG" ] || return 1
  local kubectl
  kubectl=$(kubectl_program) || return 1
  KUBECONFIG=$GIVEN_KUBECONFIG "$kubectl" --request-timeout=5s get --raw=/readyz >/dev/null 2>&1
}

kubectl_program() {
  local k
  for k in "${KUBEBUILDER_ASSETS:-/nowhere}/kubectl" "$BIN/kubectl"; do
    if [ -x "$k" ]; then echo "$k"; return; fi
  done
  command -v kubectl
}
