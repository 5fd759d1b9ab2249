"""Real databases and Odoo processes, for tests that need more than one of them.

Nothing here imports Odoo: tests use HTTP and a database connection of their own. The Odoo configuration
in ``DEALER_CRM_TEST_CONF``, written by ``scripts/test``, names the databases and addons.
"""

import configparser
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg2
import psycopg2.extras
import requests

#: Environment variable of each process that the tests start, to find those left behind.
MARK = "DEALER_CRM_TEST_SESSION"
SESSION = uuid.uuid4().hex
FIRST_PORT = 18140
ROOT = Path(__file__).resolve().parent.parent


def wait_until(
    check: Callable[[], Any], what: str, seconds: float = 60.0, pause: float = 0.05
) -> Any:
    """Return the first true value of ``check()``; AssertionError with `what` when time is up."""
    end = time.monotonic() + seconds
    while not (value := check()):
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds:g} s still not: {what}")
        time.sleep(pause)
    return value


def free_port() -> int:
    """Return a free port of 127.0.0.1."""
    # Until Odoo starts, nothing holds the port, so each test session begins the search elsewhere.
    for port in range(FIRST_PORT + os.getpid() % 100 * 20, 65536):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _given:
                _given.add(port)
                return port
    raise AssertionError("no free port")


_given: set[int] = set()


class Cluster(NamedTuple):
    """A PostgreSQL server."""

    host: str
    port: str
    user: str
    password: str = ""

    def connect(self, database: str = "postgres") -> Any:
        """Return a connection in autocommit mode."""
        connection = psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password or None,
            dbname=database,
        )
        connection.autocommit = True
        return connection

    def dump(self, program: Path, database: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start ``pg_dump`` on `database`; the caller reads its output."""
        place = ["-h", self.host, "-p", self.port, "-U", self.user]
        return subprocess.Popen(
            [program, *place, *arguments, database],
            env={**os.environ, "PGPASSWORD": self.password},
            stdout=subprocess.PIPE,
        )

    def run(self, sql: str) -> None:
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
        finally:
            connection.close()


class Settings:
    """The settings in the configuration of the test run."""

    def __init__(self) -> None:
        path = os.environ.get("DEALER_CRM_TEST_CONF")
        if not path:
            raise RuntimeError(
                "DEALER_CRM_TEST_CONF names no configuration: run these tests with make test"
            )
        parser = configparser.RawConfigParser()
        parser.read(path)
        self.options = dict(parser["options"])
        self.cluster = Cluster(
            self.options["db_host"],
            self.options.get("db_port", "5432"),
            self.options.get("db_user", "odoo"),
            self.options.get("db_password", ""),
        )

    def options_for(self, cluster: Cluster, **options: Any) -> dict[str, Any]:
        """Return the options of one process."""
        base = {name: self.options[name] for name in ("addons_path", "data_dir")}
        base |= {"db_host": cluster.host, "db_port": cluster.port, "db_user": cluster.user}
        if cluster.password:
            base["db_password"] = cluster.password
        return {
            **base,
            "http_interface": "127.0.0.1",
            "max_cron_threads": 0,
            "list_db": False,
            **options,
        }


class Database:
    """One database; `query` sees commits of others at once."""

    def __init__(self, name: str, cluster: Cluster) -> None:
        self.name = name
        self.cluster = cluster
        self._connection: Any = None

    @classmethod
    def copy(cls, template: str, name: str, cluster: Cluster) -> "Database":
        cluster.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

        def copied() -> bool:
            try:
                cluster.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            except psycopg2.errors.ObjectInUse:
                return False
            return True

        wait_until(copied, f"nobody is connected to {template}", 30, 0.5)
        return cls(name, cluster)

    def query(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """Return the rows as dicts; [] for a statement that has none."""
        if self._connection is None or self._connection.closed:
            self._connection = self.cluster.connect(self.name)
        with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(sql, params or None)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def value(self, sql: str, *params: Any) -> Any:
        """Return the first column of the first row."""
        rows = self.query(sql, *params)
        return next(iter(rows[0].values())) if rows else None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def drop(self) -> None:
        self.close()
        self.cluster.run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


def odoo_command(options: Mapping[str, Any], folder: Path, *arguments: str) -> list[str]:
    """Return the command of an Odoo with `options`, whose configuration is written to `folder`."""
    path = folder / f"{uuid.uuid4().hex}.conf"
    path.write_text(
        "[options]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())
    )
    command, *rest = arguments or ("server",)
    # Odoo's own program, because Odoo starts the gevent process with the same path.
    program = Path(sys.executable).with_name("odoo")
    found = str(program) if program.exists() else shutil.which("odoo")
    assert found, f"there is no program odoo beside {sys.executable}"
    return [sys.executable, "-W", "ignore", found, command, "-c", str(path), *rest]


def environment(**values: str) -> dict[str, str]:
    """Return the environment with the mark, without settings of other Odoo and PostgreSQL installations."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not re.match(r"PG|ODOO_|OPENERP_|DEALER_CRM_|BPO_CRM_|COV_CORE_|.*_proxy$", name, re.I)
    }
    return {**kept, MARK: SESSION, **values}


