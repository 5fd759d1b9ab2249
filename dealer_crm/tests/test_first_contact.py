from datetime import timedelta
from itertools import product

from freezegun import freeze_time
from lxml import etree
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import DealerCase

MONDAY = "2025-03-03 10:00:00"


class ClockCase(DealerCase):
    """Leads that arrive at 10:00 of a Monday, with a limit of 30 minutes and work around the clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.resource_calendar_id = False
        cls.company.dealer_first_contact_minutes = 30
        cls.team = cls.env["crm.team"].create(
            {"name": "Clock", "user_id": cls.manager.id, "member_ids": cls.agent.ids}
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Carla Customer", "email": "carla@example.com", "phone": "+16505550100"}
        )

    def arrive(self, moment=MONDAY, **vals):
        """A lead that has arrived at ``moment``."""
        vals = {"partner_id": self.customer.id, "team_id": self.team.id, **vals}
        lead = self.make_lead(**vals)
        lead._write({"create_date": fields.Datetime.to_datetime(moment)})
        lead.invalidate_recordset()
        lead.modified(["team_id"])
        self.env.flush_all()
        return lead

    def after(self, minutes):
        """Freeze the time so many minutes after the arrival."""
        moment = fields.Datetime.to_datetime(MONDAY) + timedelta(minutes=minutes)
        return freeze_time(moment)


@tagged("post_install", "-at_install")
class TestDeadline(ClockCase):
    def test_arrival(self):
        lead = self.make_lead()
        arrival = lead.create_date.replace(microsecond=0)
        self.assertEqual(lead.first_contact_deadline, arrival + timedelta(minutes=30))
        self.assertFalse(lead.date_first_contact)

    def test_off(self):
        """Without a limit there is no clock; a limit that is set later is for later leads."""
        self.company.dealer_first_contact_minutes = 0
        lead = self.make_lead()
        self.assertFalse(lead.first_contact_deadline)
        self.company.dealer_first_contact_minutes = 30
        lead.team_id = self.team
        self.assertFalse(lead.first_contact_deadline)
        lead.with_user(self.agent).log_call("reached")
        self.assertTrue(lead.date_first_contact)
        self.assertFalse(lead.response_minutes)

    def test_limit_of_the_team(self):
        self.team.dealer_first_contact_minutes = 5
        lead = self.arrive()
        self.assertEqual(str(lead.first_contact_deadline), "2025-03-03 10:05:00")
        lead.team_id = False
        self.assertEqual(str(lead.first_contact_deadline), "2025-03-03 10:30:00")
        with self.after(10):
            lead.with_user(self.agent).log_call("reached")
        lead.team_id = self.team
        self.assertEqual(str(lead.first_contact_deadline), "2025-03-03 10:30:00")

    def test_working_hours(self):
        """A lead of Friday evening waits until Monday morning."""
        self.company.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "Weekdays from 8 to 17", "tz": "Asia/Manila", "company_id": self.company.id}
        )
        lead = self.arrive("2025-02-28 08:50:00")  # 16:50 in Manila
        self.assertEqual(str(lead.first_contact_deadline), "2025-03-03 00:20:00")
        with freeze_time("2025-03-03 00:05:00"):
            lead.with_user(self.agent).log_call("reached")
        self.assertEqual(lead.response_minutes, 15)

    def test_limit_has_bounds(self):
        """More than a week would stop the clock of a lead, and make its deadline dear to compute."""
        for record, minutes in product((self.company, self.team), (-1, 10_081)):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(CheckViolation, "dealer_first_contact_minutes_range"),
                self.env.cr.savepoint(),
            ):
                record.dealer_first_contact_minutes = minutes
                self.env.flush_all()

    def test_copy(self):
        lead = self.arrive()
        lead.with_user(self.agent).log_call("reached")
        copy = lead.copy()
        self.assertFalse(copy.date_first_contact or copy.call_count or copy.response_minutes)
        self.assertGreater(copy.first_contact_deadline, lead.first_contact_deadline)

    def test_program_fields(self):
        lead = self.arrive()
        moment = fields.Datetime.now()
        for name, value in (
            ("date_first_contact", moment),
            ("first_contact_deadline", moment),
            ("date_escalated", moment),
            ("response_minutes", 1),
            ("call_count", 7),
        ):
            with self.subTest(name=name):
                with self.assertRefused(AccessError, name):
                    lead.with_user(self.admin).write({name: value})
                with self.assertRefused(AccessError, name):
                    self.Lead.with_user(self.admin).create({"contact_name": "A", name: value})

    def test_many(self):
        """A thousand leads take no query per lead for their deadlines."""

        def create(count):
            return lambda: self.Lead.with_user(self.manager).create(
                [{"contact_name": "Many"} for _number in range(count)]
            )

        self.cost(create(2))
        few = self.cost(create(10))
        self.assertLessEqual(self.cost(create(1000)) - few, 20)

    def test_waiting(self):
        lead = self.arrive()
        contacted = self.arrive()
        contacted.with_user(self.agent).log_call("reached")
        self.arrive(stage=self.lost)
        soon = self.arrive(fields.Datetime.now())
        arch = etree.fromstring(self.env.ref("dealer_crm.dealer_crm_lead_view_search").arch)
        waiting, overdue = (
            safe_eval(arch.find(f".//filter[@name='{name}']").get("domain"))
            for name in ("waiting", "contact_overdue")
        )
        self.assertEqual(self.Lead.search(waiting), lead | soon)
        self.assertEqual(self.Lead.search(overdue), lead)
        [(hour, count)] = self.Lead._read_group(
            overdue, ["first_contact_deadline:hour"], ["__count"]
        )
        self.assertEqual((str(hour), count), ("2025-03-03 10:00:00", 1))


@tagged("post_install", "-at_install")
class TestFirstContact(ClockCase):
    def assertContact(self, lead, minutes):
        self.assertEqual(lead.response_minutes, minutes)
        self.assertEqual(
            lead.date_first_contact,
            fields.Datetime.to_datetime(MONDAY) + timedelta(minutes=minutes),
        )

    def test_once(self):
        lead = self.arrive()
        with self.after(7):
            lead.with_user(self.agent).log_call("no_answer")
        with self.after(9):
            lead.with_user(self.agent).log_call("reached")
        self.assertContact(lead, 7)
        self.assertEqual(lead.call_count, 2)

    def post(self, lead, user=None, **values):
        lead = lead.with_user(user or self.agent).with_context(mail_notify_force_send=False)
        values = {
            "body": "Hello",
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
            "partner_ids": self.customer.ids,
            **values,
        }
        with self.after(3):
            return lead.message_post(**values)

    def test_mail(self):
        lead = self.arrive()
        self.post(lead)
        self.assertContact(lead, 3)

    def test_mail_to_the_address(self):
        """The lead has no customer yet, only an address."""
        lead = self.arrive(partner_id=False, email="Ida <ida@example.com>")
        self.post(lead, partner_ids=[], outgoing_email_to="ida@example.com")
        self.assertContact(lead, 3)

    def test_quotation(self):
        """A quotation that a person sends by e-mail is a contact; the program's is none."""
        lead = self.arrive()
        order = self.make_order(lead, confirm=False, user_id=self.agent.id)
        self.post(order, message_type="notification")
        self.assertFalse(lead.date_first_contact)
        self.post(order)
        self.assertContact(lead, 3)

    def test_no_contact(self):
        """Messages of the program, to colleagues and of people outside do not count."""
        lead = self.arrive()
        colleague = self.other_agent.partner_id
        self.customer.user_ids = self.portal
        self.post(lead, partner_ids=colleague.ids)
        self.post(lead, message_type="notification")
        self.post(lead, message_type="auto_comment")
        self.post(lead, subtype_xmlid="mail.mt_note", partner_ids=[])
        self.post(lead, user=self.env.ref("base.user_root"))
        self.assertFalse(lead.date_first_contact)
        lead.sudo()._message_log(body="By the program")
        lead.with_user(self.portal).sudo().message_post(
            body="Any news?", message_type="comment", partner_ids=self.customer.ids
        )
        self.assertFalse(lead.date_first_contact)

    def test_incoming_mail(self):
        """A reply of the customer, even with the forged address of an agent, is no contact."""
        lead = self.arrive()
        message = f"""From: {self.agent.email}
To: sales@example.com
Message-Id: <forged@example.com>
Subject: Re

Hello"""
        self.env["mail.thread"].message_process("dealer.crm.lead", message, thread_id=lead.id)
        self.assertEqual(lead.message_ids[0].message_type, "email")
        self.assertFalse(lead.date_first_contact)

    def plan(self, lead, user=None, xmlid="mail.mail_activity_data_todo"):
        return lead.activity_schedule(xmlid, user_id=(user or self.agent).id)

    def test_done_activity(self):
        lead = self.arrive()
        activity = self.plan(lead)
        self.assertFalse(lead.date_first_contact)
        with self.after(4):
            activity.with_user(self.agent).action_feedback(feedback="Talked")
        self.assertContact(lead, 4)

    def test_activity_of_the_program(self):
        lead = self.arrive()
        self.plan(lead).with_user(self.env.ref("base.user_root")).action_done()
        self.plan(lead).with_user(self.agent).unlink()
        overdue = self.plan(lead, xmlid="dealer_crm.mail_activity_type_first_contact")
        overdue.with_user(self.agent).action_done()
        self.assertFalse(lead.date_first_contact)

    def test_closed(self):
        """A closed lead does not wait any more."""
        lead = self.arrive(stage=self.lost)
        self.post(lead)
        self.assertFalse(lead.date_first_contact)
        lead.with_user(self.manager).action_reopen("A mistake")
        self.post(lead)
        self.assertTrue(lead.date_first_contact)


