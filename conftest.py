"""A test that did not run proves nothing: a skip is a failure, and says why it skipped."""

import pytest


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
