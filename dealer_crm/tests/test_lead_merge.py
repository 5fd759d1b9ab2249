from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestLeadMerge(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.make_lead(contact_name="Mei Lin", mobile="+1 212 555 0131")
        cls.twin = cls.make_lead(
            cls.negotiation,
            contact_name="Mei L.",
            mobile="+1 212 555 0131",
            email="mei@example.com",
            city="Flushing",
            expected_price=42_800,
            description="<p>Wants a tow bar</p>",
            user_id=cls.other_agent.id,
        )
        cls.wizards = cls.env["dealer.crm.lead.merge"].with_user(cls.manager)

    def open(self, leads, **values):
        wizard = Form(self.wizards.with_context(default_lead_ids=leads.ids))
        for name, value in values.items():
            setattr(wizard, name, value)
        return wizard

    def merge(self, leads, **values):
        self.open(leads, **values).save().action_confirm()
        self.env.flush_all()
        self.env.invalidate_all()

    def get_history(self, lead):
        return " ".join(lead.message_ids.mapped("body"))

    def test_everything_moves(self):
        """The twin of one lead is found; what it has moves to the older one, and it is deleted."""
        order = self.make_order(self.twin, confirm=False)
        event = self.env["calendar.event"].create(
            {
                "name": "Drive",
                "start": "2030-01-07 09:00",
                "stop": "2030-01-07 10:00",
                "dealer_crm_lead_id": self.twin.id,
                "dealer_crm_kind": "test_drive",
            }
        )
        activity = self.twin.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.other_agent.id
        )
        self.twin.message_post(body="She calls back", attachments=[("plate.txt", b"KLM")])
        loose = self.env["ir.attachment"].create(
            {"name": "id.txt", "res_model": self.twin._name, "res_id": self.twin.id}
        )
        self.twin.log_call("busy")
        self.cr.precommit.run()
        before = dict(self.first.duration_tracking)
        self.merge(self.first)
        self.assertFalse(self.twin.exists())
        lead = self.first
        self.assertEqual(lead.sale_order_ids, order)
        self.assertEqual((lead.appointment_ids, event.res_id), (event, lead.id))
        self.assertIn(activity, lead.activity_ids)
        self.assertEqual(loose.res_id, lead.id)
        self.assertEqual(
            self.env["ir.attachment"].search([("name", "=", "plate.txt")]).res_id, lead.id
        )
        history = self.get_history(lead)
        for text in ("She calls back", "Call: Busy", "Merged into", "Contact Name: Mei L."):
            self.assertIn(text, history)
        self.assertEqual(lead.call_count, 1)
        self.assertEqual(
            (lead.email, lead.city, lead.expected_price), ("mei@example.com", "Flushing", 42_800)
        )
        self.assertEqual((lead.contact_name, lead.user_id), ("Mei Lin", self.agent))
        self.assertIn("tow bar", lead.description)
        self.assertEqual(lead.duration_tracking.keys(), before.keys(), "of another lead's stages")
        self.assertEqual(lead.stage_id, self.new)

    def test_stages_of_the_twin_become_text(self):
        self.twin.unlink()
        twin = self.make_lead(mobile="+1 212 555 0131")
        self.cr.precommit.run()
        twin.stage_id = self.qualified
        self.cr.precommit.run()
        stages = set(self.first.duration_tracking)
        self.merge(self.first)
        self.assertEqual(set(self.first.duration_tracking), stages)
        self.assertIn("New › Qualified", self.get_history(self.first))

    def test_the_chosen_one_stays(self):
        self.merge(self.first | self.twin, lead_id=self.twin)
        self.assertEqual((self.first | self.twin).exists(), self.twin)
        self.assertEqual(self.twin.contact_name, "Mei L.")

    def test_endorsed_leads_keep_their_identity(self):
        self.endorse(self.twin)
        wizard = self.open(self.first | self.twin)
        self.assertEqual(wizard.lead_id, self.twin, "suggested is the one that can stay")
        self.assertFalse(wizard.problem)
        wizard.lead_id = self.first
        self.assertIn("let it be the lead that stays", wizard.problem)
        with self.assertRefused(UserError, "waits for its outcome"):
            wizard.save().action_confirm()
        self.endorse(self.first, 800_000)
        with self.assertRefused(UserError, "mark one of them lost"):
            self.merge(self.first | self.twin)
        self.assertEqual(len((self.first | self.twin).exists()), 2)
        self.first.bpo_source_lead_id = 0
        self.merge(self.first | self.twin)
        self.assertEqual((self.first | self.twin).exists().bpo_source_lead_id, 900_000)

    def test_what_is_refused(self):
        with self.assertRefused(UserError, "select at least two"):
            self.merge(self.make_lead())
        lost = self.make_lead(self.lost)
        with self.assertRefused(UserError, lost.name, "reopen it"):
            self.merge(self.first | lost)
        other = self.env["res.company"].create({"name": "B"})
        self.manager.company_ids |= other
        foreign = self.make_lead(company_id=other.id, user_id=False)
        with self.assertRefused(UserError, "one company"):
            self.first.with_user(self.manager).with_context(
                allowed_company_ids=self.manager.company_ids.ids
            )._merge(foreign)
        with self.assertRaises(AccessError):
            self.env["dealer.crm.lead.merge"].with_user(self.agent).create({"lead_ids": []})
        with self.assertRaises(AccessError):
            self.first.with_user(self.agent)._merge(self.twin)
        with self.assertRaises(AccessError):
            self.first.with_user(self.manager).with_context(
                allowed_company_ids=self.env.company.ids
            )._merge(foreign)
        self.assertTrue(foreign.exists())

    def test_an_announced_lead_is_no_news_any_more(self):
        news = self.make_lead(user_id=False, mobile="+1 212 555 0131")
        news.activity_schedule(
            "dealer_crm.mail_activity_type_new_lead", user_id=self.other_agent.id
        )
        self.merge(self.first | news)
        self.assertFalse(self.first.activity_ids)

    def test_first_contact(self):
        """The clock of the older lead ends with the contact of the other one."""
        self.env.company.dealer_first_contact_minutes = 30
        first, twin = self.make_lead(), self.make_lead()
        twin.with_user(self.other_agent).sudo()._register_first_contact()
        self.merge(first | twin)
        self.assertTrue(first.date_first_contact)