@tagged("post_install", "-at_install")
class TestLogCall(ClockCase):
    def notes(self, lead):
        return "\n".join(lead.message_ids.mapped("body"))

    def test_note(self):
        lead = self.arrive()
        lead.with_user(self.agent).log_call("voicemail", "Call <b>back</b>\nat five")
        self.assertIn(
            "Call: Voicemail<br>Call &lt;b&gt;back&lt;/b&gt;<br>at five", self.notes(lead)
        )
        self.assertEqual(lead.message_ids[0].author_id, self.agent.partner_id)

    def test_forged(self):
        lead = self.arrive().with_user(self.agent)
        for result in ("won", "", None, False, 7, ["reached"], {"reached": 1}):
            with self.subTest(result=result), self.assertRefused(ValidationError, "reached"):
                lead.log_call(result)
        for note in (7, ["x"], "\0", "x" * 300_000):
            with self.subTest(note=str(note)[:9]), self.assertRefused(ValidationError, "Note"):
                lead.log_call("reached", note)
        self.assertEqual((lead.call_count, lead.date_first_contact), (0, False))

    def test_closed_and_archived(self):
        lost, archived = self.arrive(stage=self.lost), self.arrive(active=False)
        lost, archived = lost.with_user(self.agent), archived.with_user(self.agent)
        for lead, word in ((lost, "closed"), (archived, "archived")):
            for call in (lead.action_log_call, lambda lead=lead: lead.log_call("reached")):
                with self.assertRefused(UserError, lead.name, word):
                    call()
            self.assertFalse(lead.call_count)

    def test_other_peoples_leads(self):
        lead = self.arrive().with_user(self.other_agent)
        with self.assertRaises(AccessError):
            lead.log_call("reached")
        with self.assertRaises(AccessError):
            lead.action_log_call()
        with self.assertRaises(AccessError):
            self.Lead.with_user(self.portal).browse(lead.id).log_call("reached")
        wizard = self.env["dealer.crm.lead.call"].with_user(self.other_agent)
        with self.assertRaises(AccessError):
            wizard.create({"lead_id": lead.id, "result": "busy"}).action_confirm()
        with self.assertRaises(AccessError):
            wizard.create({"lead_id": lead.id, "result": "busy"}).number  # noqa: B018

    def test_several(self):
        leads = self.arrive() | self.arrive()
        with self.assertRefused(UserError, "one lead"):
            leads.action_log_call()

    def wizard(self, lead):
        action = lead.with_user(self.agent).action_log_call()
        return Form(
            self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"])
        )

    def test_suggestion(self):
        """A result suggests when to call again; a day off is skipped."""
        lead = self.arrive()
        form = self.wizard(lead)
        self.assertEqual(form.number, lead.phone)
        for result, again in (
            ("reached", "none"),
            ("busy", "0"),
            ("no_answer", "1"),
            ("voicemail", "1"),
            ("wrong_number", "1"),
        ):
            form.result = result
            self.assertEqual(form.call_again, again)
        form.save().action_confirm()
        self.assertEqual(lead.call_count, 1)
        self.assertEqual(lead.activity_ids.summary, "Find the right number")

    def test_call_again(self):
        self.company.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "Weekdays", "tz": "UTC", "company_id": self.company.id}
        )
        lead = self.arrive()
        with freeze_time("2025-03-07 10:00:00"):  # a Friday
            form = self.wizard(lead)
            form.result = "no_answer"
            form.save().action_confirm()
        activity = lead.activity_ids
        self.assertEqual(str(activity.date_deadline), "2025-03-10")
        self.assertEqual(activity.user_id, self.agent)
        self.assertEqual(activity.activity_type_id.category, "phonecall")
        with freeze_time("2025-03-10 10:00:00"):
            form = self.wizard(lead)
            form.result = "reached"
            form.save().action_confirm()
        self.assertFalse(lead.activity_ids)
        self.assertIn("Call again", self.notes(lead))

    def test_closed_meanwhile(self):
        lead = self.arrive()
        form = self.wizard(lead)
        form.result = "reached"
        wizard = form.save()
        self.lose(lead)
        with self.assertRefused(UserError, "closed"):
            wizard.action_confirm()


