"""Shared by the tests of rights: hidden records, roles, and a log line for each attempt."""

import logging

from odoo.tools import mute_logger

from .common import PartnersCase, make_picture

_logger = logging.getLogger(__name__)
#: A word in all texts of hidden records, and nowhere else.
SECRET = "hushed"
#: A word in contact data of hidden partners, which the editors' preview does not show either.
CONTACT = "whispered"
ROLES = ("visitor", "portal", "editor", "dealer")
#: The roles for the backend's entry points. The others may read contacts there anyway.
OUTSIDERS = ("visitor", "portal")


class AttemptsCase(PartnersCase):
    """Each role at each entry point is a test; each URL it tries is a line in the log."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attempts = []
        cls.iceland = cls.env.ref("base.is")
        cls.picture = make_picture("#010203")
        company = cls.env["res.company"].create({"name": "Owner"})
        website = cls.env["website"].create({"name": "Elsewhere"})
        cls.private_level, cls.old_level = cls.Level.create(
            [
                {"name": "Hushed Level", "is_published": False},
                {"name": "Hushed Old Level", "active": False},
            ]
        )
        cls.public = cls.make_partner(
            "Open House",
            phone="+33 4 hushed",
            email="hushed@example.com",
            street="1 Hushed Street",
            zip="hushed",
            comment="<p>Hushed</p>",
            ref="hushed",
            vat="hushed",
        )
        kinds = {
            "unpublished": {"is_published": False},
            "archived": {"active": False},
            "private level": {"dealer_level_id": cls.private_level.id},
            "archived level": {"dealer_level_id": cls.old_level.id},
            "no level": {"dealer_level_id": False},
            "contact": {"is_company": False, "parent_id": cls.public.id},
            "other website": {"website_id": website.id},
            "other company": {"company_id": company.id},
        }
        secret = {
            "city": "Hushedville",
            "country_id": cls.iceland.id,
            "website_short_description": "Hushed summary",
            "website_description": "<p>Hushed description</p>",
            "image_1920": cls.picture,
            "partner_latitude": 64.1,
            "partner_longitude": -21.9,
            "phone": "+354 whispered",
            "email": "whispered@example.com",
            "comment": "<p>Whispered</p>",
        }
        cls.hidden = cls.Partner.concat(
            *(cls.make_partner(f"Hushed {kind}", **secret, **vals) for kind, vals in kinds.items())
        )
        cls.other_company = cls.hidden[-1]
        cls.public.dealer_reference_ids = cls.hidden.filtered("dealer_level_id")

    @classmethod
    def tearDownClass(cls):
        # The level of Odoo's own test results, which pytest --log-cli-level=25 shows.
        _logger.runbot("Attempts to see what is not public: who | entry point | what | answer")
        for attempt in cls.attempts:
            _logger.runbot("%s", " | ".join(attempt))
        super().tearDownClass()

    def attempt(self, role, entry_point):
        self.role, self.entry_point = role, entry_point
        before = len(self.attempts)
        self.login_as(None if role == "visitor" else getattr(self, role))
        with mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http"):
            getattr(self, f"try_{entry_point}")()
        self.assertGreater(len(self.attempts), before, "nothing was tried")

    def note(self, what, answer):
        """Record a refused attempt for the log."""
        self.attempts.append((self.role, self.entry_point, what, answer))

    def refuse(self, urls, status=200, word=SECRET):
        """Check that each URL answers with ``status`` and without ``word``."""
        for url in urls:
            answer = self.url_open(url, allow_redirects=False)
            self.assertEqual(answer.status_code, status, url)
            # A page may contain its own URL.
            text = answer.text.lower().replace(url, "")
            self.assertFalse(word in text, f"{url} shows what is not public")
            self.note(f"GET {url}", f"{status}, tells nothing" if status == 200 else str(status))

    def call(self, model, method, *arguments):
        """Call a method over RPC with the session's rights; return the answer in lower case."""
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            json={
                "params": {"model": model, "method": method, "args": arguments, "kwargs": {}},
            },
        )
        return answer.text.lower()


def add_tests(case, entry_points):
    """Add a test to ``case`` for each role of each entry point of {entry point: roles}."""

    def make_test(role, entry_point):
        def test(self):
            self.attempt(role, entry_point)

        return test

    for entry_point, roles in entry_points.items():
        for role in roles:
            setattr(case, f"test_{role}_{entry_point}", make_test(role, entry_point))
