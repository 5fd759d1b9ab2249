"""Shared by all benchmarks: a database, turns of peer and product, the table and JSON.

Odoo runs in this process: a call costs the same as in a web worker, without the network. Each call has
its own transaction and environment, as a request does, and is rolled back.
"""

import argparse
import contextlib
import cProfile
import functools
import gc
import json
import os
import pstats
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_db
from odoo.tools import config

from .result import Row, Side, table

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
#: Odoo's configuration, written by scripts/bench
CONF = os.environ.get("DEALER_CRM_CONF", "")
QUIET = ("--log-level=error", "--log-handler=py.warnings:ERROR")

Call = Callable[[api.Environment], Any]


def arguments(sizes: Sequence[int], small: Sequence[int], rounds: int = 9) -> argparse.Namespace:
    """Read the command line.

    :param sizes: default sizes
    :param small: sizes with ``--small``
    :param rounds: default number of turns
    :return: ``sizes``, ``rounds``, ``database`` (None: a temporary one), ``only``
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, action="append", help="repeat for several")
    parser.add_argument("--small", action="store_true", help=f"sizes {list(small)}")
    parser.add_argument("--rounds", type=int, default=rounds, help="number of turns of each side")
    parser.add_argument("--database", help="use this database, create it if necessary, and keep it")
    parser.add_argument("--only", default="", help="measure only rows with this in the title")
    parser.add_argument("--profile", action="store_true", help="print a profile of the product")
    # SIGTERM works like Ctrl-C: stop what was started and drop the temporary database.
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit("Stopped."))
    given = parser.parse_args()
    given.sizes = sorted(given.size or (small if given.small else sizes))
    return given


class Meter(NamedTuple):
    """A reading of the clocks and of the query count."""

    seconds: float
    cpu: float
    queries: int

    @classmethod
    def read(cls, env: api.Environment, backend: Path) -> "Meter":
        """:param backend: Linux's file with the run time of the PostgreSQL process in nanoseconds"""
        worked = int(backend.read_text().split()[0]) / 1e9 if backend.exists() else 0
        return cls(time.perf_counter(), time.process_time() + worked, env.cr.sql_log_count)


class Bench:
    """The database and the results of one benchmark.

    :param name: of the benchmark, its database and its result
    :param addons: to install
    :param args: of ``arguments``
    """

    def __init__(self, name: str, addons: Sequence[str], args: argparse.Namespace) -> None:
        self.name = name
        self.addons = addons
        self.args = args
        self.rows: list[Row] = []
        self.database = args.database or f"bench_{name}_{os.getpid()}"

    def __enter__(self) -> "Bench":
        if not CONF:
            sys.exit("DEALER_CRM_CONF names no Odoo configuration: run this with make bench.")
        config.parse_config(["-c", CONF, *QUIET], setup_logging=True)
        if not self._exists():
            print(f"Installing {', '.join(self.addons)} in {self.database} ...", flush=True)
            self._odoo("-i", ",".join(self.addons))
        self.registry = Registry(self.database)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.registry.delete(self.database)
        close_db(self.database)
        if not self.args.database:
            self._admin(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def _odoo(self, *arguments: str) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "odoo", "server", "-c", CONF]
        command += ["-d", self.database, "--stop-after-init", "--no-http", *QUIET]
        subprocess.run([*command, *arguments], check=True, stdout=subprocess.DEVNULL)

    def _admin(self, sql: str) -> list[tuple]:
        options = {"host": "db_host", "port": "db_port", "user": "db_user"}
        given = {name: config[option] for name, option in options.items() if config[option]}
        connection = psycopg2.connect(dbname="postgres", **given)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _exists(self) -> bool:
        return bool(self._admin(f"SELECT 1 FROM pg_database WHERE datname = '{self.database}'"))

    @contextlib.contextmanager
    def environment(self, login: str | None = None, commit: bool = False) -> Iterator[Any]:
        """Environment of the user `login` (None: the system) in a new transaction."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            if login:
                user = env["res.users"].search([("login", "=", login)])
                company_ids = user.company_ids.ids
                env = api.Environment(
                    cr, user.id, {"allowed_company_ids": company_ids, "lang": "en_US"}
                )
            cr.flush()
            env.invalidate_all()
            try:
                yield env
                if commit:
                    cr.commit()
            finally:
                cr.rollback()

    def sql(self, sql: str, params: Any = None) -> list[tuple]:
        """Run one statement and commit; return its rows."""
        with self.registry.cursor() as cr:
            cr.execute(sql, params)
            return cr.fetchall() if cr.description else []

    def analyze(self, option: str = "ANALYZE") -> None:
        """Update PostgreSQL's statistics; stale ones slow down the peer most.

        :param option: of PostgreSQL's ``VACUUM``, and tables
        """
        with self.registry.cursor() as cr:
            cr.commit()
            connection = cr._cnx
            connection.autocommit = True
            cr._obj.execute(f"VACUUM {option}")
            connection.autocommit = False

    def compare(
        self,
        size: int,
        title: str,
        peer: Call | None,
        product: Call,
        *,
        goal: float | None = None,
        login: str | None = None,
        rounds: int | None = None,
    ) -> Row:
        """Run peer and product in turns, `rounds` times after a warm-up; add and return the row.

        :param goal: minimum of how many times faster the product is
        :param login: the calling user; None is the system
        """
        row = Row(size, title, Side(), Side(), goal)
        if self.args.only not in title:
            return row
        turns = [(side, call) for side, call in ((row.peer, peer), (row.product, product)) if call]
        for number in range(1 + (rounds or self.args.rounds)):
            for side, call in turns if number % 2 else reversed(turns):
                seconds, cpu, queries = self.once(call, login)
                if number:
                    side.seconds.append(seconds)
                    side.cpu.append(cpu)
                    side.queries.append(queries)
        if self.args.profile:
            profile = cProfile.Profile()
            self.once(functools.partial(profile.runcall, product), login)
            pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(15)
        return self.add(row)

    def once(self, call: Call, login: str | None = None) -> tuple[float, float, int]:
        """Seconds by the clock and by CPU, and queries, of one call up to its commit."""
        with self.environment(login) as env:
            gc.collect()
            backend = Path(f"/proc/{env.cr._cnx.get_backend_pid()}/schedstat")
            before = Meter.read(env, backend)
            call(env)
            env.cr.flush()
            after = Meter.read(env, backend)
            return tuple(b - a for a, b in zip(before, after, strict=True))

    def add(self, row: Row) -> Row:
        self.rows.append(row)
        print(" | ".join(row.cells()), flush=True)
        return row

    def report(self) -> None:
        """Print the table and write it to ``results/<name>.json``."""
        head = [
            "leads",
            "what",
            "peer ms",
            "product ms",
            "times faster",
            "by CPU",
            "queries",
            "goal",
            "",
        ]
        print(table([head, *(row.cells() for row in self.rows)]))
        RESULTS.mkdir(exist_ok=True)
        rows = [
            {**asdict(row), "ratio": row.ratio, "cpu_ratio": row.cpu_ratio, "met": row.met}
            for row in self.rows
        ]
        machine = {
            "cpus": os.cpu_count(),
            "python": sys.version.split()[0],
            "postgresql": self.sql("SHOW server_version")[0][0],
        }
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
        print(f"Written to {path.relative_to(HERE.parent)}")
