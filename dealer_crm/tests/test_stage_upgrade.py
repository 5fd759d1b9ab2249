import io

from odoo.tests import tagged
from odoo.tools import convert_file, file_open
from odoo.tools.convert import convert_xml_import

from .common import STAGES, DealerCase

DATA = "data/dealer_crm_stage_data.xml"


@tagged("post_install", "-at_install")
class TestStageUpgrade(DealerCase):
    """The stages' data file loaded again, as an upgrade (and a second ``-i``) does.

    What an upgrade in a process of its own does besides is in tests/test_install_upgrade.py.
    """

    def upgrade(self, mode="update"):
        self.env.flush_all()
        self.cr.precommit.run()
        convert_file(self.env, "dealer_crm", DATA, {}, mode=mode, noupdate=False)
        self.env.flush_all()
        self.env.invalidate_all()
        return self.Stage.search([])

    def shipped(self, name):
        return self.env.ref(f"dealer_crm.stage_{name}")

    def test_nothing_happened(self):
        before = self.Stage.search([]).read(["name", "sequence", "is_won", "is_lost", "fold"])
        for mode in ("update", "init", "update"):
            after = self.upgrade(mode).read(["name", "sequence", "is_won", "is_lost", "fold"])
            self.assertEqual(after, before)

    def test_edited_stays_edited(self):
        edits = {"name": "First Call", "sequence": 12, "fold": True, "requirements": "Phone"}
        self.new.write(edits)
        self.won.is_won = False
        self.upgrade()
        self.assertRecordValues(self.new, [edits])
        self.assertFalse(self.won.is_won)

    def test_deleted_comes_back(self):
        for name in STAGES:
            stage = self.shipped(name)
            values = stage.read(["name", "sequence", "is_won", "is_lost", "fold", "requirements"])
            stage.unlink()
            self.upgrade()
            back = self.shipped(name)
            self.assertNotEqual(back, stage)
            values[0]["id"] = back.id
            self.assertEqual(back.read(list(values[0])), values)

    def test_all_deleted_come_back(self):
        self.Stage.search([]).unlink()
        self.assertEqual(
            self.upgrade().mapped("name"), ["New", "Qualified", "Negotiation", "Won", "Lost"]
        )

    def test_deleted_past_the_orm_comes_back(self):
        self.env.cr.execute("DELETE FROM dealer_crm_stage WHERE id = %s", [self.qualified.id])
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()
        self.upgrade()
        self.assertEqual(self.shipped("qualified").name, "Qualified")

    def test_name_taken_is_adopted(self):
        self.negotiation.unlink()
        taker = self.Stage.create({"name": " NEGOTIATION", "sequence": 33, "fold": True})
        stages = self.upgrade()
        self.assertEqual(self.shipped("negotiation"), taker)
        self.assertEqual(len(stages), 5)
        self.assertRecordValues(taker, [{"name": " NEGOTIATION", "sequence": 33, "fold": True}])
        self.upgrade()
        self.assertEqual(self.shipped("negotiation"), taker)

    def test_name_taken_in_a_translation(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.qualified.unlink()
        self.new.with_context(lang="fr_FR").name = "qualified"
        self.upgrade()
        self.assertEqual(self.shipped("qualified"), self.new)
        self.assertEqual(self.shipped("new"), self.new)
        self.upgrade()

    def test_name_taken_by_another_shipped_stage(self):
        self.new.unlink()
        self.qualified.name = "New"
        self.upgrade()
        self.assertEqual(self.shipped("new"), self.qualified)
        self.assertEqual(self.shipped("qualified"), self.qualified)

    def test_flag_carried_by_another(self):
        for name, flag in (("won", "is_won"), ("lost", "is_lost")):
            with self.subTest(flag=flag):
                self.shipped(name).unlink()
                carrier = self.Stage.create({"name": f"Closed {flag}", flag: True})
                self.upgrade()
                self.assertEqual(self.Stage.search([(flag, "=", True)]), carrier)
                self.assertFalse(self.shipped(name)[flag])
                self.assertEqual(self.shipped(name).name, name.title())

    def test_adopted_stage_keeps_its_lack_of_a_flag(self):
        """Its leads have not passed the gate: an upgrade must not make them Won."""
        self.won.unlink()
        taker = self.Stage.create({"name": "won", "sequence": 60})
        lead = self.make_lead(taker)
        self.upgrade()
        self.assertEqual(self.shipped("won"), taker)
        self.assertFalse(taker.is_won)
        self.assertEqual(lead.won_status, "pending")

    def test_name_and_flag_taken_by_two(self):
        self.lost.unlink()
        carrier = self.Stage.create({"name": "Abandoned", "is_lost": True})
        taker = self.Stage.create({"name": "LOST"})
        self.upgrade()
        self.assertEqual(self.shipped("lost"), taker)
        self.assertEqual(self.Stage.search([("is_lost", "=", True)]), carrier)

    def test_adopted_with_leads_and_in_another_order(self):
        self.qualified.unlink()
        taker = self.Stage.create({"name": "qualified", "sequence": 5})
        lead = self.make_lead(taker)
        self.upgrade()
        self.assertEqual(lead.stage_id, taker)
        lead.stage_id = self.new
        self.assertEqual(lead.stage_id, self.new)

    def test_returned_stage_is_a_step_at_once(self):
        lead = self.make_lead(self.new)
        self.qualified.unlink()
        self.upgrade()
        lead.stage_id = self.shipped("qualified")
        self.assertEqual(lead.stage_id.name, "Qualified")

    def test_upgrade_by_a_new_version_of_the_data(self):
        """Changes of the data file in a later version do not overwrite an edited stage."""
        with file_open(f"dealer_crm/{DATA}", "rb") as file:
            text = file.read().replace(b">Qualified<", b">Interested<")
        self.assertIn(b">Interested<", text)
        self.env.flush_all()
        self.cr.precommit.run()
        source = io.BytesIO(text)
        source.name = DATA
        convert_xml_import(self.env, "dealer_crm", source, {}, mode="update")
        self.assertEqual(self.qualified.name, "Qualified")

    def test_an_import_does_not_adopt(self):
        """An admin's import with an external id is checked like entered values."""
        admin_stages = self.Stage.with_user(self.admin)
        result = admin_stages.load(["id", "name"], [["__import__.second_new", " new "]])
        self.assertFalse(result["ids"])
        self.assertIn("already", result["messages"][0]["message"])
        result = admin_stages.load(
            ["id", "name", "is_won"], [["__import__.second_won", "Delivered", "1"]]
        )
        self.assertFalse(result["ids"])
        for name in ("second_new", "second_won"):
            self.assertFalse(self.env.ref(f"__import__.{name}", raise_if_not_found=False))
