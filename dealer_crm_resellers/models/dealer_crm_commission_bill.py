"""Approved entries become draft vendor bills; the bills move the entries' states."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount


class DealerCrmCommissionEntry(models.Model):
    _inherit = "dealer.crm.commission.entry"

    def _create_bills(self):
        """Create one draft bill for each company, partner and currency of approved entries.

        A negative sum makes a vendor credit note, and a sum of zero is paid without a document.

        :return: an action: the bills, or a notification for who may not read bills
        :raise UserError: when none of the entries is approved
        """
        self.commission_id._check_manager()
        self.env["dealer.crm.commission"]._reconcile_stale()
        approved = self.sudo().exists().filtered(lambda entry: entry.state == "approved")
        if not approved:
            raise UserError(
                self.env._("None of these commissions is approved and unbilled. Approve one first.")
            )
        bills = self.env["account.move"].sudo()
        for (company, partner, currency), entries in (
            approved.sorted("id")
            .grouped(lambda entry: (entry.company_id, entry.partner_id, entry.currency_id))
            .items()
        ):
            if currency.is_zero(sum(entries.mapped("amount"))):
                entries._write_unchecked({"is_settled": True, "state": "paid"})
                entries.commission_id._message_log_batch(
                    bodies=dict.fromkeys(
                        entries.commission_id.ids,
                        self.env._("Settled without a bill: the approved entries add up to zero."),
                    )
                )
            else:
                bills |= entries._create_bill(company, partner, currency)
        return self._show_bills(bills)

    def _show_bills(self, bills):
        if bills and bills.sudo(False).has_access("read"):
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "account.action_move_in_invoice_type"
            )
            action["domain"] = [("id", "in", bills.ids)]
            return action
        names = ", ".join(bills.mapped("display_name"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Draft bills for the accountant: %(bills)s", bills=names)
                if bills
                else self.env._("Nothing to pay: the entries add up to zero."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _create_bill(self, company, partner, currency):
        """The draft vendor bill or credit note of these entries, with one line for each deal."""
        sign = -1 if sum(self.mapped("amount")) < 0 else 1
        deals = self.grouped("commission_id")
        self = self.with_context(lang=partner.lang or self.env.lang)
        bill = (
            self.env["account.move"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "move_type": "in_refund" if sign < 0 else "in_invoice",
                    "company_id": company.id,
                    "partner_id": partner.id,
                    "currency_id": currency.id,
                    "invoice_date": fields.Date.context_today(self),
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "product_id": commission._get_bill_product().id,
                                "name": self.env._(
                                    "Commission on %(order)s (%(lead)s)",
                                    order=commission.order_id.name,
                                    lead=commission.lead_id._get_contact_label(", {}"),
                                ),
                                "quantity": 1,
                                "price_unit": sign * sum(entries.mapped("amount")),
                            }
                        )
                        for commission, entries in deals.items()
                    ],
                }
            )
        )
        lines = bill.invoice_line_ids.sorted("id")
        taxes = self.env["account.tax"].sudo()
        for line, entries in zip(lines, deals.values(), strict=True):
            if any(line.tax_ids.mapped("price_include")):
                line.price_unit = taxes._adapt_price_unit_to_another_taxes(
                    line.price_unit, line.product_id, taxes, line.tax_ids
                )
            entries._write_unchecked({"bill_line_ids": [Command.link(line.id)]})
        return bill


class DealerCrmCommission(models.Model):
    _inherit = "dealer.crm.commission"

    def _get_bill_product(self):
        """The service product on the bills of this deal."""
        product = self.plan_id.commission_product_id or self.env.ref(
            "dealer_crm_resellers.product_commission", raise_if_not_found=False
        )
        if not product:
            raise UserError(
                self.env._(
                    "%(plan)s: choose the product for its bills first.", plan=self.plan_id.name
                )
            )
        return product

    def _create_adjustments(self, amount, reason):
        """Create a draft entry by hand of ``amount`` for each of these deals."""
        vals_list = []
        for commission in self:
            currency, company = commission.currency_id, commission.company_id
            rounded = currency.round(amount)
            if currency.is_zero(rounded):
                raise UserError(self.env._("Enter an amount other than zero."))
            date = commission.order_id.date_order.date()
            vals_list.append(
                {
                    "commission_id": commission.id,
                    "date_rate": date,
                    "amount": rounded,
                    "amount_company": currency._convert(
                        rounded, company.currency_id, company, date
                    ),
                    "reason": "by_hand",
                    "note": reason,
                    "base": 0,
                    "due": 0,
                }
            )
        self.env["dealer.crm.commission.entry"].sudo()._insert(vals_list)
        self._message_log_batch(
            bodies={
                commission.id: self.env._(
                    "By hand: %(amount)s. %(reason)s",
                    amount=format_amount(self.env, amount, commission.currency_id),
                    reason=reason,
                )
                for commission in self
            }
        )
