"""The dots of the map: one query, however many partners."""

from math import log10

from odoo.tools import SQL

from .view import WORLD, View, fit

#: Decimals of a degree; a hundredth is about a kilometre.
DIGITS = 2


def get_view(partners, domain) -> View:
    """The view that has all partners of ``domain`` in it; the world where none has a place."""
    query, latitude, longitude = _query(partners, domain)
    edges = [SQL("min(%s)", longitude), SQL("min(%s)", latitude)]
    edges += [SQL("max(%s)", longitude), SQL("max(%s)", latitude)]
    [box] = partners.env.execute_query(query.select(*edges))
    return WORLD if box[0] is None else fit(*map(float, box))


def get_dots(partners, domain, view: View) -> list[dict]:
    """Dots of the partners of ``domain`` in ``view``, each for those in one cell of a grid.

    :param partners: ``res.partner`` with the rights to search it
    :return: dictionaries with ``x``, ``y`` (drawing units), ``count``, ``radius``, ``box`` (text
        for `parse_box`; None: no closer look) and ``partner``: id, name and name in addresses of
        one alone, else None
    """
    query, latitude, longitude = _query(partners, domain)
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
        SQL("min(%s)", longitude),
        SQL("min(%s)", latitude),
        SQL("max(%s)", longitude),
        SQL("max(%s)", latitude),
    ]
    query.groupby = SQL("1, 2")
    # The large ones first, so that the small ones lie on top.
    query.order = SQL("3 DESC, 4")
    return [_dot(view, *row[2:]) for row in partners.env.execute_query(query.select(*columns))]


def _query(partners, domain):
    """A query over the partners of ``domain`` that have a place, and its two columns."""
    query = partners._search(domain)
    latitude = partners._field_to_sql(partners._table, "partner_latitude", query)
    longitude = partners._field_to_sql(partners._table, "partner_longitude", query)
    query.add_where(SQL("(%s <> 0 OR %s <> 0)", latitude, longitude))
    return query, latitude, longitude


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
