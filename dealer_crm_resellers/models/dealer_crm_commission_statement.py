"""A statement: what a reseller was granted and paid in a period, and what is still to be paid."""

from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

#: states of what counts in the balance
GRANTED = ("approved", "billed", "paid")


class DealerCrmCommissionEntry(models.Model):
    _inherit = "dealer.crm.commission.entry"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_statement_period(self, date_from=None, date_to=None):
        """(first day, last day): the two ISO dates; the last whole month unless both are good."""
        try:
            period = date.fromisoformat(date_from), date.fromisoformat(date_to)
        except (TypeError, ValueError):
            period = None
        if period and period[0] <= period[1]:
            return period
        first = fields.Date.context_today(self).replace(day=1)
        return first - relativedelta(months=1), first - relativedelta(days=1)

    @api.model
    def _get_statement(self, partner, company, date_from, date_to):
        """What the people of one commercial partner were granted and paid by one company.

        The caller checks the rights. Texts are in the language of the context. Entries count with
        the state that they have now and the date that they were granted on; refused ones are left
        out. A bill counts as paid on the date of its last payment, with the sum of its entries,
        without taxes. Entries that were settled without a bill count as paid when granted: together
        they add up to zero.

        :return: dict (partner, company, date_from, date_to, currencies); ``currencies`` is a list
            with a dict for each currency in which something is to be told:

            - ``opening``: granted before the period (approved, billed or paid now), less paid
              before it
            - ``granted``: entries of the period that are approved, billed or paid; ``sum_granted``
            - ``payments``: dicts (date, bill, amount) of the period; ``sum_paid``
            - ``closing``: opening + sum_granted − sum_paid, which is the next period's opening
            - ``drafts``: entries of the period that are not approved yet, in no other figure but
              ``states``
            - ``states``: dicts (label, amount), sums of the period's entries by state

            Entries are dicts: date, order, lead, contact_name, reason, base, amount, state, label,
            bill.
        """
        entries = self.sudo()
        theirs = Domain(
            "partner_id.commercial_partner_id", "=", partner.commercial_partner_id.id
        ) & Domain("company_id", "=", company.id)
        granted = theirs & Domain("state", "in", GRANTED)
        granted_before = dict(
            entries._read_group(
                granted & Domain("date", "<", date_from), ["currency_id"], ["amount:sum"]
            )
        )
        shown = entries.search(
            theirs
            & Domain("state", "!=", "refused")
            & Domain("date", ">=", date_from)
            & Domain("date", "<=", date_to),
            order="date, id",
        ).grouped("currency_id")
        payments = entries._get_statement_payments(theirs)
        currencies = []
        for currency in self.env["res.currency"].union(*granted_before, *shown, *payments):
            known = payments.get(currency, [])
            found = shown.get(currency, entries.browse())
            rows = found._get_statement_rows()
            of_period = [each for each in known if date_from <= each["date"] <= date_to]
            figures = {
                "currency": currency,
                "opening": granted_before.get(currency, 0)
                - sum(each["amount"] for each in known if each["date"] < date_from),
                "granted": [row for row in rows if row["state"] != "draft"],
                "drafts": [row for row in rows if row["state"] == "draft"],
                "payments": of_period,
                "sum_paid": sum(each["amount"] for each in of_period),
                "states": [
                    {"label": label, "amount": currency.round(sum(those.mapped("amount")))}
                    for state, label in self._fields["state"]._description_selection(self.env)
                    if (those := found.filtered(lambda entry, state=state: entry.state == state))
                ],
            }
            figures["sum_granted"] = sum(row["amount"] for row in figures["granted"])
            figures["closing"] = figures["opening"] + figures["sum_granted"] - figures["sum_paid"]
            for name in ("opening", "sum_granted", "sum_paid", "closing"):
                figures[name] = currency.round(figures[name])
            if rows or of_period or figures["opening"]:
                currencies.append(figures)
        return {
            "partner": partner.commercial_partner_id,
            "company": company,
            "date_from": date_from,
            "date_to": date_to,
            "currencies": sorted(currencies, key=lambda each: each["currency"].name),
        }

    def _get_statement_rows(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        return [
            {
                "date": entry.date,
                "order": entry.order_id.name,
                "lead": entry.lead_id.name,
                "contact_name": entry.lead_id.contact_name or "",
                "reason": reasons[entry.reason],
                "base": entry.base,
                "amount": entry.amount,
                "state": entry.state,
                "label": states[entry.state],
                "bill": entry.bill_name or "",
            }
            for entry in self
        ]

    @api.model
    def _get_statement_payments(self, domain):
        """Dict of currency: list of dicts (date, bill, amount) of the paid entries, by date.

        ``bill`` is empty for entries that were settled without one.
        """
        sums = {}
        for currency, line, day, amount in self._read_group(
            domain & Domain("state", "=", "paid"),
            ["currency_id", "bill_line_id", "date:day"],
            ["amount:sum"],
        ):
            bill = line.move_id
            key = (currency, bill._get_date_paid() if bill else day, bill)
            sums[key] = sums.get(key, 0) + amount
        payments = {}
        for (currency, paid_on, bill), amount in sorted(
            sums.items(), key=lambda item: (item[0][1], item[0][2].id or 0)
        ):
            payments.setdefault(currency, []).append(
                {
                    "date": paid_on,
                    "bill": bill.display_name or "",
                    "amount": currency.round(amount),
                }
            )
        return payments

    @api.model
    def _get_statement_companies(self, partner):
        """The companies in whose ledger the people of this commercial partner are."""
        return self.env["res.company"].union(
            *(
                company
                for (company,) in self.sudo()._read_group(
                    Domain(
                        "partner_id.commercial_partner_id", "=", partner.commercial_partner_id.id
                    )
                    & Domain("state", "!=", "refused"),
                    ["company_id"],
                )
            )
        )
