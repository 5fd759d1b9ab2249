"""The documentation: links have targets; each picture is used, and taken by a script."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/*.md"),
    ROOT / "tests/README.md",
    ROOT / "benchmarks/README.md",
]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page):
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def links():
    """Yield (page, file, anchor) of each link within the repository."""
    for page in PAGES:
        for target in LINK.findall(page.read_text()):
            if "://" not in target:
                name, _hash, anchor = target.partition("#")
                yield page, (page.parent / name).resolve() if name else page, anchor


def test_links_lead_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {file.name}#{anchor}"
        for page, file, anchor in links()
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]
    assert broken == []


def test_each_picture_is_shown_and_taken():
    pictures = {path.stem for path in ROOT.glob("docs/images/*.png")}
    shown = {file.stem for _page, file, _anchor in links() if file.suffix == ".png"}
    scripts = "".join(path.read_text() for path in ROOT.glob("scripts/screenshots/*.mjs"))
    taken = set(re.findall(r'shot\(\w+, "([^"]+)"\)', scripts))
    assert pictures
    assert shown == pictures
    assert taken == pictures
