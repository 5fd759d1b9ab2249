from unittest.mock import patch

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

    def test_either_number_in_either_field(self):
        """Of a lead with two numbers each is found, whichever field it is typed into, in any form."""
        mine = self.make_lead(mobile=NUMBER, phone="646 555 0144")
        view = "dealer_crm.dealer_crm_lead_view_form_quick_create"
        for number in (NUMBER, "(212) 555-0131", "+16465550144", "646-555-0144"):
            for name in ("mobile", "phone"):
                with self.subTest(number=number, field=name):
                    twin = self.make_lead(**{name: number})
                    self.assertTrue(mine.has_duplicate and twin.has_duplicate)
                    self.assertEqual((mine.duplicate_lead_count, twin.duplicate_lead_count), (1, 1))
                    twin.unlink()
                    for form in (Form(self.Lead), Form(self.Lead, view)):
                        if name in form._view["fields"]:
                            form[name] = number
                            self.assertIn(mine.name, form.duplicate_warning or "")

    def test_two_second_numbers(self):
        first = self.make_lead(mobile=NUMBER, phone="+1 646 555 0144")
        second = self.make_lead(mobile="+1 212 555 0199", phone="(646) 555-0144")
        self.assertTrue(first.has_duplicate and second.has_duplicate)
        self.assertIn(second, self.Lead.search([("anything", "ilike", "+1 646 555 0144")]))
        second.phone = False
        self.assertFalse(second.second_phone_sanitized)
        first.invalidate_recordset(["has_duplicate"])
        self.assertFalse(first.has_duplicate)

    def test_number_of_the_country(self):
        """A number without its country is of the lead's country, else of its company's."""
        firm = self.env["res.company"].create(
            {"name": "Gent", "country_id": self.env.ref("base.be").id}
        )
        self.env.user.company_ids |= firm
        leads = self.Lead.with_context(allowed_company_ids=(self.env.company | firm).ids)
        mine, national, foreign = leads.create(
            [
                {"mobile": NUMBER, "phone": "+32 470 12 34 56"},
                {"phone": "0470 12 34 56", "country_id": self.env.ref("base.be").id},
                {"phone": "0470/12.34.56", "company_id": firm.id, "user_id": False},
            ]
        )
        numbers = [lead.phone_sanitized for lead in national | foreign]
        self.assertEqual(numbers, ["+32470123456"] * 2)
        self.assertTrue(all((mine | national | foreign).mapped("has_duplicate")))
        foreign.company_id = self.env.company
        self.assertFalse(foreign.phone_sanitized)

    def test_new_column(self):
        """On an upgrade only leads with two numbers are looked at."""
        both = self.make_lead(mobile=NUMBER, phone="+1 646 555 0144")
        self.make_lead(phone=NUMBER)
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE dealer_crm_lead DROP COLUMN second_phone_sanitized")
        self.env.invalidate_all()
        computed = []
        with patch.object(
            type(self.Lead), "_get_numbers", lambda lead: computed.append(lead.id) or [1, 2]
        ):
            self.registry.init_models(self.env.cr, [self.Lead._name], {"module": "dealer_crm"})
        self.env.invalidate_all()
        self.assertEqual((computed, both.second_phone_sanitized), ([both.id], "2"))
