#!/usr/bin/env bash
# verify.sh BINDIR [component...]
# Compares benchmarks/defaults with the --help output of the real binaries in BINDIR. Exit 1 on any difference. No network.
set -euo pipefail
exec node "$(dirname "$(readlink -f "$0")")/verify.mjs" "$@"
