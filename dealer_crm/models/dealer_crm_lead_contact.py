"""The person behind a lead: what the customer's record knows, and who else is the same."""

from odoo import api, fields, models
from odoo.fields import Domain

PARTNER_FIELDS = (
    "phone",
    "email",
    "street",
    "street2",
    "city",
    "zip",
    "state_id",
    "country_id",
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    duplicate_lead_count = fields.Integer(
        "Similar Leads", compute="_compute_duplicate_lead_count", compute_sudo=True
    )

    @api.depends("partner_id")
    def _compute_contact(self):
        """Contact and address come from the customer once one is chosen.

        What the agent typed stays where the customer has nothing; the address is
        taken whole or not at all.
        """
        for lead in self:
            partner = lead.partner_id
            lead.contact_name = partner.name or lead.contact_name
            lead.phone = partner.phone or lead.phone
            lead.email = partner.email or lead.email
            source = partner if any(partner[name] for name in PARTNER_FIELDS[2:]) else lead
            for name in PARTNER_FIELDS[2:]:
                lead[name] = source[name]

    @api.depends("phone_sanitized", "email_normalized")
    def _compute_duplicate_lead_count(self):
        for lead in self:
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

    def _find_customer(self):
        """The partner with one of this lead's numbers, else with its e-mail; may be empty."""
        self.ensure_one()
        partners = self.env["res.partner"]
        company = Domain("company_id", "in", [False, self.company_id.id])
        if numbers := self._get_numbers():
            partners = partners.search(
                company & Domain("phone_sanitized", "in", numbers), order="id", limit=1
            )
        if not partners and self.email_normalized:
            partners = partners.search(
                company & Domain("email_normalized", "=", self.email_normalized),
                order="id",
                limit=1,
            )
        return partners

    def _ensure_customer(self):
        """Give each lead without a customer the one that matches, else a new one."""
        for lead in self.filtered(lambda lead: not lead.partner_id):
            lead.partner_id = lead._find_customer() or self.env["res.partner"].create(
                lead._get_customer_values()
            )
