"""The same leads for the product and for Odoo's crm, written by SQL.

Of ten leads, six are open in three stages, two are won and two lost. Each has a message, a follower and
one or two tags, and one in ten open leads has an activity. Users, dates and amounts are random with a
fixed seed. A lost lead of crm is archived; ours is in the Lost column.
"""

from typing import Any, NamedTuple

import pytz

from odoo import Command
from odoo.tools import SQL

from .common import Bench

AGENTS = 20
MANAGER = "bench_manager"
AGENT = "bench_agent_1"
ROLES = {"dealer_crm.group_dealer_user": AGENT, "dealer_crm.group_dealer_manager": MANAGER}


class City(NamedTuple):
    name: str
    country: str  # ISO 3166-1 alpha-2
    latitude: float  # degrees
    longitude: float


def cities() -> list[City]:
    """Return the cities of the time zones, with their coordinates from pytz."""
    places = []
    with pytz.open_resource("zone1970.tab") as lines:
        for line in lines.read().decode().splitlines():
            if not line.startswith("#"):
                countries, position, zone, *_rest = line.split("\t")
                split = max(position.rfind("+"), position.rfind("-"))
                latitude, longitude = _degrees(position[:split]), _degrees(position[split:])
                name = zone.rsplit("/", 1)[-1].replace("_", " ")
                places.append(City(name, countries[:2], latitude, longitude))
    return places


def _degrees(text: str) -> float:
    """Degrees of ±DDMM, ±DDDMM, ±DDMMSS or ±DDDMMSS."""
    digits = text[1:]
    whole = len(digits) - (2 if len(digits) < 6 else 4)
    value = (
        int(digits[:whole])
        + int(digits[whole : whole + 2]) / 60
        + int(digits[whole + 2 :] or 0) / 3600
    )
    return -value if text[0] == "-" else value


def fill_people(bench: Bench) -> None:
    """Create the manager, the agents and the tags, once."""
    with bench.environment(commit=True) as env:
        users = env["res.users"].with_context(no_reset_password=True)
        if users.search_count([("login", "=", MANAGER)]):
            return
        logins = [("manager", MANAGER)] + [
            ("user", f"bench_agent_{number}") for number in range(1, AGENTS + 1)
        ]
        users.create(
            [
                {
                    "name": login.replace("_", " ").title(),
                    "login": login,
                    "tz": "Europe/Brussels",
                    "group_ids": [
                        Command.set(
                            [
                                env.ref("base.group_user").id,
                                env.ref(f"dealer_crm.group_dealer_{role}").id,
                            ]
                        )
                    ],
                }
                for role, login in logins
            ]
        )
        if "crm.lead" in env:
            # Our board marks rotting leads, so crm's must, too.
            for stage, days in zip(env["crm.stage"].search([], limit=3), (3, 7, 14), strict=True):
                stage.rotting_threshold_days = days
        env["crm.tag"].create([{"name": f"Bench {number}", "color": number} for number in range(8)])


def fill_leads(bench: Bench, count: int) -> None:
    """Add leads to both sides up to `count`."""
    with bench.environment(commit=True) as env:
        cr = env.cr
        cr.execute("CREATE TABLE IF NOT EXISTS bench_lead (n integer PRIMARY KEY)")
        cr.execute("SELECT COALESCE(MAX(n), 0) FROM bench_lead")
        first = cr.fetchone()[0] + 1
        if first > count:
            return
        print(f"Filling in leads {first:,} to {count:,} ...", flush=True)
        cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cr.fetchone()[0]:
            # The rows are valid by construction, so foreign keys need no check.
            cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute("SELECT setseed(0.42)")
        cr.execute("INSERT INTO bench_lead SELECT generate_series(%s, %s)", (first, count))
        params = _ids(env) | {"first": first, "count": count}
        _draw(cr, params)
        _fill(cr, "dealer_crm_lead", PRODUCT, {**params, "stages": params["product_stages"]})
        if "crm.lead" in env:
            _fill(cr, "crm_lead", PEER, {**params, "stages": params["peer_stages"]})
    bench.analyze()


