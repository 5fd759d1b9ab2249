"""A private PostgreSQL server for one test, which may restart it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from ..harness import MARK, SESSION, Cluster, Database


def programs() -> Path:
    """Return the directory of the newest version's PostgreSQL programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else Path(shutil.which("initdb") or "/missing/initdb").parent


class PrivateCluster:
    """Listens on a socket in its own directory. Root runs it as the user postgres or nobody."""

    def __init__(self) -> None:
        self._bin = programs()
        # Not below pytest's directory, which other users cannot read.
        self._folder = Path(tempfile.mkdtemp(prefix="dealer-crm-"))
        self._as: dict[str, int | list[int]] = {}
        if os.getuid() == 0:
            names = {user.pw_name: user for user in pwd.getpwall()}
            user = names.get("postgres") or names["nobody"]
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._run(
            "initdb",
            "-D",
            self._folder / "data",
            "-U",
            "odoo",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        )
        with open(self._folder / "data" / "postgresql.conf", "a") as conf:
            conf.write(f"listen_addresses = ''\nunix_socket_directories = '{self._folder}'\n")
        self.cluster = Cluster(str(self._folder), "5432", "odoo")
        self.start()

    def start(self) -> None:
        self._run("pg_ctl", "-D", self._folder / "data", "-l", self._folder / "log", "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """`mode`: "fast", or "immediate", which is a crash."""
        self._run("pg_ctl", "-D", self._folder / "data", "-m", mode, "-w", "stop")

    def restart(self, mode: str = "fast", seconds: float = 1.0) -> None:
        """Stop the server and start it again after ``seconds``."""
        self.stop(mode)
        time.sleep(seconds)
        self.start()

    def take(self, database: Database, name: str) -> Database:
        """Copy a database of another cluster into this one."""
        there, here = database.cluster, self.cluster
        here.run(f'CREATE DATABASE "{name}"')
        dump = there.dump(self._bin / "pg_dump", database.name)
        load = [
            self._bin / "psql",
            "-h",
            here.host,
            "-U",
            here.user,
            "-d",
            name,
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        subprocess.run(load, stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)
        assert dump.wait() == 0
        return Database(name, here)

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", MARK: SESSION},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if program == "initdb" else subprocess.DEVNULL,
            check=False,
            **self._as,
        )
        assert done.returncode == 0, f"{program}: {done.stdout!r}"
