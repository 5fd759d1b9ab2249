"""Leads from ADF/XML 1.0, which portals and manufacturers send.

A prospect is known by company, source and number. One without a number is known by everything that
it says, so that what comes twice makes one lead.
"""

import hashlib

import pytz
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Domain

from odoo.addons.dealer_crm.models.dealer_crm_lead_deal import AMOUNTS
from odoo.addons.dealer_crm.models.dealer_crm_lead_intake import TEXT_LIMITS
from odoo.addons.dealer_crm.models.dealer_crm_text_mixin import UNSTORABLE
from odoo.addons.dealer_crm.text import text_to_html

from ..adf import AdfError, read_adf

MAX_KEY = 200
#: most characters of one message in the chatter
MAX_LOG = 20_000


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    adf_source = fields.Char(
        "ADF Source", readonly=True, copy=False, help="Who numbered or sent the prospect."
    )
    adf_id = fields.Char(
        "ADF Prospect",
        readonly=True,
        copy=False,
        help="The number of the prospect at its source; # and letters if it has none.",
    )
    adf_date = fields.Datetime(
        "Requested On", readonly=True, copy=False, help="When the customer asked the source."
    )
    adf_digest = fields.Char("ADF Digest", readonly=True, copy=False)

    _adf_uniq = models.UniqueIndex(
        "(company_id, adf_id, COALESCE(adf_source, '')) WHERE adf_id IS NOT NULL",
        "This prospect was received already.",
    )

    @api.model
    def _receive_adf(self, xml, company, charset="", sender=("", ""), message_id=""):
        """The leads of an ADF file, those that were received before included.

        What cannot be read becomes one lead with the file attached.

        :param xml: the file, or the body of an e-mail (bytes; text is taken as UTF-8)
        :param company: the company that gets the leads
        :param str charset: encoding that the e-mail names
        :param tuple sender: name and address of the sender, the contact of what cannot be read
        :param str message_id: of the e-mail; tells apart prospects without a number and date
        :raise ConcurrencyError: if another transaction has just received the same
        """
        receiver = self._without_defaults().with_company(company).sudo()
        receiver = receiver.with_context(mail_create_nosubscribe=True)
        leads = created = self.browse()
        xml = xml.encode() if isinstance(xml, str) else xml
        try:
            prospects = read_adf(xml, charset)
        except AdfError as error:
            lead, is_new = receiver._keep_unread_adf(xml, error.code, sender, message_id)
            leads, created = lead, lead if is_new else created
            prospects = []
        for prospect in prospects:
            lead, is_new = receiver._receive_prospect(prospect, xml, message_id)
            leads |= lead
            created |= lead if is_new else self.browse()
        created._assign_arrivals()
        return leads.with_env(self.env)

    @api.model
    def _receive_prospect(self, prospect, xml, message_id):
        """Tuple of the lead of a prospect, and whether it is new."""
        source = self._get_adf_key(prospect.source)
        number = self._get_adf_key(prospect.number)
        if not number:
            distinct = "" if prospect.requested else message_id
            number = "#" + self._get_digest(prospect.digest + distinct)
        lead = self._find_adf_lead(source, number)
        if lead and not lead._is_of_prospect(prospect):
            # The source used the number twice, or somebody forged it.
            number += " #" + self._get_digest(
                "\n".join(sorted(self._get_identity(prospect.values)))
            )
            lead = self._find_adf_lead(source, number)
        values, lines = self._prepare_adf_lead(prospect)
        if not lead:
            lead = self._create_adf_lead(
                {
                    **values,
                    "adf_source": source or False,
                    "adf_id": number,
                    "adf_digest": prospect.digest,
                }
            )
            title = self.env._("Received as ADF from %(portal)s.", portal=source or "?")
            lead._log_adf([title, *lines], xml)
            return lead, True
        if lead.adf_digest != prospect.digest:
            lead._write_unchecked({"adf_digest": prospect.digest})
            shown = [f"{key}: {value}" for key, value in prospect.values.items()]
            title = self.env._("The source sent this prospect again, with other content:")
            lead._log_adf([title, *shown, *prospect.others], xml)
        return lead, False

    @api.model
    def _keep_unread_adf(self, xml, code, sender, message_id):
        """Tuple of the lead with the file that cannot be read, and whether it is new."""
        number = "#" + self._get_digest(xml + message_id.encode(errors="replace"))
        if lead := self._find_adf_lead("", number):
            return lead, False
        name, address = (UNSTORABLE.sub(" ", " ".join(text.split())) for text in sender)
        lead = self._create_adf_lead(
            {
                "contact_name": name[: TEXT_LIMITS["contact_name"]],
                "email": address[: TEXT_LIMITS["email"]],
                "adf_id": number,
            }
        )
        lead._log_adf([self._get_adf_refusal(code)], xml)
        return lead, True

    @api.model
    def _get_adf_refusal(self, code):
        why = {
            "size": self.env._("It has more than 1 MiB."),
            "depth": self.env._("Its elements are nested too deeply."),
            "tags": self.env._("It has too many elements or attributes."),
            "count": self.env._("It has more than 100 prospects."),
            "empty": self.env._("Its prospects are empty."),
            "none": self.env._("There is no prospect in it."),
        }
        return self.env._(
            "This ADF could not be read: %(why)s Open the attached file, enter what it says, and tell"
            " its sender.",
            why=why[code],
        )

    @api.model
    def _create_adf_lead(self, values):
        try:
            with self.env.cr.savepoint():
                lead = self._as_program().create({**values, "user_id": False})
                return lead.with_env(self.env)
        except UniqueViolation as error:
            if not self._is_violated("_adf_uniq", error):
                raise
            # Another transaction has just received it: Odoo runs this one again and finds it.
            raise ConcurrencyError("ADF prospect received twice at once") from error

    def _log_adf(self, lines, xml):
        """Log ``lines`` with the file attached."""
        self.ensure_one()
        file = (
            self.env["ir.attachment"]
            .with_context(attachments_mime_plainxml=True)
            .create({"name": "adf.xml", "raw": xml, "res_model": self._name, "res_id": self.id})
        )
        text = "\n".join(lines)
        if len(text) > MAX_LOG:
            text = f"{text[:MAX_LOG]} …"
        self._message_log(body=text_to_html(text), attachment_ids=file.ids)

    @api.model
    def _find_adf_lead(self, source, number):
        return self.with_context(active_test=False).search(
            Domain("company_id", "=", self.env.company.id)
            & Domain("adf_id", "=", number)
            & Domain("adf_source", "=", source or False),
            limit=1,
        )

    @api.model
    def _get_adf_key(self, text):
        """``text``, short enough for an index."""
        if len(text) <= MAX_KEY:
            return text
        return f"{text[: MAX_KEY - 40]}… #{self._get_digest(text)}"

    @api.model
    def _get_digest(self, data):
        data = data if isinstance(data, bytes) else data.encode(errors="replace")
        return hashlib.sha256(data).hexdigest()[:16]

    def _is_of_prospect(self, prospect):
        """Whether the lead has the prospect's content, or its name, address or number.

        A prospect that does not say whose it is belongs to the lead with its number.
        """
        wanted = self._get_identity(prospect.values)
        own = {
            "contact_name": self.contact_name,
            "email": self.email,
            "phone": self.phone,
            "mobile": self.mobile,
        }
        known = self._get_identity({key: value for key, value in own.items() if value})
        same = self.adf_digest == prospect.digest
        return same or not wanted or bool(wanted & known)

    @api.model
    def _get_identity(self, values):
        """Frozen set of the values that identify a person."""
        texts = {values.get("contact_name", "").casefold(), values.get("email", "").casefold()}
        for key in ("phone", "mobile"):
            texts.add("".join(filter(str.isdigit, values.get(key, "")))[-9:])
        return frozenset(filter(None, texts))

    @api.model
    def _prepare_adf_lead(self, prospect):
        """Values of the lead, and lines about what fits no field."""
        payload, lines = dict(prospect.values), list(prospect.others)
        self._place_adf_region(payload, lines)
        if not self._find_only("product.category", "name", payload.get("brand")):
            payload.pop("brand", None)
        if not self._find_endorsed_product(payload):
            # The text of the vehicle says the same.
            payload.pop("product_code", None)
            payload.pop("product_name", None)
        if prospect.currency not in ("", self.env.company.currency_id.name):
            for key in {"expected_price", *AMOUNTS} & payload.keys():
                lines.append(f"{key}: {payload.pop(key)} {prospect.currency}")
        for key, value in list(payload.items()):
            if self._get_value_problem(key, value):
                del payload[key]
                lines.append(f"{key}: {value}")
                cut = value[: TEXT_LIMITS[key]] if key in TEXT_LIMITS else None
                if cut and key != "email" and not self._get_value_problem(key, cut):
                    payload[key] = cut
        values, unplaced = self._place_payload(payload)
        values["adf_date"] = self._get_adf_date(prospect.requested)
        return values, [*unplaced, *lines]

    @api.model
    def _place_adf_region(self, payload, lines):
        """Replace country and region, as they are written, by the codes of the intake."""
        country, region = payload.pop("country", ""), payload.pop("region", "")
        # A search for a longer code would find its first two letters.
        field = "code" if len(country) == 2 else "name"
        found = self._find_only("res.country", field, country)
        if country and not found:
            lines.append(f"country: {country}")
        states = found.state_ids if country else self.env.company.country_id.state_ids
        state = states.filtered(
            lambda state: region.casefold() in (state.code.casefold(), state.name.casefold())
        )
        if region and not state:
            lines.append(f"region: {region}")
        if found or state:
            payload["country_code"] = (found or state.country_id).code
        if state:
            payload["state_code"] = state[0].code

    @api.model
    def _get_adf_date(self, moment):
        """A moment of a prospect in UTC; without a zone it is the company's time."""
        if not moment:
            return False
        if not moment.tzinfo:
            zone = pytz.timezone(self.env.company.resource_calendar_id.tz or "UTC")
            moment = zone.localize(moment).astimezone(pytz.utc)
        return fields.Datetime.to_string(moment)
