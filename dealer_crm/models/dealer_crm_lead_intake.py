"""Intake of endorsed leads. The BPO's payload is a dict of plain values:

- required: ``bpo_source_lead_id`` (integer > 0) and ``contact_name``;
- ``bpo_instance``: the uuid of the BPO's database; with the number, it identifies the lead;
- texts: ``bpo_source_lead_name``, ``bpo_source_url``, ``phone``, ``mobile``, ``email``, ``street``,
  ``street2``, ``city``, ``zip``, ``vehicle_model_text``, ``preferred_color``, ``time_frame``,
  ``trade_in_make``, ``trade_in_model``, ``trade_in_plate``, ``description``;
- ``customer_notes`` and ``internal_notes``: texts that are added to the description;
- numbers: ``quantity``, ``expected_price``, ``budget_min``, ``budget_max``, ``trade_in_value`` and
  ``down_payment``; whole numbers: ``trade_in_year`` and ``trade_in_mileage``;
- true or false: ``has_trade_in`` and ``financing_needed``;
- ``priority``: '0' to '3'; ``date_deadline``: an ISO date; ``financing_type``: 'cash', 'bank',
  'in_house', 'lease' or 'other';
- ``country_code``, ``state_code``, ``product_code``, ``product_name``, ``brand`` (name of a product
  category) and ``source`` (name of a source of Odoo's UTM): identify records of the dealer;
  ``tags``: list of names of the dealer's tags;
- ``with_quotation``: True to create the draft quotation.

Other keys, and values that match no record of the dealer, are logged in the chatter.
"""

import json

from markupsafe import Markup
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL, escape_psql, float_is_zero

from ..text import text_to_html
from .dealer_crm_lead_deal import AMOUNTS, FIRST_YEAR, LAST_YEAR, MAX_MILEAGE
from .dealer_crm_lead_sale import MAX_NUMBER

