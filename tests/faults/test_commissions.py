"""Long runs of the property tests of commissions, in a database of their own."""

import subprocess
import sys

import pytest

from ..harness import ROOT, environment, run_odoo
from ..peers import Dealer

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def dealer(peers_of, tmp_path_factory):
    """The database of a dealer with resellers, served by nobody."""
    dealer = peers_of(Dealer, tmp_path_factory.mktemp("commissions"))
    try:
        options = dealer.settings.options_for(dealer.db.cluster, db_name=dealer.db.name)
        addon = ["-i", "dealer_crm_resellers", "--stop-after-init", "--no-http"]
        run_odoo(options, dealer.folder, "server", *addon)
        yield dealer
    finally:
        dealer.close()


@pytest.mark.parametrize(
    ("file", "count"),
    [
        ("dealer_crm_resellers/tests/test_commission_histories.py", 50_000),
        ("dealer_crm_resellers/tests/test_commission_models.py", 150),
        ("tests/faults/ledger_mutants.py", 150),
    ],
)
def test_many_histories(dealer, file, count):
    options = dealer.settings.options_for(dealer.db.cluster)
    conf = dealer.folder / "pytest.conf"
    conf.write_text("[options]\n" + "".join(f"{key} = {each}\n" for key, each in options.items()))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", f"--odoo-config={conf}", "-p", "no:cacheprovider"),
            f"--odoo-database={dealer.db.name}",
            str(ROOT / file),
        ],
        cwd=ROOT,
        env=environment(HISTORIES=str(count)),
        capture_output=True,
        text=True,
        timeout=7200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
