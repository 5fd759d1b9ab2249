"""Fixtures of the fault tests, and the table of their results."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..peers import Dealer
from .certificates import Certificates
from .inbox import KEY, FakeInbox
from .pair import both, pair  # noqa: F401
from .scenario import Line, Scenario, no_secret_in_dump, no_secret_in_logs

LINES = pytest.StashKey[list[Line]]()


def pytest_configure(config):
    config.stash[LINES] = []


def pytest_terminal_summary(terminalreporter):
    lines = terminalreporter.config.stash[LINES]
    if not lines:
        return
    numbers = [line[1:6] for line in lines]
    total = Line(f"{len(lines)} faults", *map(sum, zip(*numbers, strict=True)), "")
    width = max(len(line.fault) for line in lines)
    terminalreporter.section("faults of the callback")
    heading = ("rows", "delivered", "duplicates", "lost", "seconds")
    terminalreporter.line(f"{'fault':{width}}" + "".join(f"{name:>12}" for name in heading))
    for fault, *counts, seconds, note in [*lines, total]:
        cells = "".join(f"{count:>12}" for count in [*counts, f"{seconds:.1f}"])
        terminalreporter.line(f"{fault:{width}}{cells}  {note}".rstrip())


@pytest.fixture(scope="session")
def lines(request):
    return request.config.stash[LINES]


@pytest.fixture(scope="session")
def pg_dump():
    found = [Path(path) for path in [shutil.which("pg_dump")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))
    return found[-1]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def shared_dealer(peers_of, tmp_path_factory, pg_dump, certificates):
    """One dealer for all tests of BPO answers; the fixture `scenario` cleans up after them."""
    dealer = peers_of(Dealer, tmp_path_factory.mktemp("shared"), max_cron_threads=2)
    try:
        dealer.add_process(env=certificates.environment())
        yield dealer
        no_secret_in_logs(dealer)
        no_secret_in_dump(dealer, pg_dump)
    finally:
        dealer.close()


@contextlib.contextmanager
def two_processes(peers_of: Any, folder: Path, pg_dump: Path) -> Iterator[Dealer]:
    """Two dealer processes with two cron threads each on one database."""
    dealer = peers_of(Dealer, folder, max_cron_threads=2)
    try:
        for _number in range(2):
            dealer.add_process(wait=False)
        for process in dealer.processes:
            process.wait_ready()
        yield dealer
        no_secret_in_dump(dealer, pg_dump)
    finally:
        dealer.close()


@pytest.fixture
def inbox():
    with FakeInbox() as inbox:
        yield inbox
        inbox.open_gates()


def connect(dealer: Dealer, inbox: FakeInbox, **values: Any) -> None:
    """Point the dealer's connection at this BPO."""
    values = {"url": inbox.url, "database": inbox.database, "login": inbox.login, **values}
    admin = dealer.browser()
    found = admin.call("dealer.crm.bpo.connection", "search", [])
    if found:
        admin.call(
            "dealer.crm.bpo.connection",
            "write",
            found,
            {"protocol": "jsonrpc", "in_flight": 2, "api_key": KEY, **values},
        )
        admin.button("dealer.crm.bpo.connection", "action_test_connection", *found)
    else:
        dealer.connect_to(
            values.pop("url"), values.pop("database"), values.pop("login"), KEY, **values
        )


@pytest.fixture
def scenario(request, shared_dealer, inbox, lines):
    """A scenario with the shared dealer and a new fake BPO."""
    # Left over by an earlier test that failed.
    shared_dealer.db.query("DELETE FROM dealer_crm_callback")
    shared_dealer.db.query("DELETE FROM mail_activity WHERE res_model LIKE 'dealer.crm.%'")
    connect(shared_dealer, inbox)
    assert shared_dealer.connection()["state"] == "ready", shared_dealer.connection()[
        "state_reason"
    ]
    inbox.requests.clear()
    name = request.node.callspec.id if hasattr(request.node, "callspec") else request.node.name
    return Scenario(name.removeprefix("test_").replace("_", " "), shared_dealer, inbox, lines)
