"""Resellers for both sides: ``dealer_crm_resellers`` and Odoo's ``website_crm_partner_assign``."""

from typing import Any

from odoo import api

from .common import Bench
from .data import cities

ADDONS = ("website_crm_partner_assign", "dealer_crm_resellers")


def fill_places(cr: Any, env: api.Environment) -> None:
    """Create a table of cities, from which places are drawn."""
    countries = {country.code: country.id for country in env["res.country"].search([])}
    rows = [
        (city.name, countries.get(city.country), city.latitude, city.longitude)
        for city in cities()
        if countries.get(city.country)
    ]
    cr.execute(
        """
        CREATE TEMP TABLE city ON COMMIT DROP AS
        SELECT row_number() OVER () AS place, * FROM unnest(%s, %s, %s::float8[], %s::float8[])
            AS c(name, country_id, latitude, longitude)
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )


def fill_resellers(bench: Bench, count: int) -> None:
    """Add resellers up to `count`, with levels of both sides and weights 10, 20 and 30."""
    with bench.environment(commit=True) as env:
        cr = env.cr
        cr.execute("SELECT COUNT(*) FROM res_partner WHERE name LIKE 'Reseller %'")
        first = cr.fetchone()[0] + 1
        if first > count:
            return
        print(f"Filling in resellers {first:,} to {count:,} ...", flush=True)
        levels = env["dealer.crm.partner.level"].search([], limit=3).sorted("weight")
        columns, values = (
            ["dealer_level_id", "dealer_level_weight"],
            ["(%(levels)s)[1 + n %% 3]", "w"],
        )
        if "crm.lead" in env:
            columns += ["grade_id", "partner_weight", "activation"]
            values += ["(%(grades)s)[1 + n %% 3]", "w", "%(activation)s"]
        fill_places(cr, env)
        cr.execute("SELECT setseed(0.17)")
        cr.execute(
            f"""
            INSERT INTO res_partner (name, complete_name, active, is_company, type, autopost_bills,
                   country_id, partner_latitude, partner_longitude, {", ".join(columns)},
                   create_uid, write_uid, create_date, write_date)
            SELECT 'Reseller ' || n, 'Reseller ' || n, TRUE, TRUE, 'contact', 'ask', c.country_id,
                   c.latitude + (random() + random() - 1), c.longitude + (random() + random() - 1),
                   {", ".join(values)}, 1, 1, now(), now()
              FROM (SELECT n, 1 + floor(random() * (SELECT COUNT(*) FROM city))::int AS place,
                           10 + 10 * (n %% 3) AS w
                      FROM generate_series(%(first)s, %(count)s) AS n) AS r
              JOIN city c USING (place)
            """,
            {
                "first": first,
                "count": count,
                "levels": levels.ids,
                "grades": "crm.lead" in env and env["res.partner.grade"].search([], limit=3).ids,
                "activation": "crm.lead" in env
                and env["res.partner.activation"].search([], limit=1).id,
            },
        )
        cr.execute(
            "UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL"
        )
    bench.analyze()
