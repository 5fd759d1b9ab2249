"""Mutants of the ledger's models, which random histories must find; ``test_commissions.py`` runs this."""

from fractions import Fraction
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.dealer_crm.tests.properties import Phase, given, settings
from odoo.addons.dealer_crm_resellers.models import (
    dealer_crm_commission_facts as facts,
)
from odoo.addons.dealer_crm_resellers.models import (
    dealer_crm_commission_reconcile as reconcile,
)
from odoo.addons.dealer_crm_resellers.tests import test_commission_models as models
from odoo.addons.dealer_crm_resellers.tests.commission_histories import histories, worlds

Facts, Ledger = facts.DealerCrmCommission, reconcile.DealerCrmCommission
_read_deals = Facts._read_deals
_read_granted = Ledger._read_granted
_get_order_line = Facts._get_order_line


def earns_with_any_reseller(self):
    deals = _read_deals(self)
    return [deal._replace(lost=None) if deal.lost == "reassigned" else deal for deal in deals]


def pays_at_the_end(self, move):
    return Fraction(int(not move.amount_residual))


def forgets_what_was_decided(self):
    return {
        deal: {
            source: [entry for entry in entries if entry.state == "draft"]
            for source, entries in sources.items()
        }
        for deal, sources in _read_granted(self).items()
    }


def knows_no_discounts(self, *values):
    return _get_order_line(self, *values)._replace(is_discount=False)


MUTANTS = {
    "earns with any reseller": (Facts, "_read_deals", earns_with_any_reseller),
    "counts what is invoiced as paid": (Facts, "_get_settled", lambda self, move: Fraction(1)),
    "counts no part of a payment": (Facts, "_get_settled", pays_at_the_end),
    "grants again what was decided": (Ledger, "_read_granted", forgets_what_was_decided),
    "does not share discounts": (Facts, "_get_order_line", knows_no_discounts),
    "forgets amounts per unit": (facts, "to_units", lambda *_values: Fraction(0)),
    "forgets credit notes": (facts, "CREDIT_NOTES", ()),
    "reconciles only at the win": (Ledger, "_reconcile_before_commit", lambda self: None),
}


@tagged("post_install", "-at_install")
class TestLedgerMutants(models.RealHistoriesCase):
    def test_mutants_are_found(self):
        survivors = []
        for title, mutant in MUTANTS.items():
            scenario = settings(
                max_examples=models.HISTORIES,
                derandomize=True,
                phases=[Phase.generate],
                report_multiple_bugs=False,
            )(given(worlds(), histories(20))(self.check))
            with patch.object(*mutant):
                try:
                    scenario()
                except AssertionError:
                    continue
            survivors.append(title)
        self.assertFalse(survivors)
