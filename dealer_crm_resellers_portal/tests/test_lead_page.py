from odoo.tests import tagged

from .common import LIST, SECRET, PortalCase


@tagged("post_install", "-at_install")
class TestLeadPage(PortalCase):
    def setUp(self):
        super().setUp()
        self.log_in(self.seller)

    def show(self, lead):
        return self.get(f"{LIST}/{lead.id}").xpath("//main")[0].text_content()

    def test_hidden_until_accepted(self):
        lead = self.give()
        text = self.show(lead)
        for shown in ("Ana Cruz", "Lyon", "Pickup", "12,500.00"):
            self.assertIn(shown, text)
        self.assertNotIn(SECRET, text)
        self.assertNotIn(lead.phone, text)
        self.company.dealer_hide_contact = False
        self.assertIn(SECRET, self.show(lead))
        self.company.dealer_hide_contact = True
        lead.action_accept_assignment()
        text = self.show(lead)
        self.assertIn(f"1 {SECRET} Street", text)
        self.assertIn(f"{SECRET}@example.com", text)
        self.assertIn(lead.phone, text)

    def test_beside_the_peer(self):
        """Odoo's own addon shows breadcrumbs of the record ``lead`` on each page that has one."""
        self.env["ir.ui.view"].create(
            {
                "name": "Breadcrumbs of the peer",
                "type": "qweb",
                "inherit_id": self.env.ref("portal.portal_breadcrumbs").id,
                "arch": """<xpath expr="//ol" position="inside">
                    <li t-if="lead"><span t-field="lead.name"/></li></xpath>""",
            }
        )
        self.assertIn("Ana Cruz", self.show(self.give()))

    def test_colleagues_see_the_same(self):
        lead = self.give(self.seller.partner_id)
        for user in (self.seller, self.colleague):
            self.log_in(user)
            self.assertIn("Ana Cruz", self.show(lead))

    def test_nothing_else_is_told(self):
        lead = self.give(self.two, accept=True, description="<p>Inner Hushed note</p>")
        lead.message_post(body="Inner Hushed log", subtype_xmlid="mail.mt_note")
        lead.message_post(body="Hushed, to the last one", subtype_xmlid="mail.mt_comment")
        lead.with_user(self.rival).action_decline_assignment("Hushed reason")
        self.env["mail.message"].search([("res_id", "=", lead.id)]).date = "2020-01-01"
        lead.write({"street": "1 Open Street", "email": "open@example.com"})
        lead.assign_partner(self.one)
        lead.action_accept_assignment()
        lead.message_post(body="Hello One", subtype_xmlid="mail.mt_comment")
        text = self.show(lead)
        self.assertIn("Hello One", text)
        self.assertIn("1 Open Street", text)
        self.assertNotIn(SECRET, text)
        self.assertNotIn("Two", text)

    def test_messages_only_after_accepting(self):
        lead = self.give()
        lead.message_post(body="Hello One", subtype_xmlid="mail.mt_comment")
        self.assertNotIn("Hello One", self.show(lead))

    def test_orders_and_commission(self):
        plan = self.env["dealer.crm.commission.plan"].create(
            {"name": "Ten", "rule_ids": [(0, 0, {"percentage": 10})]}
        )
        self.one.dealer_commission_plan_id = plan
        lead = self.give(accept=True)
        order = self.make_delivered(lead)
        self.assertIn(order.name, self.show(lead))
        lead.action_mark_won()
        text = self.show(lead)
        self.assertIn("10.00", text)
        self.assertFalse(self.get(f"{LIST}/{lead.id}").xpath("//form[contains(@action, '/lost')]"))
        page = self.get("/my/dealer/commissions").xpath("//main")[0].text_content()
        self.assertIn(order.name, page)
        self.assertIn("10.00", page)
        self.assertNotIn("Bill", page, "there is none yet")
        plan.is_shown_on_lead = False
        self.assertNotIn("10.00", self.show(lead))
        self.assertIn("10.00", self.get("/my/dealer/commissions").xpath("//main")[0].text_content())
        self.log_in(self.rival)
        page = self.get("/my/dealer/commissions").xpath("//main")[0].text_content()
        self.assertNotIn(order.name, page)

    def test_not_theirs(self):
        """The same page for what is of others, gone, archived, withdrawn, or no id."""
        taken = self.give()
        taken.assign_partner(self.two)
        archived = self.give()
        archived.active = False
        gone = self.give()
        gone_id = gone.id
        gone.unlink()
        free = self.make_lead()
        pages = set()
        for lead_id in (
            taken.id,
            archived.id,
            gone_id,
            free.id,
            0,
            2**31,
            2**63,
            10**40,
        ):
            with self.subTest(lead_id=lead_id):
                url = f"{LIST}/{lead_id}"
                text = self.get(url, 404).xpath("//main")[0].text_content()
                pages.add(text.replace(url, ""))
                answer = self.send(f"{url}/accept")
                self.assertEqual(answer.status_code, 404)
        self.assertEqual(len(pages), 1)
        self.assertFalse(archived.date_partner_accept)
        self.assertFalse(taken.date_partner_accept)
