"""Texts that cannot be stored are refused with a sentence, instead of an error of the database."""

import re

from odoo import api, models
from odoo.exceptions import ValidationError

#: most characters of a one-line text: fits into an index of PostgreSQL in any script
MAX_CHAR = 500
#: most characters of any other text
MAX_TEXT = 200_000
#: most lines of a message or a list of names
MESSAGE_LINES = 10
#: NUL and lone surrogates
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class DealerCrmTextMixin(models.AbstractModel):
    """Checks the texts of new and changed records."""

    _name = "dealer.crm.text.mixin"
    _description = "Texts That Can Be Kept"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_new_texts(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_texts(vals)
        return super().write(vals)

    def _check_new_texts(self, vals_list):
        """Check the texts of new records, including defaults of the context (``default_*``)."""
        context = self.env.context
        defaults = {
            name: context[f"default_{name}"]
            for name, field in self._fields.items()
            if field.type in ("char", "text", "html") and f"default_{name}" in context
        }
        for vals in (*vals_list, defaults):
            self._check_texts(vals)

    def _check_texts(self, vals):
        ours = self._name.startswith("dealer.crm.")
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is None or field.type not in ("char", "text", "html") or not value:
                continue
            limits = {}
            if ours:
                limits["limit"] = MAX_CHAR if field.type == "char" else MAX_TEXT
                limits["one_line"] = name == getattr(self, "_primary_email", None)
            # Odoo converts other types to text.
            text = value if isinstance(value, str) else str(value)
            if self._get_text_problem(text, **limits):
                self._check_text(field._description_string(self.env), text, **limits)

    def _check_text(self, label, value, limit=None, one_line=False):
        """:raise ValidationError: naming the field ``label``, if ``value`` cannot be stored"""
        if problem := self._get_text_problem(value, limit, one_line):
            raise ValidationError(
                self.env._("%(field)s: %(problem)s.", field=label, problem=problem)
            )

    def _check_reason(self, reason):
        """:raise ValidationError: if ``reason`` is empty or cannot be stored"""
        if not isinstance(reason, str) or not reason.strip():
            raise ValidationError(
                self.env._("%(record)s: enter a reason.", record=self[:1]._get_label())
            )
        self._check_text(self.env._("Reason"), reason, MAX_TEXT)

    def _get_label(self):
        """This record (one or none) in a sentence."""
        return self.display_name

    def _list_names(self, records, with_stage=False):
        """The names of those of ``records`` that the user may read, one line each.

        :param bool with_stage: leads with the name of their stage
        """
        records = records._origin._filtered_access("read")
        shown = records[:MESSAGE_LINES]
        lines = [
            f"{each._get_label()}: {each.stage_id.name}" if with_stage else each._get_label()
            for each in shown
        ]
        if more := len(records - shown):
            lines.append(self.env._("… and %(count)s more.", count=more))
        return "\n".join(lines)

    def _get_text_problem(self, value, limit=None, one_line=False):
        """What is wrong with a text, as part of a sentence; None if it can be stored."""
        if not isinstance(value, str):
            return self.env._("it must be a text")
        if limit and len(value) > limit:
            return self.env._(
                "it has %(length)s characters, %(limit)s are allowed",
                length=len(value),
                limit=limit,
            )
        if UNSTORABLE.search(value):
            return self.env._("it contains characters that cannot be stored")
        if one_line and len(value.splitlines()) > 1:
            return self.env._("it must be one line")
        return None
