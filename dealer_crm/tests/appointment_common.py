from datetime import datetime, timedelta

from odoo.tests import Form

from .common import DealerCase

TEN = datetime(2040, 5, 7, 10, 0)
HOUR = timedelta(hours=1)
AT_TEN = {"start": TEN, "stop": TEN + HOUR}


class AppointmentCase(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Event = cls.env["calendar.event"]
        cls.product = cls.make_product()
        cls.customer = cls.env["res.partner"].create(
            {"name": "Ana Customer", "email": "ana@example.com"}
        )
        cls.lead = cls.make_lead(partner_id=cls.customer.id, product_id=cls.product.id)

    def schedule(self, lead=None, user=None, start=TEN, **values):
        """An appointment as the dialog of the lead makes it."""
        with self.dialog(lead or self.lead, user or self.agent) as form:
            form.start = start
            for name, value in values.items():
                form[name] = value
        return self.Event.browse(form.record.id)

    def dialog(self, lead, user):
        """The form that Schedule opens."""
        action = lead.with_user(user).action_schedule_appointment()
        self.assertEqual((action["res_model"], action["target"]), ("calendar.event", "new"))
        events = self.Event.with_user(user).with_context(**action["context"])
        return Form(events, action["view_id"][0])

    def notes(self, lead):
        lead.invalidate_recordset(["message_ids"])
        return "\n".join(map(str, lead.message_ids.mapped("body")))
