"""Each text of our addons is in the template, and translated into each language that we ship."""

import os
import pathlib
import re
from unittest.mock import patch

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import TranslationModuleReader

import odoo.addons

from .ours import ADDONS, ROOT, addon_paths

LANGUAGES = {"ar", "de", "es", "fr", "tl"}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\{.*?\}\}|</?\w+")


def get_problems(entry: polib.POEntry) -> list[str]:
    """Return what is wrong with a translation."""
    problems = []
    if not entry.msgstr:
        problems.append("no translation")
    if entry.fuzzy:
        problems.append("fuzzy")
    if sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(entry.msgstr)):
        problems.append("other placeholders or tags")
    if entry.msgid != entry.msgid.strip() and entry.msgstr == entry.msgstr.strip():
        problems.append("no blanks around it")
    return problems


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def test_templates_have_all_texts(self):
        # Odoo takes the first directory below an addons path for the addon.
        paths = [str(ROOT / "examples"), *odoo.addons.__path__]
        with patch.object(odoo.addons, "__path__", paths):
            rows = list(TranslationModuleReader(self.env.cr, modules=ADDONS))
        everything = {source for _module, _kind, _name, _id, source, *_more in rows}
        for name, path in zip(ADDONS, addon_paths(), strict=True):
            texts = {source for module, _kind, _name, _id, source, *_more in rows if module == name}
            template = polib.pofile(os.path.join(path, "i18n", f"{name}.pot"))
            terms = {entry.msgid for entry in template}
            self.assertEqual(texts - terms, set(), f"{name}: run scripts/translations")
            # The name of a model that several addons extend is a text of one of them here.
            self.assertEqual(terms - everything, set(), f"{name}: run scripts/translations")

    def test_templates_in_code_have_no_text(self):
        """Odoo exports the texts of XML files, not those of templates in JavaScript."""
        files = [
            file for path in addon_paths() for file in pathlib.Path(path).glob("static/src/**/*.js")
        ]
        found = [
            (file.name, text)
            for file in files
            for template in re.findall(r"\bxml`(.*?)`", file.read_text(), re.DOTALL)
            for text in re.findall(r">\s*([^<>\s][^<>]*)<", template)
        ]
        self.assertTrue(files)
        self.assertEqual(found, [])

    def test_every_text_is_translated(self):
        for name, path in zip(ADDONS, addon_paths(), strict=True):
            folder = pathlib.Path(path, "i18n")
            texts = {entry.msgid for entry in polib.pofile(str(folder / f"{name}.pot"))}
            self.assertEqual({file.stem for file in folder.glob("*.po")}, LANGUAGES, name)
            for language in sorted(LANGUAGES):
                entries = polib.pofile(str(folder / f"{language}.po"))
                with self.subTest(addon=name, language=language):
                    self.assertEqual({entry.msgid for entry in entries}, texts)
                    wrong = {each.msgid: get_problems(each) for each in entries}
                    self.assertEqual({key: text for key, text in wrong.items() if text}, {})

    def test_a_bad_translation_is_found(self):
        text = "%(count)s of <b>%s</b> "
        for translation in (
            "",
            "%(count)s von <b>%s</b>",
            "%(count) von <b>%s</b> ",
            "%(count)s %s ",
        ):
            entry = polib.POEntry(msgid=text, msgstr=translation)
            self.assertTrue(get_problems(entry), translation)
        self.assertTrue(get_problems(polib.POEntry(msgid="A", msgstr="B", flags=["fuzzy"])))
        self.assertFalse(get_problems(polib.POEntry(msgid=text, msgstr="<b>%s</b>: %(count)s ")))
