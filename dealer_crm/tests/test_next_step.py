"""What a card says: the next step, and the stages that the lead may enter."""

from odoo.tests import tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestNextStep(DealerCase):
    def assertStep(self, lead, step, ready=False):
        lead.invalidate_recordset()
        mine = lead.with_user(self.agent)
        self.assertEqual((mine.next_step, mine.is_ready_to_win), (step, ready))
        # The sentence and the gate are one rule.
        self.assertEqual(mine.is_ready_to_win, not mine.won_blockers)

    def test_before_the_sale(self):
        lead = self.make_lead(contact_name="Mei Lin")
        self.assertStep(lead, "First call")
        lead.with_user(self.agent).log_call("reached")
        self.assertStep(lead, "Quotation to make")
        later = self.make_lead(self.negotiation)
        self.assertStep(later, "Quotation to make")

    def test_the_sale(self):
        lead = self.make_lead(self.negotiation)
        cancelled = self.make_order(lead, confirm=False)
        cancelled._action_cancel()
        self.assertStep(lead, "Quotation to make")
        order = self.make_order(lead, quantity=3, confirm=False)
        self.assertStep(lead, "Quotation to confirm")
        order.action_confirm()
        self.assertStep(lead, f"{order.name} waits for stock")
        picking = order.picking_ids
        self.env["stock.quant"]._update_available_quantity(
            order.order_line.product_id, picking.location_id, 3
        )
        picking.action_assign()
        self.assertStep(lead, f"{order.name} to deliver")
        self.deliver(picking)
        self.assertStep(lead, "Ready: Mark Won", ready=True)
        self.give_back(order, 1)
        self.assertStep(lead, f"{order.name} is not delivered in full")

    def test_an_order_that_sells_nothing(self):
        lead = self.make_lead(self.negotiation)
        order = self.make_order(lead, product=self.make_product(type="service", is_storable=False))
        self.assertStep(lead, "Ready: Mark Won", ready=True)
        order.order_line.product_uom_qty = 0
        self.assertStep(lead, f"{order.name}: no products ordered")

    def test_a_foreign_order(self):
        """The agent may not open the order, and yet sees what it waits for."""
        lead = self.make_lead(self.negotiation)
        order = self.make_order(lead, user_id=self.other_agent.id)
        self.assertFalse(order.with_user(self.agent).has_access("read"))
        self.assertStep(lead, f"{order.name} waits for stock")

    def test_next_stage(self):
        leads = self.make_lead() | self.make_lead(self.qualified) | self.make_lead(self.negotiation)
        stages = [lead.next_stage_id for lead in leads]
        self.assertEqual(stages, [self.qualified, self.negotiation, self.Stage])
        for lead in leads[:2]:
            lead.with_user(self.agent).stage_id = lead.next_stage_id
        self.assertFalse(self.make_lead(self.lost).next_stage_id)
        self.qualified.sequence = 35
        self.assertEqual(self.make_lead().next_stage_id, self.negotiation)

    def test_the_callback(self):
        lead = self.make_lead()
        self.lose(lead)
        self.assertFalse(lead.next_step)
        endorsed = self.endorse(self.make_lead())
        self.lose(endorsed)
        row = endorsed.callback_ids
        for state, step in (
            ("pending", "BPO not informed yet"),
            ("sending", "BPO not informed yet"),
            ("delivered", "BPO informed"),
            ("parked", "BPO cannot be informed"),
            ("cancelled", "BPO not informed"),
        ):
            row._write({"state": state})
            self.env.invalidate_all()
            self.assertEqual(endorsed.with_user(self.agent).next_step, step)
            self.assertFalse(endorsed.is_ready_to_win)
