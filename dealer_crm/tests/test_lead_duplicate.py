from odoo.tests import Form, tagged

from .common import DealerCase

NUMBER = "+1 212 555 0131"


@tagged("post_install", "-at_install")
class TestLeadDuplicate(DealerCase):
    """Open leads with the same number or e-mail are marked on the board and while typing."""

    def test_on_the_card(self):
        first, second, mail, alone = (
            self.make_lead(**values)
            for values in (
                {"mobile": NUMBER, "email": "ana@example.com"},
                {"phone": "(212) 555-0131"},
                {"email": "Ana <ANA@example.com>"},
                {"mobile": "+1 212 555 0132"},
            )
        )
        hers = self.make_lead(mobile="+1 212 555 0132", user_id=self.other_agent.id)
        leads = (first | second | mail | alone | hers | self.make_lead()).with_user(self.agent)
        marks = (leads - hers).mapped("has_duplicate")
        self.assertEqual(marks, [True, True, True, False, False])
        # The manager sees the colleague's lead, too.
        self.assertTrue(alone.with_user(self.manager).has_duplicate)
        self.lose(second)
        mail.active = False
        self.env.invalidate_all()
        self.assertFalse(first.with_user(self.agent).has_duplicate)
        self.assertTrue(second.with_user(self.agent).has_duplicate)

    def test_one_query_for_all_cards(self):
        leads = self.Lead.create([{"mobile": NUMBER, "user_id": self.agent.id}] * 20)
        leads = leads.with_user(self.agent)
        leads.mapped("has_duplicate")
        leads.invalidate_recordset(["has_duplicate"])
        with self.assertQueryCount(1):
            self.assertTrue(all(leads.mapped("has_duplicate")))

    def test_while_typing(self):
        mine = self.make_lead(contact_name="Mei Lin", mobile=NUMBER)
        self.make_lead(contact_name="Secret", phone=NUMBER, user_id=self.other_agent.id)
        view = "dealer_crm.dealer_crm_lead_view_form_quick_create"
        with Form(self.Lead.with_user(self.agent), view) as form:
            form.contact_name = "Mei"
            self.assertFalse(form.duplicate_warning)
            form.mobile = "212.555.0131"
            self.assertEqual(
                form.duplicate_warning,
                f"Already there: Mei Lin ({mine.name}) in New, 1 of colleagues.",
            )
            form.mobile = "212.555.0132"
            self.assertFalse(form.duplicate_warning)

    def test_while_typing_in_the_whole_form(self):
        mine = self.make_lead(contact_name="Mei Lin", email="mei@example.com")
        with Form(self.Lead.with_user(self.agent)) as form:
            form.contact_name = "Mei"
            form.email = "Mei@Example.com"
            self.assertEqual(
                form.duplicate_warning, f"Already there: Mei Lin ({mine.name}) in New."
            )
        with Form(form.record) as form:
            self.assertFalse(form.duplicate_warning)
