"""The fake BPO of dealer_crm's tests, for tests with several processes: ``python -m tests.fake_bpo``.

It lives in the addon, whose tests must run where the addon alone is installed; it is loaded from its
path because importing the addon would import Odoo.
"""

import importlib.util
import sys
from pathlib import Path

_PATH = Path(__file__).resolve().parents[1] / "dealer_crm" / "tests" / "fake_bpo"
_SPEC = importlib.util.spec_from_file_location(
    "_dealer_crm_fake_bpo", _PATH / "__init__.py", submodule_search_locations=[str(_PATH)]
)
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _MODULE
_SPEC.loader.exec_module(_MODULE)

FakeBpo, Reply, Seen, bomb, main = _MODULE.FakeBpo, _MODULE.Reply, _MODULE.Seen, _MODULE.bomb, _MODULE.main

if __name__ == "__main__":
    main()