def fill_orders(bench: Bench) -> None:
    """Add a quotation for each tenth of our leads that has none, so that there are some to find."""
    with bench.environment(commit=True) as env:
        order = env["sale.order"].create({"partner_id": env.company.partner_id.id})
        order.flush_recordset()
        columns = [
            name
            for name, field in order._fields.items()
            if field.store
            and field.column_type
            and name not in ("id", "name", "dealer_crm_lead_id")
        ]
        columns = SQL(", ").join(SQL.identifier(name) for name in columns)
        env.cr.execute(
            SQL(
                """
                INSERT INTO sale_order (name, dealer_crm_lead_id, %(columns)s)
                SELECT 'SO-BENCH-' || substr(l.name, 7)::int / 10, l.id, %(columns)s
                  FROM (SELECT %(columns)s FROM sale_order WHERE id = %(order)s) AS o,
                       (SELECT id, name FROM dealer_crm_lead l
                         WHERE name LIKE 'BENCH/%%0'
                           AND NOT EXISTS (SELECT FROM sale_order WHERE dealer_crm_lead_id = l.id)
                       ) AS l
                """,
                columns=columns,
                order=order.id,
            )
        )
    bench.analyze()


def _ids(env: Any) -> dict[str, Any]:
    """Parameters of the statements below."""
    users = env["res.users"].search([("login", "like", "bench_agent_%")], order="id")
    company = env.company
    product = env["dealer.crm.stage"]
    stages = [product.browse(stage) for stage, _closing in product._get_pipeline()]
    countries = {country.code: country.id for country in env["res.country"].search([])}
    places = cities()
    params = {
        "users": users.ids,
        "team": env["crm.team"].search([], limit=1).id or None,
        "company": company.id,
        "currency": company.currency_id.id,
        "tags": env["crm.tag"].search([("name", "like", "Bench")]).ids,
        "product_stages": [stage.id for stage in stages],
        "reason": env["dealer.crm.lost.reason"].search([], limit=1).id,
        "cities": [city.name for city in places],
        "countries": [countries.get(city.country) for city in places],
        "todo": env.ref("mail.mail_activity_data_todo").id,
        "note": env.ref("mail.mt_note").id,
    }
    if "crm.lead" in env:
        own = env["crm.stage"].search([("team_ids", "=", False)], order="sequence")
        params["peer_stages"] = [*own.filtered(lambda stage: not stage.is_won).ids[:3]]
        params["peer_stages"] += own.filtered("is_won").ids[:1] + own.ids[:1]
        params["peer_reason"] = env["crm.lost.reason"].search([], limit=1).id
    return params


def _draw(cr: Any, params: dict[str, Any]) -> None:
    """Draw the values of both sides, a row per lead; `stage` 1 to 3 is open, 4 won, 5 lost."""
    cr.execute(
        """
        CREATE TEMP TABLE drawn ON COMMIT DROP AS
        SELECT n, CASE WHEN r < 0.6 THEN 1 + floor(r * 5)::int WHEN r < 0.8 THEN 4 ELSE 5 END AS stage,
               (%(users)s)[1 + n %% cardinality(%(users)s)] AS user_id,
               (%(cities)s)[place] AS city, (%(countries)s)[place] AS country_id,
               floor(random() * random() * 4)::int::text AS priority,
               round((5000 + random() * 60000)::numeric, 2) AS price,
               moment, moment + random() * interval '5 days' AS moved, random() AS chance
          FROM (SELECT n, random() AS r, 1 + floor(random() * cardinality(%(cities)s))::int AS place,
                       now() AT TIME ZONE 'UTC' - random() * interval '700 days' AS moment
                  FROM bench_lead WHERE n BETWEEN %(first)s AND %(count)s) AS base
        """,
        params,
    )


def _fill(cr: Any, table: str, insert: str, params: dict[str, Any]) -> None:
    """Write the leads with their messages, followers, tags and activities."""
    model = table.replace("_", ".")
    cr.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
    params = {**params, "model": model, "base": cr.fetchone()[0]}
    cr.execute(insert, params)
    cr.execute(
        f"CREATE TEMP TABLE made ON COMMIT DROP AS"
        f" SELECT id, user_id, create_date, row_number() OVER (ORDER BY id) AS place FROM {table} WHERE id > %(base)s",
        params,
    )
    tag_table = "crm_tag_rel" if table == "crm_lead" else "dealer_crm_lead_tag_rel"
    cr.execute(
        f"""
        INSERT INTO {tag_table} (lead_id, tag_id)
        SELECT id, (%(tags)s)[1 + id %% 8] FROM made UNION SELECT id, (%(tags)s)[1 + id %% 3] FROM made
        """,
        params,
    )
    for statement in HANGERS_ON:
        cr.execute(statement, params)
    cr.execute("DROP TABLE made")
    cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


