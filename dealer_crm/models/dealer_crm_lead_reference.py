"""The reference of a new lead: the next one of the company's sequence, or a given one."""

from collections import Counter, defaultdict

from odoo import models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.base.models.ir_sequence import _update_nogap

from .dealer_crm_lead import NEW_REFERENCE

#: how many numbers ahead to look for a free one
MAX_TAKEN = 10_000_000


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _set_references(self, vals_list):
        """Set the next reference in each dict without one; return whether there was such a dict.

        :raise ValidationError: naming a given reference that is taken
        """
        unnamed, given = defaultdict(list), []
        for vals in vals_list:
            name = str(vals.get("name") or NEW_REFERENCE).strip() or NEW_REFERENCE
            if name != NEW_REFERENCE:
                vals["name"] = name
                given.append(name)
            else:
                unnamed[self._get_new_company_id(vals)].append(vals)
        if given:
            self._check_references_free(given)
        for company_id, leads in unnamed.items():
            company = self.env["res.company"].browse(company_id)
            references = self.with_company(company)._next_references(len(leads), given)
            given += references
            for vals, reference in zip(leads, references, strict=True):
                vals["name"] = reference
        return bool(unnamed)

    def _get_new_company_id(self, vals):
        value = vals.get("company_id")
        return value or self.default_get(["company_id"]).get("company_id") or self.env.company.id

    def _check_references_free(self, names):
        taken = self.sudo().with_context(active_test=False).search([("name", "in", names)], limit=1)
        name = taken.name or next((name for name, n in Counter(names).items() if n > 1), None)
        if name:
            raise ValidationError(
                self.env._(
                    "%(name)s is the reference of another lead already: choose another one, or"
                    " leave it out to get the next one.",
                    name=name,
                )
            )

    def _next_references(self, count, given=()):
        """List of the next ``count`` free references, for the company of the environment.

        ``next_by_code`` of ``ir.sequence`` returns one reference per call, with two queries, and
        does not skip references that were given by hand or by an import. Here a batch is drawn and
        compared with the leads in one query. From ``ir.sequence`` come the counter of today's date
        range, prefix, suffix and, for a sequence without gaps, the numbers.

        :param given: references that are given to other leads of the same batch
        """
        if not count:
            return []
        sequence, counter = self._get_reference_counter()
        names = []
        while len(names) < count:
            drawn = self._draw_references(sequence, counter, count - len(names), given)
            names += [name for _number, name, taken in drawn if not taken]
            if len(names) < count:
                self._skip_taken_references(sequence, counter, drawn[-1][0], given)
        return names

    def _get_reference_counter(self):
        """The sequence of the company, else of all companies; and the record with its next number.

        That record is the sequence itself or its date range of today.
        """
        sequences = self.env["ir.sequence"].sudo()
        own = Domain("company_id", "in", [self.env.company.id, False])
        code = Domain("code", "=", "dealer.crm.lead")
        sequence = sequences.search(own & code, order="company_id", limit=1)
        if not sequence:
            raise UserError(
                self.env._(
                    "The sequence dealer.crm.lead is missing: create it in Settings →"
                    " Technical → Sequences."
                )
            )
        counter = sequence._get_current_sequence()
        if counter != sequence:
            sequence = sequence.with_context(ir_sequence_date_range=counter.date_from)
        return sequence, counter

    def _draw_references(self, sequence, counter, count, given):
        """Draw the next numbers in one query; list of (number, reference, whether it is taken)."""
        step = sequence.number_increment
        if sequence.implementation == "standard":
            numbers = SQL(
                "SELECT nextval(%s) AS number FROM generate_series(1, %s)",
                self._get_reference_table(counter),
                count,
            )
        else:
            first = _update_nogap(counter, step * count)
            numbers = SQL(
                "SELECT generate_series(%s, %s, %s) AS number",
                first,
                first + step * (count - 1),
                step,
            )
        return self.env.execute_query(
            SQL(
                "WITH n AS MATERIALIZED (%s) SELECT number, %s, %s FROM n ORDER BY number * sign(%s)",
                numbers,
                *self._get_reference_terms(sequence, given),
                step,
            )
        )

    def _skip_taken_references(self, sequence, counter, last, given):
        """Move the counter so that the next number is the first free one after ``last``."""
        step = sequence.number_increment
        _name, taken = self._get_reference_terms(sequence, given)
        [[free]] = self.env.execute_query(
            SQL(
                "SELECT number FROM (SELECT generate_series(%s, %s, %s) AS number) n"
                " WHERE NOT %s LIMIT 1",
                last + step,
                last + step * MAX_TAKEN,
                step,
                taken,
            )
        ) or [[last + step]]
        if sequence.implementation != "standard":
            counter.number_next = free
        elif step > 0 and free - step > last:
            # Other transactions draw at the same time: never move back, and take no lock.
            table = self._get_reference_table(counter)
            self.env.cr.execute(
                SQL(
                    "SELECT setval(%s, %s) FROM %s WHERE last_value < %s",
                    table,
                    free - step,
                    SQL.identifier(table),
                    free - step,
                )
            )

    def _get_reference_table(self, counter):
        """Name of the PostgreSQL sequence of an ``ir.sequence`` or one of its date ranges."""
        if counter._name == "ir.sequence":
            return f"ir_sequence_{counter.id:03d}"
        return f"ir_sequence_{counter.sequence_id.id:03d}_{counter.id:03d}"

    def _get_reference_terms(self, sequence, given):
        """SQL of the reference of ``n.number``, formatted as by Odoo, and whether it is taken."""
        prefix, suffix = sequence._get_prefix_suffix()
        name = SQL(
            "(%s || lpad(n.number::text, greatest(%s, length(n.number::text)), '0') || %s)",
            prefix,
            sequence.padding,
            suffix,
        )
        taken = SQL(
            "(EXISTS (SELECT FROM dealer_crm_lead l WHERE l.name = %s) OR %s = ANY(%s))",
            name,
            name,
            list(given),
        )
        return name, taken
