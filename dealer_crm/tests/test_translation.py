"""All texts can be translated, and texts that the program writes are in the reader's language."""

import ast
from pathlib import Path
from unittest.mock import patch

from odoo.modules.module import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import TranslationModuleReader, code_translations

from .callback_common import INVALID, CallbackCase, FakeClient

WORDS = "J'ai parlé au BPO."


def get_sentences(tree):
    """Terms of ``_(…)``, ``_lt(…)`` and ``….env._(…)``, and lines with other uses of ``_``.

    ``SENTENCES`` is a table of ``_lt(…)``.
    """
    sentences, aliases, called = [], [], set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func
        if (isinstance(name, ast.Attribute) and name.attr == "_") or (
            isinstance(name, ast.Name) and name.id in ("_", "_lt")
        ):
            called.add(name)
            term = node.args[0] if node.args else None
            if isinstance(term, ast.Constant) and isinstance(term.value, str):
                sentences.append(term.value)
            elif not (isinstance(term, ast.Subscript) and ast.unparse(term.value) == "SENTENCES"):
                aliases.append(node.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "_" and node not in called:
            aliases.append(node.lineno)
    return sentences, aliases


@tagged("post_install", "-at_install")
class TestTerms(TransactionCase):
    def test_every_sentence_is_exported(self):
        """The export finds calls by the name ``_``; it does not find an alias."""
        installed = self.env["ir.module.module"].search(
            [("state", "=", "installed"), ("name", "=like", "dealer_crm%")]
        )
        names = [*installed.mapped("name")]
        self.assertIn("dealer_crm", names)
        terms = {}
        for module, _kind, _name, _id, source, _value, _comments in TranslationModuleReader(
            self.env.cr, modules=names
        ):
            terms.setdefault(module, set()).add(source)
        checked = 0
        for name in names:
            root = Path(get_module_path(name))
            for path in root.rglob("*.py"):
                if {"tests", "tools"} & set(path.relative_to(root).parts):
                    continue
                sentences, aliases = get_sentences(ast.parse(path.read_text()))
                self.assertFalse(aliases, f"{path}: write self.env._(…) with the sentence in it")
                self.assertEqual([text for text in sentences if text not in terms[name]], [], path)
                checked += len(sentences)
        self.assertGreater(checked, 150)

    def test_an_alias_is_found(self):
        hidden = ast.parse("say = self.env._\nsay('Hidden')\nself.env._(text)\nself.env._('Seen')")
        self.assertEqual(get_sentences(hidden), (["Seen"], [3, 1]))


class TestLanguages(CallbackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env.company.partner_id.lang = "de_DE"
        cls.agent.lang = "fr_FR"

    def test_notes_of_the_cron(self):
        """The cron writes in the salesperson's language, else in the company's."""
        leads = self.make_leads(3)
        leads[2].user_id = False
        lots = leads._split_by_language()
        self.assertEqual(
            {lot.env.lang: lot.ids for lot in lots},
            {"fr_FR": leads[:2].ids, "de_DE": leads[2].ids},
        )
        told = []
        self.callbacks._log_on_leads(
            leads.ids, lambda some: told.append(some.env.lang) or f"Told in {some.env.lang}"
        )
        self.assertEqual(sorted(told), ["de_DE", "fr_FR"])
        self.assertIn("fr_FR", leads[0].message_ids[0].body)
        self.assertIn("de_DE", leads[2].message_ids[0].body)

    def test_who_acts_reads_the_own_language(self):
        leads = self.make_leads(2)
        for lang in ("de_DE", "fr_FR"):
            [lot] = leads.with_user(self.admin).with_context(lang=lang)._split_by_language()
            self.assertEqual((lot, lot.env.lang), (leads, lang))
        self.assertEqual(leads.browse()._split_by_language(), [])

    def test_settled_in_french(self):
        """Notes about answers are in French, if there is a translation."""
        texts = {
            "The BPO knows the outcome.": WORDS,
            "The BPO did not accept the outcome. An admin looks into it.": "Le BPO a refusé.",
        }
        with patch.dict(code_translations.python_translations, {("dealer_crm", "fr_FR"): texts}):
            delivered, parked = self.make_leads(2)
            self.lose(delivered)
            self.deliver(FakeClient())
            self.lose(parked)
            self.deliver(FakeClient([INVALID]))
        self.assertIn("parlé au BPO", "".join(delivered.message_ids.mapped("body")))
        self.assertIn("refusé", "".join(parked.message_ids.mapped("body")))
