"""Rules for every test run: a skip is a failure, each of pytest's workers has its own filestore, and a
browser's requests may wait longer for each other.
"""

import os
import shutil

import pytest

from odoo.tests.common import BaseCase
from odoo.tools import config


def refuse_skip(report):
    """Turn the report of a skipped test, class or module into a failure."""
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Not run, and a skip counts as a failure here: {report.longrepr[-1]}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report():
    return refuse_skip((yield))


@pytest.fixture(scope="session", autouse=True)
def patient_requests():
    """Let the requests of a test wait for each other as long as a tour may take.

    They run one after the other. The first one makes the assets, which takes longer than Odoo's 20
    seconds on a busy machine: the menus were answered by an error page then, and the browser said
    "Unexpected token '<'".
    """
    BaseCase.test_cursor_lock_timeout = 60


@pytest.fixture(scope="session", autouse=True)
def own_filestore(request):
    """Give each of pytest's workers its own copy of the filestore.

    pytest-odoo shares one between the workers. After each test class Odoo deletes the files that
    its own database does not know, and the other worker's pictures and assets were among them.
    """
    worker = os.getenv("PYTEST_XDIST_WORKER")
    if not worker or not request.config.pluginmanager.hasplugin("odoo"):
        yield
        return
    request.getfixturevalue("load_registry")
    shared = config.filestore("")
    own = f"{shared}-{worker}"
    shutil.rmtree(own, ignore_errors=True)
    shutil.copytree(shared, own)
    config.filestore.return_value = own
    yield
    shutil.rmtree(own)
