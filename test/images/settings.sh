# shellcheck shell=bash disable=SC2034
# Settings of the image scripts. No effect beyond setting variables.

IMAGES_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$IMAGES_DIR/../.." && pwd)
IMAGES_HOME=${PLUMBLINE_CLUSTER_HOME:-/var/tmp/plumbline-cluster}/images
SUITE=bookworm
TAG=dev
AGENT_IMAGE=plumbline.test/plumbline-agent:$TAG
AGGREGATOR_IMAGE=plumbline.test/plumbline-aggregator:$TAG
AGENT_ARCHIVE=$IMAGES_HOME/plumbline-agent.tar
AGGREGATOR_ARCHIVE=$IMAGES_HOME/plumbline-aggregator.tar

AGENT_NAMESPACE=plumbline-agents
AGGREGATOR_NAMESPACE=plumbline

# chroot isolation and copied layers work in any container that has root; nothing else is asked of the machine.
export BUILDAH_ISOLATION=chroot
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}

say() { printf '%s %s\n' "$(date +%T)" "$*"; }
fail() { printf 'images: %s\n' "$*" >&2; exit 1; }

cluster() { bash "$ROOT/test/cluster/cluster.sh" "$@"; }
kube() { cluster in kubectl "$@"; }
