"""The only list of values that are accepted from a reseller's browser: names, types, bounds."""

from datetime import date
from math import isfinite

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

MAX_PRICE = 1e12
MIN_DATE, MAX_DATE = date(2000, 1, 1), date(2199, 12, 31)
#: name: (kind, most characters of a text or whether it is required)
VALUES = {
    "contact_name": ("line", 120),
    "phone": ("line", 40),
    "email": ("email", 254),
    "street": ("line", 200),
    "city": ("line", 100),
    "zip": ("line", 20),
    "vehicle_model_text": ("line", 200),
    "expected_price": ("price", MAX_PRICE),
    "date_deadline": ("date", False),
    "reason": ("text", 2000),
    "contacted": ("flag", None),
    "spam": ("flag", None),
    "lost_reason": ("choice", "_get_portal_lost_reasons"),
    "lost_notes": ("text", 2000),
    "message": ("text", 2000),
    "summary": ("line", 255),
    "activity_type_id": ("choice", "_get_portal_activity_types"),
    "activity_date": ("date", True),
}


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _read_portal_values(self, given, names):
        """Dict of the values of ``names``, in the fields' types; other values are ignored.

        :param given: dict of what a form sent: texts, or files
        :raise ValidationError: naming what is wrong
        """
        values = {}
        for name in names:
            kind, bound = VALUES[name]
            text = given.get(name)
            if not isinstance(text, str):
                # A file was sent in its place, or nothing.
                text = ""
            values[name] = getattr(self, f"_read_portal_{kind}")(
                self._get_portal_label(name), text.strip(), bound
            )
        return values

    @api.model
    def _get_portal_label(self, name):
        labels = {
            "reason": self.env._("Reason"),
            "message": self.env._("Message"),
            "summary": self.env._("Summary"),
            "activity_type_id": self.env._("What"),
            "activity_date": self.env._("When"),
        }
        if name in labels or name not in self._fields:
            return labels.get(name, name)
        return self._fields[name]._description_string(self.env)

    @api.model
    def _read_portal_text(self, label, text, limit):
        self._check_text(label, text, limit)
        return text

    @api.model
    def _read_portal_line(self, label, text, limit):
        self._check_text(label, text, limit, one_line=True)
        return text

    @api.model
    def _read_portal_email(self, label, text, limit):
        self._check_text(label, text, limit, one_line=True)
        if text and not email_normalize(text):
            self._refuse_portal_value(label, self.env._("it is no e-mail address"))
        return text

    @api.model
    def _read_portal_flag(self, label, text, _bound):
        return bool(text)

    @api.model
    def _read_portal_price(self, label, text, limit):
        try:
            price = float(text or 0)
        except ValueError:
            self._refuse_portal_value(label, self.env._("it is no number"))
        if not isfinite(price) or not 0 <= price < limit:
            self._refuse_portal_value(label, self.env._("it must be 0 or more"))
        return price

    @api.model
    def _read_portal_date(self, label, text, required):
        if not text and not required:
            return False
        try:
            value = date.fromisoformat(text)
        except ValueError:
            value = date.min
        if not MIN_DATE <= value <= MAX_DATE:
            self._refuse_portal_value(label, self.env._("choose a date"))
        return value

    @api.model
    def _read_portal_choice(self, label, text, method):
        for value, _name in getattr(self, method)():
            if str(value) == text:
                return value
        return self._refuse_portal_value(label, self.env._("choose one from the list"))

    @api.model
    def _refuse_portal_value(self, label, problem):
        raise ValidationError(self.env._("%(field)s: %(problem)s.", field=label, problem=problem))
