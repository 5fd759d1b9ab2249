from psycopg2.errors import NotNullViolation

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestStageName(DealerCase):
    def assertNameTaken(self, name, lang="en_US"):
        stages = self.Stage.with_context(lang=lang)
        with self.assertRefused(ValidationError, "already", lang):
            stages.create({"name": name})
        with self.assertRefused(ValidationError, "already", lang):
            self.qualified.with_context(lang=lang).write({"name": name})

    def test_same_name_in_other_clothes(self):
        for name in ("Negotiation", "negotiation", "NEGOTIATION", "  Negotiation", "Negotiation\t"):
            with self.subTest(name=name):
                self.assertNameTaken(name)

    def test_inner_blanks(self):
        self.Stage.create({"name": "Test  Drive"})
        self.assertNameTaken("test drive")
        self.assertNameTaken("Test\u00a0Drive")

    def test_case_beyond_ascii(self):
        self.Stage.create({"name": "ÉTAPE STRASSE"})
        self.assertNameTaken("étape straße")

    def test_same_name_twice_in_one_batch(self):
        with self.assertRefused(ValidationError, '"twin"'):
            self.Stage.create([{"name": "Twin"}, {"name": " twin "}])

    def test_same_name_for_two_in_one_write(self):
        with self.assertRefused(ValidationError, "Both"):
            (self.new | self.qualified).write({"name": "Both"})

    def test_blank_name(self):
        for name in ("   ", "\t\n"):
            with self.assertRefused(ValidationError, "needs a name"):
                self.Stage.create({"name": name})
            with self.assertRefused(ValidationError, "needs a name"):
                self.new.name = name
        with self.assertRaises(NotNullViolation), mute_logger("odoo.sql_db"):
            self.Stage.create({"name": False})

    def test_keeps_its_own_name(self):
        self.new.name = "new"
        self.new.name = "New "
        with self.assertRefused(ValidationError):
            self.qualified.name = "NEW"

    def test_two_swap_through_a_third_name(self):
        self.new.name = "Parking"
        self.qualified.name = "New"
        self.new.name = "Qualified"
        self.assertEqual((self.new | self.qualified).mapped("name"), ["Qualified", "New"])

    def test_deleted_name_is_free(self):
        self.Stage.create({"name": "Short Life"}).unlink()
        self.assertTrue(self.Stage.create({"name": "short life"}))

    def test_name_create(self):
        with self.assertRefused(ValidationError, "won"):
            self.Stage.name_create("won")

    def test_load(self):
        result = self.Stage.load(["name"], [["Inspection"], ["inspection "]])
        self.assertFalse(result["ids"])
        self.assertIn("inspection", result["messages"][0]["message"])

    def test_copy_gets_a_name_of_its_own(self):
        copy = self.won.copy()
        self.assertNotEqual(copy.name, "Won")
        self.assertFalse(copy.is_won)
        self.assertNotEqual(copy.copy().name, copy.name)

    def test_copied_again_and_again(self):
        names = [self.new.copy().name for _number in range(3)]
        self.assertEqual(names, ["New (copy)", "New (copy) (2)", "New (copy) (3)"])
        self.assertEqual(
            (self.new | self.qualified).copy().mapped("name"),
            ["New (copy) (4)", "Qualified (copy)"],
        )


@tagged("post_install", "-at_install")
class TestStageTranslatedName(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("fr_FR", "de_DE"):
            cls.env["res.lang"]._activate_lang(code)
        cls.new.with_context(lang="fr_FR").name = "Nouveau"

    def test_translation_equals_translation(self):
        french = self.qualified.with_context(lang="fr_FR")
        with self.assertRefused(ValidationError, "nouveau", "fr_FR"):
            french.name = " nouveau "
        self.qualified.with_context(lang="de_DE").name = "Nouveau"

    def test_translation_equals_untranslated(self):
        """A stage without a French name shows its English one to French users."""
        with self.assertRefused(ValidationError, "fr_FR"):
            self.qualified.with_context(lang="fr_FR").name = "Negotiation"
        with self.assertRefused(ValidationError, "fr_FR"):
            self.Stage.create({"name": "Nouveau"})
        with self.assertRefused(ValidationError, "fr_FR"):
            self.negotiation.name = "nouveau"

    def test_created_in_a_foreign_language(self):
        stage = self.Stage.with_context(lang="fr_FR").create({"name": "Essai"})
        with self.assertRefused(ValidationError):
            self.Stage.create({"name": "essai"})
        stage.with_context(lang="en_US").name = "Test Drive"
        with self.assertRefused(ValidationError, "fr_FR"):
            self.Stage.with_context(lang="fr_FR").create({"name": "ESSAI"})

    def test_translation_dialog(self):
        with self.assertRefused(ValidationError, "Nouveau", "fr_FR"):
            self.qualified.update_field_translations("name", {"fr_FR": "Nouveau"})
        with self.assertRefused(ValidationError, "de_DE"):
            self.qualified.update_field_translations("name", {"de_DE": "new"})
        self.qualified.update_field_translations("name", {"fr_FR": "Qualifié", "de_DE": "Klar"})
        self.assertEqual(self.qualified.with_context(lang="fr_FR").name, "Qualifié")

    def test_translation_dialog_takes_a_translation_away(self):
        """Without its translation, the stage would show a name that another has in French."""
        self.qualified.with_context(lang="fr_FR").name = "New"
        with self.assertRefused(ValidationError, "fr_FR"):
            self.new.update_field_translations("name", {"fr_FR": False})

    def test_translation_dialog_needs_a_name(self):
        with self.assertRefused(ValidationError, "needs a name"):
            self.new.update_field_translations("name", {"fr_FR": "  "})

    def test_one_name_for_all_languages(self):
        with self.assertRefused(ValidationError):
            self.qualified.web_override_translations({"name": "Nouveau"})

    def test_new_language_shows_english(self):
        """A newly activated language shows the English names, which are unique."""
        self.env["res.lang"]._activate_lang("es_ES")
        spanish = self.Stage.with_context(lang="es_ES")
        with self.assertRefused(ValidationError):
            spanish.create({"name": "qualified"})
        spanish.browse(self.new.id).name = "Nuevo"
        with self.assertRefused(ValidationError, "es_ES"):
            spanish.create({"name": "nuevo"})

    def test_name_in_a_language_switched_off(self):
        """The name would be visible again with the language, so it still counts."""
        self.env.flush_all()
        self.cr.precommit.run()
        self.env["res.lang"].search([("code", "=", "fr_FR")]).active = False
        with self.assertRefused(ValidationError):
            self.Stage.create({"name": "Nouveau"})

    def test_requirements_are_not_names(self):
        self.new.update_field_translations("requirements", {"fr_FR": "Qualified"})
        self.assertEqual(self.new.with_context(lang="fr_FR").requirements, "Qualified")

    def test_audit_of_translations(self):
        before = self.qualified.message_ids
        self.qualified.with_user(self.admin).update_field_translations(
            "name", {"fr_FR": "Qualifié"}
        )
        message = self.qualified.message_ids - before
        self.assertEqual(len(message), 1)
        for word in ("fr_FR", "Qualified", "Qualifié"):
            self.assertIn(word, message.body)
        self.assertEqual(message.author_id, self.admin.partner_id)
        self.qualified.with_user(self.admin).update_field_translations(
            "name", {"fr_FR": "Qualifié"}
        )
        self.assertEqual(self.qualified.message_ids - before, message)
