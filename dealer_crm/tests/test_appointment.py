from datetime import datetime, timedelta

from odoo import fields
from odoo.tests import tagged

from .appointment_common import AT_TEN, HOUR, TEN, AppointmentCase


@tagged("post_install", "-at_install")
class TestAppointment(AppointmentCase):
    def test_what_is_in_it(self):
        before = self.Event.search([])
        event = self.schedule()
        self.assertRecordValues(
            event,
            [
                {
                    "name": "Test Drive: Ana · Pickup",
                    "start": TEN,
                    "stop": TEN + HOUR,
                    "user_id": self.agent.id,
                    "partner_ids": (self.agent.partner_id | self.customer).ids,
                    "res_model": "dealer.crm.lead",
                    "res_id": self.lead.id,
                    "dealer_crm_lead_id": self.lead.id,
                    "dealer_crm_kind": "test_drive",
                    "dealer_crm_product_id": self.product.id,
                    "dealer_crm_lot_id": False,
                    "dealer_crm_result": False,
                }
            ],
        )
        self.assertEqual(self.Event.search([]) - before, event)
        self.assertEqual(event.attendee_ids.partner_id, event.partner_ids)
        activity = self.lead.activity_ids
        self.assertEqual(activity.calendar_event_id, event)
        self.assertEqual(activity.date_deadline, TEN.date())
        self.assertIn("Test Drive scheduled", self.notes(self.lead))

    def test_opening_it_twice_makes_nothing(self):
        before = self.Event.search_count([])
        for _each in range(2):
            self.lead.with_user(self.agent).action_schedule_appointment()
        self.assertEqual(self.Event.search_count([]), before)

    def test_title_follows_the_kind_until_somebody_types_one(self):
        with self.dialog(self.lead, self.agent) as form:
            form.dealer_crm_kind = "visit"
            self.assertEqual(form.name, "Visit: Ana · Pickup")
            form.name = "Coffee"
            form.dealer_crm_kind = "delivery"
            self.assertEqual(form.name, "Coffee")

    def test_unit_of_the_order(self):
        self.product.tracking = "serial"
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": self.product.id} for name in ("VIN-1", "VIN-2")]
        )
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(
                self.product, self.env.ref("stock.stock_location_stock"), 1, lot_id=lot
            )
        order = self.make_order(self.lead, product=self.product)
        order.picking_ids.action_assign()
        event = self.schedule()
        self.assertEqual(event.dealer_crm_kind, "delivery", "the order is confirmed")
        self.assertEqual(event.dealer_crm_lot_id, order.picking_ids.move_line_ids.lot_id)
        self.assertTrue(event.dealer_crm_lot_id)
        other = self.schedule(dealer_crm_product_id=self.make_product(name="Other"))
        self.assertFalse(other.dealer_crm_lot_id, "another vehicle has another unit")

    def test_product_of_the_order(self):
        self.lead.product_id = False
        self.make_order(self.lead, product=self.product, confirm=False)
        self.assertEqual(self.schedule().dealer_crm_product_id, self.product)
        self.make_order(self.lead, product=self.make_product(), confirm=False)
        self.assertFalse(self.schedule().dealer_crm_product_id, "which of the two is not clear")

    def test_new_customer(self):
        lead = self.make_lead(contact_name="Nobody Yet", partner_id=False)
        event = self.schedule(lead)
        self.assertEqual(lead.partner_id.name, "Nobody Yet")
        self.assertEqual(event.partner_ids, self.agent.partner_id | lead.partner_id)
        self.assertFalse(lead.partner_id.email)
        event.with_user(self.agent).start = TEN + HOUR
        self.assertFalse(event.attendee_ids.filtered("email").partner_id & lead.partner_id)

    def test_unclear_customer(self):
        """With the number of one and the e-mail of another, nobody is invited unasked."""
        self.env["res.partner"].create({"name": "Same number", "phone": "+1 650-555-0111"})
        lead = self.make_lead(partner_id=False, phone="+16505550111", email="ana@example.com")
        event = self.schedule(lead)
        self.assertFalse(lead.partner_id)
        self.assertEqual(event.partner_ids, self.agent.partner_id)

    def test_by_another_program(self):
        """Over RPC, the lead and a time are enough."""
        event = self.Event.with_user(self.agent).create(
            {"dealer_crm_lead_id": self.lead.id, "dealer_crm_kind": "visit", **AT_TEN}
        )
        self.assertEqual(event.name, "Visit: Ana · Pickup")
        self.assertEqual(event.partner_ids, self.agent.partner_id | self.customer)
        self.assertEqual((event.res_model, event.res_id), ("dealer.crm.lead", self.lead.id))
        event = self.Event.with_user(self.agent).create(
            {"dealer_crm_lead_id": self.lead.id, "name": "Talk", "partner_ids": [], **AT_TEN}
        )
        self.assertEqual(event.name, "Talk")
        self.assertFalse(event.partner_ids)
        lead = self.make_lead()
        event = self.Event.with_user(self.agent).create(
            {"dealer_crm_lead_id": lead.id, "name": "Talk", "partner_ids": False, **AT_TEN}
        )
        self.assertEqual(event.partner_ids, lead.partner_id)

    def test_manager_schedules_for_the_agent(self):
        event = self.schedule(user=self.manager)
        self.assertEqual(event.user_id, self.agent)
        self.assertNotIn(self.manager.partner_id, event.partner_ids)
        free = self.make_lead(user_id=False, contact_name="Free")
        self.assertEqual(self.schedule(free, user=self.other_agent).user_id, self.other_agent)

    def test_next_one(self):
        self.assertFalse(self.lead.next_appointment or self.lead.appointment_count)
        now = fields.Datetime.now()
        self.schedule(start=now - 5 * HOUR)
        self.assertEqual((self.lead.appointment_count, self.lead.next_appointment), (1, False))
        later = self.schedule(start=TEN, dealer_crm_kind="visit")
        self.assertEqual(self.lead.next_appointment, TEN)
        soon = self.schedule(start=TEN - HOUR)
        self.assertEqual(
            (self.lead.next_appointment, self.lead.next_appointment_kind),
            (TEN - HOUR, "test_drive"),
        )
        soon.with_user(self.agent).action_dealer_crm_no_show()
        self.assertEqual(self.lead.next_appointment_kind, "visit")
        later.active = False
        self.assertEqual((self.lead.appointment_count, self.lead.next_appointment), (2, False))

    def test_done(self):
        event = self.schedule()
        event.with_user(self.agent).action_dealer_crm_done()
        self.assertEqual(event.dealer_crm_result, "done")
        self.assertFalse(self.lead.activity_ids)
        self.assertEqual(self.notes(self.lead).count("Meeting"), 1, "the activity is done")
        event.with_user(self.agent).action_dealer_crm_done()
        self.assertEqual(self.notes(self.lead).count("Meeting"), 1)

    def test_entered_afterwards(self):
        for result in ("done", "no_show"):
            self.Event.with_user(self.agent).create(
                {"dealer_crm_lead_id": self.lead.id, "dealer_crm_result": result, **AT_TEN}
            )
        self.assertFalse(self.lead.activity_ids)

    def test_done_without_an_activity(self):
        event = self.schedule()
        self.lead.activity_ids.unlink()
        event.with_user(self.agent).action_dealer_crm_done()
        self.assertIn("Test Drive done", self.notes(self.lead))
        self.assertTrue(self.lead.date_first_contact)

    def test_no_show(self):
        event = self.schedule()
        event.with_user(self.agent).action_dealer_crm_no_show()
        self.assertFalse(self.lead.activity_ids)
        self.assertIn("the customer did not come", self.notes(self.lead))
        self.assertFalse(self.lead.date_first_contact)
        self.assertNotIn("done", self.notes(self.lead))

    def test_drag(self):
        """Another time keeps everything else, and the lead's activity follows."""
        event = self.schedule()
        kept = ("dealer_crm_lead_id", "dealer_crm_kind", "dealer_crm_product_id", "res_id", "name")
        before = [event[name] for name in kept]
        day = timedelta(days=1)
        event.with_user(self.agent).write({"start": TEN + day, "stop": TEN + day + HOUR})
        self.assertEqual([event[name] for name in kept], before)
        self.assertEqual(event.partner_ids, self.agent.partner_id | self.customer)
        self.assertEqual(self.lead.activity_ids.date_deadline, (TEN + day).date())
        self.assertEqual(self.lead.next_appointment, TEN + day)
        self.assertEqual(self.notes(self.lead).count("moved"), 1)
        event.with_user(self.agent).write({"start": TEN + day, "name": "Other"})
        self.assertEqual(self.notes(self.lead).count("moved"), 1, "nothing moved")

    def test_all_day(self):
        event = self.Event.with_user(self.agent).create(
            {
                "dealer_crm_lead_id": self.lead.id,
                "dealer_crm_kind": "delivery",
                "allday": True,
                "start": "2040-05-07",
                "stop": "2040-05-07",
            }
        )
        self.assertEqual(event.start_date, TEN.date())
        self.assertNotIn("moved", self.notes(self.lead))

    def test_time_zone_of_the_reader(self):
        self.agent.tz = "Asia/Tokyo"
        event = self.schedule(start=datetime(2040, 5, 7, 20, 0))
        self.assertEqual(event.start, datetime(2040, 5, 7, 20, 0))
        self.assertIn("05:00", self.notes(self.lead))
        self.assertIn("Asia/Tokyo", self.notes(self.lead))

    def test_lead_is_deleted(self):
        event = self.schedule()
        self.lead.with_user(self.manager).unlink()
        self.assertTrue(event.exists())
        self.assertFalse(event.dealer_crm_lead_id or event.res_id or event.res_model)
        self.assertEqual(event.partner_ids, self.agent.partner_id | self.customer)
        self.assertFalse(event.activity_ids)
        event.with_user(self.agent).start = TEN + HOUR

    def test_lead_is_archived(self):
        event = self.schedule()
        self.lead.with_user(self.agent).active = False
        self.assertEqual(event.dealer_crm_lead_id, self.lead)
        self.assertEqual(self.lead.next_appointment, TEN)
        event.with_user(self.agent).start = TEN + HOUR
        event.with_user(self.agent).action_dealer_crm_done()

    def test_lead_is_copied(self):
        self.schedule()
        self.assertFalse(self.lead.copy().appointment_ids)


