"""The contact of a lead: values from the customer, similar leads, matching customers."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column, table_exists

from ..text import text_to_html

ADDRESS_FIELDS = ("street", "street2", "city", "zip", "state_id", "country_id")
PARTNER_FIELDS = ("phone", "email", *ADDRESS_FIELDS)
#: the columns with the valid numbers of a lead in E.164 format; each has an index
NUMBER_COLUMNS = ("phone_sanitized", "second_phone_sanitized")
#: most partners with the same number or e-mail to look at
MAX_FOUND = 100


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    contact_partner_id = fields.Many2one(
        "res.partner",
        store=False,
        help="The customer whose contact values the form shows. Used by the form only.",
    )
    duplicate_lead_count = fields.Integer("Similar Leads", compute="_compute_duplicate_lead_count")

    def _auto_init(self):
        """Compute the second number of leads that are there already only where there are two."""
        cr, name = self.env.cr, "second_phone_sanitized"
        is_new = table_exists(cr, self._table) and not column_exists(cr, self._table, name)
        if is_new:
            create_column(cr, self._table, name, self._fields[name].column_type[1])
        result = super()._auto_init()
        if is_new:
            cr.execute("SELECT id FROM dealer_crm_lead WHERE mobile > '' AND phone > ''")
            leads = self.browse(lead_id for [lead_id] in cr.fetchall())
            self.env.add_to_compute(self._fields[name], leads)
        return result

    @api.depends("partner_id")
    def _compute_contact(self):
        """Take contact and address from the customer that is chosen in the form or on creation."""
        for lead in self:
            previous = lead.contact_partner_id or lead._origin.partner_id
            values = lead._get_contact(lead.partner_id, previous)
            if lead._origin != lead:
                lead.contact_partner_id = lead.partner_id or previous
            else:
                values.pop("mobile")
            lead.update(values)

    def _add_empty_contacts(self, vals_list):
        """The values of new leads, with empty contact values for leads without a customer.

        Odoo would compute each of them, lead by lead, to find that there is nothing to take.
        """
        names = ("contact_name", *PARTNER_FIELDS)
        defaults = self.default_get(["partner_id", *names])
        empty = {**dict.fromkeys(names, False), **defaults}
        return [
            vals if vals.get("partner_id", empty.get("partner_id")) else {**empty, **vals}
            for vals in vals_list
        ]

    def _split_by_contact(self, vals):
        """Yield (leads, values to write): leads with a new customer also get its contact values.

        Contact values in ``vals`` take precedence.
        """
        changing, partner = self.browse(), self.env["res.partner"]
        if "partner_id" in vals:
            field = self._fields["partner_id"]
            partner = partner.browse(field.convert_to_cache(vals["partner_id"], self))
            changing = self.filtered(lambda lead: partner and lead.partner_id != partner)
        for lead in changing:
            contact = lead._convert_to_write(lead._get_contact(partner, lead.partner_id))
            yield lead, {**contact, **vals}
        if same := self - changing:
            yield same, vals

    def _get_contact(self, partner, previous):
        """Dict of the contact and address values of this lead with ``partner`` as its customer.

        Values of the customer take precedence; the address is taken as a whole. Otherwise the lead
        keeps its value, unless it is that of the ``previous`` customer.
        """
        self.ensure_one()
        replaces_customer = previous and partner and previous != partner

        def keep(name):
            if replaces_customer and self._is_value_of(name, previous):
                return False
            return self[name]

        values = {
            "contact_name": partner.name or keep("contact_name"),
            "phone": partner.phone or keep("phone"),
            "mobile": keep("mobile"),
            "email": partner.email or keep("email"),
        }
        has_address = any(partner[name] for name in ADDRESS_FIELDS)
        for name in ADDRESS_FIELDS:
            values[name] = partner[name] if has_address else keep(name)
        return values

    def _is_value_of(self, name, partner):
        """Whether this contact field of the lead has the value of ``partner``."""
        if name == "contact_name":
            return self[name] == partner.name
        if name in self._phone_get_number_fields():
            return self[name] == partner.phone or bool(
                partner.phone_sanitized and self._phone_format(name) == partner.phone_sanitized
            )
        if name == "email":
            return self[name] == partner.email or bool(
                partner.email_normalized and self.email_normalized == partner.email_normalized
            )
        return self[name] == partner[name]

    @api.depends(*NUMBER_COLUMNS, "email_normalized")
    def _compute_duplicate_lead_count(self):
        for lead in self:
            # With the user's rights, so that the count matches the list that the button opens.
            lead.duplicate_lead_count = lead.search_count(lead._get_duplicate_domain())

    def action_open_duplicates(self):
        return self._get_list_action(self._get_duplicate_domain(), create=False)

    def _get_duplicate_domain(self):
        """Domain of other leads, archived too, with a number or the e-mail of this lead."""
        self.ensure_one()
        numbers = self._get_numbers()
        same = Domain.OR(Domain(name, "in", numbers) for name in NUMBER_COLUMNS)
        if self.email_normalized:
            same |= Domain("email_normalized", "=", self.email_normalized)
        return (
            same
            & Domain("id", "!=", self._origin.id)
            & Domain("company_id", "in", self.env.companies.ids)
            & Domain("active", "in", [True, False])
        )

    def _phone_get_number_fields(self):
        return ["mobile", "phone"]

    def _get_numbers(self):
        """List of this lead's valid numbers in E.164 format, without repetition."""
        numbers = map(self._phone_format, self._phone_get_number_fields())
        return list(dict.fromkeys(filter(None, numbers)))

    def _phone_get_sanitize_triggers(self):
        return [*super()._phone_get_sanitize_triggers(), "company_id"]

    def _phone_get_country(self):
        """A number without a country code is of the lead's country, else of its company's."""
        countries = super()._phone_get_country()
        for lead in self:
            if lead.company_id.country_id:
                countries.setdefault(lead.id, lead.company_id.country_id)
        return countries

    @api.depends(lambda self: self._phone_get_sanitize_triggers())
    def _compute_phone_sanitized(self):
        for lead in self:
            numbers = [*lead._get_numbers(), False, False]
            for name, number in zip(NUMBER_COLUMNS, numbers, strict=False):
                lead[name] = number

    def _get_customer_values(self):
        """Values of the partner to create for this lead (dict for ``res.partner.create``)."""
        self.ensure_one()
        values = {name: self[name] for name in PARTNER_FIELDS if self[name]}
        values = self._convert_to_write(values)
        return {
            **values,
            "name": self.contact_name or self.email or self.phone or self.mobile or self.name,
            "phone": self.phone or self.mobile,
            "user_id": self.user_id.id,
            "company_id": False,
        }

    def _find_customers(self):
        """Dict of partner to (number matches, e-mail matches), for partners where one does.

        The dealer's own companies and users are left out, and so are their numbers and e-mails.
        """
        self.ensure_one()
        numbers, email = set(self._get_numbers()), self.email_normalized
        same = Domain("phone_sanitized", "in", numbers) if numbers else Domain.FALSE
        if email:
            same |= Domain("email_normalized", "=", email)
        found = self.env["res.partner"].search(
            Domain("company_id", "in", [False, self.company_id.id]) & same,
            order="id",
            limit=MAX_FOUND,
        )
        own = self._get_own_partners(found)
        numbers -= set(own.mapped("phone_sanitized"))
        emails = {email} - {False, *own.mapped("email_normalized")}
        matches = {
            partner: (partner.phone_sanitized in numbers, partner.email_normalized in emails)
            for partner in found - own
        }
        return {partner: match for partner, match in matches.items() if any(match)}

    def _get_own_partners(self, partners):
        """The partners that belong to the dealer: companies, their contacts, internal users."""
        if not partners:
            return partners
        env = self.sudo().with_context(active_test=False).env
        firms = partners | partners.commercial_partner_id
        companies = env["res.company"].search([("partner_id", "in", firms.ids)])
        users = env["res.users"].search([("partner_id", "in", partners.ids), ("share", "=", False)])
        companies, people = companies.partner_id, users.partner_id
        return partners.filtered(
            lambda each: each in people | companies or each.commercial_partner_id in companies
        )

    def _find_customer(self):
        """The first partner with a number of this lead, else with its e-mail; may be empty."""
        found = self._find_customers()
        by_number = [partner for partner, (number, _email) in found.items() if number]
        return next(iter([*by_number, *found]), self.env["res.partner"])

    def _find_certain_customer(self):
        """The only partner with both a number and the e-mail of this lead; may be empty."""
        certain = [partner for partner, match in self._find_customers().items() if all(match)]
        return certain[0] if len(certain) == 1 else self.env["res.partner"]

    def _ask_for_customer(self):
        """Action of the wizard that asks for the customer; None if there is no need to ask."""
        self.ensure_one()
        if self.partner_id or self._find_certain_customer() or not self._find_customers():
            return None
        return self._get_action(
            "dealer_crm.dealer_crm_lead_customer_action",
            dialog_size="medium",
            default_lead_id=self.id,
        )

    def _set_customer(self, partner):
        """Set ``partner`` as the customer of this lead; if it is empty, create one.

        The lead keeps its contact values. Values that are added from the customer are logged.
        """
        self.ensure_one()
        partner = partner or self.env["res.partner"].create(self._get_customer_values())
        values = {
            "contact_name": self.contact_name or partner.name,
            "email": self.email or partner.email,
        }
        if partner.phone_sanitized not in self._get_numbers():
            values["phone"] = self.phone or partner.phone
        if not any(self[name] for name in ADDRESS_FIELDS):
            values.update({name: partner[name] for name in ADDRESS_FIELDS})
        added = {name: value for name, value in values.items() if value != self[name]}
        # Written too, since the customer's values would replace them.
        own = {name: self[name] for name in ("contact_name", "mobile", *PARTNER_FIELDS)}
        self.write({"partner_id": partner.id, **self._convert_to_write({**own, **values})})
        if added:
            lines = [
                f"{self._fields[name]._description_string(self.env)}: "
                f"{getattr(value, 'display_name', value)}"
                for name, value in added.items()
            ]
            title = self.env._("Taken from the customer %(customer)s:", customer=partner.name)
            self._message_log(body=text_to_html("\n".join([title, *lines])))
