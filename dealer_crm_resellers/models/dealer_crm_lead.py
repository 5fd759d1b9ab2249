from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .dealer_crm_assignment import REASONS

ADDRESS_FIELDS = {"street", "street2", "city", "zip", "state_id", "country_id"}
PLACE_FIELDS = {"partner_latitude", "partner_longitude"}
COORDINATE = {
    "digits": (10, 7),
    "aggregator": None,
    "compute": "_compute_place",
    "store": True,
    "readonly": False,
    "precompute": True,
}


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    partner_assigned_id = fields.Many2one(
        "res.partner",
        "Reseller",
        check_company=True,
        copy=False,
        domain="[('id', 'not in', partner_declined_ids)]",
    )
    date_partner_assign = fields.Datetime("Assigned On", readonly=True, copy=False)
    date_partner_accept = fields.Datetime("Accepted On", readonly=True, copy=False)
    date_partner_attempt = fields.Datetime("Last Search for a Reseller", readonly=True, copy=False)
    assignment_failure = fields.Selection(REASONS, "Why Unassigned", readonly=True, copy=False)
    partner_declined_ids = fields.Many2many(
        "res.partner",
        "dealer_crm_lead_declined_partner_rel",
        "lead_id",
        "partner_id",
        "Declined By",
        copy=False,
    )
    partner_spam = fields.Boolean(
        "Reported as Spam",
        copy=False,
        help="Reported by a reseller. Such a lead is assigned by hand only.",
    )
    partner_latitude = fields.Float("Geo Latitude", **COORDINATE)
    partner_longitude = fields.Float("Geo Longitude", **COORDINATE)
    date_localization = fields.Date(
        "Geolocation Date",
        compute="_compute_place",
        store=True,
        precompute=True,
        help="Date of the look-up. Empty when the place was typed.",
    )
    assignment_ids = fields.One2many(
        "dealer.crm.assignment", "lead_id", "Assignments", readonly=True, copy=False
    )

    _place_on_earth = models.Constraint(
        "CHECK (abs(partner_latitude) <= 90 AND abs(partner_longitude) <= 180)",
        "Latitude must be between -90 and 90 degrees, longitude between -180 and 180.",
    )
    # The leads of a partner, latest first; their numbers by status without reading the table.
    _partner_assigned_idx = models.Index(
        "(partner_assigned_id, date_partner_assign DESC, id DESC)"
        " INCLUDE (active, won_status, date_partner_accept) WHERE partner_assigned_id IS NOT NULL"
    )
    _unassigned_idx = models.Index(
        "(id) WHERE active AND partner_assigned_id IS NULL AND won_status = 'pending'"
    )

    @api.depends("partner_id", *sorted(ADDRESS_FIELDS))
    def _compute_place(self):
        """Take the customer's place when the address is the same; else reset one looked up before."""
        for lead in self:
            partner = lead.partner_id
            same_address = partner and all(partner[name] == lead[name] for name in ADDRESS_FIELDS)
            if same_address and (partner.partner_latitude or partner.partner_longitude):
                lead.partner_latitude = partner.partner_latitude
                lead.partner_longitude = partner.partner_longitude
                lead.date_localization = fields.Date.context_today(lead)
            elif lead.date_localization:
                lead.partner_latitude = lead.partner_longitude = 0.0
                lead.date_localization = False
            else:
                lead.partner_latitude = lead.partner_latitude
                lead.partner_longitude = lead.partner_longitude
                lead.date_localization = False

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        # The precompute saw the customer's address, not the one given in `vals`: compute again.
        own_address = leads.browse(
            lead.id
            for lead, vals in zip(leads, vals_list, strict=True)
            if lead.date_localization
            and not ADDRESS_FIELDS.isdisjoint(vals)
            and PLACE_FIELDS.isdisjoint(vals)
        )
        for name in PLACE_FIELDS:
            self.env.add_to_compute(self._fields[name], own_address)
        assigned = leads.filtered("partner_assigned_id")
        assigned._register_manual_assignment()
        (leads - assigned)._assign_new()
        return leads

    @api.model
    def _prepare_new_lead(self, vals, default_stage_id):
        vals = super()._prepare_new_lead(vals, default_stage_id)
        name = "partner_assigned_id"
        if vals[name] if name in vals else self.default_get([name]).get(name):
            vals.setdefault("date_partner_assign", fields.Datetime.now())
        # Known here; computed after the INSERT, it would take an UPDATE of each lead.
        vals["won_revenue"] = 0
        return vals

    def _check_numbers(self, vals):
        for name in PLACE_FIELDS & vals.keys():
            if not self._is_countable(vals[name]):
                raise ValidationError(
                    self.env._(
                        "Latitude must be between -90 and 90 degrees, longitude between -180 and 180."
                    )
                )
        return super()._check_numbers(vals)

    def write(self, vals):
        unarchived = self._get_unarchived(vals)
        changing = self._get_changing_partner(vals)
        result = super(DealerCrmLead, self - changing).write(vals)
        if changing:
            changing._end_before_change()
            result = super(DealerCrmLead, changing).write(vals)
            changing._register_change(vals.get("date_partner_assign"))
        unarchived._resume_assignments()
        return result

    def _get_changing_partner(self, vals):
        """The leads whose partner this write changes or removes."""
        if "partner_assigned_id" not in vals:
            return self.browse()
        self._check_fixed_fields(vals)
        field = self._fields["partner_assigned_id"]
        partner_id = field.convert_to_cache(vals["partner_assigned_id"], self) or False
        return self.filtered(lambda lead: lead.partner_assigned_id.id != partner_id)

    def _end_before_change(self):
        """End the assignments of leads whose partner is about to change."""
        self.check_access("write")
        self._check_open()
        self._end_assignments("withdrawn")

    def _register_change(self, date=None):
        """Stamp and log that all these leads have another partner, or none, since ``date`` or now."""
        partner = self.sudo().partner_assigned_id
        self._write_unchecked(
            {
                "date_partner_assign": bool(partner) and (date or fields.Datetime.now()),
                "date_partner_accept": False,
                "assignment_failure": False,
            }
        )
        if partner:
            self._register_manual_assignment()

    def _register_outcome(self, outcome):
        result = super()._register_outcome(outcome)
        if outcome in ("reopened", "undone"):
            self._resume_assignments()
        self._update_commissions(outcome)
        return result

    def assign_partner(self, partner):
        """Assign the leads to one partner by hand.

        :param partner: a record of ``res.partner``, or its id; empty withdraws the leads
        :raise ValidationError: when it is neither
        :raise UserError: when a lead is closed, or the partner is archived or has reached its cap
        """
        self.check_access("write")
        partners = self.env["res.partner"]
        chosen = partners.browse(partner) if type(partner) is int else partner
        chosen = chosen or partners
        if not isinstance(chosen, type(partners)) or len(chosen) > 1 or chosen != chosen.exists():
            raise ValidationError(
                self.env._(
                    "%(leads)s: choose one existing reseller, or none.",
                    leads=", ".join(lead._get_label() for lead in self),
                )
            )
        self.write({"partner_assigned_id": chosen.id})
        return True

    def _check_open(self):
        for lead in self.filtered(lambda lead: lead.won_status != "pending"):
            raise UserError(
                self.env._(
                    "%(lead)s is closed in %(stage)s, so its reseller cannot change. Ask a Dealer"
                    " Manager to reopen it.",
                    lead=lead._get_label(),
                    stage=lead.stage_id.name,
                )
            )

    def _register_manual_assignment(self):
        """Check the partners and their caps, and log the assignments.

        :raise UserError: when a partner is archived, or has as many open leads as its cap allows
        """
        if self:
            self.filtered(lambda lead: lead.won_status == "pending")._check_partner_active()
            self.sudo().partner_assigned_id._claim_lead_capacity()
            self._log_manual_assignments()

    def _check_partner_active(self):
        partners = self.sudo().partner_assigned_id
        for partner in partners.filtered(lambda partner: not partner.active):
            raise UserError(
                self.env._(
                    "%(partner)s is archived: choose another reseller.",
                    partner=partner.display_name,
                )
            )

    def _get_contact_label(self, reference=" ({})"):
        """This lead as resellers know it: its contact, who is not always the customer."""
        lead = self.sudo()
        return lead.contact_name + reference.format(lead.name) if lead.contact_name else lead.name
