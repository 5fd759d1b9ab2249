"""The cards of the board: what they show of other records than their leads comes by one query.

Odoo reads tags, activities, customer, vehicle, salesperson, stage and so on one after the other,
and the lead's own fields ask for duplicates, outcome and orders: ten queries for one card.
"""

from collections import defaultdict

from odoo import api, fields, models, tools
from odoo.tools import SQL

from .dealer_crm_lead_sale import CONFIRMED

#: a field that only cards show
CARD = "next_step"
#: what the widget of the next activity reads (``fieldDependencies`` of mail's ``kanban_activity.js``)
ACTIVITY_FIELDS = (
    "activity_exception_decoration",
    "activity_exception_icon",
    "activity_state",
    "activity_summary",
    "activity_type_icon",
    "activity_type_id",
)


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.readonly
    def web_read(self, specification):
        """Read cards with two queries, or one if the leads are in the cache."""
        if CARD in specification and self and all(self._ids):
            columns = self._get_card_columns(specification)
            if any(any(self._fields[name]._cache_missing_ids(self)) for name in columns):
                self.fetch(columns)
            self._fetch_card_relations(specification)
        return super().web_read(specification)

    @api.model
    def _get_card_columns(self, specification):
        """Names of the columns of leads that the fields of ``specification`` need."""
        names = [name for name in specification if name in self._fields]
        return [field.name for field in self._determine_fields_to_fetch(names) if field.column_type]

    def _fetch_card_relations(self, specification):
        """Put into the cache what cards show of the records that belong to these leads.

        The user may read the leads, and so their activities, tags, outcomes, and all names.
        """
        relations = self._get_card_relations()
        queries = [
            self._select_card_rows(model, names, condition)
            for model, (names, condition) in relations.items()
        ]
        queries += self._get_card_links(specification)
        activity = self.env["mail.activity"]
        # By its name the other parts of the query see only the activities of these leads.
        found = dict(
            self.env.execute_query(
                SQL(
                    "WITH mail_activity AS MATERIALIZED (SELECT * FROM mail_activity"
                    " WHERE %s = %s AND %s = ANY(%s)) %s",
                    activity._field_to_sql("mail_activity", "res_model"),
                    self._name,
                    activity._field_to_sql("mail_activity", "res_id"),
                    self.ids,
                    SQL(" UNION ALL ").join(queries),
                )
            )
        )
        for model, (names, _condition) in relations.items():
            self._fill_records(model, names, found[model] or [])
        activities = self._collect((row[1], row[0]) for row in found["mail.activity"] or [])
        self._fill_leads("activity_ids", activities, ())
        idle = self.filtered(lambda lead: lead.id not in activities)
        for name in ACTIVITY_FIELDS:
            idle._fill_leads(name, {})
        self._fill_leads("tag_ids", self._collect(found["tags"] or []), ())
        self._fill_leads("callback_state", dict(found.get("callbacks") or []))
        if "has_duplicate" in specification:
            duplicates = dict.fromkeys(found["duplicates"] or [], True)
            self._fill_leads("has_duplicate", duplicates, False)
        self._fill_next_steps(self._collect(found["orders"] or []))

    def _get_card_relations(self):
        """Dict of model to the columns that cards need, and the SQL condition of its rows."""
        stage_ids = [stage_id for stage_id, _closing in self.stage_id._get_pipeline()]
        users = SQL("id = ANY(%s) OR id IN (SELECT user_id FROM mail_activity)", self.user_id.ids)
        relations = {
            "res.users": (["partner_id"], users),
            # The address is that of the message which logs a move.
            "res.partner": (
                ["name", "tz", "email"],
                SQL(
                    "id = ANY(%s) OR id IN (SELECT partner_id FROM res_users WHERE %s)",
                    self.partner_id.ids,
                    users,
                ),
            ),
            "crm.tag": (
                ["name", "color"],
                SQL(
                    "id IN (SELECT tag_id FROM dealer_crm_lead_tag_rel WHERE lead_id = ANY(%s))",
                    self.ids,
                ),
            ),
            "mail.activity": (
                ["res_id", "active", "date_deadline", "user_id", "summary", "activity_type_id"],
                SQL("TRUE"),
            ),
            "mail.activity.type": (
                ["name", "icon", "decoration_type"],
                SQL("id IN (SELECT activity_type_id FROM mail_activity)"),
            ),
            "dealer.crm.stage": (
                ["name", "rotting_threshold_days"],
                SQL("id = ANY(%s)", stage_ids),
            ),
        }
        if product_ids := self.product_id.ids:
            relations["product.product"] = (["product_tmpl_id"], SQL("id = ANY(%s)", product_ids))
            relations["product.template"] = (
                ["name"],
                SQL(
                    "id IN (SELECT product_tmpl_id FROM product_product WHERE id = ANY(%s))",
                    product_ids,
                ),
            )
        return relations

    def _select_card_rows(self, model, names, condition):
        """SQL query of one row: the name of ``model``, and a JSON array of rows: id, values."""
        return SQL("%s WHERE %s", self._select_card_columns(model, tuple(names)), condition)

    @tools.ormcache("model", "names", "self.env.lang")
    def _select_card_columns(self, model, names):
        """The part of that query which is the same for all cards; names are in the user's language."""
        records = self.env[model].sudo()
        table = records._table
        columns = [SQL.identifier(table, "id")]
        columns += [records._field_to_sql(table, name) for name in names]
        order = records._order if model == "mail.activity" else "id"
        return SQL(
            "SELECT %s, jsonb_agg(jsonb_build_array(%s) ORDER BY %s) FROM %s",
            model,
            SQL(", ").join(columns),
            records._order_to_sql(order, records._as_query(ordered=False)),
            SQL.identifier(table),
        )

    def _get_card_links(self, specification):
        """List of such SQL queries of rows (lead id, value)."""
        tags, orders = self.env["crm.tag"], self.env["sale.order"].sudo()
        links = [
            SQL(
                "SELECT 'tags', jsonb_agg(jsonb_build_array(lead_id, crm_tag.id) ORDER BY %s)"
                " FROM dealer_crm_lead_tag_rel JOIN crm_tag ON crm_tag.id = tag_id"
                " WHERE lead_id = ANY(%s)",
                tags._order_to_sql("", tags._as_query(ordered=False)),
                self.ids,
            ),
            SQL(
                "SELECT 'orders', jsonb_agg(jsonb_build_array(%(lead)s, %(state)s))"
                " FROM sale_order WHERE %(lead)s = ANY(%(ids)s)",
                lead=orders._field_to_sql("sale_order", "dealer_crm_lead_id"),
                state=orders._field_to_sql("sale_order", "state"),
                ids=self.ids,
            ),
        ]
        if informed := self.filtered("callback_sequence"):
            rows = self.env["dealer.crm.callback"].sudo()
            table = rows._table
            links.append(
                SQL(
                    "SELECT 'callbacks', jsonb_agg(jsonb_build_array(%(lead)s, %(state)s)"
                    " ORDER BY %(sequence)s) FROM %(table)s WHERE %(lead)s = ANY(%(ids)s)",
                    lead=rows._field_to_sql(table, "lead_id"),
                    state=rows._field_to_sql(table, "state"),
                    sequence=rows._field_to_sql(table, "sequence"),
                    table=SQL.identifier(table),
                    ids=informed.ids,
                )
            )
        if "has_duplicate" in specification:
            links.append(
                SQL(
                    "SELECT 'duplicates', jsonb_agg(id) FROM (%s) AS duplicate",
                    self._select_duplicates(),
                )
            )
        return links

    @api.model
    def _collect(self, pairs):
        """Dict of lead id to the list of the other values of ``pairs``."""
        values = defaultdict(list)
        for lead_id, value in pairs:
            values[lead_id].append(value)
        return values

    def _fill_records(self, model, names, rows):
        records = self.env[model].browse(row[0] for row in rows)
        for index, name in enumerate(names, 1):
            field = records._fields[name]
            values = (row[index] for row in rows)
            if field.type == "date":
                values = map(fields.Date.to_date, values)
            field._insert_cache(records, values)

    def _fill_leads(self, name, values, default=None):
        """Put ``values``, a dict of lead id to value, into the cache of a field."""
        values = [values.get(lead.id, default) for lead in self]
        if self._fields[name].type in ("one2many", "many2many"):
            values = map(tuple, values)
        self._fields[name]._insert_cache(self, values)

    def _fill_next_steps(self, states):
        """Cache the next steps of open leads without a confirmed order; the others need more than states.

        :param states: dict of lead id to the list of its orders' states
        """
        steps = {}
        for lead in self.filtered(lambda lead: lead.won_status == "pending"):
            alive = {state for state in states.get(lead.id, ()) if state != "cancel"}
            if alive.isdisjoint(CONFIRMED):
                steps[lead] = lead._describe_unsold(bool(alive))
        leads = self.browse().union(*steps)
        self._fields["next_step"]._insert_cache(leads, steps.values())
        self._fields["is_ready_to_win"]._insert_cache(leads, [False] * len(leads))
