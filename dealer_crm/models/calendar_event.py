"""Appointments: events of Odoo's calendar with the customer of a lead.

An event of a lead is also the lead's next activity, as Odoo does for linked documents. People who
cannot read the lead see and move the event as any other: what follows for the lead runs with sudo.
"""

from operator import eq

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

AGENT = "dealer_crm.group_dealer_user"
OUR_FIELDS = {
    "dealer_crm_lead_id",
    "dealer_crm_kind",
    "dealer_crm_product_id",
    "dealer_crm_lot_id",
    "dealer_crm_result",
}
TIMES = {"start", "stop", "duration", "allday", "start_date", "stop_date"}


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    # Not copied: Odoo copies an event for each repetition, on behalf of whoever repeats it.
    dealer_crm_lead_id = fields.Many2one(
        "dealer.crm.lead",
        "Dealer Lead",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=AGENT,
    )
    dealer_crm_kind = fields.Selection(
        [("test_drive", "Test Drive"), ("visit", "Visit"), ("delivery", "Delivery")],
        "Appointment",
        copy=False,
        groups=AGENT,
    )
    dealer_crm_product_id = fields.Many2one(
        "product.product",
        "Vehicle",
        copy=False,
        index="btree_not_null",
        domain=[("sale_ok", "=", True)],
        groups=AGENT,
    )
    dealer_crm_lot_id = fields.Many2one(
        "stock.lot",
        "Unit",
        copy=False,
        index="btree_not_null",
        groups=AGENT,
        help="The vehicle that the lead's order delivers, if there is only one.",
    )
    dealer_crm_result = fields.Selection(
        [("done", "Done"), ("no_show", "No-Show")], "Result", copy=False, groups=AGENT
    )
    dealer_crm_warning = fields.Text(
        "Other Test Drives",
        compute="_compute_dealer_crm_warning",
        groups=AGENT,
        help="The other test drives with the same vehicle at the same time, one line each.",
    )

    @api.depends(
        "start",
        "stop",
        "dealer_crm_kind",
        "dealer_crm_product_id",
        "dealer_crm_lot_id",
        "dealer_crm_result",
    )
    def _compute_dealer_crm_warning(self):
        for event, others in self._find_other_test_drives().items():
            lines = [
                self.env._(
                    "%(vehicle)s is on another test drive then: %(when)s, with %(who)s.",
                    vehicle=other.dealer_crm_lot_id.name
                    or other.dealer_crm_product_id.display_name,
                    when=other.display_time,
                    who=other.user_id.name,
                )
                for other in others
            ]
            event.dealer_crm_warning = "\n".join(lines)

    @api.onchange("dealer_crm_kind")
    def _onchange_dealer_crm_kind(self):
        """The title follows the kind, unless somebody has typed another one."""
        for event in self:
            lead, kinds = event.dealer_crm_lead_id, event._fields["dealer_crm_kind"].selection
            if lead and event.name in [lead._get_appointment_name(kind) for kind, _name in kinds]:
                event.name = lead._get_appointment_name(event.dealer_crm_kind)

    @api.onchange("dealer_crm_product_id")
    def _onchange_dealer_crm_product_id(self):
        for event in self:
            if event.dealer_crm_lot_id.sudo().product_id != event.dealer_crm_product_id:
                event.dealer_crm_lot_id = False

    @api.model
    def default_get(self, fields):
        """An event for a lead (``default_dealer_crm_lead_id``) has its customer and vehicle."""
        defaults = super().default_get(fields)
        context = self.env.context
        lead = self._get_lead(context.get("default_dealer_crm_lead_id"))
        if not lead or not lead.has_access("write"):
            return defaults
        values = lead._get_appointment_values(context.get("default_dealer_crm_kind"))
        return defaults | {
            name: value
            for name, value in values.items()
            if name in fields and f"default_{name}" not in context
        }

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._prepare_appointment(vals) for vals in vals_list]
        events = super().create(vals_list)
        # Checked after create: a lead of the context is not in the values.
        if appointments := events.sudo().filtered("dealer_crm_lead_id"):
            self._check_leads(appointments.dealer_crm_lead_id)
            appointments._log_on_leads(self.env._("%(appointment)s scheduled: %(when)s."))
            for result, closed in appointments.grouped("dealer_crm_result").items():
                if result:
                    closed._close_appointment(result)
        return events

    def write(self, vals):
        ours = self.sudo().filtered("dealer_crm_lead_id")
        if OUR_FIELDS & vals.keys():
            self._check_leads(
                ours.dealer_crm_lead_id | self._get_lead(vals.get("dealer_crm_lead_id"))
            )
        moved = ours if TIMES & vals.keys() else ours.browse()
        if self.env.context.get("is_calendar_event_new"):
            moved = ours.browse()
        before = {event: (event.start, event.stop) for event in moved}
        results = {event: event.dealer_crm_result for event in ours}
        result = vals.get("dealer_crm_result")
        super().write(vals)
        moved = moved.filtered(lambda event: before[event] != (event.start, event.stop))
        moved._log_on_leads(self.env._("%(appointment)s moved: %(when)s."))
        moved._warn_of_other_test_drives()
        if result:
            ours.filtered(lambda event: results[event] != result)._close_appointment(result)
        return True

    def action_dealer_crm_done(self):
        """The appointments took place."""
        return self.write({"dealer_crm_result": "done"})

    def action_dealer_crm_no_show(self):
        """The customers did not come."""
        return self.write({"dealer_crm_result": "no_show"})

    @api.model
    def _get_lead(self, value):
        """The lead of ``value``, in any form that the field accepts."""
        field = self._fields["dealer_crm_lead_id"]
        return self.env["dealer.crm.lead"].browse(field.convert_to_cache(value, self) or ())

    @api.model
    def _prepare_appointment(self, vals):
        """Values of a new event; that of a lead gets what they leave out from the lead.

        A lead without a customer gets one, if it is clear which: see ``_set_appointment_customer``.
        """
        context = self.env.context
        lead = self._get_lead(
            vals.get("dealer_crm_lead_id", context.get("default_dealer_crm_lead_id"))
        )
        if not lead:
            return self._without_foreign_lead(vals)
        self._check_leads(lead)
        partner = lead._set_appointment_customer()
        if "dealer_crm_lead_id" in vals:
            vals = {**lead._get_appointment_values(vals.get("dealer_crm_kind")), **vals}
        if partner and "partner_ids" in vals:
            vals = {
                **vals,
                "partner_ids": [*(vals["partner_ids"] or ()), fields.Command.link(partner.id)],
            }
        return vals

    @api.model
    def _without_foreign_lead(self, vals):
        """``vals`` without the link to a lead that the user may not change.

        Odoo gives the link to each repetition of an event, and makes activities for it.
        """
        leads = self.env["dealer.crm.lead"]
        if vals.get("res_model_id") != self.env["ir.model"]._get_id(leads._name):
            return vals
        if leads.browse(vals.get("res_id") or ()).has_access("write"):
            return vals
        return {**vals, "res_model_id": False, "res_id": False}

    @api.model
    def _check_leads(self, leads):
        """:raise AccessError: if the user may not change ``leads``, also in sudo, or is an e-mail"""
        leads = leads.sudo(False)
        own = leads.browse() if leads._is_mail() else leads.exists()._filtered_access("write")
        if foreign := leads - own:
            lead = foreign[0].exists()
            raise AccessError(
                self.env._(
                    "You may not change the appointments of %(lead)s: ask its salesperson or a"
                    " Dealer Manager.",
                    lead=lead._get_label() if lead else self.env._("this lead"),
                )
            )

    def _log_on_leads(self, sentence):
        """Log ``sentence`` on the leads of these events (with sudo)."""
        kinds = dict(self._fields["dealer_crm_kind"]._description_selection(self.env))
        for event in self:
            appointment = kinds.get(event.dealer_crm_kind, self.env._("Meeting"))
            event.dealer_crm_lead_id._message_log(
                body=sentence % {"appointment": appointment, "when": event.display_time}
            )

    def _close_appointment(self, result):
        """Close the activities of these events (with sudo), which have their ``result`` now."""
        activities = self.activity_ids.sudo(False)
        if result == "done":
            idle = self.filtered(lambda event: not event.activity_ids)
            activities.action_feedback()
            idle._log_on_leads(self.env._("%(appointment)s done: %(when)s."))
            self.dealer_crm_lead_id._register_first_contact()
        else:
            activities.unlink()
            self._log_on_leads(self.env._("%(appointment)s: the customer did not come. %(when)s."))

    def _find_other_test_drives(self):
        """Dict of event to the other test drives (with sudo) of its vehicle at the same time.

        Two units of a vehicle do not disturb each other. Where an event has no unit, it may be any
        of its lead's company.
        """
        drives = self.filtered(
            lambda event: event.dealer_crm_kind == "test_drive"
            and event.dealer_crm_product_id
            and event.start
            and event.stop
            and not event.dealer_crm_result
        )
        others = self.browse().sudo()
        if drives:
            others = others.search(
                Domain("dealer_crm_kind", "=", "test_drive")
                & Domain("dealer_crm_product_id", "in", drives.dealer_crm_product_id._origin.ids)
                & Domain("dealer_crm_result", "=", False)
                & Domain("start", "<", max(drives.mapped("stop")))
                & Domain("stop", ">", min(drives.mapped("start"))),
                order="start, id",
            )

        def meets(event, other):
            units = event.dealer_crm_lot_id._origin, other.dealer_crm_lot_id
            companies = (each.sudo().dealer_crm_lead_id.company_id for each in (event, other))
            return (
                event in drives
                and other.id != event._origin.id
                and other.dealer_crm_product_id == event.dealer_crm_product_id._origin
                and other.start < event.stop
                and event.start < other.stop
                and (units[0] == units[1] if all(units) else eq(*companies))
            )

        return {event: others.filtered(lambda other, e=event: meets(e, other)) for event in self}

    def _warn_of_other_test_drives(self):
        """Show a warning to the user who has moved these events (with sudo)."""
        for event, others in self._find_other_test_drives().items():
            if others:
                self.env.user._bus_send(
                    "simple_notification",
                    {
                        "type": "warning",
                        "title": event.name,
                        "message": event.dealer_crm_warning,
                    },
                )

    def _sync_activities(self, fields):
        """The activity of a lead follows its event, whoever moves that."""
        ours = self.sudo().filtered("dealer_crm_lead_id")
        super(CalendarEvent, ours)._sync_activities(fields)
        return super(CalendarEvent, self - ours)._sync_activities(fields)
