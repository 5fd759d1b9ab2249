"""Live boards: what is sent over the bus, to whom, and what a board reads then."""

import json
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..models.dealer_crm_lead_live import CHANGED, CHANNEL
from .common import DealerCase
from .test_query_count import QueryCase


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

    def test_activities(self):
        """What becomes of an activity is told, as nothing else of the lead has changed."""
        lead = self.make_lead(date_first_contact="2020-01-01")

        def plan():
            return lead.with_user(self.agent).activity_schedule("mail.mail_activity_data_todo")

        for action in (
            plan,
            lambda: lead.activity_ids.action_reschedule_tomorrow(),
            lambda: lead.activity_ids.write({"summary": "Send the brochure"}),
            lambda: lead.activity_ids.with_user(self.manager).action_feedback("Done"),
            plan,
            lambda: lead.activity_ids.with_user(self.agent).action_cancel(),
        ):
            payload = {"ids": [], "planned_ids": lead.ids, "stage_ids": self.new.ids}
            self.assertEqual(self.sent(action), [(self.channel(self.env.company), payload)])
        other = self.agent.partner_id
        self.assertEqual(
            self.sent(lambda: other.activity_schedule("mail.mail_activity_data_todo")), []
        )

    def test_activities_of_a_change(self):
        """Those of a lead that changes itself, or is deleted, are not told beside it."""
        lead, other = self.make_lead(), self.make_lead()
        (lead | other).activity_schedule("mail.mail_activity_data_todo")
        self.assertSent(lambda: self.lose(lead), lead, self.new | self.lost)
        self.assertSent(other.unlink, other, self.new)

    def test_an_activity_that_changes_its_lead(self):
        one, other = self.make_lead(), self.make_lead()
        activity = one.activity_schedule("mail.mail_activity_data_todo")
        [(_channel, payload)] = self.sent(lambda: activity.write({"res_id": other.id}))
        self.assertEqual(payload["planned_ids"], (one | other).ids)

    def test_many_activities(self):
        leads = self.Lead.create([{"contact_name": f"Customer {each}"} for each in range(501)])
        [(_channel, payload)] = self.sent(
            lambda: leads.activity_schedule("mail.mail_activity_data_todo")
        )
        self.assertEqual(payload, {"many": True, "stage_ids": self.new.ids})

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

    def test_stages(self):
        """Boards load again when the columns change."""
        for action in (
            lambda: self.qualified.write({"fold": True}),
            lambda: self.env["dealer.crm.stage"].create({"name": "Test Drive"}),
            lambda: self.env["dealer.crm.stage"].search([("name", "=", "Test Drive")]).unlink(),
        ):
            self.assertIn((self.channel(self.env.company), {"many": True}), self.sent(action))

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
    def read_as(self, user, leads, domain=()):
        return self.reader(user)(leads, domain)

    def reader(self, user):
        model = self.Lead.with_user(user)
        specification = self.specification(model)
        return lambda leads, domain=(): model.read_changes(leads.ids, list(domain), specification)


@tagged("post_install", "-at_install")
class TestReadChanges(ReadCase):
    def test_card(self):
        lead = self.make_lead(self.qualified, expected_price=100)
        [card] = self.read_as(self.agent, lead)
        self.assertEqual((card["id"], card["expected_price"]), (lead.id, 100))

    def test_rights(self):
        """Ids from the bus open no lead of a colleague or of another company."""
        other = self.env["res.company"].create({"name": "Other Dealer"})
        leads = self.make_lead(user_id=self.other_agent.id)
        leads |= self.make_lead(company_id=other.id, user_id=False)
        self.assertEqual(self.read_as(self.agent, leads), [])
        for user in self.outsiders:
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.Lead.with_user(user).read_changes([], [], {})

    def test_domain(self):
        """A lead that no longer fits the board's filter is not among the cards."""
        lead = self.make_lead(priority="3")
        self.assertEqual(len(self.read_as(self.agent, lead)), 1)
        self.assertEqual(self.read_as(self.agent, lead, [("priority", "=", "0")]), [])

    def test_order(self):
        first, second = self.make_lead(), self.make_lead()
        first.priority = "3"
        cards = self.read_as(self.agent, first | second)
        self.assertEqual([card["id"] for card in cards], [first.id, second.id])