@tagged("post_install", "-at_install")
class TestEscalation(ClockCase):
    def escalate(self, minutes=31):
        with self.after(minutes):
            return self.Lead._escalate_batch(100)

    def test_once(self):
        lead = self.arrive()
        self.assertEqual(self.escalate(30), 0)
        self.assertEqual(self.escalate(), 1)
        activity = lead.activity_ids
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.summary, "Nobody has contacted the customer in time")
        activity.unlink()
        self.assertEqual(self.escalate(), 0)
        self.assertFalse(lead.activity_ids)

    def test_first_contact_ends_it(self):
        lead = self.arrive()
        self.escalate()
        lead.with_user(self.agent).log_call("reached")
        self.assertFalse(lead.activity_ids)

    def test_nobody_waits(self):
        self.arrive(stage=self.lost)
        self.arrive(active=False)
        self.arrive().with_user(self.agent).log_call("reached")
        self.assertEqual(self.escalate(), 0)

    def test_leaders(self):
        """Leaders who have left, or may not open the lead, get no activity."""
        lead = self.arrive()
        self.team.user_id = self.other_agent
        self.assertEqual(self.escalate(), 1)
        nobodys = self.arrive(team_id=False, user_id=False)
        self.team.user_id = self.manager
        self.manager.active = False
        left = self.arrive()
        self.assertEqual(self.escalate(), 2)
        self.assertFalse((lead | nobodys | left).activity_ids)

    def test_batches(self):
        leads = self.Lead.union(*(self.arrive() for _number in range(5)))
        with self.after(31):
            self.assertEqual(self.Lead._count_overdue(), 5)
            self.assertEqual(self.Lead._escalate_batch(3), 3)
            self.assertEqual(self.Lead._escalate_batch(3), 2)
            self.assertEqual(self.Lead._count_overdue(), 0)
        self.assertEqual(len(leads.activity_ids), 5)

    def test_cron(self):
        lead = self.arrive()
        cron = self.env.ref("dealer_crm.ir_cron_escalate_leads")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(len(lead.activity_ids), 1)

    def test_no_mail(self):
        """An activity for each of many leads does not fill the leader's mailbox."""
        self.arrive()
        before = self.env["mail.mail"].search_count([])
        self.escalate()
        self.assertEqual(self.env["mail.mail"].search_count([]), before)
