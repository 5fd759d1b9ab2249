"""What is due on a deal and what was granted are kept equal by new entries.

The facts are read here and handed to ``commission/due.py``, which knows no Odoo. Whatever changes a
fact marks the deal (``is_stale``), and marked deals are reconciled once, before the commit.
"""

import logging
from collections import defaultdict
from fractions import Fraction

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.dealer_crm.models.dealer_crm_lead_sale import CONFIRMED

from ..commission import Document, DocumentLine, OrderLine, Rule, get_due

_logger = logging.getLogger(__name__)

HOOK = "dealer_crm_resellers.reconcile"
INVOICES, CREDIT_NOTES = ("out_invoice", "out_receipt"), ("out_refund",)
CRON_BATCH = 500


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
        self = self.sudo()._without_defaults()
        entries = self.env["dealer.crm.commission.entry"].sudo()._without_defaults()
        if not self:
            return entries
        self._claim()
        facts = self._get_facts()
        granted = self._get_granted()
        missing, obsolete = [], entries
        for commission in self:
            due, details = facts[commission]
            known = granted[commission]
            for key in {**due, **known}:
                drafts = known[key].filtered(lambda entry: entry.state == "draft")
                vals = commission._prepare_entry(
                    key, due.get(key), known[key] - drafts, details, reason
                )
                if vals and len(drafts) == 1 and drafts._equals(vals):
                    continue
                obsolete |= drafts
                if vals:
                    missing.append(vals)
        # The unique index of drafts looks at what is in the database.
        entries.flush_model(["state"])
        obsolete._as_program().unlink()
        created = entries._as_program().create(missing).with_env(self.env)
        if stale := self.filtered("is_stale"):
            stale._write_unchecked({"is_stale": False})
        return created

    def _claim(self):
        """Let one transaction at a time reconcile these deals.

        A second one fails here with a serialization error and is run again by Odoo: it has not seen
        the entries of the first.
        """
        self.flush_recordset()
        self.env.cr.execute(
            """
            UPDATE dealer_crm_commission SET write_date = write_date
             WHERE id IN (SELECT id FROM dealer_crm_commission WHERE id = ANY(%s)
                           ORDER BY id FOR NO KEY UPDATE)
            """,
            [self.ids],
        )

    def _get_granted(self):
        """Dict of deal to dict of source to its entries, oldest first; without those by hand."""
        entries = self.env["dealer.crm.commission.entry"].sudo()
        granted = {commission: defaultdict(entries.browse) for commission in self}
        for entry in entries.search(
            Domain("commission_id", "in", self.ids) & Domain("source", "!=", False), order="id"
        ):
            granted[entry.commission_id][entry.source] |= entry
        return granted

    def _prepare_entry(self, source, due, kept, details, reason):
        """Values of the entry that makes ``kept`` equal to ``due``; None when they are.

        A refused entry is not proposed again as long as the same is due.

        :param due: of ``due.Due``, or None when nothing is due for the source
        :param kept: the entries of the source that are no drafts, oldest first
        """
        self.ensure_one()
        currency = self.currency_id
        total = due.amount * currency.rounding if due else 0.0
        counted = kept.filtered(lambda entry: entry.state != "refused")
        amount = currency.round(total - sum(counted.mapped("amount")))
        if currency.is_zero(amount):
            return None
        last = kept[-1:]
        if last.state == "refused" and currency.compare_amounts(last.due, total) == 0:
            return None
        detail = details.get(source) or {
            "order_line_id": last.order_line_id.id,
            "invoice_line_id": last.invoice_line_id.id,
            "date_rate": last.date_rate,
            "refund": last.invoice_line_id.move_id.move_type in CREDIT_NOTES,
        }
        company_currency = self.company_id.currency_id
        total_company = currency._convert(
            total, company_currency, self.company_id, detail["date_rate"]
        )
        base = due.base * currency.rounding if due else 0.0
        return {
            **self._prepare_entry_of_deal(),
            "source": source,
            "order_line_id": detail["order_line_id"],
            "invoice_line_id": detail["invoice_line_id"],
            "rule_id": due.rule if due else last.rule_id.id,
            "reason": reason or self._get_reason(amount, total, bool(due), detail),
            "date_rate": detail["date_rate"],
            "base": currency.round(base - sum(counted.mapped("base"))),
            "due": total,
            "amount": amount,
            "amount_company": company_currency.round(
                total_company - sum(counted.mapped("amount_company"))
            ),
        }

    def _prepare_entry_of_deal(self):
        """Values that every entry takes from its deal; given, they need not be computed."""
        return {
            "commission_id": self.id,
            "order_id": self.order_id.id,
            "lead_id": self.lead_id.id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "date": fields.Date.context_today(self),
            "state": "draft",
            "bill_line_id": False,
        }

    def _get_reason(self, amount, total, is_due, detail):
        """Why there is a new entry of ``amount`` where ``total`` is due, as the facts tell."""
        lead, order = self.lead_id, self.order_id
        if order.dealer_crm_lead_id != lead or lead.partner_assigned_id != self.partner_id:
            return "reassigned"
        if lead.won_status != "won":
            return "reopened"
        if self.is_cancelled or order.state not in CONFIRMED:
            return "cancelled"
        basis = self._get_basis()
        if basis == "won":
            return (
                "won" if self.currency_id.compare_amounts(amount, total) == 0 else "order_changed"
            )
        if detail["refund"]:
            return "credited"
        if basis == "paid":
            return "paid" if amount > 0 else "payment_undone"
        return "invoiced" if is_due else "cancelled"

    def _get_basis(self):
        return (self.terms or {}).get("basis", "won")

    def _earns(self):
        """Whether the reseller has won the lead with this order, and nobody cancelled it."""
        lead, order = self.lead_id, self.order_id
        return bool(
            self.terms
            and not self.is_cancelled
            and order.dealer_crm_lead_id == lead
            and order.state in CONFIRMED
            and lead.won_status == "won"
            and lead.partner_assigned_id == self.partner_id
        )

    def _get_facts(self):
        """Dict of deal to (dict of source to what is due, dict of source to values of its entry)."""
        rules_exist = set(
            self.env["dealer.crm.commission.plan.rule"]
            .sudo()
            .browse({rule["id"] for each in self for rule in (each.terms or {}).get("rules", ())})
            .exists()
            .ids
        )
        facts = {}
        for commission in self:
            due, details = {}, {}
            facts[commission] = (due, details)
            if not commission._earns():
                continue
            basis = commission._get_basis()
            documents, moves = [], {}
            if basis != "won":
                documents, moves = commission._get_documents()
            order_date = commission.order_id.date_order.date()
            for each in get_due(basis, True, commission._get_order_lines(), documents):
                source = f"{each.line}/{each.document or ''}"
                due[source] = each if each.rule in rules_exist else each._replace(rule=False)
                details[source] = {
                    "order_line_id": each.line,
                    "invoice_line_id": False,
                    "date_rate": order_date,
                    "refund": False,
                }
                if move := moves.get(each.document):
                    lines = move["lines"]
                    details[source].update(
                        invoice_line_id=lines.get(each.line) or next(iter(lines.values())),
                        date_rate=move["date"],
                        refund=move["refund"],
                    )
        return facts

    def _to_steps(self, amount, currency, date):
        """``amount`` of ``currency`` as a whole number of steps of the deal's currency."""
        if currency != self.currency_id:
            amount = currency._convert(amount, self.currency_id, self.company_id, date)
        return round(amount / self.currency_id.rounding)

    def _get_order_lines(self):
        """List of ``due.OrderLine``: what the order sells or discounts."""
        order = self.order_id
        rules = self._get_rules()
        found = []
        for line in order.order_line:
            if line.display_type or line.is_downpayment:
                continue
            product = line.product_id
            categories = set((product.categ_id.parent_path or "").split("/"))
            rule = next(
                (
                    rule
                    for rule, product_id, category_id in rules
                    if product_id in (False, product.id)
                    and (not category_id or str(category_id) in categories)
                ),
                None,
            )
            total = self._to_steps(line.price_subtotal, order.currency_id, order.date_order)
            is_named = any(product_id == product.id for _rule, product_id, _id in rules if product)
            found.append(
                OrderLine(
                    line.id,
                    total,
                    self._to_units(line.product_uom_qty, line.product_uom_id, product),
                    rule,
                    total < 0 and not is_named,
                )
            )
        return found

    def _get_rules(self):
        """List of (``due.Rule``, product id or False, category id or False) of the frozen terms."""
        order = self.order_id
        currency = self.env["res.currency"].browse(self.terms["currency"])

        def to_steps(text):
            return self._to_steps(float(text), currency, order.date_order) if float(text) else 0

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
            for rule in self.terms["rules"]
        ]

    @api.model
    def _to_units(self, quantity, unit, product):
        """``quantity`` in the product's own unit, as a fraction."""
        if product and unit and unit != product.uom_id:
            quantity = unit._compute_quantity(quantity, product.uom_id, round=False)
        return Fraction(str(quantity))

    def _get_documents(self):
        """The order's posted invoices.

        :return: list of ``due.Document`` and, by their ids, dict of date, refund (whether it is a
            credit note) and lines (dict of order line id to invoice line id)
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
            sign = -1 if move.move_type in CREDIT_NOTES else 1
            date = move.invoice_date or move.date
            lines = []
            moves[move.id] = {"date": date, "refund": sign < 0, "lines": {}}
            for order_line_id, line in found[move]:
                total = self._to_steps(line.price_subtotal, line.currency_id, date)
                units = self._to_units(line.quantity, line.product_uom_id, line.product_id)
                lines.append(DocumentLine(order_line_id, sign * total, sign * units))
                moves[move.id]["lines"].setdefault(order_line_id, line.id)
            documents.append(Document(move.id, self._get_settled(move), tuple(lines)))
        return documents, moves

    @api.model
    def _get_settled(self, move):
        """The share of an invoice that is reconciled, as a fraction of 0 to 1."""
        rounding = move.currency_id.rounding
        total = round(move.amount_total / rounding)
        rest = round(move.amount_residual / rounding)
        if not total:
            return Fraction(1)
        return min(max(1 - Fraction(rest, total), Fraction(0)), Fraction(1))

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
            for commission in created.commission_id:
                commission._message_log(
                    body=self.env._("The nightly check found a difference and made draft entries.")
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
