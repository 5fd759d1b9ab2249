"""Open leads with the number or the e-mail of another one, on the board and while one is typed."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .dealer_crm_lead_contact import NUMBER_COLUMNS

#: most leads that a warning names
MAX_NAMED = 3
#: a lead is like another one if a column has a value that is in a column of the same group there
SAME = (NUMBER_COLUMNS, ("email_normalized",))
SAME_COLUMNS = tuple(name for names in SAME for name in names)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    has_duplicate = fields.Boolean(
        "Duplicate",
        compute="_compute_has_duplicate",
        help="Another open lead has the same number or e-mail.",
    )
    duplicate_warning = fields.Char(
        compute="_compute_duplicate_warning",
        help="The open leads with the number or the e-mail of this new one; colleagues' are counted.",
    )

    @api.depends(*SAME_COLUMNS)
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_has_duplicate(self):
        """One query for all cards, with the user's rights."""
        known = self.filtered(lambda lead: lead.id and any(lead[name] for name in SAME_COLUMNS))
        found = set()
        if known:
            found = {lead_id for [lead_id] in self.env.execute_query(known._select_duplicates())}
        for lead in self:
            lead.has_duplicate = lead.id in found

    def _select_duplicates(self):
        """SQL query of the ids of those leads that have a duplicate."""
        self.flush_model(SAME_COLUMNS)
        return SQL(
            "SELECT l.id FROM dealer_crm_lead l WHERE l.id = ANY(%s) AND (%s)",
            self.ids,
            SQL(" OR ").join(self._get_same_sql(name, names) for names in SAME for name in names),
        )

    def _get_same_sql(self, name, names):
        """SQL condition: the column ``name`` of another open lead has a value of ``names`` of ``l``."""
        query = self._search(self._get_open_domain())
        column, lead_id = (SQL.identifier(self._table, each) for each in (name, "id"))
        values = SQL(", ").join(SQL.identifier("l", each) for each in names)
        query.add_where(SQL("%s IN (%s)", column, values))
        query.add_where(SQL("%s != %s", lead_id, SQL.identifier("l", "id")))
        return SQL("EXISTS (%s)", query.select(SQL("1")))

    @api.model
    def _get_open_domain(self):
        return (
            Domain("won_status", "=", "pending")
            & Domain("active", "=", True)
            & Domain("company_id", "in", self.env.companies.ids)
        )

    @api.depends("phone", "mobile", "email")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_duplicate_warning(self):
        """Only of leads that are not saved yet: it takes a query for each."""
        for lead in self:
            found = lead.browse()
            if not lead.id and (lead._get_numbers() or lead.email_normalized):
                domain = lead._get_duplicate_domain() & self._get_open_domain()
                found = lead.sudo().search(domain, limit=100)
            lead.duplicate_warning = self._name_duplicates(found) if found else False

    def _name_duplicates(self, found):
        """A sentence on the open leads ``found`` (with sudo); names those that the user may read."""
        own = found.sudo(False)._filtered_access("read")
        names = [
            self.env._("%(lead)s in %(stage)s", lead=lead._get_label(), stage=lead.stage_id.name)
            for lead in own[:MAX_NAMED]
        ]
        if more := len(own) - len(names):
            names.append(self.env._("%(count)s more", count=more))
        if others := len(found) - len(own):
            names.append(self.env._("%(count)s of colleagues", count=others))
        return self.env._("Already there: %(leads)s.", leads=", ".join(names))
