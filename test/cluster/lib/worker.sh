# shellcheck shell=bash
# (the second node: see the next commit)
worker_pid() { return 1; }
worker_down() { :; }
add_worker() { refuse "no worker yet"; }
