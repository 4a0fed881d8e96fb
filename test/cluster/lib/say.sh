# shellcheck shell=bash
# Telling what happens: one line at the start of a step, one with its seconds at the end.

STEP= # the step that runs now, for whoever reports a failure

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

# refuse SENTENCE: what was asked cannot be done on this machine, and nothing was changed.
refuse() { printf 'cluster: %s\n' "$*" >&2; exit 2; }

# tenths SINCE: tenths of a second since an $EPOCHREALTIME, as N.N
tenths() {
  local now=${EPOCHREALTIME//[.,]/} then=${1//[.,]/} t
  t=$(((now - then) / 100000))
  printf '%d.%d' $((t / 10)) $((t % 10))
}

# step NAME COMMAND...: the command's failure ends the script, with the name in STEP.
step() {
  local name=$1 start=$EPOCHREALTIME
  shift
  STEP=$name
  say "$name ..."
  "$@"
  say "$name: $(tenths "$start") s"
  # shellcheck disable=SC2034 # read by the trap of `up`
  STEP=
}

# wait_for SECONDS COMMAND...: polls; fails when the time is over.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { say "timed out: $*" >&2; return 1; }
    sleep 0.5
  done
}
