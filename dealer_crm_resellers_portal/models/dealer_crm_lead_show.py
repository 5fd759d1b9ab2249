"""What a reseller sees of a lead: dicts of texts, so that a template can show no more than that."""

from datetime import timedelta
from functools import cache, partial

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date, format_datetime

PAGE_SIZE = 40
MAX_SEARCH = 100
#: what a list reads of its leads
ROW_FIELDS = (
    "name",
    "contact_name",
    "city",
    "state_id",
    "country_id",
    "product_id",
    "vehicle_model_text",
    "quantity",
    "expected_price",
    "company_currency",
    "date_deadline",
    "won_status",
    "stage_id",
    "company_id",
    "date_partner_assign",
    "date_partner_accept",
    "deal_state",
)
#: what a page reads of its lead beside them
PAGE_FIELDS = (
    "street",
    "street2",
    "zip",
    "mobile",
    "phone",
    "email",
    "date_protected",
    "lost_reason",
    "lost_notes",
    "partner_assigned_id",
)
#: what both read of the records these are of
SHOWN_OF = {
    "state_id": ["name"],
    "country_id": ["name"],
    "stage_id": ["name"],
    "company_currency": ["symbol", "position", "decimal_places", "rounding"],
}
#: a search looks into nothing that a waiting lead hides
SEARCH_FIELDS = ("name", "contact_name", "city", "vehicle_model_text", "product_id.name")
PENDING = Domain("won_status", "=", "pending")
FILTERS = {
    "all": Domain.TRUE,
    "answer": PENDING & Domain("date_partner_accept", "=", False),
    "open": PENDING & Domain("date_partner_accept", "!=", False),
    "won": Domain("won_status", "=", "won"),
    "lost": Domain("won_status", "=", "lost"),
}
#: where a lead stands; the class by status. The text has the page's colour: in some themes the
#: coloured badges are hard to read.
BADGE = Markup('<span class="badge border text-body %s">%s</span>\n')
BADGES = {
    "answer": "border-warning",
    "open": "border-info",
    "won": "border-success",
    "lost": "",
}
SORTINGS = {
    "date": "date_partner_assign desc, id desc",
    "deadline": "date_deadline, id desc",
    "price": "expected_price desc, id desc",
    "name": "contact_name, id desc",
}


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_portal_list(self, filterby=None, sortby=None, search=None, page=1):
        """One page of the user's company's leads.

        :return: dict: rows, counts by filter, filterby, sortby, search (as they were understood)
        """
        filterby = filterby if filterby in FILTERS else "all"
        sortby = sortby if sortby in SORTINGS else "date"
        search = "".join(filter(str.isprintable, search or "")).strip()[:MAX_SEARCH]
        leads = self.sudo().with_context(active_test=True)
        domain = self._get_assignee_domain()
        if search:
            domain &= Domain.OR(Domain(name, "ilike", search) for name in SEARCH_FIELDS)
        counts, partners = leads._count_portal_leads(domain)
        page = max(1, min(page, -(-counts[filterby] // PAGE_SIZE)))
        found = leads.browse()
        if counts[filterby]:
            # With one partner, PostgreSQL reads the latest leads off an index.
            found = leads.search_fetch(
                domain & FILTERS[filterby] & Domain("partner_assigned_id", "in", partners.ids),
                ROW_FIELDS,
                order=SORTINGS[sortby],
                limit=PAGE_SIZE,
                offset=(page - 1) * PAGE_SIZE,
            )
        return {
            "rows": found._get_portal_rows(),
            "counts": counts,
            "filterby": filterby,
            "sortby": sortby,
            "search": search,
            "page": page,
        }

    @api.model
    def _get_portal_filters(self):
        """Dict of the filters' names."""
        return {
            "all": self.env._("All"),
            "answer": self.env._("To answer"),
            "open": self.env._("Open"),
            "won": self.env._("Won"),
            "lost": self.env._("Lost"),
        }

    @api.model
    def _count_portal_leads(self, domain):
        """(dict of the numbers of leads by filter, the partners that have them)"""
        counts, partners = dict.fromkeys(FILTERS, 0), self.env["res.partner"]
        for partner, status, count, accepted in self._read_group(
            domain,
            ["partner_assigned_id", "won_status"],
            ["__count", "date_partner_accept:count"],
            order="won_status",
        ):
            partners |= partner
            counts["all"] += count
            if status == "pending":
                counts["answer"] += count - accepted
                counts["open"] += accepted
            else:
                counts[status] += count
        return counts, partners

    def _get_portal_rows(self):
        """List of dicts: what a list, or an e-mail, tells of each of these leads."""
        self = self.with_context(display_default_code=False)
        self.fetch(ROW_FIELDS)
        # Just what is shown: the first value read of a record would read its whole row.
        for name, names in SHOWN_OF.items():
            self[name].fetch(names)
        format_day = cache(partial(format_date, self.env))
        labels = self._get_portal_filters()
        return [lead._get_portal_row(labels, format_day) for lead in self]

    def _get_portal_row(self, labels, format_day):
        waiting = self.won_status == "pending" and not self.date_partner_accept
        status = (
            "answer" if waiting else "open" if self.won_status == "pending" else self.won_status
        )
        label = self.stage_id.name if status == "open" else labels[status]
        to_confirm = self.deal_state == "to_confirm"
        badges = BADGE % (BADGES[status], label)
        if to_confirm:
            badges += BADGE % ("", self.env._("To be confirmed"))
        limit = self._get_accept_limit() if waiting else None
        place = (self.city, self.state_id.name, self.country_id.name)
        model = self.product_id.display_name or self.vehicle_model_text or ""
        amount = (self.expected_price, self.company_currency)
        # A withdrawn lead has no such date.
        assigned = self.date_partner_assign
        if assigned:
            assigned = fields.Datetime.context_timestamp(self, assigned).date()
        return {
            "id": self.id,
            "name": self.name,
            "contact_name": self.contact_name or self.name,
            "place": ", ".join(filter(None, place)),
            "what": f"{self.quantity:g} × {model}" if model and self.quantity != 1 else model,
            "price": format_amount(self.env, *amount) if self.expected_price else "",
            "deadline": format_day(self.date_deadline) if self.date_deadline else "",
            "assigned": format_day(assigned),
            "limit": format_datetime(self.env, limit, dt_format="short") if limit else "",
            "status": status,
            "badges": badges,
            "to_confirm": to_confirm,
            "company": self.company_id.name,
        }

    def _get_accept_limit(self):
        """The moment by which these leads' partner has to accept; None without a limit."""
        hours = self.company_id.dealer_accept_hours
        return self.date_partner_assign + timedelta(hours=hours) if hours else None

    def _is_contact_hidden(self):
        return not self.date_partner_accept and self.company_id.dealer_hide_contact

    def _get_portal_page(self):
        """Dict: all that the page of this lead tells."""
        self.ensure_one()
        self.fetch([*ROW_FIELDS, *PAGE_FIELDS])
        (self.stage_id | self._get_portal_steps()).fetch(["name"])
        hidden = self._is_contact_hidden()
        values = {
            **self._get_portal_rows()[0],
            "hidden": hidden,
            "phones": [],
            "email": "",
            "address": [],
        }
        if not hidden:
            street = (self.street, self.street2, " ".join(filter(None, (self.zip, self.city))))
            country = (self.state_id.name, self.country_id.name)
            values.update(
                phones=list(dict.fromkeys(filter(None, (self.mobile, self.phone)))),
                email=self.email or "",
                address=list(filter(None, (*street, *country))),
            )
        accepted = self.date_partner_accept
        return {
            **values,
            **(self._get_portal_work() if values["status"] == "open" else {}),
            "accepted": format_datetime(self.env, accepted, dt_format="short") if accepted else "",
            "protected": format_date(self.env, self.date_protected),
            "lost_reason": self.lost_reason.name or "",
            "lost_notes": self.lost_notes or "",
            "raw_price": f"{self.expected_price:.2f}" if self.expected_price else "",
            "raw_deadline": self.date_deadline.isoformat() if self.date_deadline else "",
            "currency": self.company_currency.symbol,
            "messages": self._get_portal_messages() if accepted else [],
            "orders": self._get_portal_orders() if accepted else [],
            "commissions": self.commission_ids.entry_ids.filtered(
                lambda entry: (
                    entry.partner_id.commercial_partner_id == self._get_portal_company()
                    and entry.state != "refused"
                )
            )._get_portal_rows(),
        }

    def _get_portal_company(self):
        return self.partner_assigned_id.commercial_partner_id

    def _get_portal_orders(self):
        """List of dicts of the orders and quotations of this lead."""
        orders = self.sale_order_ids
        orders.fetch(["name", "state", "date_order"])
        states = dict(self.env["sale.order"]._fields["state"]._description_selection(self.env))
        return [
            {
                "name": order.name,
                "state": states[order.state],
                "date": format_date(self.env, order.date_order),
            }
            for order in orders
        ]