@tagged("post_install", "-at_install")
class TestTestDrives(AppointmentCase):
    def warning(self, **values):
        """The warning of a new test drive of another lead."""
        lead = self.make_lead(contact_name="Bo", product_id=self.product.id)
        with self.dialog(lead, self.agent) as form:
            form.start = TEN
            for name, value in values.items():
                form[name] = value
            warning = form.dealer_crm_warning
        self.assertEqual(form.record.dealer_crm_warning, warning, "saved all the same")
        return warning

    def test_same_vehicle_at_the_same_time(self):
        event = self.schedule(user=self.manager)
        self.assertFalse(event.dealer_crm_warning)
        warning = self.warning(start=TEN + HOUR / 2)
        self.assertIn("Pickup is on another test drive then", warning)
        self.assertIn(self.agent.name, warning)
        self.assertNotIn("Ana", warning, "the other customer's name is not told")

    def test_nothing_to_warn_of(self):
        event = self.schedule()
        other = self.make_product(name="Other")
        self.assertFalse(self.warning(start=TEN + HOUR), "one ends as the other starts")
        event.start = TEN + 5 * HOUR
        self.assertFalse(self.warning(start=TEN + 5 * HOUR, dealer_crm_kind="visit"))
        self.assertFalse(self.warning(start=TEN + 5 * HOUR, dealer_crm_product_id=other))
        event.dealer_crm_result = "no_show"
        self.assertFalse(self.warning(start=TEN + 5 * HOUR))

    def test_another_companys_vehicle(self):
        """Both sell the product, each has vehicles of its own; a unit is the same everywhere."""
        company = self.env["res.company"].create({"name": "Second"})
        lead = self.make_lead(company_id=company.id, user_id=False)
        drive = {"dealer_crm_kind": "test_drive", "dealer_crm_product_id": self.product.id}
        first, second = self.Event.create(
            [{**drive, "dealer_crm_lead_id": each.id, **AT_TEN} for each in (self.lead, lead)]
        )
        self.assertFalse(first.dealer_crm_warning)
        unit = self.env["stock.lot"].create({"name": "VIN-1", "product_id": self.product.id})
        (first | second).dealer_crm_lot_id = unit
        self.assertIn("VIN-1", first.dealer_crm_warning)

    def test_units(self):
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": self.product.id} for name in ("VIN-1", "VIN-2")]
        )
        events = self.Event.create(
            [
                {
                    "dealer_crm_lead_id": self.lead.id,
                    "dealer_crm_kind": "test_drive",
                    "dealer_crm_lot_id": lot.id,
                    **AT_TEN,
                }
                for lot in (*lots, lots[0], lots.browse())
            ]
        )
        found = events._find_other_test_drives()
        self.assertEqual(found[events[0]], events[2] | events[3])
        self.assertEqual(found[events[1]], events[3])
        self.assertEqual(found[events[3]], events[:3], "without a unit, it may be any")
        self.assertIn("VIN-1 is on another", events[2].dealer_crm_warning)

    def test_warned_after_a_drag(self):
        self.schedule()
        event = self.schedule(self.make_lead(product_id=self.product.id), start=TEN + 3 * HOUR)
        self.env.cr.precommit.run()
        before = self.env["bus.bus"].search([], order="id desc", limit=1).id
        event.with_user(self.agent).start = TEN
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search([("id", ">", before)]).mapped("message")
        self.assertEqual(
            sum("is on another test drive then" in message for message in sent), 1, sent
        )
