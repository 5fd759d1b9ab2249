from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

#: reference of a lead that is not saved yet
NEW_REFERENCE = "New"

# A field that gets its value from the customer who is chosen, as far as the user may see that one.
FROM_CUSTOMER = {
    "compute": "_compute_contact",
    "compute_sudo": False,
    "store": True,
    "readonly": False,
    "precompute": True,
}


class DealerCrmLead(models.Model):
    _name = "dealer.crm.lead"
    _description = "Dealer Lead"
    _inherit = [
        "dealer.crm.guarded.mixin",
        "mail.thread.phone",
        "mail.thread.blacklist",
        "mail.activity.mixin",
        "mail.tracking.duration.mixin",
        "format.address.mixin",
    ]
    _order = "priority desc, id desc"
    _rec_names_search = ["name", "contact_name", "phone", "mobile", "email"]
    _primary_email = "email"
    _check_company_auto = True
    _track_duration_field = "stage_id"
    _fixed_fields = frozenset({"name"})
    _takes_mail = True

    name = fields.Char("Reference", required=True, readonly=True, copy=False, default=NEW_REFERENCE)
    active = fields.Boolean(default=True, tracking=True)

    # Who
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
    )
    contact_name = fields.Char(**FROM_CUSTOMER)
    phone = fields.Char(**FROM_CUSTOMER)
    mobile = fields.Char()
    email = fields.Char(**FROM_CUSTOMER)
    email_normalized = fields.Char(
        compute="_compute_email_normalized", store=True, precompute=True, index="btree_not_null"
    )
    phone_sanitized = fields.Char(
        compute="_compute_phone_sanitized", store=True, precompute=True, index="btree_not_null"
    )
    second_phone_sanitized = fields.Char(
        "Second Sanitized Number",
        compute="_compute_phone_sanitized",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="The number in Phone where Mobile has another one.",
    )
    street = fields.Char(**FROM_CUSTOMER)
    street2 = fields.Char(**FROM_CUSTOMER)
    city = fields.Char(**FROM_CUSTOMER)
    zip = fields.Char(change_default=True, **FROM_CUSTOMER)
    state_id = fields.Many2one(
        "res.country.state", "State", domain="[('country_id', '=?', country_id)]", **FROM_CUSTOMER
    )
    country_id = fields.Many2one("res.country", "Country", **FROM_CUSTOMER)

    # What
    product_id = fields.Many2one(
        "product.product",
        "Product",
        check_company=True,
        domain="[('sale_ok', '=', True)]",
        index="btree_not_null",
        ondelete="restrict",
    )
    vehicle_model_text = fields.Char(
        "Vehicle Model", help="What the customer asks for, until the product is known."
    )
    quantity = fields.Float(default=1.0, digits="Product Unit")
    expected_price = fields.Monetary(
        currency_field="company_currency", tracking=True, help="Expected total of the deal."
    )
    company_currency = fields.Many2one(
        related="company_id.currency_id", store=True, string="Currency", precompute=True
    )
    tag_ids = fields.Many2many("crm.tag", "dealer_crm_lead_tag_rel", "lead_id", "tag_id", "Tags")
    priority = fields.Selection(
        [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Very High")], default="0"
    )
    description = fields.Html("Notes")
    date_deadline = fields.Date("Expected Closing")

    # Whose
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        default=lambda self: self._default_user_id(),
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        check_company=True,
        tracking=True,
    )
    team_id = fields.Many2one(
        "crm.team",
        "Sales Team",
        check_company=True,
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )

    # From the BPO
    bpo_source_lead_id = fields.Integer(
        "BPO Lead ID", readonly=True, copy=False, aggregator=None, help="0: not endorsed."
    )
    bpo_source_lead_name = fields.Char("BPO Lead", readonly=True, copy=False)
    bpo_source_url = fields.Char("BPO Address", readonly=True, copy=False)
    bpo_instance = fields.Char(
        "BPO Database", readonly=True, copy=False, help="The uuid of the BPO's database."
    )

    _name_uniq = models.Constraint(
        "UNIQUE(name)", "Another lead has this reference: a lead's reference is unique."
    )
    # A BPO lead is identified by its sender and its number there: see `_get_bpo_sender`.
    _bpo_source_uniq = models.UniqueIndex(
        "(company_id, bpo_source_lead_id,"
        " COALESCE(bpo_instance, NULLIF(bpo_source_url, ''), create_uid::text))"
        " WHERE bpo_source_lead_id != 0",
        "This BPO lead was endorsed already.",
    )
    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0 AND quantity < 1e12)",
        "The quantity of a lead must be more than 0, and below 1,000,000,000,000.",
    )
    _expected_price_positive = models.Constraint(
        "CHECK (expected_price >= 0 AND expected_price < 1e12)",
        "The expected price of a lead cannot be negative, and must be below 1,000,000,000,000.",
    )
    # Indexes for the board with many leads: the cards in their order; the sums of the columns
    # (small enough that PostgreSQL prefers it to the table); both for one salesperson; the columns
    # of leads with activities. PostgreSQL uses them only if the condition is `IS TRUE`, as Odoo
    # writes it. Each index makes every write of a lead dearer: salesperson, company and last open
    # stage have none of their own, because these serve the same queries, or nothing asks for them.
    _board_idx = models.Index("(stage_id, priority DESC, id DESC) WHERE active IS TRUE")
    _sum_idx = models.Index("(stage_id, company_id) INCLUDE (expected_price) WHERE active IS TRUE")
    _own_board_idx = models.Index(
        "(user_id, stage_id, priority DESC, id DESC) INCLUDE (company_id, expected_price)"
        " WHERE active IS TRUE"
    )
    _bar_idx = models.Index("(id) INCLUDE (stage_id, company_id, user_id) WHERE active IS TRUE")

    def _default_user_id(self):
        return self.env.user.filtered(self._is_salesperson)

    @api.depends("user_id", "company_id")
    def _compute_team_id(self):
        for (user, company), leads in self.grouped(
            lambda lead: (lead.user_id, lead.company_id)
        ).items():
            if not user:
                continue
            own_teams = leads.team_id.filtered(
                lambda team, user=user: user in (team.member_ids | team.user_id)
            )
            teamless = leads.filtered(lambda lead, own=own_teams: lead.team_id not in own)
            if teamless:
                teamless.team_id = (
                    self.env["crm.team"]
                    .with_context(default_team_id=False)
                    .with_company(company)
                    ._get_default_team_id(user_id=user.id)
                )

    @api.depends(
        "name",
        "contact_name",
        "email",
        "mobile",
        "phone",
        "partner_id.name",
        "product_id.name",
        "vehicle_model_text",
    )
    @api.depends_context("formatted_display_name", "lang")
    def _compute_display_name(self):
        """The person and the vehicle; in a drop-down list the reference too, in small print.

        Empty as long as a lead that is not saved has neither: the form then says "New" in the user's
        language.
        """
        formatted = self.env.context.get("formatted_display_name")
        # The names are shown to whoever may read the lead.
        for lead, known in zip(self, self.sudo(), strict=True):
            who = known._get_person() or (lead.name != NEW_REFERENCE and lead.name)
            vehicle = known.product_id.name or lead.vehicle_model_text
            name = " · ".join(filter(None, (who, vehicle)))
            if formatted and name != lead.name:
                name = f"{name} \t --{lead.name}--"
            lead.display_name = name

    def _get_person(self):
        """Who the lead is about, as far as it is known; else an empty value. Of one lead or none."""
        return (
            self.contact_name
            or self.sudo().partner_id.name
            or self.email
            or self.mobile
            or self.phone
        )

    @api.constrains("user_id")
    def _check_user_id(self):
        for lead in self:
            if lead.user_id and not self._is_salesperson(lead.user_id):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot be the salesperson of %(lead)s: choose an active internal"
                        " user with the group Dealer User.",
                        user=lead.user_id.name,
                        lead=lead._get_label(),
                    )
                )

    def _is_salesperson(self, user):
        """Whether leads can be assigned to ``user``: only if the user could open them."""
        user = user.sudo()
        return user.active and not user.share and user.has_group("dealer_crm.group_dealer_user")

    def copy_data(self, default=None):
        """If the salesperson has left, the copy gets the current user as salesperson."""
        vals_list = super().copy_data(default)
        for lead, vals in zip(self, vals_list, strict=True):
            if "user_id" not in (default or {}) and not self._is_salesperson(lead.user_id):
                vals["user_id"] = self._default_user_id().id if lead.user_id else False
        return vals_list

    @api.model
    def name_create(self, name):
        """Take ``name`` as the contact; the lead's own name is the next reference."""
        lead = self.create({"contact_name": name})
        return lead.id, lead.display_name

    def _get_label(self):
        """This lead in a sentence: its customer, and its reference in brackets.

        Only the reference for a user who may not read the lead, also in sudo.
        """
        if not self:
            return self.env._("New lead")
        name, reference = self.display_name, self.name
        if name == reference or not self._may_name_customer():
            return reference
        return name if reference == NEW_REFERENCE else f"{name} ({reference})"

    def _may_name_customer(self):
        return self.sudo(False).has_access("read")

    def _check_ownership(self, vals):
        """Refuse to change the company or the salesperson to those in ``vals``, if not allowed."""
        if "company_id" in vals:
            self._check_company_stays(vals["company_id"])
        if "user_id" in vals and not self._may_assign(vals["user_id"]):
            raise AccessError(
                self.env._(
                    "%(lead)s: you can only take it yourself or release it. Ask a Dealer Manager to"
                    " assign it to somebody else.",
                    lead=self[:1]._get_label(),
                )
            )

    def _may_assign(self, user_id):
        if not user_id or self._is_program():
            return True
        if self._is_mail():
            return False
        return (
            user_id == self.env.uid
            or self.env.user.has_group("dealer_crm.group_dealer_manager")
            or (self and all(lead.user_id.id == user_id for lead in self))
        )

    def _check_company_stays(self, company_id):
        """Refuse another company for an endorsed or closed lead.

        Its outcome is delivered over the connection of its company.
        """
        for lead in self if not self._is_program() else ():
            if lead.company_id.id == company_id:
                continue
            if lead.bpo_source_lead_id or lead.won_status != "pending":
                raise UserError(
                    self.env._(
                        "%(lead)s is endorsed by a BPO or closed, so its company stays: enter a"
                        " new lead in the other company.",
                        lead=lead._get_label(),
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_endorsed(self):
        """Otherwise the BPO would wait for the outcome for ever."""
        for lead in self:
            if lead.bpo_source_lead_id and lead.won_status == "pending":
                raise UserError(
                    self.env._(
                        "%(lead)s is endorsed by a BPO that waits for its outcome: use Mark Lost"
                        " instead of deleting it.",
                        lead=lead._get_label(),
                    )
                )

    def _get_action(self, xml_id, **context):
        """The window action ``xml_id`` (dict) with another context."""
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        return {**action, "context": context}

    def _get_list_action(self, domain, **context):
        """Action that lists the leads of ``domain``, archived ones too."""
        xml_id = "dealer_crm.dealer_crm_lead_action_all"
        return {**self._get_action(xml_id, active_test=False, **context), "domain": domain}

    def _count_by(self, field, records, domain=Domain.TRUE):
        """Dict of record to the number of leads, archived ones too, that have it in ``field``."""
        found = Domain(field, "in", records.ids) & domain
        leads = self.with_context(active_test=False)
        return dict(leads._read_group(found, [field], ["__count"]))

    def _is_violated(self, constraint, error):
        """Whether the database's ``error`` violates this constraint or index of the model."""
        return error.diag.constraint_name == getattr(self, constraint).full_name(self)
