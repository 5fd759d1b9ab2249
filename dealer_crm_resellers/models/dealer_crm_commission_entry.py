"""The ledger: what was granted to resellers and taken back, and what people decided on it."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_amount

STATES = [
    ("draft", "Draft"),
    ("approved", "Approved"),
    ("billed", "Billed"),
    ("paid", "Paid"),
    ("refused", "Refused"),
]
#: what may change on an entry that is not a draft
DECISION_FIELDS = frozenset({"state", "is_settled", "bill_line_ids", "bill_line_id"})
#: columns of a new entry, beside those that are the same for all
INSERTED = (
    "commission_id",
    "source",
    "order_line_id",
    "invoice_line_id",
    "rule_id",
    "reason",
    "note",
    "date_rate",
    "base",
    "due",
    "amount",
    "amount_company",
)


class DealerCrmCommissionEntry(models.Model):
    _name = "dealer.crm.commission.entry"
    _description = "Dealer Commission Entry"
    _inherit = ["dealer.crm.guarded.mixin"]
    _program_only = True
    _order = "id desc"

    commission_id = fields.Many2one(
        "dealer.crm.commission", required=True, index=True, ondelete="restrict"
    )
    order_id = fields.Many2one(related="commission_id.order_id")
    lead_id = fields.Many2one(related="commission_id.lead_id")
    partner_id = fields.Many2one(related="commission_id.partner_id")
    plan_id = fields.Many2one(related="commission_id.plan_id")
    company_id = fields.Many2one(related="commission_id.company_id")
    currency_id = fields.Many2one(related="commission_id.currency_id")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    date = fields.Date("Granted On", required=True)
    date_rate = fields.Date(
        "Rate Date", required=True, help="The date of the order or of the invoice."
    )
    amount = fields.Monetary(help="Negative: takes back.")
    amount_company = fields.Monetary(
        "Amount in Company Currency", currency_field="company_currency_id"
    )
    base = fields.Monetary(help="What the order line's untaxed total changed by, less discounts.")
    due = fields.Monetary(
        aggregator=None,
        help="What was due in all for this order line and invoice when the entry was made.",
    )
    reason = fields.Selection(
        [
            ("won", "Won"),
            ("order_changed", "Order Changed"),
            ("invoiced", "Invoiced"),
            ("credited", "Credited"),
            ("paid", "Paid"),
            ("payment_undone", "Payment Undone"),
            ("reopened", "Reopened"),
            ("reassigned", "Reassigned"),
            ("cancelled", "Cancelled"),
            ("by_hand", "By Hand"),
        ],
        "Why",
        required=True,
    )
    note = fields.Char(help="The manager's reason for an entry by hand.")
    source = fields.Char(
        help="Ids of the order line and of the invoice, which stay when these are deleted. Empty for"
        " an entry by hand."
    )
    order_line_id = fields.Many2one("sale.order.line", index="btree_not_null", ondelete="set null")
    product_id = fields.Many2one(related="order_line_id.product_id")
    invoice_line_id = fields.Many2one(
        "account.move.line", index="btree_not_null", ondelete="set null"
    )
    invoice_name = fields.Char("Invoice", compute="_compute_names", compute_sudo=True)
    rule_id = fields.Many2one(
        "dealer.crm.commission.plan.rule", index="btree_not_null", ondelete="set null"
    )
    state = fields.Selection(
        STATES, compute="_compute_state", store=True, required=True, default="draft"
    )
    is_settled = fields.Boolean(help="Settled without a bill, because its entries add up to zero.")
    # Also those on cancelled or reversed bills, which may come back.
    bill_line_ids = fields.Many2many(
        "account.move.line",
        "dealer_crm_commission_entry_bill_line_rel",
        "entry_id",
        "line_id",
        "Bill Lines",
        # Without groups, users who cannot read bills could not read entries.
        groups="account.group_account_readonly,account.group_account_invoice",
        copy=False,
    )
    bill_line_id = fields.Many2one(
        "account.move.line",
        "Bill Line",
        compute="_compute_state",
        store=True,
        index="btree_not_null",
        ondelete="set null",
    )
    bill_name = fields.Char("Bill", compute="_compute_names", compute_sudo=True)
    bill_state = fields.Char("Bill Status", compute="_compute_names", compute_sudo=True)
    bill_amount = fields.Monetary(
        compute="_compute_names", compute_sudo=True, help="Total of the bill."
    )

    _draft_uniq = models.UniqueIndex(
        "(commission_id, source) WHERE state = 'draft'",
        "There is already a draft entry for this line of the commission.",
    )

    @api.depends("bill_line_ids.move_id.state", "bill_line_ids.move_id.payment_state")
    def _compute_state(self):
        """What was decided stays; whether it is billed and paid follows its only live bill."""
        for entry in self:
            lines = entry.bill_line_ids.filtered(lambda line: line.move_id._is_live_bill())
            if len(lines.move_id) > 1:
                entry._refuse_second_bill(lines.move_id)
            entry.bill_line_id = lines[:1]
            if entry.state not in ("approved", "billed", "paid") or entry.is_settled:
                entry.state = entry.state or "draft"
            elif not lines:
                entry.state = "approved"
            elif lines.move_id._is_paid_bill():
                entry.state = "paid"
            else:
                entry.state = "billed"

    @api.depends("bill_line_id.move_id.name", "bill_line_id.move_id.status_in_payment")
    def _compute_names(self):
        status = self.env["account.move"]._fields["status_in_payment"]
        states = dict(status._description_selection(self.env))
        for entry in self:
            bill = entry.bill_line_id.move_id
            entry.bill_name = bill.display_name
            entry.bill_state = states.get(bill.status_in_payment)
            entry.bill_amount = abs(bill.amount_total_in_currency_signed)
            entry.invoice_name = entry.invoice_line_id.move_id.name

    @api.depends("commission_id", "reason")
    def _compute_display_name(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for entry in self:
            entry.display_name = (
                f"{entry.commission_id.display_name} · {reasons.get(entry.reason, '')}"
            )

    def write(self, vals):
        if not vals.keys() <= DECISION_FIELDS:
            self._check_drafts()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self._check_drafts()

    def _check_drafts(self):
        for entry in self.sudo():
            if entry.state != "draft":
                raise UserError(
                    self.env._(
                        "Only drafts can be changed or deleted: an entry of %(order)s is %(state)s."
                        " Add another entry by hand.",
                        order=entry.order_id.name,
                        state=entry._get_state_name(),
                    )
                )

    def _get_state_name(self):
        """The state in lower case, for sentences."""
        return dict(self._fields["state"]._description_selection(self.env))[self.state].lower()

    def _refuse_second_bill(self, bills):
        raise UserError(
            self.env._(
                "%(order)s: the commission is on %(bills)s. Cancel one of these bills first.",
                order=self.order_id.name,
                bills=", ".join(bills.mapped("display_name")),
            )
        )

    @api.model
    def _insert(self, vals_list):
        """Create draft entries by one statement: a transaction may win thousands of leads.

        They have no ``create_uid``: the program makes them, and each foreign key costs.

        :return: the entries
        """
        if not vals_list:
            return self.browse()
        columns = SQL(", ").join(map(SQL.identifier, INSERTED))
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO dealer_crm_commission_entry
                       (date, state, create_date, write_date, %s)
                SELECT %s, 'draft', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', %s
                  FROM json_populate_recordset(NULL::dealer_crm_commission_entry, %s)
                RETURNING id
                """,
                columns,
                fields.Date.context_today(self),
                columns,
                json.dumps(vals_list, default=str),
            )
        )
        entries = self.browse(row[0] for row in rows)
        self.env["dealer.crm.commission"].browse(
            {vals["commission_id"] for vals in vals_list}
        ).invalidate_recordset(flush=False)
        return entries

    def action_approve(self):
        """Approve draft entries (managers)."""
        return self._decide("approved")

    def action_refuse(self):
        """Refuse draft entries (managers); each is proposed again only when another sum is due."""
        return self._decide("refused")

    def action_back_to_draft(self):
        """Take back the decision on approved or refused entries that were never billed (managers)."""
        self._check_manager()
        entries = self.sudo()
        for entry in entries:
            if entry.state not in ("approved", "refused") or entry.bill_line_ids:
                raise UserError(
                    self.env._(
                        "%(order)s: only approved or refused entries without a bill go back to"
                        " draft. Delete the bill first.",
                        order=entry.order_id.name,
                    )
                )
        entries._log_decision(self.env._("Back to draft"))
        # There is one draft for each source: it takes the place of the others. The unique index
        # looks at what is in the database.
        entries.flush_model(["state"])
        for (commission, source), group in entries.grouped(
            lambda entry: (entry.commission_id, entry.source)
        ).items():
            if source:
                drafts = commission.entry_ids.filtered(
                    lambda entry, source=source: entry.source == source and entry.state == "draft"
                )
                drafts._as_program().unlink()
                for entry in group[1:]:
                    entry._write_unchecked({"state": "draft"})
                    entry._as_program().unlink()
            group.exists()._write_unchecked({"state": "draft"})
        entries.exists().commission_id._reconcile()
        return True

    def action_create_bills(self):
        """Create draft vendor bills of approved entries (managers)."""
        self._check_manager()
        return self._create_bills()

    def _check_manager(self):
        self.env["dealer.crm.commission"]._check_manager()
        self._check_not_replaced()
        self.check_access("read")
        self.commission_id._check_manager()

    def _check_not_replaced(self):
        if self.exists() != self:
            raise UserError(
                self.env._(
                    "A draft of the commission was replaced because its order, invoice or lead"
                    " changed. Reload the page and look at the new draft."
                )
            )

    def _decide(self, state):
        self._check_manager()
        self.env["dealer.crm.commission"]._reconcile_stale()
        self._check_not_replaced()
        entries = self.sudo()
        for entry in entries:
            if entry.state != "draft":
                raise UserError(
                    self.env._(
                        "Only drafts can be approved or refused: an entry of %(order)s is"
                        " %(state)s.",
                        order=entry.order_id.name,
                        state=entry._get_state_name(),
                    )
                )
        entries._write_unchecked({"state": state})
        entries._log_decision(
            self.env._("Approved") if state == "approved" else self.env._("Refused")
        )
        return True

    def _log_decision(self, word):
        """Log on the deals what was decided on how much."""
        bodies = {}
        for commission, entries in self.grouped("commission_id").items():
            amount = format_amount(self.env, sum(entries.mapped("amount")), commission.currency_id)
            bodies[commission.id] = f"{word}: {amount}"
        self.commission_id._message_log_batch(bodies=bodies)
