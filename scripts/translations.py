"""Give each .po file the terms of its .pot: new ones are empty, those that are gone are dropped.

Prints how many terms of each file have no translation.
"""

import pathlib

import polib

ROOT = pathlib.Path(__file__).resolve().parent.parent

for path in sorted([*ROOT.glob("*/i18n/*.po"), *ROOT.glob("examples/*/i18n/*.po")]):
    [template] = path.parent.glob("*.pot")
    merged, translations = polib.pofile(str(template)), polib.pofile(str(path))
    known = {entry.msgid: entry.msgstr for entry in translations}
    merged.metadata = {**merged.metadata, **translations.metadata}
    for entry in merged:
        entry.msgstr = known.get(entry.msgid, "")
    merged.save(str(path))
    if missing := len(merged.untranslated_entries()):
        print(f"{path.relative_to(ROOT)}: {missing} to translate")
