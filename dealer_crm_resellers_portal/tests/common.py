from lxml import html

from odoo.http import Request
from odoo.tests.common import HttpCase, new_test_user
from odoo.tools import mute_logger

from odoo.addons.dealer_crm_resellers.tests.common import ResellerMixin

LIST = "/my/dealer/leads"
#: in what a page hides until the lead is accepted, and in nothing else
SECRET = "Hushed"


class PortalMixin(ResellerMixin):
    """Two resellers with people of theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "dealer_hide_contact": True,
                "dealer_confirm_deals": False,
                "dealer_weekly_summary": False,
            }
        )
        cls.one, cls.two = (
            cls.make_reseller(
                name, is_company=True, email=f"{name}@example.com", user_id=cls.agent.id
            )
            for name in ("One", "Two")
        )
        cls.seller = cls.make_person("seller", cls.one)
        cls.colleague = cls.make_person("colleague", cls.one)
        cls.rival = cls.make_person("rival", cls.two)

    @classmethod
    def make_person(cls, login, company):
        user = new_test_user(cls.env, login, "base.group_portal", email=f"{login}@example.com")
        user.partner_id.parent_id = company
        return user

    @classmethod
    def give(cls, partner=None, accept=False, **vals):
        """A lead of ``partner`` (the first reseller)."""
        lead = cls.make_lead(
            **{
                "contact_name": "Ana Cruz",
                "city": "Lyon",
                "country_id": cls.france.id,
                "phone": "+33 4 00 00 00 01",
                "email": f"{SECRET}@example.com",
                "street": f"1 {SECRET} Street",
                "vehicle_model_text": "Pickup",
                "expected_price": 12500,
                **vals,
            }
        )
        lead.assign_partner(partner or cls.one)
        if accept:
            lead.action_accept_assignment()
        return lead


class PortalCase(PortalMixin, HttpCase):
    """Pages as a browser without JavaScript sees them."""

    def log_in(self, user):
        self.authenticate(user and user.login, user and user.login)

    def get(self, url, status=200):
        """The parsed page."""
        with mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http"):
            answer = self.url_open(url, allow_redirects=False)
        self.assertEqual(answer.status_code, status, url)
        return html.fromstring(answer.text)

    def send(self, url, csrf=True, follow=True, **values):
        """The answer to a form that is sent."""
        if csrf:
            values["csrf_token"] = Request.csrf_token(self)
        with mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http"):
            answer = self.url_open(url, data=values, allow_redirects=follow, method="POST")
        self.env.invalidate_all()
        return answer

    def act(self, lead, action, **values):
        """The page after a lead's button was pressed."""
        answer = self.send(f"{LIST}/{lead.id}/{action}", **values)
        self.assertEqual(answer.status_code, 200, answer.text[:500])
        return html.fromstring(answer.text)

    def get_notice(self, page):
        texts = page.xpath("//*[contains(@class, 'o_dealer_notice')]//text()")
        return " ".join("".join(texts).split())

    def assertNotice(self, page, text, kind="alert"):
        self.assertTrue(page.xpath(f"//*[contains(@class, 'o_dealer_notice')][@role='{kind}']"))
        self.assertIn(text, self.get_notice(page))
