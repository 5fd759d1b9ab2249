"""The dots of the map, read in one query."""

from math import log10

from odoo.tools import SQL

from .view import WORLD, View, fit

#: Decimals of coordinates in degrees; 0.01 is about one kilometre.
DIGITS = 2


def get_view(partners, domain) -> View:
    """The view that contains all partners of ``domain``; the world when none has a place."""
    query, _latitude, _longitude, edges = _query(partners, domain)
    [box] = partners.env.execute_query(query.select(*edges))
    return WORLD if box[0] is None else fit(*map(float, box))


def get_dots(partners, domain, view: View) -> list[dict]:
    """Dots of the partners of ``domain`` in ``view``, one for each grid cell with partners.

    :param partners: ``res.partner`` with the rights to search it
    :return: dictionaries with ``x``, ``y`` (degrees, y to the south), ``count``, ``radius``, ``box``
        (text for `parse_box`; None when zooming in separates nothing) and ``partner`` (id, name and
        SEO name of a single partner, else None)
    """
    query, latitude, longitude, edges = _query(partners, domain)
    query.add_where(SQL("%s BETWEEN %s AND %s", longitude, view.west, view.east))
    query.add_where(SQL("%s BETWEEN %s AND %s", latitude, view.south, view.north))
    columns = [
        SQL("floor(%s / %s)", longitude, view.cell),
        SQL("floor(%s / %s)", latitude, view.cell),
        SQL("count(*)"),
        *(
            SQL("min(%s)", partners._field_to_sql(partners._table, name, query))
            for name in ("id", "name", "seo_name")
        ),
        SQL("avg(%s)", longitude),
        SQL("avg(%s)", latitude),
        *edges,
    ]
    query.groupby = SQL("1, 2")
    # Large dots first, so that small ones are drawn on top.
    query.order = SQL("3 DESC, 4")
    return [_dot(view, *row[2:]) for row in partners.env.execute_query(query.select(*columns))]


def _query(partners, domain):
    """The partners of ``domain`` that have a place.

    :return: (query, SQL of the latitude, of the longitude, of the edges of the box around all)
    """
    query = partners._search(domain)
    latitude = partners._field_to_sql(partners._table, "partner_latitude", query)
    longitude = partners._field_to_sql(partners._table, "partner_longitude", query)
    query.add_where(SQL("(%s <> 0 OR %s <> 0)", latitude, longitude))
    edges = [SQL("min(%s)", longitude), SQL("min(%s)", latitude)]
    edges += [SQL("max(%s)", longitude), SQL("max(%s)", latitude)]
    return query, latitude, longitude, edges


def _dot(view, count, partner_id, name, seo_name, longitude, latitude, *box):
    closer = count > 1 and fit(*map(float, box)).width < 0.9 * view.width
    return {
        "x": round(float(longitude), DIGITS),
        "y": -round(float(latitude), DIGITS),
        "count": count,
        "radius": round(view.width * (0.01 + 0.006 * log10(count)), 3),
        "box": ",".join(f"{edge:.{DIGITS}f}" for edge in box) if closer else None,
        "partner": (partner_id, name, seo_name) if count == 1 else None,
    }
