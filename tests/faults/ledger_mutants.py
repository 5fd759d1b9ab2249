"""Mutants of the ledger's models, which random histories must find; ``test_commissions.py`` runs this."""

from collections import defaultdict
from fractions import Fraction
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.dealer_crm_resellers.models import dealer_crm_commission_reconcile as reconcile
from odoo.addons.dealer_crm_resellers.tests import test_commission_models as models
from odoo.addons.dealer_crm_resellers.tests.commission_histories import histories, worlds
from odoo.addons.dealer_crm_resellers.tests.properties import HealthCheck, Phase, given, settings

Commission = reconcile.DealerCrmCommission
_get_granted = Commission._get_granted
_get_order_lines = Commission._get_order_lines


def earns_with_any_reseller(self):
    return self.lead_id.won_status == "won" and self.order_id.state == "sale"


def pays_at_the_end(self, move):
    return Fraction(int(not move.amount_residual))


def forgets_what_was_paid(self):
    return {
        commission: defaultdict(
            self.env["dealer.crm.commission.entry"].browse,
            {
                source: entries.filtered(lambda entry: entry.state != "paid")
                for source, entries in sources.items()
            },
        )
        for commission, sources in _get_granted(self).items()
    }


def knows_no_discounts(self):
    return [line._replace(is_discount=False) for line in _get_order_lines(self)]


def knows_no_unit(self, quantity, unit, product):
    return Fraction(0)


MUTANTS = {
    "earns with any reseller": (Commission, "_earns", earns_with_any_reseller),
    "counts what is invoiced as paid": (Commission, "_get_settled", lambda self, move: Fraction(1)),
    "counts no part of a payment": (Commission, "_get_settled", pays_at_the_end),
    "grants again what was paid": (Commission, "_get_granted", forgets_what_was_paid),
    "does not share discounts": (Commission, "_get_order_lines", knows_no_discounts),
    "forgets amounts per unit": (Commission, "_to_units", knows_no_unit),
    "forgets credit notes": (reconcile, "CREDIT_NOTES", ()),
    "reconciles only at the win": (Commission, "_reconcile_before_commit", lambda self: None),
}


@tagged("post_install", "-at_install")
class TestLedgerMutants(models.RealHistoriesCase):
    def test_mutants_are_found(self):
        for title, mutant in MUTANTS.items():
            trial = settings(
                max_examples=models.HISTORIES,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=[HealthCheck.too_slow],
            )(given(worlds(), histories(20))(self.check))
            with self.subTest(title), patch.object(*mutant), self.assertRaises(AssertionError):
                trial()
