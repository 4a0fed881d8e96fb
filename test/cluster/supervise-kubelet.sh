#!/usr/bin/env bash
# Stand-in for the init system: keeps the kubelet running with the arguments that its drop-in and environment
# files give, read anew at every start, from the moment when kubeadm has written the kubelet's configuration.
set -euo pipefail
. "$(dirname "$0")/lib/settings.sh"
. "$(dirname "$0")/lib/say.sh"
. "$(dirname "$0")/lib/process.sh"

DROPIN=/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf
declare -A VARS

# assign NAME=VALUE: with or without quotes, as a unit file has it; nothing is expanded.
assign() {
  local v=${1#*=}
  v=${v#[\"\']}
  VARS[${1%%=*}]=${v%[\"\']}
}

read_environment() {
  local line file
  VARS=()
  while IFS= read -r line; do
    case $line in Environment=*)
      line=${line#Environment=}
      line=${line#\"}
      assign "${line%\"}" ;;
    esac
  done < "$DROPIN"
  while read -r file; do
    [ -r "$file" ] || continue
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in [A-Za-z_]*=*) assign "$line" ;; esac
    done < "$file"
  done < <(sed -n 's/^EnvironmentFile=-//p' "$DROPIN")
}

# Sets ARGV from the last ExecStart; a $VARIABLE that stands alone is split at white space, as systemd does it.
read_command() {
  local word words split
  ARGV=()
  read -ra words < <(sed -n 's/^ExecStart=\(..*\)/\1/p' "$DROPIN" | tail -1)
  for word in "${words[@]}"; do
    case $word in
      \$*) read -ra split <<< "${VARS[${word#$}]-}" && ARGV+=("${split[@]}") ;;
      *) ARGV+=("$word") ;;
    esac
  done
}

start_kubelet() {
  local name env=()
  read_environment
  read_command
  for name in "${!VARS[@]}"; do env+=("$name=${VARS[$name]}"); done
  env -i --chdir=/ PATH="$SYSTEM_PATH" LANG=C.UTF-8 "${env[@]}" "${ARGV[@]}" >> "$LOG/kubelet.log" 2>&1 &
  child=$!
  save_pid kubelet "$child"
}

main() {
  child=
  trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 0' TERM INT
  until [ -e /var/lib/kubelet/config.yaml ]; do sleep 0.2; done # kubeadm writes it last, after the file with its flags
  while :; do
    start_kubelet
    wait "$child" || true
    sleep 1
  done
}

main "$@"
exit # bash has read all of the file by now: an edit of it does no harm to what runs
