"""Live boards: what is sent over the bus, to whom, and what a board reads then."""

import json
from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.dealer_crm_lead_live import CHANGED, CHANNEL
from .common import DealerCase
from .test_query_count import QueryCase

AGGREGATES = ["expected_price:sum"]


class LiveCase(DealerCase):
    def sent(self, action):
        """The (channel, payload) of the messages that the transaction of ``action`` sends."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        last = self.env["bus.bus"].sudo()._bus_last_id()
        action()
        self.env.cr.precommit.run()
        rows = self.env["bus.bus"].sudo().search([("id", ">", last)], order="id")
        messages = [(json.loads(row.channel), json.loads(row.message)) for row in rows]
        return [
            (channel[1:], message["payload"])
            for channel, message in messages
            if message["type"] == CHANGED
        ]

    def channel(self, company):
        return ["res.company", company.id, CHANNEL]


@tagged("post_install", "-at_install")
class TestLiveMessages(LiveCase):
    def assertSent(self, action, leads, stages):
        """One message in all, about these leads and stages."""
        payload = {"ids": sorted(leads.ids), "stage_ids": sorted(stages.ids)}
        self.assertEqual(self.sent(action), [(self.channel(self.env.company), payload)])

    def test_move(self):
        lead = self.make_lead()
        self.assertSent(
            lambda: lead.with_user(self.agent).write({"stage_id": self.qualified.id}),
            lead,
            self.new | self.qualified,
        )

    def test_one_message_for_many_writes(self):
        leads = self.make_lead() | self.make_lead()

        def change():
            for lead in leads:
                lead.priority = "2"
            leads[0].stage_id = self.qualified

        self.assertSent(change, leads, self.new | self.qualified)

    def test_create_and_delete(self):
        [(channel, payload)] = self.sent(self.make_lead)
        self.assertEqual(channel, self.channel(self.env.company))
        self.assertEqual(payload["stage_ids"], self.new.ids)
        lead = self.Lead.browse(payload["ids"])
        self.assertEqual(lead.contact_name, "Ana")
        self.assertSent(lead.unlink, lead, self.new)

    def test_closing_and_reopening(self):
        lead = self.make_lead(self.qualified)
        self.assertSent(lambda: self.lose(lead), lead, self.qualified | self.lost)
        self.assertSent(
            lambda: lead.with_user(self.manager).action_reopen("Back"),
            lead,
            self.qualified | self.lost,
        )

    def test_order_and_delivery(self):
        lead = self.make_lead()
        product = self.make_product()
        order = self.make_order(lead, product, confirm=False)
        self.assertSent(order.action_confirm, lead, self.new)
        self.assertSent(lambda: self.deliver(order.picking_ids), lead, self.new)
        other = self.make_order(self.make_lead(), product, confirm=False)
        self.assertSent(other.unlink, other.dealer_crm_lead_id, self.new)

    def test_a_quotation(self):
        lead = self.make_lead(partner_id=self.env["res.partner"].create({"name": "Ana"}).id)
        self.assertSent(lead.action_convert_to_quotation, lead, self.new)

    def test_a_delivered_outcome(self):
        lead = self.endorse(self.make_lead())
        self.lose(lead)
        row = lead.callback_ids.sudo()
        self.assertSent(lambda: row._park("No such lead"), lead, self.lost)

    def test_nothing_seen_changes(self):
        lead = self.make_lead()
        self.assertEqual(self.sent(lambda: lead._write_unchecked({"callback_sequence": 0})), [])
        self.assertEqual(
            self.sent(lambda: lead.activity_schedule("mail.mail_activity_data_todo")), []
        )

    def test_many(self):
        """More than 500 leads are not named: boards load once."""
        vals = [{"contact_name": f"Customer {number}"} for number in range(501)]
        [(_channel, payload)] = self.sent(lambda: self.Lead.create(vals))
        self.assertEqual(payload, {"many": True, "stage_ids": self.new.ids})

    def test_companies(self):
        """Each company has its own message."""
        other = self.env["res.company"].create({"name": "Other Dealer"})
        leads = self.make_lead() | self.make_lead(company_id=other.id, user_id=False)
        messages = self.sent(lambda: leads.write({"priority": "3"}))
        self.assertEqual(
            messages,
            [
                (self.channel(lead.company_id), {"ids": lead.ids, "stage_ids": self.new.ids})
                for lead in leads
            ],
        )

    def test_tab(self):
        """The tab that alone makes a change is named: it shows the change already."""
        lead = self.make_lead()
        mine = lead.with_context(dealer_crm_tab="tab1")
        [(_channel, payload)] = self.sent(lambda: mine.write({"priority": "1"}))
        self.assertEqual(payload["tab"], "tab1")

        def two():
            mine.write({"priority": "2"})
            lead.write({"priority": "3"})

        [(_channel, payload)] = self.sent(two)
        self.assertNotIn("tab", payload)

    def test_no_values(self):
        """The customer's name and number are not in the message."""
        [(_channel, payload)] = self.sent(lambda: self.make_lead(contact_name="Mei", phone="555"))
        self.assertEqual(set(payload), {"ids", "stage_ids"})


