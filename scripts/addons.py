"""List the addons of this repository, or the addons of others that they depend on.

usage: addons.py list|needs dealer|bpo|all    (comma-separated, as Odoo wants them)
"""

import ast
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACES = {"dealer": ["dealer_*"], "bpo": ["examples/bpo_*"]}
PLACES["all"] = PLACES["dealer"] + PLACES["bpo"]


def manifests(place: str) -> dict[str, dict]:
    """Return the manifests of the addons of `dealer`, `bpo` or `all`, by addon name."""
    found = [path for glob in PLACES[place] for path in ROOT.glob(f"{glob}/__manifest__.py")]
    return {path.parent.name: ast.literal_eval(path.read_text()) for path in sorted(found)}


def needs(place: str) -> list[str]:
    """Return the addons of others that the addons of `place` depend on."""
    wanted = {name for manifest in manifests(place).values() for name in manifest["depends"]}
    return sorted(wanted - set(manifests("all")))


question, place = sys.argv[1:]
print(",".join(needs(place) if question == "needs" else manifests(place)))
