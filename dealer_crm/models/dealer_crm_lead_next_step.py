"""What a card of the board says: the lead's next step, and the stages it may enter."""

from odoo import api, fields, models

from .dealer_crm_lead_sale import CONFIRMED


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    next_stage_id = fields.Many2one(
        "dealer.crm.stage",
        "Next Stage",
        compute="_compute_next_stage_id",
        help="The open stage after the present one; empty in the last one, and when closed.",
    )
    next_step = fields.Char(
        compute="_compute_next_step",
        help="What is to be done next, in one line; of a closed lead, whether its BPO knows.",
    )
    is_ready_to_win = fields.Boolean(compute="_compute_next_step")

    @api.depends("stage_id", "won_status")
    def _compute_next_stage_id(self):
        next_stages = self.env["dealer.crm.stage"]._get_next_ids()
        for (status, stage), leads in self.grouped(
            lambda lead: (lead.won_status, lead.stage_id)
        ).items():
            leads.next_stage_id = status == "pending" and next_stages.get(stage.id)

    @api.depends(
        "stage_id",
        "won_status",
        "date_first_contact",
        "callback_state",
        "won_blockers",
    )
    @api.depends_context("lang")
    def _compute_next_step(self):
        pending = self.filtered(lambda lead: lead.won_status == "pending")
        gate = pending._get_gate_orders()
        for lead, orders in gate.items():
            gate[lead] = orders.filtered(lambda order: order.state != "cancel")
        # Only confirmed orders need more than their state.
        sold = {
            lead: orders
            for lead, orders in gate.items()
            if any(order.state in CONFIRMED for order in orders)
        }
        blockers = self._get_blockers_of(sold)
        for lead in self - pending:
            lead.is_ready_to_win = False
            lead.next_step = lead._describe_callback()
        for lead, orders in gate.items():
            lead.is_ready_to_win = lead in blockers and not blockers[lead]
            lead.next_step = (
                self.env._("Ready: Mark Won")
                if lead.is_ready_to_win
                else lead._describe_sale(orders)
            )

    def _describe_callback(self):
        """Whether the BPO of this closed lead knows its outcome; False if it has none."""
        return {
            "pending": self.env._("BPO not informed yet"),
            "sending": self.env._("BPO not informed yet"),
            "delivered": self.env._("BPO informed"),
            "parked": self.env._("BPO cannot be informed"),
            "cancelled": self.env._("BPO not informed"),
        }.get(self.callback_state, False)

    def _describe_sale(self, orders):
        """What this open lead, which is not ready to win, needs next.

        :param orders: its orders that are not cancelled, with sudo
        """
        confirmed = orders.filtered(lambda order: order.state in CONFIRMED)
        if not confirmed:
            return self._describe_unsold(bool(orders))
        for order in confirmed:
            state = order._get_delivery_state()
            if state == "stock":
                return self.env._("%(order)s waits for stock", order=order.name)
            if state == "handover":
                return self.env._("%(order)s to deliver", order=order.name)
            if state == "rest":
                return self.env._("%(order)s is not delivered in full", order=order.name)
        return self.env._("%(order)s: no products ordered", order=confirmed[0].name)

    def _describe_unsold(self, is_quoted):
        """What this open lead, which has no confirmed order, needs next."""
        if is_quoted:
            return self.env._("Quotation to confirm")
        first = self.env["dealer.crm.stage"]._get_open_ids()[:1]
        if not self.date_first_contact and self.stage_id.id in first:
            return self.env._("First call")
        return self.env._("Quotation to make")
