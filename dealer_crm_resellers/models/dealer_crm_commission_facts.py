"""The facts of deals, read from orders and invoices, and what is due by them.

``commission/due.py`` computes, which knows no Odoo.
"""

import functools
import json
from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.dealer_crm.models.dealer_crm_lead_sale import CONFIRMED

from ..commission import Document, DocumentLine, OrderLine, Rule, get_due

INVOICES, CREDIT_NOTES = ("out_invoice", "out_receipt"), ("out_refund",)
ONE = Fraction(1)


@functools.lru_cache
def parse_terms(text):
    """The terms of a JSON text, which many deals share: do not change them."""
    return json.loads(text)


class Deal(NamedTuple):
    """What decides on a deal, beside the lines of its order."""

    id: int
    order_id: int
    currency: models.BaseModel
    company: models.BaseModel
    company_currency: models.BaseModel
    order_currency: models.BaseModel
    #: of the deal's currency
    rounding: float
    places: int
    #: of the order, for rates
    date: date
    #: JSON of ``dealer.crm.commission.plan._get_terms``, if any
    terms: str | None
    #: why it earns nothing, if it does not
    lost: str | None = None
    is_stale: bool = False

    def get_terms(self):
        return parse_terms(self.terms)

    def to_steps(self, amount, currency, day):
        """``amount`` of ``currency`` as a whole number of steps of the deal's currency."""
        if currency != self.currency:
            amount = currency._convert(amount, self.currency, self.company, day)
        return round(amount / self.rounding)


class Origin(NamedTuple):
    """Where an entry comes from."""

    order_line_id: int | None
    invoice_line_id: int | None
    #: of the order or of the invoice, for rates
    date: date
    is_credit: bool


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

    def _read_deals(self):
        """List of ``Deal``, in the order of these deals."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, c.order_id, c.currency_id, c.company_id, o.currency_id,
                       o.date_order::date, (c.terms - 'paths')::text,
                       CASE WHEN o.dealer_crm_lead_id IS DISTINCT FROM c.lead_id
                              OR l.partner_assigned_id IS DISTINCT FROM c.partner_id
                            THEN 'reassigned'
                            WHEN l.won_status != 'won' THEN 'reopened'
                            WHEN c.is_cancelled OR o.state NOT IN %s THEN 'cancelled' END,
                       c.is_stale
                  FROM dealer_crm_commission c
                  JOIN sale_order o ON o.id = c.order_id
                  JOIN dealer_crm_lead l ON l.id = c.lead_id
                 WHERE c.id = ANY(%s) ORDER BY c.id
                """,
                CONFIRMED,
                self.ids,
            )
        )
        return self._make_deals(rows)

    @api.model
    def _make_deals(self, rows):
        """List of ``Deal`` of rows of ids of deal, order, currency, company and order's currency,
        and of the fields from ``date`` on.
        """

        # Thousands of deals share a few currencies and companies.
        @functools.cache
        def get_shared(currency_id, company_id, order_currency_id):
            currencies = self.env["res.currency"]
            currency = currencies.browse(currency_id)
            company = self.env["res.company"].browse(company_id)
            return (
                currency,
                company,
                company.currency_id,
                currencies.browse(order_currency_id),
                currency.rounding,
                currency.decimal_places,
            )

        return [
            Deal(deal_id, order_id, *get_shared(currency_id, company_id, other_id), *values)
            for deal_id, order_id, currency_id, company_id, other_id, *values in rows
        ]

    def _get_due(self, deals):
        """Dict of deal id to dict of source to (``due.Due``, ``Origin``)."""
        earning = [deal for deal in deals if deal.terms and not deal.lost]
        rules_of, known = {}, {}
        for deal in earning:
            # Those of one plan differ only by the rates of a day.
            key = (deal.terms, deal.currency.id, deal.company.id, deal.date)
            if key not in known:
                known[key] = self._get_rules(deal)
            rules_of[deal.id] = known[key]
        paths = self._keep_categories(
            [id_ for id_, rules in rules_of.items() if any(category for *_rule, category in rules)]
        )
        lines = self._read_order_lines([deal.order_id for deal in earning])
        prefetch = [deal.id for deal in deals]
        found = {deal.id: {} for deal in deals}
        for deal in earning:
            documents, moves = [], {}
            basis = deal.get_terms()["basis"]
            if basis != "won":
                documents, moves = self.browse(deal.id).with_prefetch(prefetch)._get_documents()
            rules, kept = rules_of[deal.id], paths.get(deal.id, {})
            order_lines = [
                self._get_order_line(deal, rules, kept, *row)
                for row in lines.get(deal.order_id, ())
            ]
            sources = found[deal.id]
            for each in get_due(basis, True, order_lines, documents):
                origin = Origin(each.line, None, deal.date, False)
                if each.document:
                    date, is_credit, its_lines = moves[each.document]
                    line_id = its_lines.get(each.line) or next(iter(its_lines.values()))
                    origin = Origin(each.line, line_id, date, is_credit)
                sources[f"{each.line}/{each.document or ''}"] = (each, origin)
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
    def _keep_categories(self, ids):
        """Keep with the terms of deals the categories that their products have when they first count.

        Otherwise a product that moves to another category would change what was earned long ago.

        :return: dict of deal id to dict of product id, as a text, to ``parent_path``
        """
        if not ids:
            return {}
        self.env.cr.execute(
            """
            UPDATE dealer_crm_commission c
               SET terms = jsonb_set(c.terms, '{paths}',
                                     COALESCE(c.terms->'paths', '{}') || n.paths)
              FROM (SELECT d.id, jsonb_object_agg(p.id, g.parent_path) AS paths
                      FROM dealer_crm_commission d
                      JOIN sale_order_line s ON s.order_id = d.order_id
                      JOIN product_product p ON p.id = s.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                      JOIN product_category g ON g.id = t.categ_id
                     WHERE d.id = ANY(%s) AND d.terms->'paths'->p.id::text IS NULL
                     GROUP BY d.id) n
             WHERE n.id = c.id
            """,
            [ids],
        )
        deals = self.browse(ids)
        deals.invalidate_recordset(["terms"], flush=False)
        return {deal.id: deal.terms.get("paths", {}) for deal in deals}

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
        self, deal, rules, kept, line_id, subtotal, quantity, uom_id, product_id, unit_id, path
    ):
        """``due.OrderLine`` of a row of ``_read_order_lines``; ``kept``: of ``_keep_categories``."""
        total = deal.to_steps(subtotal, deal.order_currency, deal.date)
        rule, is_named = find_rule(rules, product_id, kept.get(str(product_id), path))
        units = ONE
        if rule and rule.unit_amount:
            uoms = self.env["uom.uom"]
            units = to_units(quantity, uoms.browse(uom_id), uoms.browse(unit_id))
        return OrderLine(line_id, total, units, rule, total < 0 and not is_named)

    @api.model
    def _get_rules(self, deal):
        """List of (``due.Rule``, product id or False, category id or False) of the frozen terms."""
        terms = deal.get_terms()
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
