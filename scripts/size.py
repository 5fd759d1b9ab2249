"""Prints the lines of product code of each addon, its files, and its longest file.

Usage: python3 scripts/size.py [<commit> ...]; without a commit, of the files as they are. Tests, demo
data, translations, and tools that no server runs do not count.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TYPES = (".py", ".js", ".xml", ".scss", ".sql")
LEFT_OUT = {"tests", "demo", "i18n", "tools", "description"}


def read_tree():
    """Yield (path, content) of the files as they are."""
    for folder in (*ROOT.glob("dealer_crm*"), ROOT / "examples/bpo_crm"):
        for file in folder.rglob("*.*"):
            if is_product(file.relative_to(ROOT)):
                yield file.relative_to(ROOT), file.read_bytes()


def read_commit(commit):
    """Yield (path, content) of the files of a commit."""

    def git(*args):
        return subprocess.run(["git", "-C", ROOT, *args], check=True, capture_output=True).stdout

    names = git("ls-tree", "-r", "--name-only", commit, "--", ".").decode().splitlines()
    for path in map(Path, names):
        if is_product(path):
            yield path, git("show", f"{commit}:{path}")


def get_addon(path):
    return path.parts[1 if path.parts[0] == "examples" else 0]


def is_product(path):
    return (
        len(path.parts) > 1
        and get_addon(path).startswith(("dealer_crm", "bpo_crm"))
        and path.suffix in TYPES
        and LEFT_OUT.isdisjoint(path.parts)
    )


def show(title, files):
    addons = {}
    for path, content in files:
        addons.setdefault(get_addon(path), []).append((content.count(b"\n"), str(path)))
    print(f"{title:<30} {'lines':>7} {'files':>6}  longest")
    for addon, counts in sorted(addons.items()):
        longest, name = max(counts)
        total = sum(lines for lines, _name in counts)
        print(
            f"{addon:<30} {total:>7} {len(counts):>6}  {longest} {name.partition(addon + '/')[2]}"
        )
    every = [lines for counts in addons.values() for lines, _name in counts]
    print(f"{'all':<30} {sum(every):>7} {len(every):>6}")


if __name__ == "__main__":
    for commit in sys.argv[1:]:
        show(commit, read_commit(commit))
    if not sys.argv[1:]:
        show("addon", read_tree())
