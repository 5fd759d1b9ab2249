from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DealerCrmCommission(models.Model):
    _inherit = "dealer.crm.commission"

    def action_create_bills(self):
        """Put approved commissions on draft vendor bills, one per partner and currency."""
        self._check_manager()
        billable = self.sudo().filtered(lambda each: each._is_billable())
        if not billable:
            raise UserError(
                self.env._("No commission here is approved and without a bill: approve some first.")
            )
        bills = self.env["account.move"]
        for (company, partner, currency), commissions in billable.grouped(
            lambda each: (each.company_id, each.partner_id, each.currency_id)
        ).items():
            bills |= commissions._create_bill(company, partner, currency)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_in_invoice_type"
        )
        action["domain"] = [("id", "in", bills.ids)]
        return action

    def _is_billable(self):
        self.ensure_one()
        return self.state == "approved" and self.bill_id.state in (False, "cancel")

    def _create_bill(self, company, partner, currency):
        bill = (
            self.env["account.move"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "move_type": "in_invoice",
                    "company_id": company.id,
                    "partner_id": partner.id,
                    "currency_id": currency.id,
                    "invoice_date": fields.Date.context_today(self),
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": self.env._(
                                    "Commission on %(order)s (%(lead)s)",
                                    order=commission.order_id.name,
                                    lead=commission.lead_id.name,
                                ),
                                "quantity": 1,
                                "price_unit": commission.amount,
                                "tax_ids": [Command.clear()],
                            }
                        )
                        for commission in self
                    ],
                }
            )
        )
        for commission, line in zip(self, bill.invoice_line_ids, strict=True):
            commission._move_to_bill(line)
        return bill

    def _move_to_bill(self, line):
        self.ensure_one()
        former = self.former_bill_line_ids | self.bill_line_id
        self._write_unchecked(
            {"bill_line_id": line.id, "former_bill_line_ids": [Command.set((former - line).ids)]}
        )

    def _follow_bills(self, revived):
        """These cancelled bills are live again, and what they say of these commissions with them."""
        for commission in self:
            line = commission.former_bill_line_ids.filtered(lambda line: line.move_id in revived)
            if line:
                commission._move_to_bill(line)
