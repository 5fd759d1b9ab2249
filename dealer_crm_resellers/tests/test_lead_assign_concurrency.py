import threading
from contextlib import contextmanager
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..models import dealer_crm_lead_cron

SCOTT_BASE = (-77.85, 166.76)  # no other resellers there


@tagged("post_install", "-at_install")
class TestConcurrency(TransactionCase):
    """Concurrent runs in transactions that commit; all records made here are deleted at the end."""

    def setUp(self):
        super().setUp()
        self.made = []
        self.addCleanup(self.clean_up)

    @contextmanager
    def real_env(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"mail_create_nolog": True})

    def make(self, env, model, **vals):
        record = env[model].create(vals)
        self.made.append((model, record.id))
        return record

    def make_partner(self, env, **vals):
        return self.make(
            env,
            "res.partner",
            name="Reseller",
            dealer_level_id=env.ref("dealer_crm_resellers.level_gold").id,
            partner_latitude=SCOTT_BASE[0],
            partner_longitude=SCOTT_BASE[1],
            **vals,
        ).id

    def make_leads(self, env, count):
        return [
            self.make(
                env,
                "dealer.crm.lead",
                contact_name=f"Lead {number}",
                user_id=False,
                partner_latitude=SCOTT_BASE[0],
                partner_longitude=SCOTT_BASE[1],
            ).id
            for number in range(count)
        ]

    def clean_up(self):
        with self.real_env() as env:
            for model in ("dealer.crm.lead", "res.partner"):
                ids = [record_id for name, record_id in self.made if name == model]
                env[model].browse(ids).unlink()

    def assertTooLate(self, assign):
        """``assign`` fails to serialise if a run assigns the lead after its transaction has begun."""
        with self.real_env() as env:
            partner_id = self.make_partner(env)
            [lead_id] = self.make_leads(env, 1)
        with self.real_env() as old:
            old["res.partner"].search_count([])
            with self.real_env() as env:
                env["dealer.crm.lead"].browse(lead_id)._assign_automatically()
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                assign(old["dealer.crm.lead"].browse(lead_id), partner_id)
            old.cr.rollback()

    def test_a_lead_is_taken_once(self):
        with self.real_env() as env:
            self.make_partner(env)
            ids = self.make_leads(env, 3)
        with self.real_env() as one, self.real_env() as two:
            first = one["dealer.crm.lead"].browse(ids[:2])._assign_automatically()
            second = two["dealer.crm.lead"].browse(ids)._assign_automatically()
            self.assertEqual([match.lead_id for match in first], ids[:2])
            self.assertEqual([match.lead_id for match in second], ids[2:])
        with self.real_env() as env:
            self.assertFalse(env["dealer.crm.lead"].browse(ids)._assign_automatically())

    def test_a_run_on_old_data_fails_to_serialise(self):
        self.assertTooLate(lambda lead, _partner_id: lead._assign_automatically())

    def test_a_reseller_that_leaves_meanwhile(self):
        """The end of its partnership does not see the leads that it is getting: the cron does."""
        for end in ({"active": False}, {"dealer_level_id": False}):
            with self.real_env() as env:
                partner_id = self.make_partner(env)
                [lead_id] = self.make_leads(env, 1)
            with self.real_env() as env:
                env["dealer.crm.lead"].browse(lead_id)._assign_automatically()
                with self.real_env() as manager:
                    manager["res.partner"].browse(partner_id).write(end)
            with (
                self.real_env() as env,
                patch.object(
                    self.registry["dealer.crm.lead"],
                    "_get_unassigned_condition",
                    lambda self: SQL("FALSE"),
                ),
            ):
                lead = env["dealer.crm.lead"].browse(lead_id)
                self.assertEqual(lead.partner_assigned_id.id, partner_id)
                lead._cron_assign_partners()
                self.assertFalse(lead.partner_assigned_id)
                self.assertEqual(lead.assignment_ids.state, "withdrawn")
                self.assertIn("is no longer a reseller", lead.message_ids[0].body)

    def test_a_user_who_is_deleted_meanwhile(self):
        """The log has no key to the user: those of the lead and of the note must notice."""
        with self.real_env() as env:
            self.make_partner(env)
            [lead_id] = self.make_leads(env, 1)
            user = new_test_user(env, "leaving", "dealer_crm.group_dealer_manager")
        with self.real_env() as old:
            lead = old["dealer.crm.lead"].with_user(user.id).browse(lead_id)
            lead.check_access("write")
            with self.real_env() as env:
                env["res.users"].browse(user.id).unlink()
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                lead.action_assign_partner()
            old.cr.rollback()

    def test_by_hand_while_a_run_assigns(self):
        """The request fails to serialise, so that Odoo repeats it: what a person wants is the later."""
        self.assertTooLate(lambda lead, partner_id: lead.assign_partner(partner_id))

    def test_remaining_capacity_is_used_once(self):
        """Two runs want the last free lead of a partner's cap: the second waits, fails and is retried."""
        with self.real_env() as env:
            capped = self.make_partner(env, dealer_lead_cap=1, dealer_level_weight=10**6)
            other = self.make_partner(env, dealer_level_weight=1)
            ids = self.make_leads(env, 2)
        failures, done = [], threading.Event()

        def rival():
            while not done.is_set():
                with self.real_env() as env:
                    try:
                        env["dealer.crm.lead"].browse(ids[1])._assign_automatically(run_seed=1)
                        done.set()
                    except SerializationFailure:
                        failures.append(True)
                        env.cr.rollback()

        with mute_logger("odoo.sql_db"):
            with self.real_env() as env:
                env["dealer.crm.lead"].browse(ids[0])._assign_automatically(run_seed=1)
                thread = threading.Thread(target=rival)
                thread.start()
                thread.join(1)
                self.assertFalse(done.is_set(), "the rival must wait for the partner's row")
            thread.join(20)
        self.assertTrue(failures)
        with self.real_env() as env:
            leads = env["dealer.crm.lead"].browse(ids)
            self.assertEqual(leads.mapped("partner_assigned_id.id"), [capped, other])

    def test_many_crons_at_once(self):
        """Each lead gets one partner and one log row; no cap is exceeded."""
        with self.real_env() as env:
            capped = [
                self.make_partner(env, dealer_lead_cap=3, dealer_level_weight=10**4)
                for _each in range(6)
            ]
            other = self.make_partner(env, dealer_level_weight=1)
            ids = self.make_leads(env, 60)
        ours = SQL("l.partner_assigned_id IS NULL AND l.id = ANY(%s)", ids)

        def work():
            for _round in range(20):
                with self.real_env() as env:
                    env["dealer.crm.lead"]._cron_assign_partners()

        threads = [threading.Thread(target=work) for _each in range(3)]
        with (
            patch.object(dealer_crm_lead_cron, "BATCH", 4),
            patch.object(
                self.registry["dealer.crm.lead"], "_get_unassigned_condition", lambda self: ours
            ),
            mute_logger("odoo.sql_db", "odoo.addons.dealer_crm_resellers"),
        ):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
        with self.real_env() as env:
            leads = env["dealer.crm.lead"].browse(ids)
            given = leads.grouped("partner_assigned_id")
            counts = {partner.id: len(theirs) for partner, theirs in given.items()}
            self.assertEqual(counts, {**dict.fromkeys(capped, 3), other: 42})
            self.assertEqual(len(leads.assignment_ids), 60)
            self.assertEqual(set(leads.assignment_ids.mapped("state")), {"assigned"})
