from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .mail_thread import is_mail, is_program

# Set by the Endorse button and by the dealer's callbacks only.
DEALER_FIELDS = {
    "dealer_lead_id",
    "dealer_lead_name",
    "dealer_endorsed_at",
    "dealer_outcome",
    "dealer_callback_sequence",
    "dealer_callback_ids",
}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    dealer_id = fields.Many2one(
        "bpo.dealer",
        "Dealer",
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="The dealer who takes this lead over, once it is endorsed",
    )
    dealer_lead_id = fields.Integer(
        "Dealer's Lead Number", copy=False, readonly=True, aggregator=None
    )
    dealer_lead_name = fields.Char("Dealer's Lead", copy=False, readonly=True)
    dealer_endorsed_at = fields.Datetime("Endorsed On", copy=False, readonly=True)
    dealer_outcome = fields.Selection(
        [
            ("none", "Not Endorsed"),
            ("endorsed", "With Dealer"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("reopened", "Reopened"),
        ],
        "Dealer's Outcome",
        default="none",
        copy=False,
        readonly=True,
        tracking=True,
    )
    dealer_callback_sequence = fields.Integer(
        "Last Outcome's Number",
        copy=False,
        readonly=True,
        aggregator=None,
        help="Outcomes with this number or a lower one are never applied.",
    )
    dealer_callback_ids = fields.One2many(
        "bpo.dealer.callback", "lead_id", "Dealer Callbacks", groups="sales_team.group_sale_manager"
    )
    product_code = fields.Char(help="The dealer's internal reference of the product")
    product_name = fields.Char("Product", help="The product's name, as the dealer calls it")
    vehicle_model_text = fields.Char("Vehicle Model", help="In the customer's own words")
    quantity = fields.Float(digits=(16, 2), default=1.0, aggregator=None)

    @api.model_create_multi
    def create(self, vals_list):
        names = DEALER_FIELDS | {"dealer_id"} if is_mail(self.env) else DEALER_FIELDS
        # Defaults of the context and of the user count as given; default_get returns them.
        defaults = self.default_get(list(names))
        for vals in vals_list:
            given = {**defaults, **vals}
            self._check_dealer_fields(
                {name for name in names if given.get(name) and given[name] != "none"}
            )
        return super().create(vals_list)

    def write(self, vals):
        self._check_dealer_fields(DEALER_FIELDS & vals.keys())
        if "dealer_id" in vals and not is_program(self.env):
            for lead in self:
                if lead.dealer_endorsed_at and lead.dealer_id.id != vals["dealer_id"]:
                    raise UserError(
                        self.env._(
                            "Lead %(lead)s is with dealer %(dealer)s already: duplicate the lead "
                            "to endorse it to another dealer.",
                            lead=lead.name,
                            dealer=lead.dealer_id.name,
                        )
                    )
        return super().write(vals)

    def _check_dealer_fields(self, changed):
        if changed and not is_program(self.env):
            raise AccessError(
                self.env._(
                    "%(fields)s: only the Endorse button and the dealer's callbacks set this.",
                    fields=", ".join(
                        sorted(self._fields[name]._description_string(self.env) for name in changed)
                    ),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_dealer(self):
        for lead in self:
            if lead.dealer_outcome in ("endorsed", "reopened"):
                raise UserError(
                    self.env._(
                        "Lead %(lead)s is with dealer %(dealer)s, whose outcome would find no lead: "
                        "archive it instead, or wait for the outcome.",
                        lead=lead.name,
                        dealer=lead.dealer_id.name,
                    )
                )
