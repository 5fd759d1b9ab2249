"""What is due on a deal and what was granted are kept equal by new entries.

The facts are read here and handed to ``commission/due.py``, which knows no Odoo. Whatever changes a
fact marks the deal (``is_stale``), and marked deals are reconciled once, before the commit.
"""

import json
import logging
from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.dealer_crm.models.dealer_crm_lead_sale import CONFIRMED

from ..commission import Document, DocumentLine, OrderLine, Rule, get_due

_logger = logging.getLogger(__name__)

HOOK = "dealer_crm_resellers.reconcile"
INVOICES, CREDIT_NOTES = ("out_invoice", "out_receipt"), ("out_refund",)
CRON_BATCH = 500


class Deal(NamedTuple):
    """What decides on a deal, beside the lines of its order."""

    id: int
    order_id: int
    currency: models.BaseModel
    company: models.BaseModel
    #: JSON of ``dealer.crm.commission.plan._get_terms``, if any
    terms: str | None
    is_stale: bool
    #: of the order, for rates
    date: date
    order_currency: models.BaseModel
    #: why it earns nothing, if it does not
    lost: str | None

    def get_terms(self):
        return json.loads(self.terms)

    def to_steps(self, amount, currency, day):
        """``amount`` of ``currency`` as a whole number of steps of the deal's currency."""
        if currency != self.currency:
            amount = currency._convert(amount, self.currency, self.company, day)
        return round(amount / self.currency.rounding)


class Origin(NamedTuple):
    """Where an entry comes from."""

    order_line_id: int | None
    invoice_line_id: int | None
    #: of the order or of the invoice, for rates
    date: date
    is_credit: bool


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


def find_rule(rules, product_id, path):
    """(the first rule that matches the product, whether any names it).

    :param rules: list of (``due.Rule``, product id or False, category id or False)
    :param path: ids of the product's category and those above it, as ``parent_path`` has them
    """
    categories = path.split("/")
    matching = (
        rule
        for rule, its_product, its_category in rules
        if its_product in (False, product_id)
        and (not its_category or str(its_category) in categories)
    )
    is_named = bool(product_id) and any(its_product == product_id for _r, its_product, _c in rules)
    return next(matching, None), is_named


