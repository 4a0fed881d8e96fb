#!/usr/bin/env bash
# Takes away what deploy.sh brought to the cluster, and the certificate and token of the test.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

kube delete --ignore-not-found namespace "$AGENT_NAMESPACE" "$AGGREGATOR_NAMESPACE"
kube delete --ignore-not-found clusterrole,clusterrolebinding plumbline-aggregator
rm -rf "$IMAGES_HOME/deploy"
