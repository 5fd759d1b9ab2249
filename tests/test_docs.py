"""The documentation: links have targets; each picture is used, and taken by a script; the files are there."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/*.md"),
    ROOT / "tests/README.md",
    ROOT / "benchmarks/README.md",
]
# Paths of the tours are in the repository, or in one of its addons.
ADDONS = ("", "dealer_crm", "dealer_crm_resellers")
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
    pictures = {path.name for path in ROOT.glob("docs/images/*")}
    shown = {file.name for _page, file, _anchor in links() if file.parent.name == "images"}
    scripts = "".join(path.read_text() for path in ROOT.glob("scripts/screenshots/*.mjs"))
    taken = {f"{name}.png" for name in re.findall(r'shot\(\w+, "([^"]+)"\)', scripts)}
    # Films and sheets; the name of a sheet has variables: `languages-${role}-${language}-${width}.webp`.
    names = re.findall(r"[`/]([\w-]+(?:-\$\{\w+\})*)\.webp`", scripts)
    patterns = [re.sub(r"\$\{\w+\}", "[a-z0-9]+", name) + r"\.webp" for name in names]
    others = {name for name in pictures - taken if any(re.fullmatch(p, name) for p in patterns)}
    assert pictures
    assert shown == pictures
    assert taken | others == pictures
    assert all(any(re.fullmatch(p, name) for name in others) for p in patterns)


def test_tours_name_what_there_is():
    """Each step of docs/architecture.md that is `file:function` names a function of that file."""
    steps = re.findall(r"`([\w/]+\.py):([\w.]+)`", (ROOT / "docs/architecture.md").read_text())
    files = [
        (next(path for path in [ROOT / addon / file for addon in ADDONS] if path.exists()), name)
        for file, name in steps
    ]
    missing = [
        f"{file.name}: {name}"
        for file, name in files
        if f"def {name.rpartition('.')[2]}(" not in file.read_text()
    ]
    assert steps
    assert missing == []


def test_each_file_of_the_lead_is_explained():
    """docs/architecture.md says what each file of a lead's class is about."""
    page = (ROOT / "docs/architecture.md").read_text()
    for addon in ("dealer_crm", "dealer_crm_resellers"):
        table = page.partition(f"| `{addon}/models/dealer_crm_lead*.py`")[2].partition("\n\n")[0]
        files = {
            path.stem.removeprefix("dealer_crm_lead")
            for path in (ROOT / addon / "models").glob("dealer_crm_lead_*.py")
            if '_inherit = "dealer.crm.lead"' in path.read_text()
        }
        assert files
        assert set(re.findall(r"`(_\w+)`", table)) == files
