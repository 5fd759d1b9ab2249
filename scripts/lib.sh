# Shared by the other scripts: paths, messages, and the rights on this machine.
set -euo pipefail
# Ignore the settings of other installations.
unset ${!PG*} ODOO_RC OPENERP_SERVER PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
export LC_ALL=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
LOCAL=$ROOT/.local
LOGS=$LOCAL/log
VENV=$LOCAL/venv
CONF=$LOCAL/odoo.conf           # what `make run` serves
TEST_CONF=$LOCAL/test.conf      # what the tests use: no crons, no database filter
SOCKET_DIR=$LOCAL/pg            # the cluster, its socket and its log; a link when this path cannot be used
NGINX=$LOCAL/nginx              # a server for the tests, when the machine has none
HOLDERS=$LOCAL/holders          # one empty file for each process that needs the cluster
mkdir -p "$LOGS" "$HOLDERS"

say() { printf '==> %s\n' "$*"; }
die() { printf 'Stopped: %s\n' "$*" >&2; exit 1; }

# step <title> <log file> <hint on failure> <command...>: prints the command's output to the log only.
step() {
  local what=$1 log=$LOGS/$2 hint=$3 begun=$SECONDS
  shift 3
  say "$what ..."
  # Processes that keep running, such as PostgreSQL, must not hold the lock (descriptor 9).
  if ! "$@" >"$log" 2>&1 </dev/null 9>&-; then
    [ -z "${CI:-}" ] || tail -n 40 "$log" >&2 # files of a build server are not accessible
    die "$what failed: $hint The log is $log"
  fi
  say "$what: done in $((SECONDS - begun)) s"
}

# Only one script at a time installs or builds; others wait.
lock() {
  exec 9>"$LOCAL/lock"
  flock -n 9 || { say "Waiting for another make in this directory ..."; flock 9; }
}
unlock() { exec 9>&-; }

# as_admin <command...>: as root, or with sudo when it needs no password.
as_admin() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
is_admin() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

# need <packages...>: installs missing packages, given by Debian's names.
need() {
  [ $# -gt 0 ] || return 0
  local ask="ask an administrator for: apt-get install --no-install-recommends $*"
  command -v apt-get >/dev/null || die "this machine lacks $* (Debian's names); install them and repeat."
  is_admin || die "this machine lacks $*, and you may not install packages; $ask"
  step "Installing $* with apt" apt.log "no network, or no such package here; $ask." install_packages "$@"
}

install_packages() {
  local keep=/etc/postgresql-common/createcluster.d status=0
  # Keep PostgreSQL's package from starting a server for the whole machine; ours is private.
  as_admin mkdir -p $keep
  echo "create_main_cluster = false" | as_admin tee $keep/dealer-crm.conf
  as_admin env DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get install -y --no-install-recommends "$@" ||
      { apt-get update && apt-get install -y --no-install-recommends "$@"; }' apt "$@" || status=$?
  as_admin rm -f $keep/dealer-crm.conf
  return $status
}

# download_debs <directory> <packages...>: downloads Debian packages from the machine's sources.
download_debs() {
  local place=$1 own
  shift
  mkdir -p "$place/cache/archives/partial" "$place/lists/partial"
  own=(-o "APT::Sandbox::User=$(id -un)" -o "Dir::Cache=$place/cache" -o Acquire::Languages=none)
  (cd "$place" && { apt-get "${own[@]}" download "$@" || {
    # The machine's package lists are empty, as in most containers.
    own+=(-o "Dir::State::Lists=$place/lists")
    apt-get "${own[@]}" update && apt-get "${own[@]}" download "$@"
  }; })
}

# The first Python that runs Odoo 19 and can make virtual environments.
find_python() {
  local python
  for python in ${PYTHON:-} python3 /usr/bin/python3 python3.12 python3.11 python3.13 python3.10; do
    "$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
      2>/dev/null && command -v "$python" && return
  done
  return 1
}

# The running server process that `make run` started in this directory, if any.
server_pid() {
  local pid
  pid=$(cat "$LOCAL/run.pid" 2>/dev/null) && grep -qsz "^$CONF$" "/proc/$pid/cmdline" && echo "$pid"
}

# free_port <first>: the first free port from there on.
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

# all_well <pid...>: waits for these child processes; fails when one of them failed.
all_well() {
  local pid failed=0
  for pid; do wait "$pid" || failed=1; done
  return $failed
}

# The cluster runs as long as a script needs it; the last one stops it.
hold_cluster() {
  : >"$HOLDERS/$$"
  "$ROOT/scripts/postgres" start
}
release_cluster() {
  rm -f "$HOLDERS/$$"
  ! cluster_is_held || return 0
  rm -f "$HOLDERS"/*
  "$ROOT/scripts/postgres" stop
}
cluster_is_held() {
  local holder
  for holder in "$HOLDERS"/*; do
    # Without holders this is the pattern itself, and no process.
    [ ! -d "/proc/${holder##*/}" ] || return 0
  done
  return 1
}
sql() { "$("$ROOT/scripts/postgres" path)/psql" -h "$(readlink -f "$SOCKET_DIR")" -U odoo -d postgres -XAt -c "$1" 9>&-; }

# addons <list|needs> <dealer|bpo|all>
addons() { "$VENV/bin/python" "$ROOT/scripts/addons.py" "$@"; }

# machine_conf <http port>: the lines of an Odoo configuration that depend on this machine.
machine_conf() {
  printf '%s\n' "; Written by scripts/lib.sh for this machine." \
    "addons_path = $ROOT,$ROOT/examples" "data_dir = $LOCAL/data" \
    "db_host = $(readlink -f "$SOCKET_DIR")" "db_port = 5432" "db_user = odoo" \
    "http_interface = 127.0.0.1" "http_port = $1" "gevent_port = $(($1 + 3))"
}

# test_settings: writes the tests' configuration and exports the paths that tests need.
test_settings() {
  { echo "[options]"; machine_conf "$(free_port 8169)"; echo "max_cron_threads = 0"; } >"$TEST_CONF"
  export DEALER_CRM_CONF=$TEST_CONF DEALER_CRM_TEST_CONF=$TEST_CONF
  export DEALER_CRM_TEST_TEMPLATE_DEALER=template_dealer DEALER_CRM_TEST_TEMPLATE_BPO=template_bpo
  DEALER_CRM_TEST_NGINX=$(find_nginx || true) # benchmarks need none
  export DEALER_CRM_TEST_NGINX
}

find_nginx() { PATH=$PATH:/usr/sbin:$NGINX/usr/sbin command -v nginx; }

# odoo_strict <arguments...>: runs Odoo and fails on errors in its log; Odoo exits with 0 when a module fails to load.
odoo_strict() {
  "$ROOT/scripts/odoo" "$@" --stop-after-init --no-http --max-cron-threads=0 2>&1 |
    awk '{ print } / (ERROR|CRITICAL) |demo data failed/ { bad = 1 } END { exit bad }'
}
