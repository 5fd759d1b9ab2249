import logging

import psycopg2
from markupsafe import Markup, escape

from odoo import models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import escape_psql, groupby

_logger = logging.getLogger(__name__)

RETRY_UNEXPECTED = 300  # seconds


class CrmLead(models.Model):
    _inherit = "crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _apply_dealer_outcomes(self, items):
        """Apply outcomes, each of another lead; return an answer to each.

        All are applied together, because updating crm's statistics costs about the same for one
        lead as for fifty. If that fails, each half is tried separately, until only the outcome at
        fault fails.

        :param items: list of (lead, outcome)
        """
        if not items:
            return []
        try:
            with self.env.cr.savepoint():
                statuses = self._apply_dealer_outcomes_together(items)
        except (psycopg2.OperationalError, ConcurrencyError):
            raise
        except Exception as error:  # must not affect the other outcomes
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
        """Apply outcomes that are not stale, record all in the inbox; list of their statuses."""
        statuses = [
            "applied" if outcome.sequence > lead.dealer_callback_sequence else "stale"
            for lead, outcome in items
        ]
        fresh = [item for item, status in zip(items, statuses, strict=True) if status == "applied"]
        self._log_dealer_outcomes(fresh)
        numbers = self._group_dealer_leads(fresh, lambda each: (each.outcome, each.sequence))
        for (outcome, sequence), leads in numbers.items():
            leads.write({"dealer_outcome": outcome, "dealer_callback_sequence": sequence})
        results = self._group_dealer_leads(
            fresh, lambda each: (each.outcome, each.outcome == "lost" and each.lost_reason)
        )
        reasons = self._find_or_create_lost_reasons({reason for _, reason in results if reason})
        for (outcome, reason), leads in results.items():
            if outcome == "won":
                # One team at a time: crm would search one Won stage for all teams together.
                for team_leads in leads.grouped("team_id").values():
                    team_leads.action_set_won()
            elif outcome == "lost":
                # crm refuses to lose a lead in a Won stage.
                leads.filtered("stage_id.is_won")._move_to_endorse_stage()
                leads.action_set_lost(lost_reason_id=reasons[reason.casefold()].id)
            else:
                leads.filtered(lambda lead: not lead.active).action_restore()
                leads._move_to_endorse_stage()
        self.env["bpo.dealer.callback"].sudo()._record(items, statuses)
        return statuses

    def _group_dealer_leads(self, items, key):
        """``{key(outcome): leads}`` of ``[(lead, outcome)]``."""
        groups = {
            value: [lead for lead, _outcome in group]
            for value, group in groupby(items, lambda item: key(item[1]))
        }
        return {value: leads[0].concat(*leads[1:]) for value, leads in groups.items()}

    def _move_to_endorse_stage(self):
        """:raises UserError: if there is no such stage"""
        stages = self._endorse_stages()
        for stage, leads in self.grouped(stages.get).items():
            leads.write({"stage_id": stage.id})

    def _find_or_create_lost_reasons(self, names):
        """``{casefolded name: lost reason}``, including archived ones; missing ones are created."""
        if not names:
            return {}
        Reason = self.env["crm.lost.reason"].sudo().with_context(active_test=False)
        found = Reason.search(
            Domain.OR(Domain("name", "=ilike", escape_psql(name)) for name in names),
            order="id desc",
        )
        reasons = {reason.name.casefold(): reason for reason in found}
        missing = {name.casefold(): name for name in names if name.casefold() not in reasons}
        created = Reason.create([{"name": name} for name in missing.values()])
        return reasons | dict(zip(missing, created, strict=True))

    def _log_dealer_outcomes(self, items):
        """Log on each lead who reports what, with the order or the reason.

        If the outcome changes, the text is added to the message that tracks the change.
        """
        bodies = {}
        for lead, outcome in items:
            note = self._dealer_outcome_note(lead, outcome)
            if lead.dealer_outcome != outcome.outcome:
                lead._track_set_log_message(note)
            else:
                bodies[lead.id] = note
        if bodies:
            self.sudo().browse(bodies)._message_log_batch(bodies)

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

    def _reject(self, event_id, message, retry_after=0):
        return self._dealer_answer("rejected", event_id, message, retry_after)

    def _dealer_answer(self, status, event_id, message, retry_after=0):
        """An answer of the protocol; it is retryable if ``retry_after`` (seconds) is set."""
        return {
            "ok": status != "rejected",
            "status": status,
            "event_id": event_id,
            "message": message,
            "retryable": bool(retry_after),
            "retry_after": retry_after,
        }

    def _dealer_answer_failure(self, lead, outcome, error):
        """The answer after an error: rejected for good on a ``UserError``, otherwise retryable."""
        if isinstance(error, UserError):
            _logger.warning("Outcome %s of lead %s refused: %s", outcome.event_id, lead.id, error)
            return self._reject(outcome.event_id, str(error))
        _logger.error("Outcome %s of lead %s failed", outcome.event_id, lead.id, exc_info=error)
        return self._reject(outcome.event_id, "Failed unexpectedly.", RETRY_UNEXPECTED)