TEXT_LIMITS = {
    "contact_name": 255,
    "bpo_source_lead_name": 255,
    "bpo_source_url": 500,
    "bpo_instance": 64,
    "phone": 64,
    "mobile": 64,
    "email": 254,
    "street": 255,
    "street2": 255,
    "city": 255,
    "zip": 24,
    "vehicle_model_text": 255,
    "preferred_color": 64,
    "time_frame": 255,
    "trade_in_make": 64,
    "trade_in_model": 255,
    "trade_in_plate": 32,
    "description": 20_000,
    "customer_notes": 20_000,
    "internal_notes": 20_000,
    "country_code": 2,
    "state_code": 10,
    "product_code": 64,
    "product_name": 255,
    "brand": 255,
    "source": 255,
    "date_deadline": 10,
    "priority": 1,
    "financing_type": 16,
}
NUMBERS = ("quantity", "expected_price", *AMOUNTS)
#: lowest and highest whole number by key
WHOLE_NUMBERS = {
    "bpo_source_lead_id": (1, 2**31 - 1),
    "trade_in_year": (FIRST_YEAR, LAST_YEAR),
    "trade_in_mileage": (0, MAX_MILEAGE - 1),
}
YES_NO = ("has_trade_in", "financing_needed", "with_quotation")
KNOWN_KEYS = {*TEXT_LIMITS, *NUMBERS, *WHOLE_NUMBERS, *YES_NO, "tags"}
MAX_TAGS = 50
MAX_KEYS = 100
MAX_BYTES = 64 * 1024


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def receive_endorsed_lead(self, payload):
        """Create a lead that the BPO endorses; return the existing one if it was endorsed before.

        :param dict payload: see the top of this file
        :return: ``{"id": int, "name": str, "created": bool}``
        :raise ValidationError: naming the field that is wrong; nothing is created
        """
        self._check_may_endorse()
        payload = self._check_endorsed_payload(payload)
        # ``env.company`` is read before sudo, so that a company the user may not access is refused.
        # Defaults in the context are ignored: they are not part of the protocol.
        leads = self._without_defaults().with_company(self.env.company).sudo()
        if lead := leads._find_endorsed_lead(payload):
            return {"id": lead.id, "name": lead.name, "created": False}
        lead = leads.with_context(mail_create_nosubscribe=True)._create_endorsed_lead(payload)
        return {"id": lead.id, "name": lead.name, "created": True}

    @api.model
    def intake_key_expiry(self, key_index):
        """When the calling user's API key ends, so that the BPO can replace it in time.

        :param str key_index: the key's first 8 characters, by which Odoo looks keys up
        :return: ISO 8601 in UTC; None for a key without an end, and for what is none of the
            caller's
        """
        self._check_may_endorse()
        if not isinstance(key_index, str) or len(key_index) > 8 or "\0" in key_index:
            raise ValidationError(self.env._('"key_index" must be the key\'s first 8 characters.'))
        # The column is not a field of the model.
        [[ends]] = self.env.execute_query(
            SQL(
                "SELECT MIN(expiration_date) FROM res_users_apikeys"
                " WHERE user_id = %s AND index = %s",
                self.env.uid,
                key_index,
            )
        )
        return f"{ends.isoformat(timespec='seconds')}Z" if ends else None

    def _check_may_endorse(self):
        if not self.env.user.has_groups(
            "dealer_crm.group_dealer_user,dealer_crm.group_dealer_intake"
        ):
            raise AccessError(
                self.env._(
                    "%(user)s may not endorse leads: give this user the group Dealer Intake.",
                    user=self.env.user.login,
                )
            )

    def _find_endorsed_lead(self, payload):
        """The company's lead with this number from this sender; may be empty.

        If the BPO did not send ``bpo_instance`` when it endorsed the lead, the lead is found by the
        address or user of that time, and ``bpo_instance`` is stored on it now.
        """
        instance = payload.get("bpo_instance")
        url = payload.get("bpo_source_url", False)
        sender = Domain("bpo_instance", "=", False) & Domain("bpo_source_url", "=", url)
        if not url:
            sender &= Domain("create_uid", "=", self.env.uid)
        if instance:
            sender |= Domain("bpo_instance", "=", instance)
        lead = self.with_context(active_test=False).search(
            Domain("company_id", "=", self.env.company.id)
            & Domain("bpo_source_lead_id", "=", payload["bpo_source_lead_id"])
            & sender,
            order="bpo_instance",
            limit=1,
        )
        if lead and instance and not lead.bpo_instance:
            lead._write_unchecked({"bpo_instance": instance})
            self._get_endorsed_sequence(payload)
        return lead

    def _get_bpo_sender(self):
        """Text that identifies the sender of this lead, as in the index ``_bpo_source_uniq``."""
        self.ensure_one()
        return self.bpo_instance or self.bpo_source_url or str(self.create_uid.id)

    def _get_endorsed_sequence(self, payload):
        """Number of the newest outcome that exists for the payload's lead."""
        senders = [
            payload.get("bpo_instance"),
            payload.get("bpo_source_url") or str(self.env.uid),
        ]
        return self.env["dealer.crm.callback"]._get_last_sequence(
            self.env.company, payload["bpo_source_lead_id"], list(filter(None, senders))
        )

    def _create_endorsed_lead(self, payload):
        vals, unplaced = self._prepare_endorsed_lead(payload)
        draft = self.new(vals)
        partner = draft._find_customer() or self.env["res.partner"].create(
            draft._get_customer_values()
        )
        try:
            with self.env.cr.savepoint():
                lead = self._as_program().create({**vals, "partner_id": partner.id})
                lead = lead.with_env(self.env)
        except UniqueViolation as error:
            if not self._is_violated("_bpo_source_uniq", error):
                raise
            # Another call has just created the same lead: Odoo runs this call again and finds it.
            raise ConcurrencyError("BPO lead endorsed twice at once") from error
        if unplaced:
            lead._message_log(
                body=text_to_html("\n".join([self.env._("The BPO also sent:"), *unplaced]))
            )
        lead._assign_arrivals()
        if payload.get("with_quotation"):
            lead._create_quotation()
        return lead

    def _prepare_endorsed_lead(self, payload):
        """Values of the lead, and a list of lines about payload values that fit no field."""
        vals, unplaced = self._place_payload(payload)
        vals.update(
            stage_id=self._get_endorsed_stage_id(),
            callback_sequence=self._get_endorsed_sequence(payload),
            user_id=False,
        )
        return vals, unplaced

    @api.model
    def _place_payload(self, payload):
        """Values of the fields that a checked payload fills, and a list of lines about the rest."""
        vals = {
            key: value
            for key, value in payload.items()
            if key in KNOWN_KEYS and key in self._fields
        }
        unplaced = [f"{key}: {value}" for key, value in payload.items() if key not in KNOWN_KEYS]
        country = self.env["res.country"]
        if code := payload.get("country_code"):
            country = country.search([("code", "=", code.upper())], limit=1)
            if not country:
                unplaced.append(f"country_code: {code}")
        if code := payload.get("state_code"):
            state = self.env["res.country.state"].search(
                [("code", "=ilike", escape_psql(code)), ("country_id", "=", country.id)], limit=1
            )
            vals["state_id"] = state.id
            if not state:
                unplaced.append(f"state_code: {code}")
        product = self._find_endorsed_product(payload)
        names = [payload[key] for key in ("product_code", "product_name") if key in payload]
        if names and not product:
            text = " ".join(names)
            if vals.get("vehicle_model_text") or len(text) > TEXT_LIMITS["vehicle_model_text"]:
                unplaced.append(f"product: {text}")
            else:
                vals["vehicle_model_text"] = text
        names = payload.get("tags", [])
        tags = self.env["crm.tag"].search([("name", "in", names)])
        unplaced += [f"tag: {name}" for name in names if name not in tags.mapped("name")]
        found = {}
        for key, model in (("brand", "product.category"), ("source", "utm.source")):
            found[key] = self._find_only(model, "name", payload.get(key))
            if key in payload and not found[key]:
                unplaced.append(f"{key}: {payload[key]}")
        vals.update(
            description=self._get_endorsed_notes(payload) or False,
            brand_id=found["brand"].id,
            source_id=found["source"].id,
            country_id=country.id,
            product_id=product.id,
            tag_ids=[Command.set(tags.ids)],
        )
        return vals, unplaced

    def _get_endorsed_notes(self, payload):
        """The notes of the lead: the description, then what else the BPO noted, with a title."""
        titles = {
            "description": None,
            "customer_notes": self.env._("Notes of the customer:"),
            "internal_notes": self.env._("Internal notes of the BPO:"),
        }
        return Markup("").join(
            text_to_html("\n".join(filter(None, [title, payload[key]])))
            for key, title in titles.items()
            if key in payload
        )

    def _find_endorsed_product(self, payload):
        """The only product with the payload's code, else with its name; may be empty."""
        sellable = Domain("sale_ok", "=", True) & Domain(
            "company_id", "in", [False, self.env.company.id]
        )
        return self._find_only(
            "product.product", "default_code", payload.get("product_code"), sellable
        ) or self._find_only("product.product", "name", payload.get("product_name"), sellable)

    def _find_only(self, model, field, text, domain=Domain.TRUE):
        """The only record with ``text`` in ``field``, whatever the case; may be empty."""
        records = self.env[model]
        if text:
            records = records.search(domain & Domain(field, "=ilike", escape_psql(text)), limit=2)
        return records if len(records) == 1 else self.env[model]

    def _get_endorsed_stage_id(self):
        """Negotiation; if that was deleted or closes leads now, the last open stage."""
        open_ids = self.env["dealer.crm.stage"]._get_open_ids()
        negotiation = self.env.ref("dealer_crm.stage_negotiation", raise_if_not_found=False)
        if negotiation and negotiation.id in open_ids:
            return negotiation.id
        if not open_ids:
            raise UserError(self.env._("There is no open stage to receive leads: add one."))
        return open_ids[-1]

    def _check_endorsed_payload(self, payload):
        """Check the payload; return it with stripped texts and without empty values."""
        if problem := self._get_size_problem(payload):
            self._refuse_endorsed("payload", problem)
        stripped = {
            key: value.strip() if isinstance(value, str) else value
            for key, value in payload.items()
        }
        payload = {
            key: value
            for key, value in stripped.items()
            if value is not None and value is not False and value not in ("", [])
        }
        payload.setdefault("bpo_source_lead_id", None)
        if "contact_name" not in payload:
            self._refuse_endorsed("contact_name", self.env._("the customer needs a name"))
        for key, value in payload.items():
            if problem := self._get_value_problem(key, value):
                self._refuse_endorsed(key, problem)
        if payload.get("budget_max") and payload.get("budget_min", 0) > payload["budget_max"]:
            self._refuse_endorsed("budget_max", self.env._("it must not be below budget_min"))
        if "bpo_source_url" in payload:
            payload["bpo_source_url"] = payload["bpo_source_url"].rstrip("/")
        return payload

    def _get_size_problem(self, payload):
        """What is wrong with the whole payload: unknown keys all go into one message."""
        if not isinstance(payload, dict):
            return self.env._("it must be a dictionary of values")
        if len(payload) > MAX_KEYS:
            return self.env._(
                "it has %(count)s keys, %(limit)s are allowed", count=len(payload), limit=MAX_KEYS
            )
        try:
            text = json.dumps(payload, default=str, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            return self.env._("it must be plain JSON")
        size = len(text.encode(errors="surrogatepass"))
        if size > MAX_BYTES:
            return self.env._(
                "it has %(size)s bytes, %(limit)s are allowed", size=size, limit=MAX_BYTES
            )
        return None

    def _get_value_problem(self, key, value):
        """What is wrong with one value of the payload, as part of a sentence; None if nothing."""
        if key in WHOLE_NUMBERS:
            lowest, highest = WHOLE_NUMBERS[key]
            if type(value) is not int or not lowest <= value <= highest:
                return self.env._(
                    "it must be a whole number from %(lowest)s to %(highest)s",
                    lowest=lowest,
                    highest=highest,
                )
        elif key in NUMBERS:
            return self._get_number_problem(key, value)
        elif key == "tags":
            if not isinstance(value, list) or len(value) > MAX_TAGS:
                return self.env._("it must be a list of at most %(count)s names", count=MAX_TAGS)
            for tag in value:
                if problem := self._get_text_problem(tag, TEXT_LIMITS["contact_name"]):
                    return problem
        elif key in YES_NO:
            if value is not True:
                return self.env._("it must be true or false")
        elif key in TEXT_LIMITS:
            problem = self._get_text_problem(value, TEXT_LIMITS[key], one_line=key == "email")
            return problem or self._get_choice_problem(key, value)
        else:
            return self._get_text_problem(f"{key}: {value}", TEXT_LIMITS["description"])
        return None

    def _get_choice_problem(self, key, value):
        if key in ("priority", "financing_type"):
            choices = dict(self._fields[key].selection)
            if value not in choices:
                return self.env._("it must be one of %(choices)s", choices=", ".join(choices))
        if key == "date_deadline":
            try:
                fields.Date.from_string(value)
            except ValueError:
                return self.env._("it must be a date like 2026-12-31")
        return None

    def _get_number_problem(self, key, value):
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 <= value < MAX_NUMBER
        ):
            return self.env._("it must be a number of 0 or more, below 1,000,000,000,000")
        _total, places = self._fields["quantity"].get_digits(self.env)
        if key == "quantity" and float_is_zero(value, precision_digits=places):
            return self.env._("it must be more than 0")
        return None

    def _refuse_endorsed(self, key, problem):
        raise ValidationError(self.env._("%(field)s: %(problem)s.", field=key, problem=problem))