def to_units(quantity, uom, unit):
    """``quantity`` of ``uom`` in the product's own ``unit``, as a fraction."""
    if uom and unit and uom != unit:
        quantity = uom._compute_quantity(quantity, unit, round=False)
    return Fraction(str(quantity))


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

    def _grant(self, reason=None):
        """Reconcile deals that no other transaction changes now; see ``_reconcile``."""
        self = self.sudo()._without_defaults()
        entries = self.env["dealer.crm.commission.entry"]
        if not self:
            return entries
        self.env.flush_all()
        deals = self._read_deals()
        due = self._get_due(deals)
        granted = self._read_granted()
        missing, obsolete = [], []
        for deal in deals:
            new, old = self._compare(deal, due[deal.id], granted.get(deal.id, {}), reason)
            missing += new
            obsolete += old
        entries.browse(obsolete)._as_program().unlink()
        created = entries._insert(missing)
        if stale := [deal.id for deal in deals if deal.is_stale]:
            self.browse(stale)._write_unchecked({"is_stale": False})
        return created

    def _read_deals(self):
        """List of ``Deal``, in the order of these deals."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, c.order_id, c.currency_id, c.company_id, c.terms::text, c.is_stale,
                       o.date_order, o.currency_id,
                       CASE WHEN o.dealer_crm_lead_id IS DISTINCT FROM c.lead_id
                              OR l.partner_assigned_id IS DISTINCT FROM c.partner_id
                            THEN 'reassigned'
                            WHEN l.won_status != 'won' THEN 'reopened'
                            WHEN c.is_cancelled OR o.state NOT IN %s THEN 'cancelled' END
                  FROM dealer_crm_commission c
                  JOIN sale_order o ON o.id = c.order_id
                  JOIN dealer_crm_lead l ON l.id = c.lead_id
                 WHERE c.id = ANY(%s) ORDER BY c.id
                """,
                CONFIRMED,
                self.ids,
            )
        )
        currencies, companies = self.env["res.currency"], self.env["res.company"]
        return [
            Deal(
                commission_id,
                order_id,
                currencies.browse(currency_id),
                companies.browse(company_id),
                terms,
                is_stale,
                date_order.date(),
                currencies.browse(order_currency_id),
                lost,
            )
            for (
                commission_id,
                order_id,
                currency_id,
                company_id,
                terms,
                is_stale,
                date_order,
                order_currency_id,
                lost,
            ) in rows
        ]

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
        currency = deal.currency
        rounding, places = currency.rounding, currency.decimal_places
        counted = [each for each in kept if each.state != "refused"]
        steps = due.amount if due else 0
        change = steps - sum(round(each.amount / rounding) for each in counted)
        last = kept[-1] if kept else None
        if not change or (last and last.state == "refused" and round(last.due / rounding) == steps):
            return None
        origin = origin or last.get_origin()
        total = round(steps * rounding, places)
        company_currency = deal.company.currency_id
        amount_company = round(change * rounding, places)
        if company_currency != currency:
            amount_company = company_currency.round(
                currency._convert(total, company_currency, deal.company, origin.date)
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
            "amount": round(change * rounding, places),
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

    def _get_due(self, deals):
        """Dict of deal id to dict of source to (``due.Due``, ``Origin``)."""
        earning = [deal for deal in deals if deal.terms and not deal.lost]
        lines = self._read_order_lines([deal.order_id for deal in earning])
        terms_of, rules_of = {}, {}
        found = {deal.id: {} for deal in deals}
        for deal in earning:
            if deal.terms not in terms_of:
                terms_of[deal.terms] = deal.get_terms()
            terms = terms_of[deal.terms]
            # The rules of the same plan are the same where no rate is needed.
            day = deal.date if terms["currency"] != deal.currency.id else None
            key = (deal.terms, deal.currency, deal.company, day)
            if key not in rules_of:
                rules_of[key] = self._get_rules(deal, terms)
            rules = rules_of[key]
            documents, moves = [], {}
            if terms["basis"] != "won":
                documents, moves = self.browse(deal.id).with_prefetch(self.ids)._get_documents()
            order_lines = [
                self._get_order_line(deal, rules, *row) for row in lines.get(deal.order_id, ())
            ]
            for each in get_due(terms["basis"], True, order_lines, documents):
                origin = Origin(each.line, None, deal.date, False)
                if each.document:
                    date, is_credit, its_lines = moves[each.document]
                    line_id = its_lines.get(each.line) or next(iter(its_lines.values()))
                    origin = Origin(each.line, line_id, date, is_credit)
                found[deal.id][f"{each.line}/{each.document or ''}"] = (each, origin)
        return self._forget_deleted_rules(found)

    @api.model
    def _forget_deleted_rules(self, found):
        """Take rules that are deleted now out of what is due, which an entry could not refer to."""
        rule_ids = {due.rule for each in found.values() for due, _origin in each.values()}
        gone = rule_ids - set(
            self.env["dealer.crm.commission.plan.rule"].browse(rule_ids).exists().ids
        )
        if gone:
            for each in found.values():
                for source, (due, origin) in each.items():
                    if due.rule in gone:
                        each[source] = (due._replace(rule=None), origin)
        return found

    @api.model
    def _read_order_lines(self, order_ids):
        """Dict of order id to rows of the lines that sell or discount something."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.order_id, s.id, s.price_subtotal, s.product_uom_qty, s.product_uom_id,
                       s.product_id, t.uom_id, COALESCE(g.parent_path, '')
                  FROM sale_order_line s
                  LEFT JOIN product_product p ON p.id = s.product_id
                  LEFT JOIN product_template t ON t.id = p.product_tmpl_id
                  LEFT JOIN product_category g ON g.id = t.categ_id
                 WHERE s.order_id = ANY(%s) AND s.display_type IS NULL
                   AND s.is_downpayment IS NOT TRUE
                 ORDER BY s.order_id, s.sequence, s.id
                """,
                order_ids,
            )
        )
        lines = {}
        for order_id, *row in rows:
            lines.setdefault(order_id, []).append(row)
        return lines

    @api.model
    def _get_order_line(
        self, deal, rules, line_id, subtotal, quantity, uom_id, product_id, unit_id, path
    ):
        """``due.OrderLine`` of a row of ``_read_order_lines``."""
        total = deal.to_steps(subtotal, deal.order_currency, deal.date)
        rule, is_named = find_rule(rules, product_id, path)
        units = Fraction(1)
        if rule and rule.unit_amount:
            uoms = self.env["uom.uom"]
            units = to_units(quantity, uoms.browse(uom_id), uoms.browse(unit_id))
        return OrderLine(line_id, total, units, rule, total < 0 and not is_named)

    @api.model
    def _get_rules(self, deal, terms):
        """List of (``due.Rule``, product id or False, category id or False) of the frozen terms."""
        currency = self.env["res.currency"].browse(terms["currency"])

        def to_steps(text):
            return deal.to_steps(float(text), currency, deal.date) if float(text) else 0

        return [
            (
                Rule(
                    rule["id"],
                    Fraction(rule["percentage"]),
                    Fraction(to_steps(rule["amount_unit"])),
                    to_steps(rule["cap"]),
                    to_steps(rule["cap_deal"]),
                ),
                rule["product"],
                rule["category"],
            )
            for rule in terms["rules"]
        ]

    def _get_documents(self):
        """The posted invoices of the deal's order.

        :return: list of ``due.Document`` and, by their ids, tuples of date, whether it is a credit
            note, and dict of order line id to invoice line id
        """
        found = defaultdict(list)
        # A line of an invoice for several order lines counts for the first of them.
        seen = set()
        for order_line in self.order_id.order_line:
            for line in order_line.invoice_lines:
                move = line.move_id
                if (
                    move.state == "posted"
                    and move.move_type in INVOICES + CREDIT_NOTES
                    and line.id not in seen
                ):
                    seen.add(line.id)
                    found[move].append((order_line.id, line))
        documents, moves = [], {}
        for move in sorted(found, key=lambda each: (each.invoice_date or each.date, each.id)):
            is_credit = move.move_type in CREDIT_NOTES
            sign = -1 if is_credit else 1
            date = move.invoice_date or move.date
            lines, line_ids = [], {}
            for order_line_id, line in found[move]:
                subtotal = line.price_subtotal
                if line.currency_id != self.currency_id:
                    subtotal = line.currency_id._convert(
                        subtotal, self.currency_id, self.company_id, date
                    )
                total = round(subtotal / self.currency_id.rounding)
                units = to_units(line.quantity, line.product_uom_id, line.product_id.uom_id)
                lines.append(DocumentLine(order_line_id, sign * total, sign * units))
                line_ids.setdefault(order_line_id, line.id)
            documents.append(Document(move.id, self._get_settled(move), tuple(lines)))
            moves[move.id] = (date, is_credit, line_ids)
        return documents, moves

    @api.model
    def _get_settled(self, move):
        """The share of an invoice that is paid, as a fraction of 0 to 1.

        A down payment that the invoice deducts is a part of it, paid as far as its own invoice is.
        """
        total, rest = self._get_steps(move)
        for line in move.invoice_line_ids:
            if advances := line.sale_line_ids.filtered("is_downpayment"):
                deducted = -round(line.price_total / move.currency_id.rounding)
                total += deducted
                rest += deducted * (1 - self._get_settled_advance(advances))
        if not total:
            return Fraction(1)
        return min(max(1 - Fraction(rest) / total, Fraction(0)), Fraction(1))

    @api.model
    def _get_settled_advance(self, order_lines):
        """The share of the invoices of down payments that is paid; a credit note pays nothing."""
        asked = paid = 0
        for move in order_lines.invoice_lines.move_id:
            if move.state == "posted" and move._is_downpayment():
                total, rest = self._get_steps(move)
                if move.move_type in CREDIT_NOTES:
                    paid -= total - rest
                else:
                    asked += total
                    paid += total - rest
        return min(max(Fraction(paid, asked), Fraction(0)), Fraction(1)) if asked else Fraction(1)

    @api.model
    def _get_steps(self, move):
        """(total, what is not reconciled of it) of an invoice in steps of its currency."""
        rounding = move.currency_id.rounding
        return round(move.amount_total / rounding), round(move.amount_residual / rounding)

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
        """The deals whose lead, order, order lines or invoices were written since; empty: all."""
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
