"""Import of leads from a file."""

import re

from odoo import api, models

#: context key of the function that is told of each record that was refused by itself
REFUSE = "dealer_crm_import_refuse"
#: most digits of a number that a sequence can count to
MAX_DIGITS = 9


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Leads (Excel)"),
                "template": "/dealer_crm/static/xls/leads_import_template.xlsx",
            },
            {
                "label": self.env._("Import Template for Leads (CSV)"),
                "template": "/dealer_crm/static/xls/leads_import_template.csv",
            },
        ]

    @api.model
    def load(self, fields, data):
        """Import; then assign the new leads without a salesperson like others that arrive.

        References of an old system are kept, and the sequence goes on after them. Messages name
        the row and, where it can be told, the column.
        """
        if self.env.context.get("install_mode"):
            return super().load(fields, data)
        refused = []
        leads = self.with_context(**{REFUSE: refused.append})
        if not any(path.split("/")[0] in ("user_id", "user_id.id") for path in fields):
            # Without such a column, the default would be the person who imports.
            leads = leads.with_context(default_user_id=False)
        result = super(DealerCrmLead, leads).load(fields, data)
        result["messages"] = self._locate_messages(result["messages"], fields, data, refused)
        if result["ids"]:
            now = self.env.cr.now().replace(microsecond=0)
            new = self.sudo().browse(result["ids"])
            new = new.filtered(lambda lead: lead.create_date.replace(microsecond=0) == now)
            new._move_sequence_past()
            new.filtered(lambda lead: not lead.user_id)._assign_arrivals()
        return result

    def _load_records(self, data_list, update=False):
        refuse = self.env.context.get(REFUSE)
        if not callable(refuse) or len(data_list) > 1:
            return super()._load_records(data_list, update)
        try:
            leads = super()._load_records(data_list, update)
            self.env.flush_all()
        except Exception:
            refuse(data_list[0]["info"]["record"])
            raise
        return leads

    @api.model
    def _locate_messages(self, messages, fields, data, refused):
        """The messages of an import, with the column as ``field``.

        Odoo puts the error of a whole batch first, with the batch's first row, even where rows were
        then refused one by one, with messages of their own.
        """
        if refused and "field" not in messages[0] and messages[0].get("record") not in refused:
            messages = messages[1:]
        for message in messages:
            row = message.get("rows", {}).get("from")
            if row is not None and "field" not in message:
                name = self._find_column(message["message"], fields, data[row])
                message.update({"field": name} if name else {})
        return messages

    @api.model
    def _find_column(self, text, fields, cells):
        """The field of the column whose label, else whose value, the message names; or None."""
        values = {}
        for path, cell in zip(fields, cells, strict=False):
            name = path.split("/")[0].split(".")[0]
            if name not in self._fields:
                continue
            label = self._fields[name]._description_string(self.env)
            if text.startswith(f"{label}:") or f'"{label}"' in text:
                return name
            if len(str(cell)) > 1 and str(cell) in text:
                values[name] = len(str(cell))
        return max(values, key=values.get, default=None)

    def _move_sequence_past(self):
        """Let the sequence go on after the highest of these leads' references in its own form.

        References in another form cannot meet those of the sequence.
        """
        for company, leads in self.grouped("company_id").items():
            sequence, counter = self.with_company(company)._get_reference_counter()
            prefix, suffix = sequence._get_prefix_suffix()
            form = re.compile(rf"{re.escape(prefix)}(\d{{1,{MAX_DIGITS}}}){re.escape(suffix)}")
            found = filter(None, map(form.fullmatch, leads.mapped("name")))
            highest = max((int(match[1]) for match in found), default=0)
            if sequence.number_increment > 0 and highest >= counter.number_next_actual:
                # Undone with the transaction, as a dry run needs it.
                counter.number_next_actual = highest + sequence.number_increment
