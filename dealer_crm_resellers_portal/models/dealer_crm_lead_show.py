"""What a reseller sees of a lead: dicts of texts, so that a template can show no more than that."""

from datetime import timedelta
from functools import cache, partial

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime
from odoo.tools.misc import get_lang

PAGE_SIZE = 40
MAX_SEARCH = 100
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
#: the fields that a list reads of its leads, and of the records that they refer to
ROW_FIELDS = (
    "id",
    "name",
    "contact_name",
    "city",
    "state_id.name",
    "country_id.name",
    "product_id",
    "vehicle_model_text",
    "quantity",
    "expected_price",
    "company_currency.symbol",
    "company_currency.position",
    "company_currency.decimal_places",
    "date_deadline",
    "won_status",
    "stage_id",
    "stage_id.name",
    "company_id",
    "date_partner_assign",
    "date_partner_accept",
    "deal_state",
)
#: the fields that the page of a lead reads beside those of a list
PAGE_FIELDS = (
    "street",
    "street2",
    "zip",
    "mobile",
    "phone",
    "email",
    "date_protected",
    "lost_reason.name",
    "lost_notes",
    "partner_assigned_id.commercial_partner_id",
)
#: the searched fields: none that is hidden until the lead is accepted
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
        rows = []
        if counts[filterby]:
            # With one partner, PostgreSQL reads the latest leads off an index.
            found = leads._search(
                domain & FILTERS[filterby] & Domain("partner_assigned_id", "in", partners.ids),
                order=SORTINGS[sortby],
                limit=PAGE_SIZE,
                offset=(page - 1) * PAGE_SIZE,
            )
            # In two steps: otherwise PostgreSQL reads all columns of the leads on earlier pages, too.
            found = leads._search(Domain("id", "in", found), order=SORTINGS[sortby])
            rows = leads._show_portal_rows(leads._read_portal(found, ROW_FIELDS))
        return {
            "rows": rows,
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
        """Tuple of a dict of the numbers of leads by filter, and the partners that have them."""
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

    @api.model
    def _read_portal(self, query, names):
        """List of dicts of the values in the database of the leads that ``query`` finds, by name.

        One query takes a fraction of the time of records whose fields are read one by one.

        :param names: fields of leads that are stored, or ``many2one.field``
        """

        def get_sql(name):
            name, _dot, other = name.partition(".")
            column = self._field_to_sql(query.table, name, query)
            if not other:
                return column
            # PostgreSQL would take milliseconds to plan so many joins.
            model = self.env[self._fields[name].comodel_name]
            alias = query.make_alias(query.table, name)
            return SQL(
                "(SELECT %s FROM %s AS %s WHERE %s = %s)",
                model._field_to_sql(alias, other),
                SQL.identifier(model._table),
                SQL.identifier(alias),
                SQL.identifier(alias, "id"),
                column,
            )

        rows = self.env.execute_query(query.select(*map(get_sql, names)))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _get_portal_rows(self):
        """List of dicts: what a list, or an e-mail, shows of each of these leads."""
        return self._show_portal_rows(self._read_portal(self._as_query(), ROW_FIELDS))

    @api.model
    def _show_portal_rows(self, rows):
        """List of dicts of texts.

        :param rows: list of dicts of at least ``ROW_FIELDS``
        """
        companies, products = (
            self._browse_portal(rows, name) for name in ("company_id", "product_id")
        )
        # Only what is shown: reading one value of a record would fetch its whole row.
        self.env["res.company"].browse(companies).fetch(
            ["name", "dealer_accept_hours", "dealer_hide_contact"]
        )
        labels = self._get_portal_filters()
        format_day = cache(partial(format_date, self.env))
        format_time = cache(partial(format_datetime, self.env, dt_format="short"))
        lang = self.env["res.lang"].browse(get_lang(self.env).id)
        shown = []
        for row in rows:
            company = companies[row["company_id"]]
            waiting = row["won_status"] == "pending" and not row["date_partner_accept"]
            limit = self._get_accept_limit(row, company) if waiting else None
            place = (row["city"], row["state_id.name"], row["country_id.name"])
            product = products.get(row["product_id"])
            model = product.display_name if product else row["vehicle_model_text"] or ""
            quantity = row["quantity"]
            # A withdrawn lead has no such date.
            assigned = row["date_partner_assign"]
            if assigned:
                assigned = fields.Datetime.context_timestamp(self, assigned).date()
            shown.append(
                {
                    "id": row["id"],
                    "name": row["name"],
                    "contact_name": row["contact_name"] or row["name"],
                    "place": ", ".join(filter(None, place)),
                    "what": f"{quantity:g} × {model}" if model and quantity != 1 else model,
                    "price": self._show_portal_price(row, lang),
                    "deadline": format_day(row["date_deadline"]) if row["date_deadline"] else "",
                    "assigned": format_day(assigned),
                    "limit": format_time(limit) if limit else "",
                    "company": company.name,
                    **self._show_portal_status(row, waiting, labels),
                }
            )
        return shown

    @api.model
    def _browse_portal(self, rows, name):
        """Dict of the records that a many2one names in the rows, by id."""
        model = self.env[self._fields[name].comodel_name].with_context(display_default_code=False)
        return {each.id: each for each in model.browse({row[name] for row in rows if row[name]})}

    @api.model
    def _show_portal_price(self, row, lang):
        """A row's price as ``format_amount`` writes it, without a query for the language each time."""
        if not row["expected_price"]:
            return ""
        number = lang.format(
            f"%.{row['company_currency.decimal_places']}f", row["expected_price"], grouping=True
        )
        texts = [number.replace(" ", NO_BREAK_SPACE), row["company_currency.symbol"]]
        if row["company_currency.position"] == "before":
            texts.reverse()
        return NO_BREAK_SPACE.join(texts)

    @api.model
    def _show_portal_status(self, row, waiting, labels):
        status = "answer" if waiting else row["won_status"]
        if status == "pending":
            status, label = "open", row["stage_id.name"]
        else:
            label = labels[status]
        to_confirm = row["deal_state"] == "to_confirm"
        badges = BADGE % (BADGES[status], label)
        if to_confirm:
            badges += BADGE % ("", self.env._("To be confirmed"))
        return {"status": status, "badges": badges, "to_confirm": to_confirm}

    @api.model
    def _get_accept_limit(self, row, company):
        """The moment by which the partner of a lead has to accept; None without a limit."""
        hours = company.dealer_accept_hours
        return row["date_partner_assign"] + timedelta(hours=hours) if hours else None

    def _get_label(self):
        """Name the contact to resellers, as on their pages, and not the customer."""
        company = self.sudo().partner_assigned_id.commercial_partner_id
        is_reseller = company and company == self.env.user.commercial_partner_id
        if is_reseller and self.env.user.share:
            return self._get_contact_label()
        return super()._get_label()

    def _get_portal_page(self):
        """Dict: all that the page of this lead shows."""
        self.ensure_one()
        [lead] = self._read_portal(self._as_query(), (*ROW_FIELDS, *PAGE_FIELDS))
        [row] = self._show_portal_rows([lead])
        accepted = lead["date_partner_accept"]
        hidden = (
            not accepted and self.env["res.company"].browse(lead["company_id"]).dealer_hide_contact
        )
        contact = {"phones": [], "email": "", "address": []}
        if not hidden:
            town = " ".join(filter(None, (lead["zip"], lead["city"])))
            country = (lead["state_id.name"], lead["country_id.name"])
            contact = {
                "phones": list(dict.fromkeys(filter(None, (lead["mobile"], lead["phone"])))),
                "email": lead["email"] or "",
                "address": list(filter(None, (lead["street"], lead["street2"], town, *country))),
            }
        price, deadline = lead["expected_price"], lead["date_deadline"]
        company_id = lead["partner_assigned_id.commercial_partner_id"]
        return {
            **row,
            **contact,
            **(
                self._get_portal_work(lead["stage_id"], company_id)
                if row["status"] == "open"
                else {}
            ),
            "hidden": hidden,
            "accepted": format_datetime(self.env, accepted, dt_format="short") if accepted else "",
            "protected": format_date(self.env, lead["date_protected"]),
            "lost_reason": lead["lost_reason.name"] or "",
            "lost_notes": lead["lost_notes"] or "",
            "raw_price": f"{price:.2f}" if price else "",
            "raw_deadline": deadline.isoformat() if deadline else "",
            "currency": lead["company_currency.symbol"],
            "messages": self._get_portal_messages(lead) if accepted else [],
            "orders": self._get_portal_orders() if accepted else [],
            "commissions": self.commission_ids.entry_ids.filtered(
                lambda entry: (
                    entry.partner_id.commercial_partner_id.id == company_id
                    and entry.state != "refused"
                    and (entry.plan_id.is_shown_on_lead or not entry.plan_id)
                )
            )._get_portal_rows(),
        }

    def _get_portal_orders(self):
        """List of dicts of the orders and quotations of this lead."""
        orders = self.env["sale.order"].search_fetch(
            [("dealer_crm_lead_id", "=", self.id)], ["name", "state", "date_order"]
        )
        states = dict(orders._fields["state"]._description_selection(self.env))
        return [
            {
                "name": order.name,
                "state": states[order.state],
                "date": format_date(self.env, order.date_order),
            }
            for order in orders
        ]

    def _get_portal_company(self):
        return self.partner_assigned_id.commercial_partner_id
