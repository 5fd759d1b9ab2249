"""What is due on a deal and what was granted are kept equal by new entries.

Whatever changes a fact marks the deal (``is_stale``), and marked deals are reconciled once, before the
commit.
"""

import logging
from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from .dealer_crm_commission_facts import CREDIT_NOTES, Origin

_logger = logging.getLogger(__name__)

HOOK = "dealer_crm_resellers.reconcile"
CRON_BATCH = 500


class Granted(NamedTuple):
    """An entry that is there."""

    id: int
    state: str
    reason: str
    amount: float
    base: float
    due: float
    amount_company: float
    date_rate: date
    order_line_id: int | None
    invoice_line_id: int | None
    rule_id: int | None
    move_type: str | None

    def get_origin(self):
        is_credit = self.move_type in CREDIT_NOTES
        return Origin(self.order_line_id, self.invoice_line_id, self.date_rate, is_credit)

    def equals(self, vals, currency):
        """Whether this draft says the same as ``vals``."""
        return self.reason == vals["reason"] and all(
            currency.compare_amounts(getattr(self, name), vals[name]) == 0
            for name in ("amount", "base", "due", "amount_company")
        )


class DealerCrmCommission(models.Model):
    _inherit = "dealer.crm.commission"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _reconcile_before_commit(self):
        precommit = self.env.cr.precommit
        if HOOK in precommit.data:
            return
        precommit.data[HOOK] = True
        commissions = self.env(su=True)["dealer.crm.commission"]

        @precommit.add
        def reconcile():
            precommit.data.pop(HOOK, None)
            commissions._reconcile_stale()

    @api.model
    def _reconcile_stale(self):
        """Reconcile the deals whose facts have changed since; return the new entries."""
        return self.sudo().search([("is_stale", "=", True)])._reconcile()

    def _reconcile(self, reason=None):
        """Add draft entries until what is granted equals what is due; idempotent.

        Drafts are replaced. An entry that somebody has decided on stays as it is.

        :param str reason: of the new entries, instead of the one that the facts tell
        :return: the new entries
        """
        self._claim()
        return self._grant(reason)

    def _claim(self):
        """Let one transaction at a time reconcile these deals.

        A second one fails here with a serialization error and is run again by Odoo: it has not seen
        the entries of the first.
        """
        if not self:
            return
        self.flush_recordset()
        self.env.cr.execute(
            """
            UPDATE dealer_crm_commission SET write_date = write_date
             WHERE id IN (SELECT id FROM dealer_crm_commission WHERE id = ANY(%s)
                           ORDER BY id FOR NO KEY UPDATE)
            """,
            [self.ids],
        )

    def _grant(self, reason=None, new=()):
        """Reconcile deals that no other transaction changes now; see ``_reconcile``.

        :param new: list of ``Deal`` that are not among these and have no entries
        """
        self = self.sudo()._without_defaults()
        entries = self.env["dealer.crm.commission.entry"]
        if not self and not new:
            return entries
        self.env.flush_all()
        deals = [*self._read_deals(), *new]
        due = self._get_due(deals)
        granted = self._read_granted()
        missing, obsolete = [], []
        for deal in deals:
            added, replaced = self._compare(deal, due[deal.id], granted.get(deal.id, {}), reason)
            missing += added
            obsolete += replaced
        entries.browse(obsolete)._as_program().unlink()
        created = entries._insert(missing)
        if stale := [deal.id for deal in deals if deal.is_stale]:
            self.browse(stale)._write_unchecked({"is_stale": False})
        return created

    def _read_granted(self):
        """Dict of deal id to dict of source to list of ``Granted``, oldest first; none by hand."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.commission_id, e.source, e.id, e.state, e.reason, e.amount, e.base, e.due,
                       e.amount_company, e.date_rate, e.order_line_id, e.invoice_line_id, e.rule_id,
                       m.move_type
                  FROM dealer_crm_commission_entry e
                  LEFT JOIN account_move_line i ON i.id = e.invoice_line_id
                  LEFT JOIN account_move m ON m.id = i.move_id
                 WHERE e.commission_id = ANY(%s) AND e.source IS NOT NULL ORDER BY e.id
                """,
                self.ids,
            )
        )
        granted = {}
        for commission_id, source, *values in rows:
            sources = granted.setdefault(commission_id, {})
            sources.setdefault(source, []).append(Granted(*values))
        return granted

    def _compare(self, deal, due, granted, reason):
        """(list of values of new entries, list of ids of drafts that they replace) of a deal.

        :param due: dict of source to (``due.Due``, ``Origin``)
        :param granted: dict of source to list of ``Granted``
        """
        new, old = [], []
        for source in due if not granted else {**due, **granted}:
            known = granted.get(source, ())
            drafts = [each for each in known if each.state == "draft"]
            kept = [each for each in known if each.state != "draft"]
            vals = self._prepare_entry(deal, source, *due.get(source, (None, None)), kept, reason)
            if vals and len(drafts) == 1 and drafts[0].equals(vals, deal.currency):
                continue
            old += [each.id for each in drafts]
            if vals:
                new.append(vals)
        return new, old

    def _prepare_entry(self, deal, source, due, origin, kept, reason):
        """Values of the entry that makes ``kept`` equal to ``due``; None when they are.

        A refused entry is not proposed again as long as the same is due.

        :param due: of ``due.Due``, or None when nothing is due for the source
        :param kept: the entries of the source that are no drafts, oldest first
        """
        rounding, places = deal.rounding, deal.places
        counted = [each for each in kept if each.state != "refused"]
        steps = due.amount if due else 0
        change = steps - sum(round(each.amount / rounding) for each in counted)
        last = kept[-1] if kept else None
        if not change or (last and last.state == "refused" and round(last.due / rounding) == steps):
            return None
        origin = origin or last.get_origin()
        total = round(steps * rounding, places)
        amount = amount_company = round(change * rounding, places)
        if deal.company_currency != deal.currency:
            amount_company = deal.company_currency.round(
                deal.currency._convert(total, deal.company_currency, deal.company, origin.date)
                - sum(each.amount_company for each in counted)
            )
        base = (due.base if due else 0) - sum(round(each.base / rounding) for each in counted)
        return {
            "commission_id": deal.id,
            "source": source,
            "order_line_id": origin.order_line_id,
            "invoice_line_id": origin.invoice_line_id,
            "rule_id": (due.rule if due else last.rule_id) or None,
            "reason": reason
            or deal.lost
            or self._get_reason(deal, change, steps, bool(due), origin),
            "date_rate": origin.date,
            "base": round(base * rounding, places),
            "due": total,
            "amount": amount,
            "amount_company": amount_company,
        }

    @api.model
    def _get_reason(self, deal, change, steps, is_due, origin):
        """Why ``steps`` are due on a deal that earns, ``change`` more than was granted."""
        basis = deal.get_terms()["basis"] if deal.terms else "won"
        if basis == "won":
            return "won" if change == steps else "order_changed"
        if origin.is_credit:
            return "credited"
        if basis == "paid":
            return "paid" if change > 0 else "payment_undone"
        return "invoiced" if is_due else "cancelled"

    @api.model
    def _cron_reconcile(self):
        """Reconcile the deals whose facts were written since the run before; tell what differs."""
        commissions = self._find_changed(self.env.context.get("lastcall"))
        found = self.env["dealer.crm.commission.entry"]
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(commissions))
        for start in range(0, len(commissions), CRON_BATCH):
            batch = commissions[start : start + CRON_BATCH].exists()
            created = batch._reconcile()
            created.commission_id._message_log_batch(
                bodies=dict.fromkeys(
                    created.commission_id.ids,
                    self.env._("The nightly check found a difference and made draft entries."),
                )
            )
            found |= created
            if not cron._commit_progress(processed=len(batch)):
                break
        if found:
            _logger.warning(
                "Commissions differed from their facts: %d entries made for %s",
                len(found),
                ", ".join(found.commission_id.order_id.mapped("name")),
            )
        return found

    @api.model
    def _find_changed(self, since):
        """The deals whose lead, order, order lines or invoices were written since then.

        :param datetime since: empty for all deals
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id FROM dealer_crm_commission c
                  JOIN dealer_crm_lead l ON l.id = c.lead_id
                  JOIN sale_order o ON o.id = c.order_id
                 WHERE GREATEST(l.write_date, o.write_date, c.write_date) >= %(since)s
                    OR EXISTS (
                        SELECT FROM sale_order_line s
                          LEFT JOIN sale_order_line_invoice_rel r ON r.order_line_id = s.id
                          LEFT JOIN account_move_line i ON i.id = r.invoice_line_id
                          LEFT JOIN account_move m ON m.id = i.move_id
                         WHERE s.order_id = c.order_id
                           AND GREATEST(s.write_date, i.write_date, m.write_date) >= %(since)s)
                 ORDER BY c.id
                """,
                since=since or "1970-01-01",
            )
        )
        return self.sudo().browse(row[0] for row in rows)
