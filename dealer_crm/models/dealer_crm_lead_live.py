"""Live boards and forms: who shows a lead is told that it has changed, and reads what changed.

One message a transaction and company goes over Odoo's bus, with ids of leads and stages and no
other values: the record rules are applied when a client reads.
"""

from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

CHANGED = "dealer_crm.lead/changed"
CHANNEL = "dealer_crm.leads"
#: a message about more leads than this has no ids: boards are then loaded again
MAX_NAMED = 500
#: most leads that a client may ask for at once
MAX_READ = 1000
#: fields that no board or form shows, or that change with others
UNSEEN = frozenset({"callback_sequence", "duration_tracking", "date_escalated"})
PENDING = "dealer_crm.live"
#: context key of the browser tab that makes the change, which shows it already
TAB = "dealer_crm_tab"


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def unlink(self):
        """Delete the leads; who shows them is told."""
        self._announce_change()
        return super().unlink()

    def _announce_change(self, names=None, stage_ids=()):
        """Tell those who show these leads, when the transaction is committed, that they changed.

        :param names: the fields that were written, if only fields were
        :param stage_ids: ids of the stages that the leads have left
        """
        if self and (names is None or set(names) - UNSEEN):
            self._queue_message("ids", stage_ids)

    def _announce_activities(self):
        """The same of leads whose activities have changed, and else nothing."""
        told = self.env.cr.precommit.data.get(PENDING, {}).values()
        leads = self.sudo().browse(set(self.ids).difference(*(each["ids"] for each in told)))
        leads.fetch(["company_id", "stage_id"])
        gone = set(self._fields["company_id"]._cache_missing_ids(leads))
        leads.filtered(lambda lead: lead.id not in gone)._queue_message("planned_ids")

    def _queue_message(self, key, stage_ids=()):
        data = self.env.cr.precommit.data
        if PENDING not in data:
            data[PENDING] = defaultdict(lambda: defaultdict(set))
            self.env.cr.precommit.add(self.browse().sudo()._send_changes)
        for company_id, leads in self.sudo().grouped(lambda lead: lead.company_id.id).items():
            changes = data[PENDING][company_id]
            if len(changes[key]) <= MAX_NAMED:
                changes[key].update(leads.ids)
            changes["stage_ids"].update(leads.stage_id.ids, stage_ids)
            changes["tabs"].add(str(self.env.context.get(TAB) or "")[:20])

    @api.model
    def _announce_pipeline(self):
        """Tell all open boards that the stages have changed."""
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            self.env["bus.bus"]._sendone((company, CHANNEL), CHANGED, {"many": True})

    @api.model
    def _send_changes(self):
        for company_id, changes in self.env.cr.precommit.data.pop(PENDING).items():
            ids, planned_ids = changes["ids"], changes["planned_ids"] - changes["ids"]
            message = {"stage_ids": sorted(changes["stage_ids"])}
            if len(ids) + len(planned_ids) <= MAX_NAMED:
                message["ids"] = sorted(ids)
                if planned_ids:
                    message["planned_ids"] = sorted(planned_ids)
            else:
                message["many"] = True
            if len(changes["tabs"]) == 1 and (tab := changes["tabs"].pop()):
                message["tab"] = tab
            company = self.env["res.company"].browse(company_id)
            self.env["bus.bus"]._sendone((company, CHANNEL), CHANGED, message)

    @api.model
    @api.readonly
    def read_changes(self, lead_ids, domain, specification):
        """The cards of those of these leads that a board shows, with the user's rights.

        :param lead_ids: list of ids of leads that have changed
        :param domain: the board's domain
        :param specification: of the cards, as for ``web_read``
        :return: list of dicts, in the board's order
        """
        changed = Domain("id", "in", lead_ids[:MAX_READ]) & Domain(domain)
        leads = self.search_fetch(changed, self._get_card_columns(specification))
        return leads.web_read(specification)