@tagged("post_install", "-at_install")
class TestLiveChannels(DealerCase):
    def channels(self, user):
        """Ids of the companies whose leads the websocket of ``user`` hears of."""
        self.env.invalidate_all()
        request = SimpleNamespace(session=SimpleNamespace(uid=user.id))
        with patch("odoo.addons.bus.models.ir_websocket.wsrequest", request):
            channels = self.env["ir.websocket"].with_user(user)._build_bus_channel_list([])
        return [each[0].id for each in channels if isinstance(each, tuple) and each[1] == CHANNEL]

    def test_people_of_the_dealer(self):
        for user in (self.agent, self.manager, self.admin):
            with self.subTest(user=user.login):
                self.assertEqual(self.channels(user), self.env.company.ids)

    def test_others(self):
        public = self.env.ref("base.public_user")
        for user in (self.clerk, self.portal, self.intake, public):
            with self.subTest(user=user.login):
                self.assertEqual(self.channels(user), [])

    def test_companies(self):
        """All companies of a user, and no others, whichever are chosen at the moment."""
        mine, other = self.env["res.company"].create([{"name": "Mine"}, {"name": "Other"}])
        self.agent.company_ids += mine
        self.assertEqual(sorted(self.channels(self.agent)), sorted((self.env.company | mine).ids))
        self.assertNotIn(other.id, self.channels(self.agent))


class ReadCase(QueryCase):
    def read_as(self, user, leads, stages, domain=()):
        return self.reader(user)(leads, stages, domain)

    def reader(self, user):
        model = self.Lead.with_user(user)
        specification = self.specification(model)
        return lambda leads, stages, domain=(): model.read_changes(
            leads.ids, stages.ids, list(domain), specification, AGGREGATES
        )


@tagged("post_install", "-at_install")
class TestReadChanges(ReadCase):
    def test_cards_and_sums(self):
        lead = self.make_lead(self.qualified, expected_price=100)
        self.make_lead(self.qualified, expected_price=20)
        changes = self.read_as(self.agent, lead, self.new | self.qualified)
        self.assertEqual([card["id"] for card in changes["records"]], lead.ids)
        self.assertEqual(changes["records"][0]["expected_price"], 100)
        [group] = changes["groups"]
        self.assertEqual(group["stage_id"][0], self.qualified.id)
        self.assertEqual((group["__count"], group["expected_price:sum"]), (2, 120))

    def test_rights(self):
        """Ids from the bus open no lead of a colleague or of another company."""
        other = self.env["res.company"].create({"name": "Other Dealer"})
        leads = self.make_lead(user_id=self.other_agent.id, expected_price=7)
        leads |= self.make_lead(company_id=other.id, user_id=False, expected_price=9)
        changes = self.read_as(self.agent, leads, self.new)
        self.assertEqual(changes, {"records": [], "groups": []})
        for user in self.outsiders:
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.Lead.with_user(user).read_changes([], [], [], {}, [])

    def test_domain(self):
        """A lead that no longer fits the board's filter is not among the cards."""
        lead = self.make_lead(priority="3")
        self.assertEqual(len(self.read_as(self.agent, lead, self.new)["records"]), 1)
        changes = self.read_as(self.agent, lead, self.new, [("priority", "=", "0")])
        self.assertEqual(changes, {"records": [], "groups": []})

    def test_order(self):
        first, second = self.make_lead(), self.make_lead()
        first.priority = "3"
        records = self.read_as(self.agent, first | second, self.new)["records"]
        self.assertEqual([card["id"] for card in records], [first.id, second.id])


@tagged("post_install", "-at_install")
class TestLiveCost(ReadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["crm.tag"].create({"name": "Tag of the tests"})

    def test_mover(self):
        """Telling the others takes a mover one query."""
        leads = self.make_leads(12).filtered(lambda lead: lead.stage_id == self.new)
        leads = leads.with_user(self.agent)
        moves = [lambda lead=lead: lead.write({"stage_id": self.qualified.id}) for lead in leads]
        self.cost(moves[0])
        self.cost(moves[1])
        told = self.cost(moves[2])
        self.patch(type(self.Lead), "_announce_change", lambda *_args: None)
        self.assertEqual(told - self.cost(moves[3]), 1)

    def test_reader_of_others(self):
        """A board that does not show the leads takes two queries, however many they are."""
        leads = self.make_leads(60)
        leads.user_id = self.other_agent
        read = self.reader(self.agent)
        read(leads, self.new)
        for count in (1, 60):
            cost = self.cost(lambda count=count: read(leads[:count], self.new | self.qualified))
            self.assertEqual(cost, 2)

    def test_reader(self):
        """Sixty cards take as many queries as one."""
        leads = self.make_leads(60)
        read = self.reader(self.agent)
        read(leads, self.new)
        self.cost(lambda: read(leads[:1], self.new))
        few = self.cost(lambda: read(leads[:1], self.new))
        many = self.cost(lambda: read(leads, self.new))
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, 11)
