# shellcheck shell=bash
# Processes by pid file. A pid file counts only while the process of that pid has the start time noted
# beside it, so that a file left from an earlier boot never points at somebody else's process.

# start_time PID: clock ticks since boot; empty when there is no such process or only a zombie of it.
start_time() { { sed 's/.*) //' "/proc/$1/stat" | awk '$1 !~ /[ZX]/ { print $20 }'; } 2>/dev/null || true; }

# save_pid NAME PID
save_pid() {
  start_time "$2" > "$RUN/$1.start"
  echo "$2" > "$RUN/$1.pid.new"
  mv "$RUN/$1.pid.new" "$RUN/$1.pid" # readers never see half a file
}

# live_pid NAME: prints the pid; fails when it does not run.
live_pid() {
  local pid started
  pid=$(cat "$RUN/$1.pid" 2>/dev/null) || return 1
  started=$(start_time "$pid")
  [ -n "$started" ] && [ "$started" = "$(cat "$RUN/$1.start" 2>/dev/null)" ] && echo "$pid"
}

# gone NAME
gone() { ! live_pid "$1" >/dev/null; }

# stop NAME [SECONDS]: asks, waits, then kills.
stop() {
  local pid
  if pid=$(live_pid "$1"); then
    kill "$pid" 2>/dev/null || true
    wait_for "${2:-10}" gone "$1" 2>/dev/null >&2 || kill -KILL "$pid" 2>/dev/null || true
    wait_for 5 gone "$1" || true
  fi
  rm -f "$RUN/$1.pid" "$RUN/$1.start"
}
