from itertools import chain, count

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class DealerCrmUniqueNameMixin(models.AbstractModel):
    """A translated name that is unique in each language, for short lists of configuration."""

    _name = "dealer.crm.unique.name.mixin"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Unique Translated Name"

    name = fields.Char(required=True, translate=True, copy=False)

    @api.constrains("name")
    def _check_name(self):
        """Names must be unique in each language, ignoring case and extra blanks.

        A translated name is a JSON column, so a unique index cannot ensure this.
        """
        self._serialize_names()
        records = self._read_names()
        for lang in set().union(*(names for _record_id, names in records)):
            taken = {}
            for record_id, names in records:
                name = names.get(lang) or names["en_US"]
                if not name.strip():
                    raise ValidationError(self.env._("The record needs a name: type one."))
                if taken.setdefault(self._name_key(name), record_id) != record_id:
                    raise ValidationError(
                        self.env._(
                            '%(model)s "%(name)s" exists already (language %(lang)s): choose'
                            " another name.",
                            model=self.env["ir.model"]._get(self._name).name,
                            name=name.strip(),
                            lang=lang,
                        )
                    )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        taken = {
            self._name_key(name) for _id, names in self._read_names() for name in names.values()
        }
        for record, vals in zip(self, vals_list, strict=True):
            if "name" not in vals:
                name = self.env._("%(name)s (copy)", name=record.name)
                names = chain([name], (f"{name} ({number})" for number in count(2)))
                vals["name"] = next(name for name in names if self._name_key(name) not in taken)
                taken.add(self._name_key(vals["name"]))
        return vals_list

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """The translation dialog does not call ``write``: check its names here."""
        result = super()._update_field_translations(field_name, translations, digest, source_lang)
        if field_name == "name":
            self._check_name()
        return result

    def _load_records(self, data_list, update=False):
        """Before an upgrade creates deleted records of the data files again, adopt namesakes.

        An import by an admin is not changed: a name that is taken is refused.
        """
        for data in data_list if self.env.context.get("install_mode") else ():
            if data.get("xml_id") and not self.env.ref(data["xml_id"], raise_if_not_found=False):
                self._restore_shipped(data)
        return super()._load_records(data_list, update)

    def _restore_shipped(self, data):
        """Give the external id of ``data`` to an existing record of the same name, unchanged."""
        key = self._name_key(data["values"].get("name") or "")
        for record_id, names in self._read_names():
            if key in map(self._name_key, names.values()):
                self.env["ir.model.data"]._update_xmlids(
                    [{**data, "record": self.browse(record_id)}]
                )
                data["values"] = {}
                break

    def _name_key(self, name):
        return " ".join(name.split()).casefold()

    def _read_names(self):
        """List of (id, {language: name}) of all records."""
        self.flush_model(["name"])
        return self.env.execute_query(
            SQL("SELECT id, name FROM %s ORDER BY id", SQL.identifier(self._table))
        )

    def _serialize_names(self):
        """Let only one transaction at a time change names.

        A second transaction waits here, fails with a serialization error, and is run again by Odoo,
        which then sees the new name.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET id = id WHERE id = (SELECT MIN(id) FROM %(table)s)",
                table=SQL.identifier(self._table),
            )
        )
