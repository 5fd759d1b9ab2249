from psycopg2.errors import UniqueViolation

from odoo.exceptions import ConcurrencyError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import BPO_URL, INTAKE, IntakeCase

ONE, TWO = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"
ELSEWHERE = "https://elsewhere.example.com"


@tagged("post_install", "-at_install")
class TestIntakeIdentity(IntakeCase):
    def test_one_lead_of_one_database(self):
        """The address of a BPO may change; the uuid of its database does not."""
        lead, answer = self.receive(bpo_instance=ONE)
        self.assertTrue(answer["created"])
        self.assertEqual(lead.bpo_instance, ONE)
        for url in (ELSEWHERE, False, BPO_URL):
            self.assertEqual(self.receive(bpo_instance=ONE, bpo_source_url=url)[0], lead)

    def test_two_databases_at_one_address(self):
        lead, _answer = self.receive(bpo_instance=ONE)
        other, answer = self.receive(bpo_instance=TWO)
        self.assertTrue(answer["created"])
        self.assertNotEqual(lead, other)

    def test_two_users_without_a_name_for_their_bpo(self):
        second = new_test_user(self.env, "bpo-2", INTAKE)
        lead, _answer = self.receive(bpo_source_url=False)
        other, answer = self.receive(second, bpo_source_url=False)
        self.assertTrue(answer["created"])
        self.assertEqual(self.receive(bpo_source_url=False)[0], lead)
        self.assertEqual(self.receive(second, bpo_source_url=False)[0], other)

    def test_two_companies(self):
        """The same BPO lead in two companies is not a duplicate."""
        company = self.env["res.company"].create({"name": "Second Dealer"})
        service = new_test_user(self.env, "bpo-of-second", INTAKE, company_id=company.id)
        for values in ({}, {"bpo_instance": ONE}, {"bpo_source_url": False}):
            with self.subTest(values=values):
                number = 100 + len(self.Lead.search([]))
                lead, _answer = self.receive(bpo_source_lead_id=number, **values)
                other, answer = self.receive(service, bpo_source_lead_id=number, **values)
                self.assertTrue(answer["created"])
                self.assertEqual((lead | other).company_id, self.env.company | company)
                again, _answer = self.receive(service, bpo_source_lead_id=number, **values)
                self.assertEqual(again, other)

    def test_a_bpo_that_says_its_database_from_now_on(self):
        """Leads endorsed before are found by the address, and the database is stored on them."""
        lead, _answer = self.receive()
        self.assertEqual(self.receive(bpo_instance=ONE)[0], lead)
        self.assertEqual(lead.bpo_instance, ONE)
        self.assertEqual(self.receive(bpo_instance=ONE, bpo_source_url=ELSEWHERE)[0], lead)
        self.assertTrue(self.receive(bpo_instance=TWO)[1]["created"])

    def test_a_bpo_without_an_address_that_says_its_database_from_now_on(self):
        lead, _answer = self.receive(bpo_source_url=False)
        second = new_test_user(self.env, "bpo-2", INTAKE)
        self.assertTrue(self.receive(second, bpo_instance=TWO, bpo_source_url=False)[1]["created"])
        self.assertEqual(self.receive(bpo_instance=ONE, bpo_source_url=False)[0], lead)
        self.assertEqual(self.receive(second, bpo_instance=ONE, bpo_source_url=False)[0], lead)

    def test_the_database_holds_it(self):
        lead, _answer = self.receive(bpo_instance=ONE)
        values = {"bpo_source_lead_id": lead.bpo_source_lead_id, "contact_name": "X"}
        with (
            self.assertRaises(UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.Lead.create({**values, "bpo_instance": ONE})
        self.assertTrue(self.Lead.create({**values, "bpo_instance": TWO}))
        self.assertTrue(self.Lead.create({**values, "bpo_source_url": BPO_URL}))

    @mute_logger("odoo.sql_db")
    def test_only_the_second_call_at_once_starts_over(self):
        """Another unique violation is not taken for a lead that was endorsed twice."""
        lead, _answer = self.receive()
        self.patch(type(self.Lead), "_find_endorsed_lead", lambda self, _payload: self.browse())
        with self.assertRefused(ConcurrencyError, "endorsed twice"):
            self.receive()

        def create(leads, _vals):
            leads.env.cr.execute(
                "INSERT INTO ir_config_parameter (key, value) VALUES ('database.uuid', 'x')"
            )

        self.patch(type(self.Lead), "create", create)
        with self.assertRaises(UniqueViolation):
            self.receive(bpo_source_lead_id=2)
        self.assertTrue(lead.exists())


@tagged("post_install", "-at_install")
class TestIntakeOutcomes(IntakeCase):
    """Outcomes are ordered by BPO lead: the same number at another BPO is another lead."""

    def rows(self, lead):
        return lead.callback_ids.sorted("id")

    def sendable(self):
        self.env.flush_all()
        self.env["dealer.crm.callback"].flush_model()
        return self.env["dealer.crm.callback"]._count_sendable()

    def connect(self):
        self.env["dealer.crm.bpo.connection"].search([]).active = False
        return self.env["dealer.crm.bpo.connection"].create(
            {
                "name": "BPO",
                "url": BPO_URL,
                "database": "bpo",
                "login": "dealer",
                "api_key": "k" * 40,
            }
        )

    def test_one_number_of_two_senders(self):
        self.connect().state = "ready"
        lead, _answer = self.receive(bpo_instance=ONE)
        other, _answer = self.receive(bpo_instance=TWO)
        before = self.sendable()
        self.lose(lead)
        self.lose(other)
        self.assertEqual([row.sequence for row in self.rows(lead) | self.rows(other)], [1, 1])
        self.assertEqual(self.sendable(), before + 2)
        self.rows(lead).state = "parked"
        self.assertEqual(self.sendable(), before + 1)

    def test_numbers_go_on_after_a_deletion(self):
        lead, _answer = self.receive()
        self.lose(lead)
        row = self.rows(lead)
        self.assertEqual(row.bpo_sender, BPO_URL)
        lead.unlink()
        again, _answer = self.receive(bpo_instance=ONE)
        self.assertEqual(again.callback_sequence, 1)
        self.assertEqual(row.bpo_sender, ONE)
        self.assertEqual(self.receive(bpo_instance=TWO)[0].callback_sequence, 0)

    def test_outcomes_from_before_senders_were_kept(self):
        lead, _answer = self.receive()
        self.lose(lead)
        row = self.rows(lead)
        row.bpo_sender = False
        lead.unlink()
        again, _answer = self.receive(bpo_instance=ONE)
        self.lose(again)
        self.connect().state = "ready"
        self.assertEqual(self.rows(again).sequence, 2)
        row.state = "parked"
        before = self.sendable()
        row.state = "cancelled"
        self.assertEqual(self.sendable(), before + 1)

    def test_a_lead_that_learns_its_database(self):
        lead, _answer = self.receive()
        self.lose(lead)
        self.receive(bpo_instance=ONE)
        self.assertEqual(self.rows(lead).bpo_sender, ONE)
        lead.action_reopen("They called back")
        self.lose(lead)
        self.assertEqual(set(self.rows(lead).mapped("bpo_sender")), {ONE})
