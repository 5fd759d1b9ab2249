"""The appointments of a lead: what a new one starts with, and which one is next."""

from odoo import api, fields, models
from odoo.fields import Command


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    appointment_ids = fields.One2many("calendar.event", "dealer_crm_lead_id", "Appointments")
    appointment_count = fields.Integer(compute="_compute_appointments", compute_sudo=True)
    next_appointment = fields.Datetime(compute="_compute_appointments", compute_sudo=True)
    next_appointment_kind = fields.Selection(
        lambda self: self.env["calendar.event"]._fields["dealer_crm_kind"].selection,
        compute="_compute_appointments",
        compute_sudo=True,
    )

    @api.depends(
        "appointment_ids.start",
        "appointment_ids.stop",
        "appointment_ids.active",
        "appointment_ids.dealer_crm_kind",
        "appointment_ids.dealer_crm_result",
    )
    def _compute_appointments(self):
        now = fields.Datetime.now()
        for lead in self:
            events = lead.appointment_ids.filtered("active")
            coming = events.filtered(
                lambda event: event.stop >= now and not event.dealer_crm_result
            )
            following = coming.sorted("start")[:1]
            lead.appointment_count = len(events)
            lead.next_appointment = following.start
            lead.next_appointment_kind = following.dealer_crm_kind

    def unlink(self):
        """The appointments stay in the calendars, without the lead."""
        events = self.env["calendar.event"].sudo().with_context(active_test=False)
        events = events.search([("dealer_crm_lead_id", "in", self.ids)])
        if events:
            self.check_access("unlink")
            events.write({"dealer_crm_lead_id": False, "res_model_id": False, "res_id": False})
        return super().unlink()

    def action_schedule_appointment(self):
        """Open a new appointment of this lead; saving it puts it into the calendar.

        :return: dict of the action
        :raise AccessError: if the user may not change the lead
        """
        self.ensure_one()
        self.check_access("write")
        return self._get_action(
            "dealer_crm.calendar_event_action_schedule",
            default_dealer_crm_lead_id=self.id,
            default_dealer_crm_kind="delivery" if self._get_confirmed_orders() else "test_drive",
        )

    def action_open_appointments(self):
        """List the appointments of this lead."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self._get_action(
                "dealer_crm.calendar_event_action", default_dealer_crm_lead_id=self.id
            ),
            "domain": [("dealer_crm_lead_id", "=", self.id)],
        }

    def _get_appointment_values(self, kind):
        """Dict of what a new event of this lead starts with."""
        self.ensure_one()
        salesperson = self.user_id or self.env.user
        product = self.product_id or self._get_only_sold("product_id")
        lot = self._get_only_sold("move_ids.move_line_ids.lot_id")
        return {
            "name": self._get_appointment_name(kind),
            "user_id": salesperson.id,
            "partner_ids": [Command.set((salesperson.partner_id | self.partner_id).ids)],
            "res_model": self._name,
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "dealer_crm_kind": kind,
            "dealer_crm_product_id": product.id,
            "dealer_crm_lot_id": lot.id if lot.product_id == product else False,
        }

    def _get_appointment_name(self, kind):
        field = self.env["calendar.event"]._fields["dealer_crm_kind"]
        label = dict(field._description_selection(self.env)).get(kind, self.env._("Meeting"))
        return self.env._(
            "%(appointment)s: %(customer)s", appointment=label, customer=self.display_name
        )

    def _get_only_sold(self, path):
        """The only record (with sudo) at ``path`` of the lines of the lead's orders; may be empty."""
        orders = self._get_gate_orders()[self].filtered(lambda order: order.state != "cancel")
        lines = orders.order_line.filtered(lambda line: line.product_id.type == "consu")
        found = lines.mapped(path)
        return found if len(found) == 1 else found.browse()

    def _set_appointment_customer(self):
        """Give this open lead a customer if it has none, and it is clear which.

        That is the only one with the same number and e-mail, or a new one if nobody has either.

        :return: the new customer of the lead; empty if it stays as it is
        """
        self.ensure_one()
        if self.partner_id or self.won_status != "pending":
            return self.env["res.partner"]
        partner = self._find_certain_customer()
        if not partner and self._find_customers():
            return self.env["res.partner"]
        self._set_customer(partner)
        return self.partner_id
