from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

#: how many reasons Mark Lost shows as buttons, and how many lost leads tell which
FREQUENT, COUNTED = 5, 1000


class DealerCrmLostReason(models.Model):
    _name = "dealer.crm.lost.reason"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Dealer CRM Lost Reason"
    _order = "sequence, id"

    name = fields.Char("Reason", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    lead_count = fields.Integer("Leads", compute="_compute_lead_count")

    def _compute_lead_count(self):
        counts = self.env["dealer.crm.lead"]._count_by("lost_reason", self)
        for reason in self:
            reason.lead_count = counts.get(reason, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        leads = self.env["dealer.crm.lead"].sudo()
        for reason, count in leads._count_by("lost_reason", self).items():
            raise UserError(
                self.env._(
                    'Lost reason "%(reason)s" is given on %(count)s lead(s): archive it instead.',
                    reason=reason.name,
                    count=count,
                )
            )

    def action_open_leads(self):
        self.ensure_one()
        self.check_access("read")
        leads = self.env["dealer.crm.lead"]
        return leads._get_list_action([("lost_reason", "=", self.id)], create=False)

    @api.model
    def _get_frequent(self, companies):
        """The reasons that the latest lost leads of ``companies`` have most often, then others."""
        leads = self.env["dealer.crm.lead"].sudo().with_context(active_test=False)
        latest = leads.search(
            [("lost_reason", "!=", False), ("company_id", "in", companies.ids)],
            order="id desc",
            limit=COUNTED,
        )
        counts = Counter(lead.lost_reason.id for lead in latest)
        # Sorting keeps the order of those that are used as often.
        return self.search([("active", "=", True)]).sorted(lambda reason: -counts[reason.id])[
            :FREQUENT
        ]