def run_odoo(options: Mapping[str, Any], folder: Path, *arguments: str, script: str = "") -> str:
    """Run an Odoo command and return its output; AssertionError if it fails or logs an error."""
    done = subprocess.run(
        odoo_command(options, folder, *arguments),
        env=environment(),
        input=script,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0 and not re.search(r" (ERROR|CRITICAL) ", output), output[-8000:]
    return done.stdout


class OdooProcess:
    """One Odoo server process with its children, serving one database.

    :param before: a command in front of Odoo's, for example ``faketime``
    :param env: additional environment variables
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        folder: Path,
        before: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{options['db_name']}-{self.port}.log"
        self.gevent_port = free_port()
        options = {**options, "http_port": self.port, "gevent_port": self.gevent_port}
        self._command = [*before, *odoo_command(options, folder)]
        self._env = environment(**(env or {}))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self, wait: bool = True) -> "OdooProcess":
        with open(self.log, "ab") as log:
            # In its own session, so that its children are killed with it.
            self.process = subprocess.Popen(
                self._command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self) -> None:
        def answers() -> bool:
            assert self.process is not None and self.process.poll() is None, self.tail()
            try:
                return requests.get(f"{self.url}/web/health", timeout=5).ok
            except requests.RequestException:
                return False

        wait_until(answers, f"{self.log.name} answers", 120)

    def signal(self, number: int) -> None:
        """Send a signal to the process and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """Kill it and its children at once."""
        self.signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.signal(signal.SIGCONT)
        os.kill(self.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Nginx:
    """nginx with the configuration of docker-compose.yml, in front of an Odoo with workers."""

    def __init__(self, odoo: OdooProcess, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        text = (ROOT / "docker" / "nginx.conf").read_text()
        # Replace what exists only in Docker's network; use the rest of the file as it is.
        places = {
            "listen 80;": f"listen 127.0.0.1:{self.port};",
            "odoo-servers:8069": f"127.0.0.1:{odoo.port}",
            "odoo-servers:8072": f"127.0.0.1:{odoo.gevent_port}",
        }
        for there, here in places.items():
            assert text.count(there) == 1, f"docker/nginx.conf says {there!r} once"
            text = text.replace(there, here)
        self.log = folder / "nginx.log"
        self._config = folder / "nginx.conf"
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        # The log level of the official image.
        self._config.write_text(
            f"error_log {self.log} notice;\ndaemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{text}}}\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Nginx":
        program = os.environ.get("DEALER_CRM_TEST_NGINX") or shutil.which(
            "nginx", path=f"{os.environ['PATH']}:/usr/sbin"
        )
        assert program, "there is no nginx: scripts/bootstrap test brings one"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [program, "-e", self.log, "-c", self._config],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

        def answers() -> bool:
            assert self.process is not None and self.process.poll() is None, self.log.read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(answers, "nginx answers", 10)
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


def leftovers() -> list[psutil.Process]:
    """Return the running processes of this test session."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == SESSION and process.pid != os.getpid():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
