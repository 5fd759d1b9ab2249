from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import DealerHttpCase


@tagged("post_install", "-at_install")
class TestLogCallTour(DealerHttpCase):
    """An agent sees the countdowns on the board and logs calls, by mouse and by keyboard."""

    def test_log_call(self):
        now = fields.Datetime.now()
        late, soon, fresh = (
            self.make_lead(contact_name=f"Tour {name}", mobile="+16505550100")
            for name in ("Late", "Soon", "Fresh")
        )
        for lead, minutes in ((late, -90), (soon, 5), (fresh, 150)):
            lead._write({"first_contact_deadline": now + timedelta(minutes=minutes)})
        self.env.flush_all()
        self.start_tour("/odoo/dealer-leads", "dealer_crm_log_call", login=self.agent.login)
        self.env.invalidate_all()
        self.assertEqual((late.call_count, soon.call_count), (1, 1))
        self.assertTrue(late.date_first_contact and soon.date_first_contact)
        self.assertEqual(late.activity_ids.summary, "Call again")
        self.assertFalse(soon.activity_ids)
