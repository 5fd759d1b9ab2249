from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from odoo.addons.dealer_crm.models.dealer_crm_lead_sale import CONFIRMED


class DealerCrmCommission(models.Model):
    _name = "dealer.crm.commission"
    _description = "Dealer Commission"
    _inherit = ["dealer.crm.guarded.mixin", "mail.thread"]
    _program_only = True
    _order = "id desc"
    _rec_name = "order_id"
    _check_company_auto = True

    order_id = fields.Many2one(
        "sale.order",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    lead_id = fields.Many2one(
        "dealer.crm.lead", required=True, readonly=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Reseller",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    plan_id = fields.Many2one(
        "dealer.crm.commission.plan", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    date = fields.Date(required=True, readonly=True, default=fields.Date.context_today)
    date_assign = fields.Datetime("Lead Assigned On", readonly=True)
    line_ids = fields.One2many(
        "dealer.crm.commission.line", "commission_id", "Lines", readonly=True
    )
    base = fields.Monetary(
        readonly=True, help="Untaxed total of the order lines that a rule matches."
    )
    amount = fields.Monetary("Commission", readonly=True, tracking=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount_company = fields.Monetary(
        "Commission in Company Currency", currency_field="company_currency_id", readonly=True
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    bill_line_id = fields.Many2one(
        "account.move.line", readonly=True, copy=False, index="btree_not_null"
    )
    bill_id = fields.Many2one(related="bill_line_id.move_id", string="Bill")
    # Lines on cancelled bills, which may be reopened.
    former_bill_line_ids = fields.Many2many(
        "account.move.line",
        "dealer_crm_commission_former_bill_line_rel",
        "commission_id",
        "line_id",
        "Lines on Cancelled Bills",
        readonly=True,
        # Without groups, users who cannot read bills could not read commissions.
        groups="account.group_account_readonly,account.group_account_invoice",
        copy=False,
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("approved", "Approved"),
            ("paid", "Paid"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        required=True,
        default="draft",
        index=True,
        tracking=True,
    )

    _order_uniq = models.UniqueIndex("(order_id)", "This order already has a commission.")

    @api.depends("bill_line_id.move_id.payment_state")
    def _compute_state(self):
        """Only `paid` follows the bill; the other states are set by people and orders."""
        for commission in self:
            paid = commission.bill_line_id.move_id.payment_state in ("in_payment", "paid")
            if paid and commission.state == "approved":
                commission.state = "paid"
            elif not paid and commission.state == "paid":
                commission.state = "approved"
            else:
                commission.state = commission.state or "draft"

    @api.depends("order_id")
    def _compute_display_name(self):
        """The order's name, also for users who may not read the order."""
        for commission in self:
            commission.display_name = commission.sudo().order_id.display_name

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        for commission in self:
            if commission.state in ("approved", "paid"):
                raise UserError(
                    self.env._(
                        "%(order)s: the commission is approved or paid and cannot be deleted.",
                        order=commission.order_id.name,
                    )
                )

    def action_approve(self):
        """Approve draft commissions (managers)."""
        self._check_manager()
        for commission in self:
            if commission.state != "draft":
                raise UserError(
                    self.env._(
                        "%(order)s: the commission is not a draft. Only drafts can be approved.",
                        order=commission.order_id.name,
                    )
                )
        self.sudo()._write_unchecked({"state": "approved"})
        return True

    def action_create_bills(self):
        """Create draft vendor bills of approved commissions, one per company, partner and currency."""
        self._check_manager()
        billable = self.sudo().filtered(lambda each: each._is_billable())
        if not billable:
            raise UserError(
                self.env._("None of these commissions is approved and unbilled. Approve one first.")
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

    def action_open_bill(self):
        """Open the vendor bill of this commission."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_in_invoice_type"
        )
        action.update(view_mode="form", views=[(False, "form")], res_id=self.bill_id.id)
        return action

    def _check_manager(self):
        """Only managers decide on commissions, and only on those they may read."""
        self.check_access("read")
        self.env["res.partner"]._check_dealer_manager(self.env._("decide on commissions"))

    @api.model
    def _create_for_won_leads(self, leads):
        """Create a commission for each confirmed order of won leads that has none.

        A cancelled commission is computed again and becomes a draft.
        """
        self = self.sudo()
        orders = (
            self.env["sale.order"]
            .sudo()
            .search(
                Domain("dealer_crm_lead_id", "in", leads.filtered("partner_assigned_id").ids)
                & Domain("state", "in", CONFIRMED)
            )
        )
        known = {each.order_id: each for each in self.search([("order_id", "in", orders.ids)])}
        missing, lines = [], {}
        for order in orders:
            commission = known.get(order)
            if commission and commission.state != "cancelled":
                continue
            lines[order] = self._prepare_lines(order)
            if not lines[order]:
                continue
            vals = self._prepare_commission(order, lines[order])
            if commission:
                commission.line_ids.unlink()
                commission._write_unchecked({**vals, "state": "draft", "bill_line_id": False})
                commission._create_lines(lines)
            else:
                missing.append(vals)
        created = self._as_program().create(missing).with_env(self.env)
        created._create_lines(lines)
        return created

    def _create_lines(self, lines):
        """Create the lines of these commissions.

        Not by commands in the commissions' values: what is nested there has the caller's rights.

        :param lines: dict of lists of values by order
        """
        self.env["dealer.crm.commission.line"]._as_program().create(
            [
                {**line, "commission_id": commission.id}
                for commission in self
                for line in lines[commission.order_id]
            ]
        )

    @api.model
    def _prepare_lines(self, order):
        """List of the values of the lines of an order's commission; empty when no plan or rule applies."""
        plan = self.env["dealer.crm.commission.plan"]._get_of_partner(
            order.dealer_crm_lead_id.partner_assigned_id, order.company_id
        )
        date = fields.Date.context_today(order)
        return [
            {
                "order_line_id": line.id,
                "rule_id": rule.id,
                "base": line.price_subtotal,
                "percentage": rule.percentage,
                "amount": rule._get_amount(
                    line.price_subtotal, order.currency_id, order.company_id, date
                ),
            }
            for line in order.order_line
            if not line.display_type and (rule := plan._find_rule(line.product_id))
        ]

    @api.model
    def _prepare_commission(self, order, lines):
        """Values of an order's commission with these lines."""
        partner = order.dealer_crm_lead_id.partner_assigned_id
        plan = self.env["dealer.crm.commission.plan"]._get_of_partner(partner, order.company_id)
        date = fields.Date.context_today(order)
        amount = sum(line["amount"] for line in lines)
        return {
            "order_id": order.id,
            "lead_id": order.dealer_crm_lead_id.id,
            "partner_id": partner.id,
            "plan_id": plan.id,
            "company_id": order.company_id.id,
            "currency_id": order.currency_id.id,
            "date": date,
            "date_assign": order.dealer_crm_lead_id.date_partner_assign,
            "base": sum(line["base"] for line in lines),
            "amount": amount,
            "amount_company": order.currency_id._convert(
                amount, order.company_id.currency_id, order.company_id, date
            ),
        }

    def _cancel(self, reason):
        """Cancel commissions and delete their bill lines; leave paid ones and posted bills alone."""
        for commission in self.sudo().filtered(lambda each: each.state != "cancelled"):
            bill = commission.bill_id
            if commission.state == "paid" or bill.state == "posted":
                commission._message_log(
                    body=self.env._(
                        "%(reason)s The bill %(bill)s is posted: reverse it.",
                        reason=reason,
                        bill=bill.name,
                    )
                )
                continue
            (commission.bill_line_id | commission.former_bill_line_ids).unlink()
            if bill and not bill.invoice_line_ids:
                bill.button_cancel()
            commission._write_unchecked({"state": "cancelled"})
            commission._message_log(body=reason)

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

    def _restore_bills(self, revived):
        """Link these commissions to the ``revived`` bills again, which were cancelled before."""
        for commission in self:
            line = commission.former_bill_line_ids.filtered(lambda line: line.move_id in revived)
            if line:
                commission._move_to_bill(line)
