"""Numbers that a person writes on a lead: finite, and small enough to be added up."""

import math

from odoo import api, models
from odoo.exceptions import ValidationError

NUMBERS = ("quantity", "expected_price")
#: neither is this large, nor larger; the constraints of ``dealer.crm.lead`` say the same
MAX_NUMBER = 1e12


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        # A default, of the context or of a user, is in no values.
        context = self.env.context
        self._check_numbers({name: context.get(f"default_{name}") for name in NUMBERS})
        self._check_numbers(self.default_get(NUMBERS))
        for vals in vals_list:
            self._check_numbers(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_numbers(vals)
        return super().write(vals)

    @api.model
    def _check_numbers(self, vals):
        """In words, before the ORM rounds what cannot be rounded."""
        for name in NUMBERS:
            if name in vals and not self._is_countable(vals[name]):
                raise ValidationError(
                    self.env._(
                        'The field "%(field)s" of a lead must be a number below %(limit)s.',
                        field=self._fields[name]._description_string(self.env),
                        limit=f"{MAX_NUMBER:,.0f}",
                    )
                )

    @api.model
    def _is_countable(self, value):
        try:
            number = float(value or 0)
        except (TypeError, ValueError, OverflowError):
            return False
        return math.isfinite(number) and abs(number) < MAX_NUMBER
