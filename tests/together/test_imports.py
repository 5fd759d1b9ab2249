"""A server without the packages for tests can load our addons' tests and run those of other addons."""

import re
import subprocess
import sys

from odoo import tools

from .ours import ADDONS, ROOT

# Loads the tests as Odoo does for its suite.
LOAD = """
import sys
from odoo.tools import config
config.parse_config(["--addons-path", {addons_path!r}])
sys.modules.update(dict.fromkeys({missing!r}))  # None: importing it fails
from odoo.tests.loader import get_module_test_cases, get_test_modules
for addon in {addons!r}:
    cases = [case for module in get_test_modules(addon) for case in get_module_test_cases(module)]
    print(addon, len(cases))
"""


def names_of(requirements):
    """Import names of the packages in a requirements file."""
    lines = (ROOT / requirements).read_text().splitlines()
    found = (re.match(r"[\w-]+", line) for line in lines)
    special = {"websocket-client": "websocket", "pytest-odoo": "pytest_odoo"}
    return {special.get(name[0], name[0].replace("-", "_")) for name in found if name}


def test_without_the_packages_of_the_tests():
    # Only tests/, which is no addon, needs pytest and its plug-ins; Odoo itself needs websocket.
    missing = sorted(names_of("test-requirements.txt") - {"websocket"})
    assert "hypothesis" in missing
    script = LOAD.format(
        addons_path=",".join(tools.config["addons_path"]), missing=missing, addons=ADDONS
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = dict(line.split() for line in done.stdout.splitlines())
    assert set(counts) == set(ADDONS)
    assert all(int(count) > 20 for count in counts.values()), counts
