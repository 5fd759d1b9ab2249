import logging

import psycopg2
from markupsafe import Markup, escape

from odoo import api, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import escape_psql

_logger = logging.getLogger(__name__)

RETRY_UNEXPECTED = 300  # seconds


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _apply_dealer_outcomes(self, items):
        """Apply ``[(lead, outcome)]``, each of another lead, and return an answer to each.

        All go together, since crm's statistics cost about as much for one lead as for fifty.
        When that fails, the halves are tried apart, until the one at fault stands alone.
        """
        if not items:
            return []
        try:
            with self.env.cr.savepoint():
                statuses = self._apply_dealer_outcomes_together(items)
        except (psycopg2.OperationalError, ConcurrencyError):
            raise
        except Exception as error:  # noqa: BLE001 - the other outcomes must not suffer from one
            if len(items) == 1:
                return [self._dealer_answer_failure(*items[0], error)]
            middle = len(items) // 2
            return self._apply_dealer_outcomes(items[:middle]) + self._apply_dealer_outcomes(
                items[middle:]
            )
        messages = {"applied": "Applied.", "stale": "A newer outcome was applied before."}
        return [
            self._dealer_answer(status, outcome.event_id, messages[status])
            for (_lead, outcome), status in zip(items, statuses, strict=True)
        ]

    def _apply_dealer_outcomes_together(self, items):
        """Apply what is newer than its lead, and note all in the inbox; returns the statuses."""
        statuses = [
            "applied" if outcome.sequence > lead.dealer_callback_sequence else "stale"
            for lead, outcome in items
        ]
        fresh = [
            item for item, status in zip(items, statuses, strict=True) if status == "applied"
        ]
        groups = {}
        for lead, outcome in fresh:
            key = (outcome.outcome, outcome.lost_reason if outcome.outcome == "lost" else "")
            groups[key] = groups.get(key, lead) | lead
            lead.write(
                {
                    "dealer_outcome": outcome.outcome,
                    "dealer_callback_sequence": outcome.sequence,
                }
            )
        reasons = self._find_or_create_lost_reasons({reason for _, reason in groups if reason})
        for (outcome, reason), leads in groups.items():
            if outcome == "won":
                leads.action_set_won()
            elif outcome == "lost":
                # crm refuses to lose a lead that stands in a Won stage.
                leads.filtered("stage_id.is_won")._back_to_endorse_stage()
                leads.action_set_lost(lost_reason_id=reasons[reason.casefold()].id)
            else:
                leads.filtered(lambda lead: not lead.active).action_restore()
                leads._back_to_endorse_stage()
        self._log_dealer_outcomes(fresh)
        self.env["bpo.dealer.callback"].sudo()._note(items, statuses)
        return statuses

    def _back_to_endorse_stage(self):
        """:raises UserError: when there is no such stage"""
        leads_by_stage = {}
        for lead, stage in self._endorse_stages().items():
            leads_by_stage[stage] = leads_by_stage.get(stage, lead) | lead
        for stage, leads in leads_by_stage.items():
            leads.write({"stage_id": stage.id})

    @api.model
    def _find_or_create_lost_reasons(self, names):
        """``{casefolded name: lost reason}``, archived ones included."""
        if not names:
            return {}
        Reason = self.env["crm.lost.reason"].sudo().with_context(active_test=False)
        found = Reason.search(
            Domain.OR(Domain("name", "=ilike", escape_psql(name)) for name in names), order="id desc"
        )
        reasons = {reason.name.casefold(): reason for reason in found}
        missing = {name.casefold(): name for name in names if name.casefold() not in reasons}
        created = Reason.create([{"name": name} for name in missing.values()])
        return reasons | dict(zip(missing, created, strict=True))

    def _log_dealer_outcomes(self, items):
        """One note on each lead: who reports what, with the order or the reason."""
        bodies = {lead.id: self._dealer_outcome_note(lead, outcome) for lead, outcome in items}
        self.sudo().browse(bodies)._message_log_batch(bodies)

    @api.model
    def _dealer_outcome_note(self, lead, outcome):
        label = dict(lead._fields["dealer_outcome"]._description_selection(lead.env))
        headline = lead.env._(
            "%(dealer)s reports: %(outcome)s",
            dealer=lead.dealer_id.name,
            outcome=label[outcome.outcome],
        )
        details = [
            (lead.env._("Dealer's lead"), outcome.dealer_lead_name),
            (lead.env._("Order"), outcome.sale_order),
            (lead.env._("Reason"), outcome.lost_reason),
            (lead.env._("Notes"), outcome.lost_notes),
            (lead.env._("By"), " · ".join(filter(None, [outcome.actor, outcome.dealer_company]))),
        ]
        return Markup("<br/>").join(
            [Markup("<b>%s</b>") % headline]
            + [
                Markup("%s: %s") % (title, Markup("<br/>").join(escape(text).splitlines()))
                for title, text in details
                if text
            ]
        )

    @api.model
    def _dealer_answer(self, status, event_id, message, retry_after=0):
        """The reply of the protocol; ``retry_after`` in seconds makes it retryable."""
        return {
            "ok": status != "rejected",
            "status": status,
            "event_id": event_id,
            "message": message,
            "retryable": bool(retry_after),
            "retry_after": retry_after,
        }

    @api.model
    def _dealer_answer_failure(self, lead, outcome, error):
        """The answer when applying failed: for good where a rule says no, else for now."""
        if isinstance(error, UserError):
            _logger.warning(
                "Outcome %s of lead %s refused: %s", outcome.event_id, lead.id, error
            )
            return self._dealer_answer("rejected", outcome.event_id, str(error))
        _logger.error(
            "Outcome %s of lead %s failed", outcome.event_id, lead.id, exc_info=error
        )
        return self._dealer_answer(
            "rejected", outcome.event_id, "Failed unexpectedly.", RETRY_UNEXPECTED
        )
