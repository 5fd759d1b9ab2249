"""Hosts whose clocks differ by ten minutes: only the database's clock counts."""

import re
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ..fake_bpo import Reply
from ..harness import wait_until
from ..peers import Dealer
from .conftest import connect
from .scenario import Scenario

pytestmark = pytest.mark.faults


# With libfaketime 0.9, Python's `time.sleep` fails: it is an absolute sleep on a clock that is not faked.
SLEEP = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds) and None
"""


def wrong_clock(seconds, folder):
    """Environment of a process whose clock is off by ``seconds``."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert libraries, "libfaketime is not installed: apt-get install faketime"
    (folder / "sitecustomize.py").write_text(SLEEP)
    return {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME": f"{seconds:+d}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(folder),
    }


@pytest.mark.parametrize(
    "minutes", [-10, 10], ids=["clock_ten_minutes_slow", "clock_ten_minutes_fast"]
)
def test_clock(request, peers_of, tmp_path, inbox, lines, minutes):
    """Outcomes are sent at once, waits have their length, leases end on time."""
    dealer = peers_of(Dealer, tmp_path, max_cron_threads=2)
    try:
        process = dealer.add_process(env=wrong_clock(60 * minutes, tmp_path))
        connect(dealer, inbox)
        first = re.search(r"^[-\d]+ [:\d]+", process.log.read_text(), re.MULTILINE)
        off = datetime.fromisoformat(first[0]) - datetime.now(timezone.utc).replace(tzinfo=None)
        assert abs(off.total_seconds() - 60 * minutes) < 60, "the process has a wrong clock"
        scenario = Scenario(request.node.callspec.id.replace("_", " "), dealer, inbox, lines)
        scenario.leads_of(range(1, 11))
        scenario.lose(1, 2, 3)
        wait_until(
            lambda: len(scenario.rows("delivered")) == 3, "due outcomes are sent at once", 30
        )

        inbox.script(Reply(status=503, headers={"Retry-After": "120"}))
        scenario.lose(4)
        row = wait_until(lambda: scenario.rows("pending"), "it waits")[0]
        row = wait_until(
            lambda: scenario.dealer.db.query(
                "SELECT EXTRACT(EPOCH FROM next_attempt_at - now() AT TIME ZONE 'UTC') AS wait"
                " FROM dealer_crm_callback WHERE attempt_count = 1 AND state = 'pending'"
            ),
            "a retry is scheduled",
        )[0]
        assert 100 < row["wait"] <= 121

        inbox.gate.clear()
        scenario.lose(5, 6)
        sent = wait_until(lambda: scenario.rows("sending"), "a request is under way")
        assert (
            100
            < dealer.db.value(
                "SELECT EXTRACT(EPOCH FROM lease_until - now() AT TIME ZONE 'UTC')"
                " FROM dealer_crm_callback WHERE id = %s",
                sent[0]["id"],
            )
            <= 181
        )
        process.kill()
        inbox.gate.set()
        process.start()
        dealer.wake()
        scenario.lose(7, 8)
        wait_until(lambda: len(scenario.rows("delivered")) >= 5, "others go on")
        assert {row["id"] for row in sent} <= {row["id"] for row in scenario.rows("sending")}
        dealer.skip_leases()
        scenario.finish()
        attempts = dealer.db.value(
            "SELECT max(abs(EXTRACT(EPOCH FROM started_at - now() AT TIME ZONE 'UTC')))"
            " FROM dealer_crm_callback_attempt"
        )
        assert attempts < 120, "attempts are dated by the database's clock"
    finally:
        dealer.close()