@tagged("post_install", "-at_install")
class TestCards(QueryCase):
    """The few queries of cards read the same as Odoo, field by field."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["crm.tag"].create({"name": "Tag of the tests"})

    def read_both(self, leads, user, **context):
        """The cards of ``leads`` as the board reads them, and as Odoo does."""
        mine = leads.with_user(user).with_context(**context)
        specification = self.specification(mine)
        results = []
        for fetch in (type(mine)._fetch_card_relations, lambda *_args: None):
            self.env.flush_all()
            self.env.invalidate_all()
            with patch.object(type(mine), "_fetch_card_relations", fetch):
                results.append(mine.web_read(specification))
        return results

    def make_variety(self):
        """Leads with and without all that a card shows."""
        leads = self.make_leads(9)
        product = self.make_product(name="Volta")
        leads[1].write({"product_id": product.id, "contact_name": False})
        leads[2].write({"tag_ids": [Command.create({"name": "B"}), Command.create({"name": "A"})]})
        leads[3].write({"phone": "+16505550999", "user_id": False})
        self.make_lead(phone="+16505550999")
        self.endorse(leads[4])
        self.lose(leads[4])
        self.make_order(leads[5], product, confirm=False)
        self.make_order(leads[6], product)
        self.make_order(leads[7], product, confirm=False).action_cancel()
        today = fields.Date.context_today(leads)
        for lead, days in ((leads[0], 2), (leads[0], -1), (leads[1], 0), (leads[8], 5)):
            lead.activity_schedule(
                "mail.mail_activity_data_call",
                today + timedelta(days=days),
                summary="Call",
                user_id=self.agent.id,
            )
        leads[8].activity_ids.action_done()
        # That of another record with the same id is no lead's.
        other = self.agent.partner_id.activity_schedule("mail.mail_activity_data_todo")
        other.flush_recordset()
        self.env.cr.execute(
            "UPDATE mail_activity SET res_id = %s WHERE id = %s", [leads[7].id, other.id]
        )
        other.invalidate_recordset()
        self.negotiation.rotting_threshold_days = 3
        leads._write_unchecked({"date_last_stage_update": "2020-01-01 00:00:00"})
        return leads

    def test_same_as_odoo(self):
        leads = self.make_variety()
        for user in (self.agent, self.manager):
            for context in ({}, {"tz": "Pacific/Auckland"}):
                with self.subTest(user=user.login, **context):
                    fast, slow = self.read_both(leads, user, **context)
                    self.assertEqual(fast, slow)
        self.assertEqual(
            [bool(card["has_duplicate"]) for card in fast], [number == 3 for number in range(9)]
        )
        self.assertEqual([len(card["activity_ids"]) for card in fast][:2], [2, 1])
        self.assertTrue(fast[2]["rotting_days"])

    def test_each_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.qualified.with_context(lang="fr_FR").name = "Qualifié"
        lead = self.make_lead(self.qualified)
        for lang, name in (("en_US", "Qualified"), ("fr_FR", "Qualifié"), ("en_US", "Qualified")):
            [fast], [slow] = self.read_both(lead, self.agent, lang=lang)
            self.assertEqual(fast, slow)
            self.assertEqual(fast["stage_id"]["display_name"], name)

    def test_queries(self):
        """Two for all cards without a confirmed order; none of them when they are in the cache."""
        leads = self.make_variety()
        leads -= leads[6]
        mine = leads.with_user(self.agent)
        specification = self.specification(mine)
        mine.web_read(specification)
        self.assertEqual(self.cost(lambda: mine.web_read(specification)), 2)
        self.assertEqual(self.cost(lambda: mine[:1].web_read(specification)), 2)
        # Of the lead's columns, only those of cards are read.
        not_shown = self.Lead._fields["street2"]
        self.assertEqual(list(not_shown._cache_missing_ids(mine[:1])), mine[:1].ids)

    def test_rights(self):
        lead = self.make_leads(1)
        lead.user_id = self.other_agent
        with self.assertRaises(AccessError):
            lead.with_user(self.agent).web_read({"next_step": {}})


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

    def test_planner(self):
        """Telling the others takes who plans, moves or ends an activity one query."""
        leads = self.make_leads(3).with_user(self.agent)
        leads._write_unchecked({"date_first_contact": "2020-01-01"})

        def cost(lead):
            return [
                self.cost(lambda: lead.activity_schedule("mail.mail_activity_data_todo")),
                self.cost(lambda: lead.activity_ids.write({"date_deadline": "2030-01-01"})),
                self.cost(lambda: lead.activity_ids.action_feedback()),
            ]

        cost(leads[0])
        told = cost(leads[1])
        self.patch(type(self.Lead), "_announce_activities", lambda *_args: None)
        self.assertEqual(
            [one - two for one, two in zip(told, cost(leads[2]), strict=True)], [1] * 3
        )

    def test_reader_of_others(self):
        """A board that does not show the leads takes one query, however many they are."""
        leads = self.make_leads(60)
        leads.user_id = self.other_agent
        read = self.reader(self.agent)
        read(leads)
        for count in (1, 60):
            self.assertEqual(self.cost(lambda count=count: read(leads[:count])), 1)

    def test_reader(self):
        """One card or sixty: two queries."""
        leads = self.make_leads(60)
        read = self.reader(self.agent)
        read(leads)
        for count in (1, 60):
            self.assertEqual(self.cost(lambda count=count: read(leads[:count])), 2)
