from odoo import api, models
from odoo.exceptions import AccessError

USERS_GROUP = "base.group_erp_manager"
#: most names in the text of a step
NAMED = 5


class DealerCrmSettings(models.TransientModel):
    """What an admin sets up before the first lead comes, as a list on the empty board."""

    _inherit = "dealer.crm.settings"

    @api.model
    @api.readonly
    def get_first_day(self):
        """The steps of the current company's first day, for its Dealer Admin.

        :return: list of dicts with ``key``, ``title``, ``text``, ``state`` ('done', 'open' or
            'optional') and ``action``; empty once the company has a lead, or nothing is open
        """
        if not self.env.user.has_group("dealer_crm.group_dealer_admin"):
            raise AccessError(
                self.env._("Only a Dealer Admin sets up Dealer CRM: there is nothing to do here.")
            )
        company = self.env.company
        leads = self.env["dealer.crm.lead"].sudo().with_context(active_test=False)
        if leads.search_count([("company_id", "=", company.id)], limit=1):
            return []
        steps = [
            self._get_connection_step(company),
            self._get_people_step(company),
            self._get_stages_step(),
            self._get_reasons_step(),
            self._get_address_step(company),
            self._get_import_step(),
        ]
        return steps if any(step["state"] == "open" for step in steps) else []

    def _make_step(self, key, title, text, action, done, optional=False):
        state = "done" if done else "optional" if optional else "open"
        return {"key": key, "title": title, "text": text, "action": action, "state": state}

    def _get_connection_step(self, company):
        connections = self.env["dealer.crm.bpo.connection"]
        connection = connections._get_for_companies(company).get(company, connections)
        statuses = dict(connection._fields["status"]._description_selection(self.env))
        text = self.env._("Enter what the BPO gave you, then press Test Connection.")
        if connection:
            text = self.env._(
                "%(name)s: %(status)s", name=connection.name, status=statuses[connection.status]
            )
        action = self._get_form("dealer_crm.dealer_crm_bpo_connection_action", connection)
        title = self.env._("Connect the BPO, and test it")
        return self._make_step("connection", title, text, action, connection.status == "ready")

    def _get_people_step(self, company):
        teams = self.env["crm.team"].search([("company_id", "in", [False, company.id])])
        leads = self.env["dealer.crm.lead"]
        people = teams.member_ids.filtered(lambda user: leads._may_get(user, company))
        if people:
            names = people[:NAMED].mapped("name") + ["…"] * (len(people) > NAMED)
            text = self.env._("Can get leads: %(names)s", names=", ".join(names))
        else:
            text = self.env._(
                "An administrator of Odoo gives people their group; then put them into a team."
            )
        action = "sales_team.crm_team_member_action"
        if not people and self.env.user.has_group(USERS_GROUP):
            action = "base.action_res_users"
        title = self.env._("Add people, and put them into a team")
        return self._make_step("people", title, text, action, bool(people))

    def _get_stages_step(self):
        stages = self.env["dealer.crm.stage"]._get_all()
        closing = [status for _id, status in stages._get_pipeline() if status]
        # Unlike an arrow, this sign turns round in languages that are written from right to left.
        text = " › ".join(stages.mapped("name"))
        is_done = len(closing) == 2 and bool(stages._get_open_ids())
        if not is_done:
            text = self.env._(
                "One stage must have the Won flag, another the Lost flag, at least one neither."
            )
        title = self.env._("Check the stages")
        return self._make_step("stages", title, text, "dealer_crm.dealer_crm_stage_action", is_done)

    def _get_reasons_step(self):
        reasons = self.env["dealer.crm.lost.reason"].search([("active", "=", True)])
        text = ", ".join(reasons[:NAMED].mapped("name"))
        if not reasons:
            text = self.env._("Mark Lost needs at least one: enter it.")
        title = self.env._("Check the lost reasons")
        action = "dealer_crm.dealer_crm_lost_reason_action"
        return self._make_step("reasons", title, text, action, bool(reasons))

    def _get_address_step(self, company):
        alias = company.sudo().dealer_lead_alias_id
        text = alias.display_name or self.env._("Mails to it become leads.")
        title = self.env._("Choose the e-mail address for leads")
        action = "dealer_crm.dealer_crm_settings_action_open"
        return self._make_step("address", title, text, action, bool(alias), optional=True)

    def _get_import_step(self):
        action = {
            "type": "ir.actions.client",
            "tag": "import",
            "name": self.env._("Import Leads"),
            "params": {"active_model": "dealer.crm.lead", "context": {}},
        }
        title = self.env._("Import the leads that you have")
        text = self.env._("The import page has a template for Excel or CSV.")
        return self._make_step("import", title, text, action, False, optional=True)

    def _get_form(self, xml_id, record):
        """The window action ``xml_id`` (dict), on the form of ``record``, or of a new one."""
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        return {**action, "views": [(False, "form")], "res_id": record.id}
