"""A test that did not run proves nothing: a skip fails the run, and says which and why."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        where, line, reason = report.longrepr
        terminalreporter.line(f"FAILED because skipped: {where}:{line} {reason}", red=True)
