"""Fixtures: templates once a session, a dealer and a BPO for each test that asks for them."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .harness import Settings, leftovers
from .peers import BPO_SCRIPT, DEALER_SCRIPT, Bpo, Dealer, Template


@pytest.fixture(scope="session")
def settings():
    return Settings()


@pytest.fixture(scope="session")
def no_leftovers():
    """Nothing that was started may outlive the session."""
    yield
    left = leftovers()
    names = [f"{process.pid} {' '.join(process.cmdline())}" for process in left]
    for process in left:
        process.kill()
    assert not names, f"left behind: {names}"


@pytest.fixture(scope="session")
def templates(settings, no_leftovers, tmp_path_factory):
    """``{"dealer": Template, "bpo": Template}``."""
    folder = tmp_path_factory.mktemp("templates")
    wanted: dict[str, tuple[str, str, str]] = {
        "dealer": ("dealer_crm", os.environ["DEALER_CRM_TEST_TEMPLATE_DEALER"], DEALER_SCRIPT),
        "bpo": ("bpo_crm", os.environ["DEALER_CRM_TEST_TEMPLATE_BPO"], BPO_SCRIPT),
    }

    def make(item: tuple[str, tuple[str, str, str]]) -> tuple[str, Template]:
        name, (addon, source, script) = item
        return name, Template(addon, source, script, settings, folder)

    with ThreadPoolExecutor(2) as pool:
        made = dict(pool.map(make, wanted.items()))
    yield made
    for template in made.values():
        template.database.drop()


@pytest.fixture(scope="session")
def peers_of(settings, templates):
    """Function that makes a ``Dealer`` or a ``Bpo`` in a folder; its caller closes it."""

    def make(kind: type, folder: Any, **options: Any) -> Any:
        return kind(templates[kind.__name__.lower()], settings, folder, **options)

    return make


@pytest.fixture
def make_dealer(peers_of, tmp_path):
    """Function that starts a dealer with `processes` on one database; odoo.conf's options as keywords."""
    made = []

    def make(processes: int = 1, max_cron_threads: int = 2, **options: Any) -> Dealer:
        dealer = peers_of(Dealer, tmp_path, max_cron_threads=max_cron_threads, **options)
        made.append(dealer)
        for _number in range(processes):
            dealer.add_process(wait=False)
        for process in dealer.processes:
            process.wait_ready()
        return dealer

    yield make
    for dealer in made:
        dealer.close()


@pytest.fixture
def make_bpo(peers_of, tmp_path):
    """Function that starts a BPO; odoo.conf's options as keywords."""
    made = []

    def make(**options: Any) -> Bpo:
        bpo = peers_of(Bpo, tmp_path, **options)
        made.append(bpo)
        bpo.add_process()
        return bpo

    yield make
    for bpo in made:
        bpo.close()
