from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class DealerCrmUniqueNameMixin(models.AbstractModel):
    """Names that differ in each language, for short lists that an admin keeps."""

    _name = "dealer.crm.unique.name.mixin"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Unique Translated Name"

    name = fields.Char(required=True, translate=True, copy=False)

    @api.constrains("name")
    def _check_name(self):
        """Names differ in each language, whatever their case and surrounding blanks.

        A translated name is one JSON column, so no unique index can say this.
        """
        records = self._read_names()
        for lang in set().union(*(names for _record_id, names in records)):
            taken = {}
            for record_id, names in records:
                name = names.get(lang) or names["en_US"]
                if not name.strip():
                    raise ValidationError(
                        self.env._("A %(kind)s needs a name: type one.", kind=self._get_kind())
                    )
                if taken.setdefault(self._name_key(name), record_id) != record_id:
                    raise ValidationError(
                        self.env._(
                            'There is a %(kind)s named "%(name)s" already (language'
                            " %(lang)s): choose another name.",
                            kind=self._get_kind(),
                            name=name.strip(),
                            lang=lang,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        self._serialize_names()
        return super().create(vals_list)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        taken = {
            self._name_key(name) for _id, names in self._read_names() for name in names.values()
        }
        for record, vals in zip(self, vals_list, strict=True):
            if "name" not in vals:
                vals["name"] = self._get_free_name(
                    self.env._("%(name)s (copy)", name=record.name), taken
                )
        return vals_list

    @api.model
    def _get_free_name(self, name, taken):
        """``name``, numbered where it is in ``taken``, a set of keys that it is added to."""
        free, number = name, 1
        while self._name_key(free) in taken:
            number += 1
            free = f"{name} ({number})"
        taken.add(self._name_key(free))
        return free

    def write(self, vals):
        if "name" in vals:
            self.check_access("write")
            self._serialize_names()
        return super().write(vals)

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """The translation dialog writes past ``write``: same check."""
        if field_name == "name":
            self._serialize_names()
        result = super()._update_field_translations(field_name, translations, digest, source_lang)
        if field_name == "name":
            self._check_name()
        return result

    def _load_records(self, data_list, update=False):
        """Bring back deleted shipped records without quarrelling with what came since.

        An admin's import is refused instead.
        """
        for data in data_list if self.env.context.get("install_mode") else ():
            if data.get("xml_id") and not self.env.ref(data["xml_id"], raise_if_not_found=False):
                self._restore_shipped(data)
        return super()._load_records(data_list, update)

    @api.model
    def _restore_shipped(self, data):
        """Adopt the record that has the name of the shipped one by now, as it is."""
        key = self._name_key(data["values"].get("name") or "")
        for record_id, names in self._read_names():
            if key in map(self._name_key, names.values()):
                self.env["ir.model.data"]._update_xmlids(
                    [{**data, "record": self.browse(record_id)}]
                )
                data["values"] = {}
                break

    @api.model
    def _get_kind(self):
        """What a record is called in a sentence."""
        return self.env._("record")

    @api.model
    def _name_key(self, name):
        return " ".join(name.split()).casefold()

    @api.model
    def _read_names(self):
        """List of (id, {language: name}) of all records."""
        self.flush_model(["name"])
        return self.env.execute_query(
            SQL("SELECT id, name FROM %s ORDER BY id", SQL.identifier(self._table))
        )

    @api.model
    def _serialize_names(self):
        """Let only one transaction at a time change names.

        Its rival waits here, fails to serialise, and is retried by Odoo with the
        new name in sight.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET id = id WHERE id = (SELECT MIN(id) FROM %(table)s)",
                table=SQL.identifier(self._table),
            )
        )
