"""The search among resellers without Odoo, beside that of earlier commits: CPU time only.

Each round draws 1,000 leads from new places; all versions match them, in turns.
"""

import argparse
import gc
import importlib.util
import io
import math
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "dealer_crm_resellers/assignment"
LEADS = 1_000
Place = tuple[float, float]


def load(folder: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / PACKAGE / "__init__.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_commit(commit: str, folder: Path) -> ModuleType:
    """The package as it was in a commit; CalledProcessError if git does not have it."""
    command = ["git", "-C", ROOT, "archive", commit, PACKAGE]
    files = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        archive.extractall(folder / commit, filter="data")
    return load(folder / commit, f"assignment_{commit}")


def metropolis(dice: random.Random) -> Place:
    """Half a degree around Paris."""
    return 48.8566 + dice.triangular(-0.5, 0.5), 2.3522 + dice.triangular(-0.5, 0.5)


def world(dice: random.Random) -> Place:
    """Anywhere, also at sea."""
    return math.degrees(math.asin(dice.uniform(-1, 1))), dice.uniform(-180, 180)


CITIES = [world(random.Random(number)) for number in range(300)]


def cities(dice: random.Random) -> Place:
    """A degree around one of 300 cities."""
    latitude, longitude = dice.choice(CITIES)
    latitude = max(-90.0, min(90.0, latitude + dice.triangular(-1, 1)))
    return latitude, (longitude + dice.triangular(-1, 1) + 180) % 360 - 180


def country(place: Callable, key: int) -> int:
    return 75 if place is metropolis else key % 40


def make_matcher(version: ModuleType, place: Callable, resellers: int) -> object:
    dice = random.Random(71)
    partners = [
        version.Partner(key, 10 + 10 * (key % 3), *place(dice), country(place, key), None, key)
        for key in range(1, resellers + 1)
    ]
    # Its name was another one before.
    return getattr(version, "Matcher", getattr(version, "Roster", None))(partners)


def measure(
    versions: list[ModuleType], place: Callable, resellers: int, rounds: int
) -> list[float]:
    """CPU ms of each version for 1,000 leads, the least of the rounds after a first one."""
    matchers = [make_matcher(version, place, resellers) for version in versions]
    least = [math.inf] * len(versions)
    for turn in range(rounds + 1):
        dice = random.Random(1000 + turn)
        drawn = [(key, 1, *place(dice), country(place, key)) for key in range(1, LEADS + 1)]
        for number in sorted(range(len(versions)), key=lambda each: (each + turn) % len(versions)):
            version, matcher = versions[number], matchers[number]
            leads = [version.Lead(*values, frozenset()) for values in drawn]
            gc.collect()
            begun = time.process_time()
            for lead in leads:
                matcher.match(lead, version.lead_seed(1, lead.id))
            if turn:
                least[number] = min(least[number], 1000 * (time.process_time() - begun))
    return least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", action="append", default=[], help="a commit; may be repeated")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--small", action="store_true", help="without 50,000 resellers")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        versions = [load_commit(commit, Path(folder)) for commit in args.before]
        versions.append(load(ROOT, "assignment_now"))
        print("|", " | ".join(["resellers", *args.before, "now, CPU ms"]), "|")
        print("|---" * (len(versions) + 1) + "|")
        for place in (metropolis, world, cities):
            for resellers in (500, 5_000) if args.small else (500, 5_000, 50_000):
                times = measure(versions, place, resellers, args.rounds)
                cells = [f"{resellers:,} in {place.__name__}", *(f"{ms:.1f}" for ms in times)]
                print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
