import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

REVIEW_BATCH = 200
USER = "dealer_crm.group_dealer_user"
# Fields that only managers set. Whoever edits partners may set the others.
MANAGED_FIELDS = {
    "dealer_level_id",
    "dealer_activation_id",
    "dealer_level_weight",
    "dealer_level_weight_is_custom",
    "dealer_commission_plan_id",
    "dealer_lead_cap",
}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "dealer.crm.guarded.mixin"]
    _takes_mail = True

    dealer_level_id = fields.Many2one(
        "dealer.crm.partner.level",
        "Partner Level",
        index="btree_not_null",
        ondelete="restrict",
        groups=USER,
        tracking=True,
    )
    dealer_activation_id = fields.Many2one(
        "dealer.crm.partner.activation",
        "Activation",
        index="btree_not_null",
        ondelete="restrict",
        groups=USER,
        tracking=True,
    )
    dealer_level_weight = fields.Integer(
        "Level Weight",
        compute="_compute_dealer_level_weight",
        inverse="_inverse_dealer_level_weight",
        store=True,
        compute_sudo=True,
        copy=True,
        aggregator=None,
        groups=USER,
        tracking=True,
        help="The level's weight, until you type another. Reset restores it.",
    )
    dealer_level_weight_is_custom = fields.Boolean("Custom Weight", groups=USER)
    dealer_commission_plan_id = fields.Many2one(
        "dealer.crm.commission.plan",
        "Commission Plan",
        index="btree_not_null",
        ondelete="restrict",
        groups=USER,
        help="Empty: the plan of the level.",
    )
    dealer_date_partnership = fields.Date("Partnership Date", groups=USER)
    dealer_date_review = fields.Date("Latest Review", groups=USER)
    dealer_date_review_next = fields.Date("Next Review", groups=USER, tracking=True)
    dealer_review_reminded = fields.Boolean(
        compute="_compute_dealer_review_reminded", store=True, groups=USER
    )
    dealer_lead_cap = fields.Integer(
        "Open Leads at Most", aggregator=None, groups=USER, help="0: no limit."
    )
    dealer_lead_ids = fields.One2many(
        "dealer.crm.lead", "partner_assigned_id", "Assigned Leads", groups=USER
    )
    dealer_lead_count = fields.Integer(
        "Assigned Lead Count", compute="_compute_dealer_lead_count", groups=USER
    )

    _dealer_level_weight_positive = models.Constraint(
        "CHECK (dealer_level_weight >= 0)",
        "The weight of a reseller cannot be negative: use 0 for no leads.",
    )
    _dealer_lead_cap_positive = models.Constraint(
        "CHECK (dealer_lead_cap >= 0)",
        "The cap of a reseller's leads cannot be negative: use 0 for no cap.",
    )
    _dealer_place_idx = models.Index(
        "(partner_latitude, partner_longitude) WHERE active AND dealer_level_weight > 0"
    )
    _dealer_review_idx = models.Index(
        "(dealer_date_review_next) WHERE dealer_review_reminded IS NOT TRUE"
    )

    @api.depends("dealer_level_id.weight", "dealer_level_weight_is_custom")
    def _compute_dealer_level_weight(self):
        for partner in self:
            if partner.dealer_level_weight_is_custom:
                partner.dealer_level_weight = partner.dealer_level_weight
            else:
                partner.dealer_level_weight = partner.dealer_level_id.weight

    def _inverse_dealer_level_weight(self):
        """A weight other than the level's is kept as the partner's custom weight."""
        custom = self.filtered(
            lambda partner: partner.dealer_level_weight != partner.dealer_level_id.weight
        )
        custom._as_program().dealer_level_weight_is_custom = True

    @api.depends("dealer_date_review_next")
    def _compute_dealer_review_reminded(self):
        """A new date needs a new reminder."""
        self.dealer_review_reminded = False

    def _compute_dealer_lead_count(self):
        counts = dict(
            self.env["dealer.crm.lead"]._read_group(
                [("partner_assigned_id", "in", self.ids)], ["partner_assigned_id"], ["__count"]
            )
        )
        for partner in self:
            partner.dealer_lead_count = counts.get(partner._origin, 0)

    @api.onchange("dealer_level_weight")
    def _onchange_dealer_level_weight(self):
        self._inverse_dealer_level_weight()

    @api.model_create_multi
    def create(self, vals_list):
        if self._get_given(self._get_managed_fields(), vals_list):
            self._check_dealer_manager(self.env._("make resellers"))
        return super().create(vals_list)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Create the contact of an e-mail without defaults from the caller's context."""
        contacts = self._without_defaults()
        return super(ResPartner, contacts).message_new(msg_dict, custom_values)

    def write(self, vals):
        if not self._get_managed_fields().isdisjoint(vals):
            self._check_dealer_manager(
                self.env._("change the level, weight or cap of %(partner)s", partner=self[:1].name)
            )
        ending = self._get_ending(vals)
        result = super().write(vals)
        ending._release_open_leads()
        return result

    def unlink(self):
        self._release_open_leads()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_closed_leads(self):
        leads = self.env["dealer.crm.lead"].sudo().with_context(active_test=False)
        lead = leads.search([("partner_assigned_id", "in", self.ids)], limit=1)
        if lead:
            raise UserError(
                self.env._(
                    "%(partner)s cannot be deleted: the reports name it with %(lead)s, which is"
                    " closed. Archive it instead.",
                    partner=lead.partner_assigned_id.display_name,
                    lead=lead._get_label(),
                )
            )

    def action_reset_dealer_level_weight(self):
        """Make the partners follow the weight of their level again."""
        self.check_access("write")
        self.write({"dealer_level_weight_is_custom": False})
        return True

    def action_open_dealer_leads(self):
        """Open the leads assigned to these partners, archived ones too."""
        leads = self.env["dealer.crm.lead"]
        leads.check_access("read")
        return leads._get_list_action([("partner_assigned_id", "in", self.ids)], create=False)

    def _get_ending(self, vals):
        """The partners whose partnership ends with this write."""
        if "active" in vals and not vals["active"]:
            return self.filtered("active")
        if "dealer_level_id" in vals and not vals["dealer_level_id"]:
            return self.filtered(lambda partner: partner.sudo().dealer_level_id)
        return self.browse()

    def _release_open_leads(self):
        """Unassign the open leads of partnerships that end; tell the people responsible."""
        if not self:
            return
        leads = self.env["dealer.crm.lead"].sudo().with_context(active_test=False)
        leads.search(
            [("partner_assigned_id", "in", self.ids), ("won_status", "=", "pending")]
        )._release()

    @api.model
    def _get_managed_fields(self):
        """Set of the fields that only managers set; all fields of ours when an e-mail sets them."""
        if not self._is_mail():
            return MANAGED_FIELDS
        return {
            name
            for name, field in self._fields.items()
            if name.startswith("dealer_") and field.store
        }

    @api.model
    def _get_dealer_crm_customer_domain(self):
        """Include resellers, so that managers can give them a level in the list of customers."""
        found = super()._get_dealer_crm_customer_domain()
        return found | Domain("dealer_level_id", "!=", False)

    @api.model
    def _check_dealer_manager(self, action):
        """Refuse users who are no managers, also with ``sudo``, and e-mails.

        :param str action: translated words of what is refused, for the message
        """
        if self._is_program():
            return
        if self._is_mail() or not self.env.user.has_group("dealer_crm.group_dealer_manager"):
            raise AccessError(
                self.env._("Only a Dealer Manager may %(action)s: ask one.", action=action)
            )

    @api.model
    def _cron_remind_reviews(self):
        """Schedule an activity for the salesperson of each partner whose review is due."""
        due = (
            Domain("dealer_date_review_next", "<=", fields.Date.context_today(self))
            & Domain("dealer_review_reminded", "=", False)
            & Domain("user_id.active", "=", True)
        )
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(due))
        while partners := self.search(due, limit=REVIEW_BATCH, order="id"):
            for (user, date), theirs in partners.grouped(
                lambda partner: (partner.user_id, partner.dealer_date_review_next)
            ).items():
                try:
                    with self.env.cr.savepoint():
                        theirs._remind_of_review(user, date)
                except UserError as error:
                    # For example a salesperson without access to a partner. Go on with the others.
                    _logger.warning("%s is not reminded of reviews: %s", user.login, error)
            partners.dealer_review_reminded = True
            if not self.env["ir.cron"]._commit_progress(len(partners)):
                break

    def _remind_of_review(self, user, date):
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=date,
            summary=self.env._("Review the partnership"),
            user_id=user.id,
        )

    def _claim_lead_capacity(self, checked=False):
        """Check these partners' caps and lock their rows until the commit.

        Each assignment to a partner with a cap updates its row. Of two at the same time, the second
        fails to serialise and is retried, and then sees the leads of the first.

        :param bool checked: the open leads were counted in this transaction already
        :raise UserError: when a partner has more open leads than its cap allows
        """
        self.flush_model(["dealer_lead_cap"])
        self.env.cr.execute(
            """
            UPDATE res_partner SET dealer_lead_cap = dealer_lead_cap WHERE id IN (
                SELECT id FROM res_partner WHERE id = ANY(%s) AND dealer_lead_cap > 0
                 ORDER BY id FOR NO KEY UPDATE)
            RETURNING id
            """,
            [self.ids],
        )
        capped = self.browse([partner_id for (partner_id,) in self.env.cr.fetchall()])
        if checked or not capped:
            return
        for partner, count in (
            self.env["dealer.crm.lead"]
            .sudo()
            ._read_group(
                [("partner_assigned_id", "in", capped.ids), ("won_status", "=", "pending")],
                ["partner_assigned_id"],
                ["__count"],
            )
        ):
            if count > partner.dealer_lead_cap:
                raise UserError(
                    self.env._(
                        "%(partner)s has as many open leads as its cap of %(cap)s allows: choose"
                        " another reseller or raise the cap.",
                        partner=partner.display_name,
                        cap=partner.dealer_lead_cap,
                    )
                )
