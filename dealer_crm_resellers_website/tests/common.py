import base64
import json
from io import BytesIO

from lxml import html
from PIL import Image

from odoo.tests.common import HttpCase, new_test_user

EDITOR = "base.group_user,website.group_website_restricted_editor"


def make_picture(colour="#714b67"):
    """A base64 PNG of one colour."""
    file = BytesIO()
    Image.new("RGB", (64, 36), colour).save(file, "PNG")
    return base64.b64encode(file.getvalue())


class PartnersCase(HttpCase):
    """Published and hidden resellers, users of all roles, and methods that read pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "no_reset_password": True})
        cls.Partner = cls.env["res.partner"]
        # Tests count partners: demo ones must not be among them.
        cls.Partner.search([("is_published", "=", True)]).is_published = False
        cls.website = cls.env["website"].search([], limit=1)
        cls.Level = cls.env["dealer.crm.partner.level"]
        cls.Level.search([]).is_published = False
        cls.gold, cls.bronze = cls.Level.create(
            [{"name": "Test Gold", "sequence": 1}, {"name": "Test Bronze", "sequence": 2}]
        )
        cls.france, cls.spain = cls.env.ref("base.fr"), cls.env.ref("base.es")
        cls.editor = new_test_user(cls.env, "partners-editor", EDITOR)
        cls.dealer = new_test_user(
            cls.env, "partners-dealer", "base.group_user,dealer_crm.group_dealer_user"
        )
        cls.portal = new_test_user(cls.env, "partners-portal", "base.group_portal")

    @classmethod
    def make_partner(cls, name, **vals):
        """A published company in France with the first level."""
        return cls.Partner.create(
            {
                "name": name,
                "is_company": True,
                "city": "Lyon",
                "country_id": cls.france.id,
                "partner_latitude": 45.76,
                "partner_longitude": 4.84,
                "dealer_level_id": cls.gold.id,
                "is_published": True,
                **vals,
            }
        )

    def login_as(self, user):
        """Log in; None is a visitor."""
        self.authenticate(user and user.login, user and user.login)

    def get(self, url, status=200, **options):
        """The parsed page at ``url``; its status is checked."""
        answer = self.url_open(url, **options)
        self.assertEqual(answer.status_code, status, url)
        return html.fromstring(answer.content)

    def get_names(self, tree):
        """Names on the cards, in order."""
        return [link.text_content().strip() for link in tree.xpath("//article//h3")]

    def get_json_ld(self, tree):
        return [
            json.loads(script.text)
            for script in tree.xpath("//script[@type='application/ld+json']")
        ]

    def autocomplete(self, term, search_type="partners", **params):
        """Results of the search bar, which is public."""
        params = {
            "search_type": search_type,
            "term": term,
            "order": "name asc",
            "options": {"displayDescription": True, "displayImage": True, "allowFuzzy": True},
            **params,
        }
        return self.make_jsonrpc_request("/website/snippet/autocomplete", params)
