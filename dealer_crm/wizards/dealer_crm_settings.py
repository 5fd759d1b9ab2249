from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..models.dealer_crm_callback_reconcile import DAYS as RECONCILED_DAYS

# Retention times, of the fields here and the system parameters: (default, least, most) days.
DAYS = {
    "keep_delivered_days": (400, RECONCILED_DAYS, 36_500),
    "keep_attempt_days": (180, 1, 36_500),
}

COMPANY_FIELDS = (
    "dealer_lead_assignment",
    "dealer_first_contact_minutes",
    "dealer_keep_activities",
    "dealer_undo_seconds",
)


class DealerCrmSettings(models.TransientModel):
    """Settings for a Dealer Admin, who need not be an administrator of Odoo.

    The model stores nothing: its fields read and write system parameters and companies with sudo,
    after a check that the user is a Dealer Admin.
    """

    _name = "dealer.crm.settings"
    _description = "Dealer CRM Settings"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    connection_id = fields.Many2one(
        "dealer.crm.bpo.connection", "BPO CRM Connection", compute="_compute_connection_id"
    )
    connection_state = fields.Selection(related="connection_id.status")
    connection_state_reason = fields.Char(related="connection_id.state_reason")
    keep_delivered_days = fields.Integer(
        "Keep Delivered Outcomes (days)",
        compute="_compute_keep_days",
        inverse="_inverse_keep_days",
        help="Outcomes that the BPO has not accepted are never deleted.",
    )
    keep_attempt_days = fields.Integer(
        "Keep Attempts (days)", compute="_compute_keep_days", inverse="_inverse_keep_days"
    )
    dealer_lead_assignment = fields.Selection(
        lambda self: self.env["res.company"]
        ._fields["dealer_lead_assignment"]
        ._description_selection(self.env),
        "New Leads Go To",
        required=True,
        compute="_compute_company_fields",
        inverse="_inverse_company_fields",
        help="Who gets a lead that comes without a salesperson: endorsed, by e-mail or imported.",
    )
    dealer_first_contact_minutes = fields.Integer(
        "First Contact Within (minutes)",
        compute="_compute_company_fields",
        inverse="_inverse_company_fields",
        help="Counted in the company's working hours. 0: no limit.",
    )
    dealer_keep_activities = fields.Boolean(
        "Keep Activities After Closing",
        compute="_compute_company_fields",
        inverse="_inverse_company_fields",
        help="The open activities of a lead stay when it is won or lost. Otherwise they end.",
    )
    dealer_undo_seconds = fields.Integer(
        "Undo a Closing Within (seconds)",
        compute="_compute_company_fields",
        inverse="_inverse_company_fields",
        help="For this long, who closed a lead in the web client can undo that; the BPO is informed"
        " afterwards. 0: closings cannot be undone.",
    )
    dealer_lead_alias_name = fields.Char(
        "Address for Leads",
        compute="_compute_dealer_lead_alias",
        inverse="_inverse_dealer_lead_alias",
        help="A mail to this address becomes a lead. Leave it empty for none.",
    )
    dealer_lead_alias_domain = fields.Char("E-mail Domain", compute="_compute_dealer_lead_alias")

    @api.depends("company_id")
    def _compute_display_name(self):
        self.display_name = self.env._("Settings")

    @api.depends("company_id")
    def _compute_connection_id(self):
        connections = self.env["dealer.crm.bpo.connection"]._get_for_companies(self.company_id)
        for settings in self:
            settings.connection_id = connections.get(settings.company_id, False)

    @api.depends("company_id")
    def _compute_keep_days(self):
        for settings in self:
            for name in DAYS:
                settings[name] = self._get_days(name)

    def _inverse_keep_days(self):
        for settings in self:
            self._set_parameters({f"dealer_crm.{name}": settings[name] for name in DAYS})

    @api.constrains(*DAYS)
    def _check_keep_days(self):
        for settings in self:
            for name, (_default, least, most) in DAYS.items():
                if not least <= settings[name] <= most:
                    raise ValidationError(
                        self.env._(
                            "%(field)s must be between %(least)s and %(most)s: correct it.",
                            field=self._fields[name]._description_string(self.env),
                            least=least,
                            most=most,
                        )
                    )

    @api.depends("company_id")
    def _compute_company_fields(self):
        self._show_company(COMPANY_FIELDS)

    def _inverse_company_fields(self):
        self._set_company(COMPANY_FIELDS)

    @api.depends("company_id")
    def _compute_dealer_lead_alias(self):
        for settings in self:
            company = settings.company_id.sudo()
            alias = company.dealer_lead_alias_id
            settings.dealer_lead_alias_name = alias.alias_name
            settings.dealer_lead_alias_domain = (alias or company).alias_domain_id.name

    def _inverse_dealer_lead_alias(self):
        self._check_admin()
        self.check_access("write")
        for settings in self:
            company = settings.company_id.sudo()
            name = (settings.dealer_lead_alias_name or "").strip()
            if name != (company.dealer_lead_alias_id.alias_name or ""):
                company._set_dealer_lead_alias(name)

    @api.model_create_multi
    def create(self, vals_list):
        """Show the present settings first, then write those of ``vals_list``."""
        inverse = {name for name, field in self._fields.items() if field.inverse}
        settings = super().create(
            [{name: vals[name] for name in vals.keys() - inverse} for vals in vals_list]
        )
        for each, vals in zip(settings, vals_list, strict=True):
            each.write({name: vals[name] for name in vals.keys() & inverse})
        return settings

    def write(self, vals):
        """Read the other settings first.

        Odoo computes no field while another one with the same compute method is written: it would
        count as empty, and the inverse method would store that.
        """
        computed = self.pool.field_computed
        fields_of = (computed.get(self._fields.get(name), ()) for name in vals)
        names = {field.name for fields in fields_of for field in fields}
        self.read(names - vals.keys())
        return super().write(vals)

    @api.model
    def action_open(self):
        """Open the form with the settings of the current company."""
        window = self.env["ir.actions.act_window"]._for_xml_id(
            "dealer_crm.dealer_crm_settings_action"
        )
        return {**window, "res_id": self.create({}).id}

    def _get_days(self, name):
        default, least, most = DAYS[name]
        value = self.env["ir.config_parameter"].sudo().get_param(f"dealer_crm.{name}") or default
        try:
            days = int(value)
        except (TypeError, ValueError):
            return default
        return min(max(days, least), most)

    def _check_admin(self):
        if not self.env.user.has_group("dealer_crm.group_dealer_admin"):
            raise AccessError(
                self.env._("Only a Dealer Admin can change the settings of Dealer CRM: ask one.")
            )

    def _set_parameters(self, values):
        """Write the system parameters that differ."""
        self._check_admin()
        parameters = self.env["ir.config_parameter"].sudo()
        for key, value in values.items():
            if parameters.get_param(key) != str(value):
                parameters.set_param(key, value)

    def _show_company(self, names):
        """Show the values that the fields ``names`` have on the company."""
        for settings in self:
            company = settings.company_id.sudo()
            settings.update({name: company[name] for name in names})

    def _set_company(self, names):
        """Write those of the fields ``names`` that differ on the company."""
        self._check_admin()
        # The user must have access to the company, which the same write may have changed.
        self.check_access("write")
        for settings in self:
            company = settings.company_id.sudo()
            company.write(
                {
                    name: self._fields[name].convert_to_write(settings[name], self)
                    for name in names
                    if settings[name] != company[name]
                }
            )
