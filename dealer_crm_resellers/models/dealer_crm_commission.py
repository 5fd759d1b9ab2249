"""A deal: what one reseller earns on one order of one lead that it won."""

import functools
import json

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.dealer_crm.models.dealer_crm_lead_sale import CONFIRMED, MAX_NUMBER
from odoo.addons.dealer_crm.models.dealer_crm_text_mixin import MAX_CHAR

TOTALS = ("draft", "approved", "billed", "paid")


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
    terms = fields.Json(
        readonly=True,
        help="The plan's basis and rules when the lead was won, and the categories of the products:"
        " later changes do not count.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    date = fields.Date("Won On", required=True, readonly=True, default=fields.Date.context_today)
    date_assign = fields.Datetime("Lead Assigned On", readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    is_cancelled = fields.Boolean(
        "Cancelled", readonly=True, help="A manager has cancelled it: it earns nothing."
    )
    is_stale = fields.Boolean(
        "To Be Computed",
        compute="_compute_is_stale",
        store=True,
        help="A fact has changed since the entries were made.",
    )
    entry_ids = fields.One2many(
        "dealer.crm.commission.entry", "commission_id", "Entries", readonly=True
    )
    amount = fields.Monetary(
        "Commission", compute="_compute_amounts", help="Sum of the entries that are not refused."
    )
    base = fields.Monetary(compute="_compute_amounts", help="Sum of the entries' bases.")
    amount_draft = fields.Monetary("To Approve", compute="_compute_amounts")
    amount_approved = fields.Monetary("To Bill", compute="_compute_amounts")
    amount_billed = fields.Monetary("Billed", compute="_compute_amounts")
    amount_paid = fields.Monetary("Paid", compute="_compute_amounts")
    has_draft = fields.Boolean(compute="_compute_amounts")
    has_approved = fields.Boolean(compute="_compute_amounts")

    _deal_uniq = models.UniqueIndex(
        "(order_id, lead_id, partner_id)", "The reseller already has a commission on this order."
    )
    _stale_idx = models.Index("(id) WHERE is_stale")

    @api.depends(
        "is_cancelled",
        "lead_id.partner_assigned_id",
        "lead_id.won_status",
        "order_id.currency_id",
        "order_id.date_order",
        "order_id.dealer_crm_lead_id",
        "order_id.order_line.invoice_lines.move_id.amount_residual",
        "order_id.order_line.invoice_lines.move_id.invoice_date",
        "order_id.order_line.invoice_lines.move_id.state",
        "order_id.order_line.invoice_lines.price_subtotal",
        "order_id.order_line.invoice_lines.quantity",
        "order_id.order_line.is_downpayment",
        "order_id.order_line.price_subtotal",
        "order_id.order_line.product_id",
        "order_id.order_line.product_uom_qty",
        "order_id.order_line.sequence",
        "order_id.state",
        "terms",
    )
    def _compute_is_stale(self):
        """Mark the deals whose facts have changed; they are reconciled before the commit."""
        self.is_stale = True
        self._reconcile_before_commit()

    @api.depends("entry_ids.amount", "entry_ids.base", "entry_ids.state")
    def _compute_amounts(self):
        sums = {}
        for commission, state, amount, base in self.env["dealer.crm.commission.entry"]._read_group(
            Domain("commission_id", "in", self.ids) & Domain("state", "!=", "refused"),
            ["commission_id", "state"],
            ["amount:sum", "base:sum"],
        ):
            sums.setdefault(commission.id, {})[state] = (amount, base)
        for commission in self:
            known = sums.get(commission.id, {})
            commission.amount = sum(amount for amount, _base in known.values())
            commission.base = sum(base for _amount, base in known.values())
            commission.has_draft = "draft" in known
            commission.has_approved = "approved" in known
            for state in TOTALS:
                commission[f"amount_{state}"] = known.get(state, (0.0, 0.0))[0]

    @api.depends("order_id")
    def _compute_display_name(self):
        """The order's name, also for users who may not read the order."""
        for commission in self:
            commission.display_name = commission.sudo().order_id.display_name

    def unlink(self):
        """Delete these deals with their drafts.

        :raise UserError: when an entry is decided, or when a deal still earns
        """
        self.check_access("unlink")
        self._check_undecided()
        self._check_not_earning()
        self.sudo().entry_ids.unlink()
        return super().unlink()

    def _check_undecided(self):
        for entry in self.sudo().entry_ids:
            if entry.state != "draft":
                raise UserError(
                    self.env._(
                        "Only drafts can be deleted: an entry of the commission on %(order)s is"
                        " %(state)s. Keep the order and its lead; archive the lead to hide it.",
                        order=entry.commission_id.order_id.name,
                        state=entry._get_state_name(),
                    )
                )

    def _check_not_earning(self):
        for commission in self.sudo():
            order, lead = commission.order_id, commission.lead_id
            if (
                lead.won_status == "won"
                and lead.partner_assigned_id == commission.partner_id
                and order.dealer_crm_lead_id == lead
                and order.state in CONFIRMED
            ):
                raise UserError(
                    self.env._(
                        "%(order)s belongs to %(lead)s, which %(partner)s has won, so its"
                        " commission cannot be deleted. Cancel the commission instead.",
                        order=order.name,
                        lead=lead._get_label(),
                        partner=commission.partner_id.name,
                    )
                )

    def action_approve(self):
        """Approve the draft entries of these deals (managers)."""
        return self._get_entries_to_decide().action_approve()

    def action_refuse(self):
        """Refuse the draft entries of these deals (managers)."""
        return self._get_entries_to_decide().action_refuse()

    def action_back_to_draft(self):
        """Take back the decision on entries that are on no bill (managers)."""
        self._check_manager()
        return self.entry_ids.filtered(
            lambda entry: entry.state in ("approved", "refused")
        ).action_back_to_draft()

    def action_create_bills(self):
        """Create draft vendor bills of the approved entries of these deals (managers)."""
        self._check_manager()
        return self.entry_ids.filtered(lambda entry: entry.state == "approved")._create_bills()

    def action_cancel(self, reason=None):
        """Let these deals earn nothing; what was granted is taken back (managers).

        :param str reason: why; without it, return the wizard that asks for it
        """
        self._check_manager()
        if reason is None:
            return self._ask("cancel")
        return self._set_cancelled(True, reason)

    def action_restore(self, reason=None):
        """Let cancelled deals earn again (managers).

        :param str reason: why; without it, return the wizard that asks for it
        """
        self._check_manager()
        if reason is None:
            return self._ask("restore")
        return self._set_cancelled(False, reason)

    def action_adjust(self, amount=None, reason=None):
        """Add a draft entry to each of these deals by hand (managers).

        :param float amount: in the currency of each deal; negative takes back
        :param str reason: why; without both, return the wizard that asks for them
        """
        self._check_manager()
        if amount is None or reason is None:
            return self._ask("adjust")
        if not self.env["dealer.crm.lead"]._is_countable(amount):
            raise ValidationError(
                self.env._("Enter a number below %(limit)s.", limit=f"{MAX_NUMBER:,.0f}")
            )
        self._check_reason(reason)
        self.sudo()._create_adjustments(float(amount), reason)
        return True

    def action_apply_plan(self):
        """Compute these deals again by the terms that the reseller's plan has now (managers)."""
        self._check_manager()
        plans = self.env["dealer.crm.commission.plan"].sudo()
        for commission in self.sudo():
            plan = plans._get_of_partner(commission.partner_id, commission.company_id)
            plan = plan or commission.plan_id
            commission._write_unchecked({"plan_id": plan.id, "terms": plan._get_terms()})
            commission._message_log(
                body=self.env._("The terms of the plan %(plan)s apply now.", plan=plan.name)
            )
        self.sudo()._reconcile(reason="by_hand")
        return True

    def action_open_bill(self):
        """Open the vendor bills of these deals."""
        self.check_access("read")
        bills = self.sudo().entry_ids.bill_line_id.move_id
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_in_invoice_type"
        )
        if len(bills) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=bills.id)
        else:
            action["domain"] = [("id", "in", bills.ids)]
        return action

    def _check_manager(self):
        """Only managers decide on commissions, and only on those they may read."""
        self.check_access("read")
        self.env["res.partner"]._check_dealer_manager(self.env._("decide on commissions"))

    def _get_entries_to_decide(self):
        """The draft entries of these deals, after their facts were looked at."""
        self._check_manager()
        self._reconcile_stale()
        entries = self.entry_ids.filtered(lambda entry: entry.state == "draft")
        if not entries:
            raise UserError(
                self.env._(
                    "Only drafts can be approved or refused: the commission on %(order)s has none.",
                    order=", ".join(self.sudo().order_id.mapped("name")),
                )
            )
        return entries

    def _ask(self, kind):
        """The wizard that asks for a manager's reason."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "dealer_crm_resellers.dealer_crm_commission_decide_action"
        )
        action["context"] = {"default_commission_ids": self.ids, "default_kind": kind}
        return action

    def _check_reason(self, reason):
        label = self.env._("Reason")
        if not (isinstance(reason, str) and reason.strip()):
            raise ValidationError(self.env._("Enter a reason for the change of the commission."))
        self._check_text(label, reason, MAX_CHAR)

    def _set_cancelled(self, value, reason):
        self._check_reason(reason)
        commissions = self.sudo()
        commissions._write_unchecked({"is_cancelled": value})
        if value:
            sentence = self.env._("Cancelled: %(reason)s", reason=reason)
        else:
            sentence = self.env._("Restored: %(reason)s", reason=reason)
        commissions._message_log_batch(bodies=dict.fromkeys(self.ids, sentence))
        commissions._reconcile()
        return True

    @api.model
    def _create_for_orders(self, orders):
        """The deals of confirmed orders of won leads, with their entries; none without a plan.

        The plan's terms are frozen when the reseller first wins the lead.

        :return: the deals, also those that were there
        """
        if not orders:
            return self.browse()
        self = self.sudo()._without_defaults()
        self.env.flush_all()
        rows = self._read_orders(orders)
        get_plan = self._get_plan_reader({partner_id for partner_id, *_rest in rows})
        known, missing = [], []
        for partner_id, commission_id, *order, plan_id, terms in rows:
            if commission_id:
                known.append(commission_id)
                continue
            _order_id, _currency_id, company_id, _date = order
            plan = (plan_id, terms) if plan_id else get_plan(partner_id, company_id)
            if plan[0]:
                missing.append((plan, *order))
        known = self.browse(known)
        known._claim()
        new = self._insert(missing)
        known._grant(new=new)
        return known.union(self.browse(deal.id for deal in new))

    @api.model
    def _read_orders(self, orders):
        """Rows of orders: reseller; deal, if any; order, currency, company and date; plan and terms.

        The plan and terms are those of the lead's first deal with the reseller, if any.
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT l.partner_assigned_id, c.id, o.id, o.currency_id, o.company_id,
                       o.date_order::date, s.plan_id, s.terms::text
                  FROM sale_order o
                  JOIN dealer_crm_lead l ON l.id = o.dealer_crm_lead_id
                  LEFT JOIN dealer_crm_commission c ON c.order_id = o.id AND c.lead_id = l.id
                        AND c.partner_id = l.partner_assigned_id
                  LEFT JOIN LATERAL (
                      SELECT plan_id, terms FROM dealer_crm_commission
                       WHERE lead_id = l.id AND partner_id = l.partner_assigned_id
                       ORDER BY id LIMIT 1) s ON TRUE
                 WHERE o.id = ANY(%s) AND l.partner_assigned_id IS NOT NULL ORDER BY o.id
                """,
                orders.ids,
            )
        )

    @api.model
    def _get_plan_reader(self, partner_ids):
        """Function of a reseller's and a company's id that returns (id, terms as JSON text) of its plan.

        (None, None): there is no plan.
        """
        plans, companies = self.env["dealer.crm.commission.plan"], self.env["res.company"]
        partners = self.env["res.partner"].browse(partner_ids)
        partners.fetch(["dealer_commission_plan_id", "dealer_level_id"])

        @functools.cache
        def get_terms(plan):
            return (plan.id, json.dumps(plan._get_terms())) if plan else (None, None)

        @functools.cache
        def get_plan(partner_id, company_id):
            partner = partners.browse(partner_id).with_prefetch(partners._prefetch_ids)
            return get_terms(plans._get_of_partner(partner, companies.browse(company_id)))

        return get_plan

    @api.model
    def _insert(self, values):
        """Create deals by one statement: a transaction may win thousands of leads.

        They have no ``create_uid``: the program makes them, and each foreign key costs.

        :param values: list of ((plan id, terms as JSON text), order id, its currency's, its
            company's, its date)
        :return: list of ``Deal``
        """
        if not values:
            return []
        plans = [*dict.fromkeys(plan for plan, *_order in values)]
        numbers = {plan: number for number, plan in enumerate(plans, 1)}
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO dealer_crm_commission
                       (order_id, lead_id, partner_id, company_id, currency_id, date, date_assign,
                        plan_id, terms, is_stale, is_cancelled, create_date, write_date)
                SELECT o.id, l.id, l.partner_assigned_id, o.company_id, o.currency_id, %(day)s,
                       l.date_partner_assign, (%(plan_ids)s)[v.number],
                       (%(terms)s::jsonb[])[v.number], FALSE, FALSE,
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM unnest(%(order_ids)s, %(numbers)s) AS v (order_id, number)
                  JOIN sale_order o ON o.id = v.order_id
                  JOIN dealer_crm_lead l ON l.id = o.dealer_crm_lead_id
                 ORDER BY o.id
                RETURNING id, lead_id, order_id
                """,
                day=fields.Date.context_today(self),
                plan_ids=[plan_id for plan_id, _terms in plans],
                terms=[terms for _plan_id, terms in plans],
                order_ids=[order_id for _plan, order_id, *_rest in values],
                numbers=[numbers[plan] for plan, *_order in values],
            )
        )
        ids, lead_ids, order_ids = zip(*rows, strict=True)
        self.env["dealer.crm.lead"].browse(lead_ids).invalidate_recordset(
            ["commission_ids"], flush=False
        )
        self.env["sale.order"].browse(order_ids).invalidate_recordset(
            ["dealer_commission_ids"], flush=False
        )
        ids = dict(zip(order_ids, ids, strict=True))
        return self._make_deals(
            (ids[order_id], order_id, currency_id, company_id, currency_id, date, terms)
            for (_plan_id, terms), order_id, currency_id, company_id, date in values
        )
