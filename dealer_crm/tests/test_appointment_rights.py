from ast import literal_eval
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .appointment_common import AT_TEN, HOUR, TEN, AppointmentCase


@tagged("post_install", "-at_install")
class TestAppointmentRights(AppointmentCase):
    def test_leads_of_others(self):
        foreign = self.make_lead(user_id=self.other_agent.id)
        event = self.schedule(foreign, user=self.other_agent)
        mine = self.schedule()
        with self.assertRefused(AccessError):
            foreign.with_user(self.agent).action_schedule_appointment()
        values = {"dealer_crm_lead_id": foreign.id, "name": "x", **AT_TEN}
        for events in (
            self.Event.with_user(self.agent),
            self.Event.with_user(self.agent).sudo(),
            self.Event.with_user(self.agent).with_context(default_dealer_crm_lead_id=foreign.id),
        ):
            with self.assertRefused(AccessError, foreign.name):
                events.create(values)
            with self.assertRefused(AccessError, foreign.name):
                events.browse(mine.id).write({"dealer_crm_lead_id": foreign.id})
            for action in ("action_dealer_crm_done", "action_dealer_crm_no_show"):
                with self.assertRefused(AccessError, foreign.name):
                    getattr(events.browse(event.id), action)()
        with self.assertRefused(AccessError, foreign.name):
            self.Event.with_user(self.agent).with_context(
                default_dealer_crm_lead_id=foreign.id
            ).create({"name": "x", **AT_TEN})
        with self.assertRefused(AccessError):
            event.with_user(self.agent).write({"dealer_crm_lead_id": False})
        with self.assertRefused(AccessError):
            self.Event.with_user(self.agent).create({"dealer_crm_lead_id": 2**31 - 1, "name": "x"})
        self.assertEqual(event.dealer_crm_lead_id, foreign)

    def test_list_of_appointments(self):
        foreign = self.make_lead(user_id=self.other_agent.id)
        event, mine = self.schedule(foreign, user=self.other_agent), self.schedule()
        archived = self.make_lead(active=False)
        old = self.schedule(archived)
        free = self.schedule(self.make_lead(user_id=False))
        domain = literal_eval(self.env.ref("dealer_crm.calendar_event_action").domain)
        self.assertEqual(self.Event.with_user(self.agent).search(domain), mine | old | free)
        self.assertEqual(
            self.Event.with_user(self.manager).search(domain), event | mine | old | free
        )
        own = self.lead.with_user(self.agent).action_open_appointments()["domain"]
        self.assertEqual(self.Event.with_user(self.agent).search(own), mine)

    def test_people_without_dealer_crm_keep_the_calendar(self):
        """They see, move, answer and delete the event as any other."""
        event = self.schedule()
        event.partner_ids = [Command.link(self.clerk.partner_id.id)]
        seen = event.with_user(self.clerk)
        form = Form(seen)
        self.assertNotIn("dealer_crm_lead_id", form._view["fields"])
        form.start = TEN + timedelta(days=2)
        form.location = "Showroom"
        form.save()
        self.assertEqual(self.lead.activity_ids.date_deadline, (TEN + timedelta(days=2)).date())
        self.assertIn("moved", self.notes(self.lead))
        names = list(self.Event.with_user(self.clerk).fields_get())
        self.assertFalse([name for name in names if name.startswith("dealer_crm")])
        seen.read()
        seen.web_read({name: {} for name in names})
        seen.web_read({"res_id": {"fields": {"display_name": {}}}, "res_model": {}})
        view = self.Event.with_user(self.clerk).get_views(
            [(False, kind) for kind in ("calendar", "form", "list", "search")]
        )
        self.assertNotIn("dealer_crm", str(view["views"]))
        own = self.Event.with_user(self.clerk).create({"name": "Own", **AT_TEN})
        own.write({"start": TEN, "stop": TEN + 2 * HOUR})
        for values in ({"dealer_crm_lead_id": self.lead.id}, {"dealer_crm_result": "done"}):
            with self.assertRefused(AccessError):
                own.write(values)
            with self.assertRefused(AccessError):
                self.Event.with_user(self.clerk).create({"name": "x", **AT_TEN, **values})
        with self.assertRefused(AccessError):
            self.Event.with_user(self.clerk).with_context(
                default_dealer_crm_lead_id=self.lead.id
            ).create({"name": "x", **AT_TEN})
        self.lead.user_id = self.other_agent
        seen.unlink()
        self.assertFalse(event.exists())
        self.assertFalse(self.lead.activity_ids)

    def test_repeated_by_somebody_without_dealer_crm(self):
        event = self.schedule()
        event.with_user(self.clerk).write(
            {
                "recurrency": True,
                "rrule_type": "daily",
                "interval": 1,
                "end_type": "count",
                "count": 3,
                "event_tz": "UTC",
            }
        )
        events = event.recurrence_id.calendar_event_ids
        self.assertEqual(len(events), 3)
        self.assertEqual(events.filtered("dealer_crm_lead_id"), event)

    def test_private_event(self):
        event = self.schedule()
        event.privacy = "private"
        self.env.invalidate_all()
        self.assertEqual(self.lead.with_user(self.manager).next_appointment, TEN)
        self.env.invalidate_all()
        self.assertEqual(event.with_user(self.manager).name, "Busy")


@tagged("post_install", "-at_install")
class TestAppointmentCost(AppointmentCase):
    def test_more_appointments_add_no_queries(self):
        def open_lead():
            self.lead.with_user(self.agent).read(["next_appointment", "appointment_count"])

        self.schedule()
        self.cost(open_lead)
        few = self.cost(open_lead)
        for number in range(1, 6):
            self.schedule(start=TEN + number * HOUR)
        self.assertEqual(self.cost(open_lead), few)

    def test_warnings_of_many(self):
        def warn(events):
            return self.cost(lambda: events.mapped("dealer_crm_warning"))

        events = self.Event.create(
            [
                {
                    "dealer_crm_lead_id": self.lead.id,
                    "dealer_crm_kind": "test_drive",
                    "start": TEN + number * 2 * HOUR,
                    "stop": TEN + number * 2 * HOUR + HOUR,
                }
                for number in range(12)
            ]
        )
        warn(events)
        self.assertEqual(warn(events), warn(events[0]))
