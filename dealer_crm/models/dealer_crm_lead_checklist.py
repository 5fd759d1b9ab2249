"""The steps of a lead's sale, as its form shows them, and the question to the warehouse."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..text import text_to_html
from .dealer_crm_lead_sale import CONFIRMED

WAREHOUSE = "dealer_crm.mail_activity_type_warehouse"


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    checklist = fields.Json(
        compute="_compute_checklist",
        help="List of the sale's steps: quotation, confirmed, delivered. Of each its key, label, done,"
        " text, and the method that opens it, if the user may.",
    )

    @api.depends("won_blockers")
    @api.depends_context("uid", "lang")
    def _compute_checklist(self):
        gate = self._get_gate_orders()
        asked = self._get_asked(gate)
        for lead, orders in gate.items():
            lead.checklist = lead._get_steps(
                orders.filtered(lambda order: order.state != "cancel"), asked.get(lead._origin.id)
            )

    def _get_steps(self, orders, asked):
        """List of the steps of this lead's sale (dicts, see ``checklist``).

        :param orders: its orders that are not cancelled, with sudo
        :param asked: the user whom somebody asked about a delivery, if any
        """
        confirmed = orders.filtered(lambda order: order.state in CONFIRMED)
        empty = confirmed and not any(order._get_sold_lines() for order in confirmed)
        names = ", ".join((confirmed or orders).mapped("name"))
        if empty:
            state = self.env._("%(order)s: no products ordered", order=names)
        else:
            state = names if confirmed else ""
        is_delivered, delivery = self._describe_delivery(confirmed)
        opened = "action_open_quotation" if orders else None
        transfers = confirmed._get_transfers()
        step = {"method": None, "ask": False}
        steps = [
            {
                **step,
                "key": "quotation",
                "label": self.env._("Quotation"),
                "done": bool(orders),
                "text": "" if confirmed else names,
                "method": opened or "action_convert_to_quotation",
            },
            {
                **step,
                "key": "confirmed",
                "label": self.env._("Confirmed"),
                "done": bool(confirmed) and not empty,
                "text": state,
                "method": opened,
            },
            {
                **step,
                "key": "delivered",
                "label": self.env._("Delivered"),
                "done": is_delivered and not empty,
                "text": delivery,
            },
        ]
        if transfers and self.env.user.has_group("stock.group_stock_user"):
            steps[-1]["method"] = "action_open_deliveries"
        elif confirmed._get_open_transfers():
            if asked:
                asks = self.env._("%(user)s is asked", user=asked.name)
                steps[-1]["text"] = f"{delivery}; {asks}"
            else:
                steps[-1]["ask"] = True
        return steps

    def _describe_delivery(self, confirmed):
        """Whether the goods of these ``confirmed`` orders are delivered, and what they wait for."""
        if not confirmed:
            return False, ""
        state = confirmed._get_delivery_state()
        if not state:
            sells_goods = any(line._is_goods() for line in confirmed._get_sold_lines())
            return True, "" if sells_goods else self.env._("nothing to deliver")
        return False, {
            "stock": self.env._("waits for stock"),
            "handover": self.env._("ready to hand over"),
            "rest": self.env._("not all is delivered"),
        }[state]

    def action_open_deliveries(self):
        """Open the transfer that this lead waits for, or the list of all of them."""
        self.ensure_one()
        self.check_access("read")
        orders = self._get_gate_orders()[self]
        transfers = orders._get_open_transfers() or orders._get_transfers()
        transfers = transfers.sudo(False)
        if not transfers:
            raise UserError(self.env._("%(lead)s has no delivery yet.", lead=self._get_label()))
        transfers.check_access("read")
        if len(transfers) == 1:
            return transfers.get_formview_action()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all"),
            "domain": [("id", "in", transfers.ids)],
            "context": {},
        }

    def action_ask_warehouse(self):
        """Schedule an activity for whoever answers for the delivery, unless there is one already.

        :return: the action that shows who is asked
        :raise UserError: if no delivery is open, or nobody answers for it
        """
        self.ensure_one()
        self.check_access("write")
        # Of two who ask at once, the second finds the activity of the first.
        self._claim()
        gate = self._get_gate_orders()
        transfers = gate[self]._get_open_transfers()
        if not transfers:
            raise UserError(self.env._("%(lead)s waits for no delivery.", lead=self._get_label()))
        if asked := self._get_asked(gate).get(self.id):
            return self._tell(self.env._("%(user)s is asked already.", user=asked.name))
        first = transfers.sorted(lambda each: (each.scheduled_date, each.id))[:1]
        user = first._get_dealer_responsible()
        if not user:
            raise AccessError(
                self.env._(
                    "Nobody answers for %(delivery)s: ask an inventory manager to set who answers"
                    " salespeople on the warehouse.",
                    delivery=first.name,
                )
            )
        told = self.with_context(lang=user.lang)
        first.activity_schedule(
            WAREHOUSE,
            user_id=user.id,
            summary=told.env._("%(lead)s waits for the delivery", lead=told.display_name),
            note=text_to_html(
                told.env._(
                    "%(asker)s asks when %(deliveries)s can leave.",
                    asker=self.env.user.name,
                    deliveries=", ".join(transfers.mapped("name")),
                )
            ),
        )
        sentence = self.env._(
            "%(user)s is asked about %(delivery)s.", user=user.name, delivery=first.name
        )
        self._message_log_batch({self.id: sentence})
        self.invalidate_recordset(["checklist"])
        return self._tell(sentence)

    def _get_asked(self, gate):
        """Dict of lead id to the user with an open question about one of its transfers.

        :param gate: dict of lead to orders, see `_get_gate_orders`
        """
        transfers = {
            transfer.id: lead._origin.id
            for lead, orders in gate.items()
            for transfer in orders._get_open_transfers()
        }
        type_id = self.env["ir.model.data"]._xmlid_to_res_id(WAREHOUSE, raise_if_not_found=False)
        if not transfers or not type_id:
            return {}
        activities = (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "stock.picking"),
                    ("res_id", "in", list(transfers)),
                    ("activity_type_id", "=", type_id),
                    ("active", "=", True),
                ],
                order="id",
            )
        )
        return {transfers[each.res_id]: each.user_id for each in activities}

    def _tell(self, sentence):
        """Action that shows ``sentence`` and loads the form again."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": sentence,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
