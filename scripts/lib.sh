# Shared by the scripts beside it: where things are, how to speak, what this machine lets us do.
set -euo pipefail
# The settings of other installations must not leak into ours.
unset ${!PG*} ODOO_RC OPENERP_SERVER PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
export LC_ALL=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
LOCAL=$ROOT/.local
LOGS=$LOCAL/log
VENV=$LOCAL/venv
CONF=$LOCAL/odoo.conf           # what `make run` serves
TEST_CONF=$LOCAL/test.conf      # what the tests use: no crons, no database filter
SOCKET_DIR=$LOCAL/pg            # the cluster, its socket and its log; a link where this path does not serve
NGINX=$LOCAL/nginx              # a server for the tests, where the machine has none
HOLDERS=$LOCAL/holders          # one empty file for each process that needs the cluster
mkdir -p "$LOGS" "$HOLDERS"

say() { printf '==> %s\n' "$*"; }
die() { printf 'Stopped: %s\n' "$*" >&2; exit 1; }

# step <what it does> <log file> <what a failure may mean> <command...>: quiet unless it fails.
step() {
  local what=$1 log=$LOGS/$2 hint=$3 begun=$SECONDS
  shift 3
  say "$what ..."
  # What stays behind, as PostgreSQL does, must not hold our lock (descriptor 9).
  if ! "$@" >"$log" 2>&1 </dev/null 9>&-; then
    [ -z "${CI:-}" ] || tail -n 40 "$log" >&2 # nobody can look into a build server's files
    die "$what failed: $hint The log is $log"
  fi
  say "$what: done in $((SECONDS - begun)) s"
}

# Only one script at a time installs or builds; the other waits.
lock() {
  exec 9>"$LOCAL/lock"
  flock -n 9 || { say "Waiting for another make in this directory ..."; flock 9; }
}
unlock() { exec 9>&-; }

# as_admin <command...>: as root, or through sudo when that asks no password.
as_admin() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
is_admin() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

# need <packages...>: Debian's names of what is missing.
need() {
  [ $# -gt 0 ] || return 0
  local ask="ask an administrator for: apt-get install --no-install-recommends $*"
  command -v apt-get >/dev/null || die "this machine lacks $* (Debian's names); install them and repeat."
  is_admin || die "this machine lacks $*, and you may not install packages; $ask"
  step "Installing $* with apt" apt.log "no network, or no such package here; $ask." install_packages "$@"
}

install_packages() {
  local keep=/etc/postgresql-common/createcluster.d status=0
  # PostgreSQL's package would start a server for the whole machine; ours is private.
  as_admin mkdir -p $keep
  echo "create_main_cluster = false" | as_admin tee $keep/dealer-crm.conf
  as_admin env DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get install -y --no-install-recommends "$@" ||
      { apt-get update && apt-get install -y --no-install-recommends "$@"; }' apt "$@" || status=$?
  as_admin rm -f $keep/dealer-crm.conf
  return $status
}

# download_debs <directory> <packages...>: Debian's packages from the machine's own sources, not installed.
download_debs() {
  local place=$1 own
  shift
  mkdir -p "$place/cache/archives/partial" "$place/lists/partial"
  own=(-o "APT::Sandbox::User=$(id -un)" -o "Dir::Cache=$place/cache" -o Acquire::Languages=none)
  (cd "$place" && { apt-get "${own[@]}" download "$@" || {
    # The machine's lists are empty, as in most containers.
    own+=(-o "Dir::State::Lists=$place/lists")
    apt-get "${own[@]}" update && apt-get "${own[@]}" download "$@"
  }; })
}

# The first Python that Odoo 19 runs on and that can make virtual environments.
find_python() {
  local python
  for python in ${PYTHON:-} python3 /usr/bin/python3 python3.12 python3.11 python3.13 python3.10; do
    "$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
      2>/dev/null && command -v "$python" && return
  done
  return 1
}

# The process of the server that this directory's make run started, if it lives.
server_pid() {
  local pid
  pid=$(cat "$LOCAL/run.pid" 2>/dev/null) && grep -qsz "^$CONF$" "/proc/$pid/cmdline" && echo "$pid"
}

# free_port <first>: the first port from there on that nobody listens to.
free_port() {
  "$VENV/bin/python" - "$1" <<'PY'
import socket, sys
for port in range(int(sys.argv[1]), 65536):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
PY
}

# all_well <pid...>: waits for these children; false when one of them failed.
all_well() {
  local pid failed=0
  for pid; do wait "$pid" || failed=1; done
  return $failed
}

# The cluster runs while any script that asked for it does; the last one stops it.
hold_cluster() {
  : >"$HOLDERS/$$"
  "$ROOT/scripts/postgres" start
}
release_cluster() {
  local holder
  rm -f "$HOLDERS/$$"
  for holder in "$HOLDERS"/*; do
    [ ! -d "/proc/${holder##*/}" ] || return 0
  done
  rm -f "$HOLDERS"/*
  "$ROOT/scripts/postgres" stop
}
sql() { "$("$ROOT/scripts/postgres" path)/psql" -h "$(readlink -f "$SOCKET_DIR")" -U odoo -d postgres -XAt -c "$1" 9>&-; }

# addons <list|needs> <dealer|bpo|all>
addons() { "$VENV/bin/python" "$ROOT/scripts/addons.py" "$@"; }

# machine_conf <http port>: the lines of an Odoo configuration that only this machine knows.
machine_conf() {
  printf '%s\n' "; Written by scripts/lib.sh for this machine." \
    "addons_path = $ROOT,$ROOT/examples" "data_dir = $LOCAL/data" \
    "db_host = $(readlink -f "$SOCKET_DIR")" "db_port = 5432" "db_user = odoo" \
    "http_interface = 127.0.0.1" "http_port = $1" "gevent_port = $(($1 + 3))"
}

# test_settings: writes the tests' configuration and tells the tests where what they need is.
test_settings() {
  { echo "[options]"; machine_conf "$(free_port 8169)"; echo "max_cron_threads = 0"; } >"$TEST_CONF"
  export DEALER_CRM_CONF=$TEST_CONF DEALER_CRM_TEST_CONF=$TEST_CONF
  export DEALER_CRM_TEST_TEMPLATE_DEALER=template_dealer DEALER_CRM_TEST_TEMPLATE_BPO=template_bpo
  DEALER_CRM_TEST_NGINX=$(find_nginx || true) # measurements need none
  export DEALER_CRM_TEST_NGINX
}

find_nginx() { PATH=$PATH:/usr/sbin:$NGINX/usr/sbin command -v nginx; }

# odoo_strict <arguments...>: Odoo ends well even when a module failed to load; its log tells.
odoo_strict() {
  "$ROOT/scripts/odoo" "$@" --stop-after-init --no-http --max-cron-threads=0 2>&1 |
    awk '{ print } / (ERROR|CRITICAL) |demo data failed/ { bad = 1 } END { exit bad }'
}
