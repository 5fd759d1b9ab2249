"""The person behind a lead: what the customer's record knows, and who else is the same."""

from odoo import api, fields, models
from odoo.fields import Domain

from ..text import text_to_html

ADDRESS_FIELDS = ("street", "street2", "city", "zip", "state_id", "country_id")
PARTNER_FIELDS = (
    "phone",
    "email",
    *ADDRESS_FIELDS,
)
#: how many partners with the same number or e-mail are looked at
MAX_FOUND = 100


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    contact_partner_id = fields.Many2one(
        "res.partner",
        store=False,
        help="Whose contact a form shows, from one choice of a customer to the next.",
    )
    duplicate_lead_count = fields.Integer("Similar Leads", compute="_compute_duplicate_lead_count")

    @api.depends("partner_id")
    def _compute_contact(self):
        """Contact and address come from the customer once one is chosen."""
        for lead in self:
            previous = lead.contact_partner_id or lead._origin.partner_id
            values = lead._get_contact(lead.partner_id, previous)
            if lead._origin != lead:
                lead.contact_partner_id = lead.partner_id or previous
            else:
                values.pop("mobile")
            lead.update(values)

    def _split_by_contact(self, vals):
        """Yield (leads, values to write): another customer comes with a contact of its own.

        That is so whoever chooses the customer; what ``vals`` has of the contact goes first.
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
        """Dict of contact and address of this lead with ``partner`` as its customer.

        What was typed stays where the customer has nothing, the address as a whole; what the
        ``previous`` customer has goes with him.
        """
        self.ensure_one()

        def own(name):
            if not previous or previous == partner or not partner:
                return self[name]
            return False if self._is_value_of(name, previous) else self[name]

        values = {
            "contact_name": partner.name or own("contact_name"),
            "phone": partner.phone or own("phone"),
            "mobile": own("mobile"),
            "email": partner.email or own("email"),
        }
        whole = any(partner[name] for name in ADDRESS_FIELDS)
        values.update({name: partner[name] if whole else own(name) for name in ADDRESS_FIELDS})
        return values

    def _is_value_of(self, name, partner):
        """Whether this contact field of the lead holds what ``partner`` has."""
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

    @api.depends("phone_sanitized", "email_normalized")
    def _compute_duplicate_lead_count(self):
        for lead in self:
            # Counted with the user's rights: he is not sent to a list of what he may not see.
            lead.duplicate_lead_count = lead.search_count(lead._get_duplicate_domain())

    def action_open_duplicates(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "dealer_crm.dealer_crm_lead_action_all"
        )
        action["domain"] = self._get_duplicate_domain()
        action["context"] = {"active_test": False, "create": False}
        return action

    def _get_duplicate_domain(self):
        """Domain of the other leads, archived too, with one of this one's numbers or e-mail."""
        self.ensure_one()
        same = Domain("phone_sanitized", "in", self._get_numbers())
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
        """List of this lead's numbers in E.164, those that cannot be read left out."""
        numbers = map(self._phone_format, self._phone_get_number_fields())
        return list(filter(None, numbers))

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
        """Dict of the partners with one of this lead's numbers or its e-mail: (number, e-mail) agree.

        What the dealer itself goes by, as its company or its people, says of nobody else who he is.
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
        agree = {
            partner: (partner.phone_sanitized in numbers, partner.email_normalized in emails)
            for partner in found - own
        }
        return {partner: same for partner, same in agree.items() if any(same)}

    @api.model
    def _get_own_partners(self, partners):
        """Those of the partners that are the dealer: a company, its contacts, its internal users."""
        if not partners:
            return partners
        houses = self.env["res.company"].sudo().with_context(active_test=False)
        companies = houses.search(
            [("partner_id", "in", (partners | partners.commercial_partner_id).ids)]
        ).partner_id
        users = self.env["res.users"].sudo().with_context(active_test=False)
        people = users.search(
            [("partner_id", "in", partners.ids), ("share", "=", False)]
        ).partner_id
        return partners.filtered(
            lambda partner: (
                partner in people
                or partner in companies
                or partner.commercial_partner_id in companies
            )
        )

    def _find_customer(self):
        """The first partner with one of this lead's numbers, else with its e-mail; may be empty."""
        found = self._find_customers()
        by_number = [partner for partner, (number, _email) in found.items() if number]
        return next(iter([*by_number, *found]), self.env["res.partner"])

    def _find_plain_customer(self):
        """The one partner that has both a number and the e-mail of this lead; may be empty."""
        plain = [partner for partner, same in self._find_customers().items() if all(same)]
        return plain[0] if len(plain) == 1 else self.env["res.partner"]

    def _ask_for_customer(self):
        """The window that asks whose this lead is, where others are like it; else None."""
        self.ensure_one()
        if self.partner_id or self._find_plain_customer() or not self._find_customers():
            return None
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "dealer_crm.dealer_crm_lead_customer_action"
        )
        action["context"] = {"dialog_size": "medium", "default_lead_id": self.id}
        return action

    def _ensure_customer(self):
        """Give each lead without a customer the one that it plainly is of, else a new one."""
        for lead in self.filtered(lambda lead: not lead.partner_id):
            lead._take_customer(lead._find_plain_customer())

    def _take_customer(self, partner):
        """Make ``partner``, a new one where it is empty, the customer of this lead.

        What was typed stays; what comes from the customer is written down.
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
        taken = {name: value for name, value in values.items() if value != self[name]}
        self.write(
            {"partner_id": partner.id, **self._get_typed(), **self._convert_to_write(values)}
        )
        if taken:
            lines = [
                f"{self._fields[name]._description_string(self.env)}: "
                f"{getattr(value, 'display_name', value)}"
                for name, value in taken.items()
            ]
            title = self.env._("Taken from the customer %(customer)s:", customer=partner.name)
            self._message_log(body=text_to_html("\n".join([title, *lines])))

    def _get_typed(self):
        """Dict of the contact and address that stand on this lead, to be written as they are."""
        names = ("contact_name", "mobile", *PARTNER_FIELDS)
        return self._convert_to_write({name: self[name] for name in names})
