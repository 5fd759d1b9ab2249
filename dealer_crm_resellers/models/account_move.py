from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_amount


class AccountMove(models.Model):
    _inherit = "account.move"

    def _is_live_bill(self):
        """Whether this bill pays, or would pay once it is posted, what is on it."""
        self.ensure_one()
        return self.state != "cancel" and self.payment_state != "reversed"

    def _is_paid_bill(self):
        """Whether this bill is paid; Odoo keeps the payments of one that is reset to draft."""
        self.ensure_one()
        return self.state == "posted" and self.payment_state in ("in_payment", "paid")

    def _get_date_paid(self):
        """The date of the last payment of this paid bill."""
        self.ensure_one()
        # Of a union of the two, Odoo would read the dates for each bill.
        debits, repaid = self.line_ids.matched_debit_ids, self.line_ids.matched_credit_ids
        dates = [*debits.mapped("max_date"), *repaid.mapped("max_date")]
        return max(dates, default=self.date)

    def _move_commissions_to(self, bill):
        """Let ``bill``, a copy of this one, pay the entries that are on it."""
        entries = self.env["dealer.crm.commission.entry"].sudo()
        mine, others = (move.invoice_line_ids.sorted("id") for move in (self, bill))
        for line, other in zip(mine, others, strict=False):
            entries.search(
                [("bill_line_ids", "in", line.ids), ("state", "=", "approved")]
            )._write_unchecked({"bill_line_ids": [Command.link(other.id)]})

    def _check_commissions(self):
        """Each line of these bills that pays entries has their sum, without taxes."""
        for line, entries in (
            self.env["dealer.crm.commission.entry"]
            .sudo()
            .search([("bill_line_id", "in", self.invoice_line_ids.ids)])
            .grouped("bill_line_id")
            .items()
        ):
            bill, currency = line.move_id, entries.currency_id
            expected = bill.direction_sign * sum(entries.mapped("amount"))
            if (
                line.currency_id == currency
                and currency.compare_amounts(line.price_subtotal, expected) == 0
            ):
                continue
            raise UserError(
                self.env._(
                    "%(bill)s: the line for the commission on %(order)s is %(amount)s without"
                    " taxes, but its entries are %(expected)s. Put that amount back. To pay another"
                    " amount, adjust the commission by hand and bill the difference.",
                    bill=bill.display_name,
                    order=", ".join(entries.commission_id.order_id.mapped("name")),
                    amount=format_amount(self.env, line.price_subtotal, line.currency_id),
                    expected=format_amount(self.env, expected, currency),
                )
            )

    def write(self, vals):
        if "state" in vals:
            self._claim_leads()
        if vals.get("state") == "posted":
            self._check_commissions()
        return super().write(vals)

    def _claim_leads(self):
        """Let the leads whose orders are on these invoices be won after this transaction.

        Who wins one now does not see what is posted or paid here, and this transaction does not see
        the new deal.
        """
        self.env["sale.order"].flush_model(["dealer_crm_lead_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT o.dealer_crm_lead_id
                  FROM account_move_line i
                  JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = i.id
                  JOIN sale_order_line s ON s.id = r.order_line_id
                  JOIN sale_order o ON o.id = s.order_id
                 WHERE i.move_id = ANY(%s) AND o.dealer_crm_lead_id IS NOT NULL
                """,
                self.ids,
            )
        )
        self.env["dealer.crm.lead"].browse(row[0] for row in rows)._claim()
