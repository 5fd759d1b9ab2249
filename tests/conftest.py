"""Fixtures: the templates, made once a session, and a dealer and a BPO for each test."""

import os
from typing import Any

import pytest

from .harness import Settings, leftovers
from .life import STORY, Life
from .peers import BPO_SCRIPT, DEALER_SCRIPT, Bpo, Dealer, Template


@pytest.fixture(scope="session")
def settings():
    return Settings()


@pytest.fixture(scope="session")
def no_leftovers():
    """Kill the processes that outlive the session, and fail it."""
    yield
    left = leftovers()
    names = [f"{process.pid} {' '.join(process.cmdline())}" for process in left]
    for process in left:
        process.kill()
    assert not names, f"left behind: {names}"


@pytest.fixture(scope="session")
def template_of(settings, no_leftovers, tmp_path_factory):
    """Function that returns the ``Template`` of "dealer" or "bpo", made at the first call."""
    folder = tmp_path_factory.mktemp("templates")
    sources = {
        "dealer": ("dealer_crm", "DEALER_CRM_TEST_TEMPLATE_DEALER", DEALER_SCRIPT),
        "bpo": ("bpo_crm", "DEALER_CRM_TEST_TEMPLATE_BPO", BPO_SCRIPT),
    }
    made: dict[str, Template] = {}

    def template(name: str) -> Template:
        if name not in made:
            addon, variable, script = sources[name]
            made[name] = Template(addon, os.environ[variable], script, settings, folder)
        return made[name]

    yield template
    for one in made.values():
        one.database.drop()


@pytest.fixture(scope="session")
def peers_of(settings, template_of):
    """Function that makes a ``Dealer`` or a ``Bpo`` in a folder; its caller closes it."""

    def make(kind: type, folder: Any, **options: Any) -> Any:
        return kind(template_of(kind.__name__.lower()), settings, folder, **options)

    return make


@pytest.fixture
def make_dealer(peers_of, tmp_path):
    """Function that starts a dealer with `processes` on one database. Keywords: options of odoo.conf."""
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
    """Function that starts a BPO. Keywords: options of odoo.conf."""
    made = []

    def make(**options: Any) -> Bpo:
        bpo = peers_of(Bpo, tmp_path, **options)
        made.append(bpo)
        bpo.add_process()
        return bpo

    yield make
    for bpo in made:
        bpo.close()


@pytest.fixture(scope="session")
def used(template_of, settings, tmp_path_factory):
    """A dealer's database that was used, for copies."""
    with Life.copied(template_of("dealer"), settings, tmp_path_factory.mktemp("used")) as life:
        life.shell(STORY)
        yield life


@pytest.fixture
def life(used, settings, tmp_path):
    """A copy of ``used``."""
    with Life.copied(used, settings, tmp_path) as life:
        yield life
