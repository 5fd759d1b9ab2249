from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerCrmLeadReassign(models.TransientModel):
    _name = "dealer.crm.lead.reassign"
    _inherit = ["dealer.crm.lead.selection.mixin"]
    _description = "Give Leads to Other Salespeople"

    closed_ids = fields.Many2many(relation="dealer_crm_lead_reassign_closed_rel")
    method = fields.Selection(
        [("user", "One Salesperson"), ("team", "The Members of a Team, Equally")],
        "Assign To",
        default="user",
        required=True,
    )
    user_id = fields.Many2one("res.users", "Salesperson", domain=[("share", "=", False)])
    team_id = fields.Many2one("crm.team", "Sales Team")
    preview = fields.Html(
        compute="_compute_preview", sanitize=False, help="Who gets how many of the leads."
    )

    @api.depends("lead_ids", "method", "user_id", "team_id")
    def _compute_preview(self):
        for wizard in self:
            leads = wizard._get_open_leads()
            plan = wizard._make_plan(leads)
            wizard.preview = wizard._show_plan(leads, plan) if wizard._get_target() else False

    def _get_target(self):
        return (self.user_id if self.method == "user" else self.team_id)._origin

    def _get_open_leads(self):
        leads = self.lead_ids._origin._filtered_access("write")
        return leads.filtered(lambda lead: lead.won_status == "pending")

    def _make_plan(self, leads):
        users, teams = self.env["res.users"], self.env["crm.team"]
        target = self._get_target()
        if self.method == "user":
            return leads._plan_reassignment(target, teams)
        return leads._plan_reassignment(users, target) if target else {}

    def _show_plan(self, leads, plan):
        """The plan as a table (``Markup``), with what is left over."""
        users = self.env["res.users"].union(*plan)
        counts = leads._count_open_leads(users)
        row = Markup("<tr><th scope='row'>%s</th>" + "<td class='text-end'>%s</td>" * 3 + "</tr>")
        rows = []
        for user, given in plan.items():
            new = given.filtered(lambda lead, user=user: lead.user_id != user)
            lost = leads.filtered(lambda lead, user=user: lead.user_id == user) - given
            active = [len(each.filtered("active")) for each in (new, lost)]
            after = counts.get(user, 0) + active[0] - active[1]
            rows.append(row % (user.name, len(new), len(given - new), after))
        rest = len(leads) - sum(map(len, plan.values()))
        note = Markup()
        if rest:
            note = Markup("<p class='text-warning mb-0'>%s</p>") % self.env._(
                "%(count)s of the leads stay as they are: nobody in the team gets new leads, or has"
                " room for more.",
                count=rest,
            )
        head = Markup("<tr><th>%s</th>" + "<th class='text-end'>%s</th>" * 3 + "</tr>") % (
            self.env._("Salesperson"),
            self.env._("Leads Added"),
            self.env._("Leads Kept"),
            self.env._("Open Leads Afterwards"),
        )
        table = Markup(
            "<table class='table table-sm mb-2'>"
            "<thead class='small'>%s</thead><tbody class='text-break'>%s</tbody></table>"
        ) % (head, Markup().join(rows))
        return (table if rows else Markup()) + note

    def action_confirm(self):
        """Give the leads to whom the preview says, all or none.

        :raise UserError: if there is nobody to give them to
        """
        self.ensure_one()
        leads = self._get_open_leads()
        if not leads:
            raise UserError(self.env._("All of these leads are closed already: choose open ones."))
        if not self._get_target():
            raise UserError(self.env._("Choose the salesperson, or the team, that gets the leads."))
        plan = self._make_plan(leads)
        if not plan:
            raise UserError(
                self.env._(
                    "Nobody in %(team)s can get leads now: look at Configuration → Team Members.",
                    team=self.team_id.name,
                )
            )
        leads._reassign(plan, self.team_id if self.method == "team" else self.env["crm.team"])
        return {"type": "ir.actions.act_window_close"}
