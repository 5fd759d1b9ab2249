"""The fake BPO of dealer_crm's tests, for tests with several processes: ``python -m tests.fake_bpo``.

It is part of the addon, whose tests must run without this repository. It is loaded from its path
because importing the addon would import Odoo.
"""

import argparse
import contextlib
import importlib.util
import json
import sys
from pathlib import Path

_PATH = Path(__file__).resolve().parents[1] / "dealer_crm" / "tests" / "fake_bpo"
_SPEC = importlib.util.spec_from_file_location(
    "_dealer_crm_fake_bpo", _PATH / "__init__.py", submodule_search_locations=[str(_PATH)]
)
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _MODULE
_SPEC.loader.exec_module(_MODULE)

FakeBpo, Reply, Seen, bomb = _MODULE.FakeBpo, _MODULE.Reply, _MODULE.Seen, _MODULE.bomb


def main() -> None:
    parser = argparse.ArgumentParser(description="A BPO with configurable answers")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--database", default="bpo")
    parser.add_argument("--login", default="dealer")
    parser.add_argument("--key", default="key-of-the-dealer")
    parser.add_argument("--batch", action="store_true", help="announce and accept batches")
    parser.add_argument("--reopened", action="store_true", help="announce reopened outcomes")
    options = parser.parse_args()
    capabilities = {"batch": options.batch, "reopened": options.reopened}
    bpo = FakeBpo(
        options.port,
        database=options.database,
        login=options.login,
        key=options.key,
        capabilities=capabilities,
    )
    sys.stdout.write(json.dumps({"url": bpo.url}) + "\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        bpo.serve_forever()


if __name__ == "__main__":
    main()