PRODUCT = """
INSERT INTO dealer_crm_lead (
       name, active, contact_name, phone, phone_sanitized, email, email_normalized, city, country_id,
       vehicle_model_text, quantity, expected_price, company_currency, priority, user_id, team_id,
       company_id, bpo_source_lead_id, stage_id, open_stage_id, won_status, kanban_state,
       lost_reason, date_won, date_lost, date_last_stage_update,
       create_uid, write_uid, create_date, write_date)
SELECT 'BENCH/' || n, TRUE, 'Customer ' || n, '+32470' || lpad(n::text, 7, '0'),
       '+32470' || lpad(n::text, 7, '0'), 'c' || n || '@example.com', 'c' || n || '@example.com', city,
       country_id, 'Sedan', 1, price, %(currency)s, priority, user_id, %(team)s, %(company)s,
       CASE WHEN chance < 0.3 THEN n ELSE 0 END,
       (%(stages)s)[stage], (%(stages)s)[LEAST(stage, 3)],
       CASE stage WHEN 4 THEN 'won' WHEN 5 THEN 'lost' ELSE 'pending' END, 'normal',
       CASE stage WHEN 5 THEN %(reason)s END, CASE stage WHEN 4 THEN moved END,
       CASE stage WHEN 5 THEN moved END, moved, user_id, user_id, moment, moved
  FROM drawn ORDER BY n
"""
PEER = """
INSERT INTO crm_lead (
       name, active, type, contact_name, phone, phone_sanitized, email_from, email_normalized, city,
       country_id, expected_revenue, prorated_revenue, priority, user_id, team_id, company_id,
       stage_id, won_status, probability, automated_probability, lost_reason_id, date_open,
       date_closed, date_last_stage_update, create_uid, write_uid, create_date, write_date)
SELECT 'BENCH/' || n, stage < 5, 'opportunity', 'Customer ' || n, '+32470' || lpad(n::text, 7, '0'),
       '+32470' || lpad(n::text, 7, '0'), 'c' || n || '@example.com', 'c' || n || '@example.com', city,
       country_id, price, CASE stage WHEN 4 THEN price WHEN 5 THEN 0 ELSE price * 0.3 END, priority,
       user_id, %(team)s, %(company)s, (%(stages)s)[stage],
       CASE stage WHEN 4 THEN 'won' WHEN 5 THEN 'lost' ELSE 'pending' END,
       CASE stage WHEN 4 THEN 100 WHEN 5 THEN 0 ELSE 30 END,
       CASE stage WHEN 4 THEN 100 WHEN 5 THEN 0 ELSE 30 END,
       CASE stage WHEN 5 THEN %(peer_reason)s END, moment,
       CASE WHEN stage > 3 THEN moved END, moved, user_id, user_id, moment, moved
  FROM drawn ORDER BY n
"""
HANGERS_ON = (
    """
    INSERT INTO mail_message (model, res_id, message_type, subtype_id, author_id, email_from, body,
           is_internal, reply_to_force_new, date, create_uid, write_uid, create_date, write_date)
    SELECT %(model)s, made.id, 'notification', %(note)s, u.partner_id, 'crm@example.com', '<p>Lead created</p>',
           TRUE, FALSE, made.create_date, u.id, u.id, made.create_date, made.create_date
      FROM made JOIN res_users u ON u.id = made.user_id
    """,
    """
    WITH followers AS (
        INSERT INTO mail_followers (res_model, res_id, partner_id)
        SELECT %(model)s, made.id, u.partner_id FROM made JOIN res_users u ON u.id = made.user_id
        RETURNING id)
    INSERT INTO mail_followers_mail_message_subtype_rel (mail_followers_id, mail_message_subtype_id)
    SELECT f.id, s.id FROM followers f, mail_message_subtype s
     WHERE s."default" AND NOT COALESCE(s.internal, FALSE) AND COALESCE(s.res_model, %(model)s) = %(model)s
    """,
    """
    INSERT INTO mail_activity (res_model, res_model_id, res_id, activity_type_id, user_id, user_tz,
           summary, date_deadline, active, automated, create_uid, create_date)
    SELECT %(model)s, m.id, made.id, %(todo)s, made.user_id, 'Europe/Brussels', 'Call back',
           current_date + (drawn.chance * 300)::int - 10, TRUE, FALSE, made.user_id, made.create_date
      FROM made JOIN drawn ON drawn.n = made.place + %(first)s - 1, ir_model m
     WHERE m.model = %(model)s AND drawn.stage < 4 AND drawn.chance < 0.1
    """,
)
