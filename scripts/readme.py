"""Make README.rst and static/description/index.html of each addon from the fragments in its readme/.

usage: scripts/readme.py [--check]    --check: write nothing; exit status 1 when a file is not current

Fragments have OCA's names and order. pandoc reads the Markdown, docutils writes the page in Apps.
"""

import ast
import pathlib
import sys

import docutils.core
import pypandoc

ROOT = pathlib.Path(__file__).resolve().parent.parent
#: (fragment, heading in the README)
FRAGMENTS = (
    ("DESCRIPTION", None),
    ("CONFIGURE", "Configuration"),
    ("USAGE", "Usage"),
    ("ROADMAP", "Known issues / Roadmap"),
    ("HISTORY", "Changelog"),
    ("CONTRIBUTORS", "Contributors"),
)


def heading(title: str, mark: str) -> str:
    return f"{title}\n{mark * len(title)}\n\n"


def readme(addon: pathlib.Path) -> str:
    """The reStructuredText of one addon; a missing fragment raises FileNotFoundError."""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
    rst = ".. made by scripts/readme.py of readme/*.md: change those\n\n"
    rst += heading(manifest["name"], "=")
    rst += f":License: {manifest['license']}\n:Version: {manifest['version']}\n"
    rst += f":Status: {manifest['development_status']}\n:Authors: {manifest['author']}\n\n"
    for name, title in FRAGMENTS:
        text = (addon / "readme" / f"{name}.md").read_text()
        body = pypandoc.convert_text(text, "rst", format="gfm", extra_args=["--wrap=none"])
        rst += (heading(title, "-") if title else "") + body.replace("\r\n", "\n").strip() + "\n\n"
    return rst.rstrip() + "\n"


def page(rst: str) -> str:
    """The HTML page of a README, without external resources."""
    settings = {
        "stylesheet_path": "",
        "embed_stylesheet": False,
        "generator": False,
        "halt_level": 2,
        "output_encoding": "unicode",
    }
    return docutils.core.publish_string(rst, writer="html5", settings_overrides=settings)


def main() -> int:
    stale = []
    for manifest in sorted(ROOT.glob("*/__manifest__.py")) + sorted(
        ROOT.glob("examples/*/__manifest__.py")
    ):
        addon = manifest.parent
        rst = readme(addon)
        for path, text in (
            (addon / "README.rst", rst),
            (addon / "static" / "description" / "index.html", page(rst)),
        ):
            if not path.exists() or path.read_text() != text:
                stale.append(str(path.relative_to(ROOT)))
                if "--check" not in sys.argv:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)
    for path in stale:
        print(f"{path}: {'not current, run make format' if '--check' in sys.argv else 'written'}")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
