# shellcheck shell=bash disable=SC2034
# Settings: versions, names, addresses and paths. No effect beyond setting variables.

CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CLUSTER_HOME=${PLUMBLINE_CLUSTER_HOME:-/var/tmp/plumbline-cluster}
BIN=$CLUSTER_HOME/bin       # built binaries; `down` leaves them
RUN=$CLUSTER_HOME/run       # pid files and what `down` has to put back
LOG=$CLUSTER_HOME/log

K8S_VERSION=v1.34.4         # build/kube/go.mod pins the same
ETCD_TAG=3.6.5-0            # the tag that kubeadm of this minor asks for; build/etcd/go.mod pins 3.6.5
DNS_TAG=v1.12.4             # the release nearest to kubeadm's v1.12.1 that builds with client-go 0.34; build/dns/go.mod pins it
PAUSE_TAG=3.10.1
IMAGE_REPO=plumbline.test   # never contacted: every image is made here

# The cluster's addresses exist in its network namespace only (192.0.2.0/24 is reserved for documentation).
NETNS=plumbline
NODE_IF=node0
NODE_IP=192.0.2.10
NODE_NAME=${PLUMBLINE_CLUSTER_NODE:-$(hostname | tr '[:upper:]' '[:lower:]')} # given by the worker's launcher only
POD_CIDR=10.244.0.0/16
NODE_POD_CIDR=10.244.0.0/24 # what the controller-manager gives to the first node
SVC_CIDR=10.96.0.0/12
SERVICE_URL=https://10.96.0.1/livez # the API server through its service: answers once kube-proxy has its rules

WORKER_NETNS=$NETNS-worker
WORKER_IP=192.0.2.11
WORKER_NAME=$NODE_NAME-worker
WORKER_HOME=$CLUSTER_HOME/worker
WORKER_CGROUP=$NETNS-worker

MARKER=/etc/kubernetes/.plumbline-cluster
ADMIN_CONF=/etc/kubernetes/admin.conf
CRI=unix:///run/containerd/containerd.sock
SYSTEM_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
KUBE_PROGRAMS=(kubeadm kubectl kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)

# A KUBECONFIG from outside is a cluster to use instead of ours; our own one is not from outside.
GIVEN_KUBECONFIG=${KUBECONFIG:-}
[ "$GIVEN_KUBECONFIG" != "$ADMIN_CONF" ] || GIVEN_KUBECONFIG=
export KUBECONFIG=$ADMIN_CONF
export DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/local/go/bin:$SYSTEM_PATH
