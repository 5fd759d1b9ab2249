"""The search box of the leads: whatever is known of one finds it, in one query."""

import re

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from odoo.addons.phone_validation.models.mail_thread_phone import PHONE_REGEX_PATTERN
from odoo.addons.phone_validation.tools.phone_validation import phone_format

from .dealer_crm_lead_contact import NUMBER_COLUMNS

#: columns of a lead that are searched as one text, by one index; see `_get_text`
TEXT_COLUMNS = ("name", "contact_name", "email", "vehicle_model_text", "bpo_source_lead_name")
#: an e-mail address, a telephone number in any form, else a word; programs write any blank or dash
TOKEN = re.compile(
    r"[^\s@]+@\S+"
    r"|(?P<number>\(?\+?\(?\d[\d\s().\-/\u2010-\u2015\u2212]{4,}\d)"
    r"(?P<extension>[\s,;]*(?:ext(?:n|ension)?\.?|#)\s*\d{1,6}\b)?"
    r"|\S+",
    re.IGNORECASE,
)
#: invisible, around numbers that are copied from a web page or a list of contacts
MARKS = re.compile(r"[\0\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: around and between words of what is copied: "Mei Lin · Volta", "Lin, Mei <mei@example.com>"
EDGES = '·|,;<>[](){}"'
MAX_TOKENS = 8
#: PostgreSQL's trigram indexes know three characters; shorter words have to begin a word
MIN_LENGTH = 3
#: shorter parts of a telephone number find too much
MIN_DIGITS = 4
#: a number of so many digits, written as people write telephone numbers, is nothing else
SURE_DIGITS = 8
#: most leads of others that are counted
MAX_COUNT = 100


def _get_text(registry, table=""):
    """SQL (str) of the text that is searched; each column begins with a blank.

    :param table: the name of the table before each column, with a dot
    """
    columns = [f"{table}{column}" for column in TEXT_COLUMNS]
    columns.append(f"NULLIF({table}bpo_source_lead_id, 0)")
    parts = " || ".join(f"COALESCE(' ' || {column}, '')" for column in columns)
    return registry.unaccent(f"({parts})")


def _get_text_index(registry):
    return registry.has_trigram and f"USING gin (({_get_text(registry)}) gin_trgm_ops)"


def _split(text):
    """The matches of `TOKEN` in a text, each with the word that is looked for.

    For a telephone number that is the number without its extension, with plain digits and blanks.
    """
    for match in TOKEN.finditer(MARKS.sub(" ", str(text or ""))):
        if number := match["number"]:
            number = re.sub(r"\d", lambda digit: str(int(digit[0])), number)
            yield match, re.sub(r"[^\d+().\-/]", " ", number)
        else:
            yield match, _strip(match[0])


def _strip(word):
    """A word without what stands around it; "" for a mark between words.

    Two letters in brackets keep them: alone they would have to begin a word.
    """
    bare = word.strip(EDGES)
    return bare if not bare or len(bare) >= MIN_LENGTH else word.strip(",;")


def _is_number(token):
    return not re.search(r"[^\d+ ().\-/]", token)


def _is_surely_phone(token):
    """Whether it is no number of an order, a product or the BPO: "+32 470 12", "0470123456"."""
    digits = re.sub(r"\D", "", token)
    return (
        _is_number(token)
        and len(digits) >= SURE_DIGITS
        and (token != digits or token.startswith("0"))
    )


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    anything = fields.Char(
        "Lead",
        store=False,
        search="_search_anything",
        help="Finds name, phone, e-mail, reference, vehicle, order, delivery and BPO number.",
    )

    # In place of an index of the contact's name alone.
    _text_idx = models.Index(_get_text_index)

    def _search_anything(self, operator, value):
        """Leads with all words of ``value``, each in any of the places of `_get_places`."""
        if operator == "in":
            return Domain.OR(self._search_anything("ilike", each) for each in value)
        if operator not in ("ilike", "like"):
            return NotImplemented
        # First the token that probably finds the fewest leads.
        tokens = sorted(
            [token for _match, token in _split(value) if token][:MAX_TOKENS],
            key=lambda token: (_is_number(token), len(token)),
            reverse=True,
        )
        if not tokens:
            return Domain.TRUE
        for model in (self._name, "res.partner", "sale.order", "stock.picking"):
            self.env[model].flush_model()
        return Domain.custom(to_sql=lambda _model, alias, _query: self._find_tokens(alias, tokens))

    @api.model
    def _search_display_name(self, operator, value):
        if operator in ("ilike", "like"):
            return self._search_anything(operator, value)
        return super()._search_display_name(operator, value)

    def _find_tokens(self, alias, tokens):
        """SQL condition: the lead of the table ``alias`` has all ``tokens``.

        For the first one, each place uses an index of its own; an OR of them would use none. The
        others are only looked for in the leads that have the first.
        """
        first = SQL(" UNION ").join(
            SQL("SELECT l.id FROM dealer_crm_lead l WHERE %s", place)
            for place in self._get_places("l", tokens[0])
        )
        return SQL(" AND ").join(
            [
                # As an array, PostgreSQL looks up the few leads by id; it overestimates a subquery
                # and reads the whole table.
                SQL("%s = ANY(ARRAY(%s))", SQL.identifier(alias, "id"), first),
                *(
                    SQL("(%s)", SQL(" OR ").join(self._get_places(alias, token)))
                    for token in tokens[1:]
                ),
            ]
        )

    def _get_places(self, alias, token):
        """List of SQL conditions, one of which holds if the lead of ``alias`` has this token."""
        # The 0 of "0470 12 34 56" is not in "+32 470 12 34 56".
        digits = re.sub(r"\D", "", token).lstrip("0")
        if _is_surely_phone(token):
            return self._get_number_places(alias, token, digits)
        unaccent = self.env.registry.unaccent
        escaped = re.sub(r"([\\%_])", r"\\\1", token)
        is_short = len(token) < MIN_LENGTH
        pattern = f"{escaped}%" if is_short else f"%{escaped}%"
        inside = f"% {escaped}%" if is_short else pattern
        text = _get_text(self.env.registry, f'"{alias}".')
        products = self.env["product.product"].sudo().with_context(active_test=False)
        places = [
            SQL(f"{text} ILIKE {unaccent('%s')}", inside),
            SQL(
                f"%s IN (SELECT id FROM res_partner"
                f" WHERE {unaccent('complete_name')} ILIKE {unaccent('%s')})",
                SQL.identifier(alias, "partner_id"),
                pattern,
            ),
            SQL(
                "%s IN %s",
                SQL.identifier(alias, "product_id"),
                products._search(
                    Domain("product_tmpl_id.name", "=ilike", pattern)
                    | Domain("default_code", "=ilike", pattern)
                ).subselect(),
            ),
        ]
        if not is_short:
            places += self._get_document_places(alias, pattern)
        if len(digits) >= MIN_DIGITS and _is_number(token):
            places += self._get_number_places(alias, token, digits)
        return places

    def _get_document_places(self, alias, pattern):
        lead_id = SQL.identifier(alias, "id")
        return [
            SQL(
                "%s IN (SELECT dealer_crm_lead_id FROM sale_order"
                " WHERE dealer_crm_lead_id IS NOT NULL AND name ILIKE %s)",
                lead_id,
                pattern,
            ),
            SQL(
                "%s IN (SELECT o.dealer_crm_lead_id FROM stock_picking p JOIN sale_order o"
                " ON o.id = p.sale_id WHERE o.dealer_crm_lead_id IS NOT NULL AND p.name ILIKE %s)",
                lead_id,
                pattern,
            ),
        ]

    def _get_number_places(self, alias, number, digits):
        """As ``phone_mobile_search`` of Odoo, and with its indexes, but in the same query."""
        abroad = re.match(r"\(?(\+|00)", number)
        patterns = [f"+{digits}%", f"00{digits}%"] if abroad else [f"%{digits}%"]
        places = [
            SQL(
                "(%(column)s IS NOT NULL AND"
                " regexp_replace(%(column)s::text, %(blanks)s, '', 'g') LIKE %(pattern)s)",
                column=SQL.identifier(alias, name),
                blanks=PHONE_REGEX_PATTERN,
                pattern=pattern,
            )
            for name in self._phone_get_number_fields()
            for pattern in patterns
        ]
        if abroad:
            # It may have been entered without the country, or be written with the 0 of its area.
            sanitized = phone_format(
                f"+{number[abroad.end() :]}",
                None,
                None,
                force_format="E164",
                raise_exception=False,
            )
            for each in {f"+{digits}", sanitized}:
                for name in NUMBER_COLUMNS:
                    places.append(SQL("%s = %s", SQL.identifier(alias, name), each))
        return places

    @api.model
    @api.readonly
    def explain_empty_search(self, text):
        """What the user can do when ``text`` in the search box finds no lead.

        :return: dict: ``elsewhere``, the number of leads that the user may open, outside of the
            filters; ``others``, the number of leads that only colleagues may open; both at most
            `MAX_COUNT`. ``context``: what a new lead starts with.
        """
        self.browse().check_access("read")
        text = MARKS.sub(" ", str(text or "")).strip()
        found = Domain("anything", "ilike", text)
        leads = self.with_context(active_test=False)
        elsewhere = others = 0
        if len(text) >= MIN_LENGTH:
            elsewhere = leads.search_count(found, limit=MAX_COUNT)
            company = Domain("company_id", "in", self.env.companies.ids)
            own = self.env["ir.rule"]._compute_domain(self._name, "read")
            others = leads.sudo().search_count(found & company & ~own, limit=MAX_COUNT)
        return {
            "elsewhere": elsewhere,
            "others": others,
            "context": {f"default_{name}": value for name, value in self._read_typed(text).items()},
        }

    def _read_typed(self, text):
        """Dict of the contact values in a text that somebody typed into the search box."""
        values, words = {}, []
        for match, token in _split(text):
            if email := email_normalize(token):
                name, value = "email", email
            elif match["extension"]:
                name, value = "phone", match[0]
            elif match["number"]:
                name, value = "mobile", self.env.user._phone_format(number=token) or token
            else:
                name = value = None
            if name and name not in values:
                values[name] = value
            else:
                words.append(match[0])
        if words:
            values["contact_name"] = " ".join(words)
        return values
