import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tests.common import BaseCase
from odoo.tools.safe_eval import safe_eval

from odoo.addons.dealer_crm.bpo import instance

from .callback_common import DOWN, INVALID, CallbackCase, FakeClient

DISPATCH = "odoo.addons.dealer_crm.models.dealer_crm_callback_dispatch"
RECONCILE = "odoo.addons.dealer_crm.models.dealer_crm_callback_reconcile"


class TestScreens(CallbackCase):
    """The outbox on screens: search, settings, buttons."""

    def test_search_by_state(self):
        """Search by the state of the newest outcome; leads without an outcome have none."""
        delivered, parked, never = leads = self.make_leads(3)
        self.lose(delivered)
        self.deliver(FakeClient())
        self.lose(parked)
        self.deliver(FakeClient([INVALID]))
        self.assertEqual(leads.mapped("callback_state"), ["delivered", "parked", False])
        for operator, value, found in (
            ("=", "delivered", delivered),
            ("in", ["delivered", "parked"], delivered | parked),
            ("in", ["parked", False], parked | never),
            ("!=", "parked", delivered | never),
            ("=", False, never),
            ("!=", False, delivered | parked),
        ):
            domain = [("id", "in", leads.ids), ("callback_state", operator, value)]
            self.assertEqual(leads.search(domain, order="id"), found.sorted("id"), domain)
        with self.assertRaises(UserError):
            leads.search([("callback_state", "like", "park")])

    def test_name(self):
        """Of a form, a tab of the browser and an activity; the identifier finds it."""
        lead = self.make_leads(1, bpo_source_lead_id=4711)
        row = self.lose(lead)
        self.assertEqual(row.display_name, "Lost · C0 · outcome 1")
        row.lead_id = False
        self.assertEqual(row.display_name, "Lost · BPO lead 4711 · outcome 1")
        self.assertEqual(self.callbacks.name_search(row.event_id), [(row.id, row.display_name)])

    def test_reason_asked_and_given(self):
        row = self.lose(self.make_leads(1))
        self.deliver(FakeClient([INVALID]))
        window = row.with_user(self.admin).action_retry()
        wizard = (
            self.env[window["res_model"]]
            .with_user(self.admin)
            .with_context(**window["context"])
            .create({"reason": "The BPO was fixed"})
        )
        wizard.action_confirm()
        self.assertEqual(row.state, "pending")
        self.assertEqual(len(self.deliver(FakeClient()).sent), 1)

    def test_one_action_has_one_name(self):
        """Buttons and windows say Retry, and the button is visible whenever it works."""
        for kind in ("list", "form"):
            arch = etree.fromstring(self.callbacks.get_view(view_type=kind)["arch"])
            [button] = arch.xpath("//button[@name='action_retry']")
            self.assertEqual(button.get("string"), "Retry")
        shown = button.get("invisible")
        for state, difference, hidden in (
            ("pending", False, False),
            ("parked", False, False),
            ("delivered", "won", False),
            ("delivered", False, True),
            ("cancelled", False, True),
            ("sending", False, True),
        ):
            self.assertEqual(
                safe_eval(shown, {"state": state, "difference": difference}), hidden, state
            )
        wizard = self.env["dealer.crm.callback.reason"]
        self.assertEqual(
            [name for _value, name in wizard._fields["action"].selection], ["Retry", "Cancel"]
        )

    def test_filters_that_people_are_sent_to(self):
        """The filter that activities and docs name finds its rows on the first screen."""
        same, differing = self.lose(self.make_leads(2))
        self.deliver(FakeClient())
        differing.difference = "The BPO has outcome 0, endorsed."
        arch = etree.fromstring(self.callbacks.get_view(view_type="search")["arch"])
        [found] = arch.xpath("//filter[@string='Differs at the BPO']")
        self.assertEqual(
            self.callbacks.search(safe_eval(found.get("domain"))) & (same | differing), differing
        )
        # In one group with the default filter, so that the two are combined with OR.
        self.assertEqual(
            [sibling.get("name") for sibling in found.itersiblings(preceding=True)][:2],
            ["overdue", "unsettled"],
        )

    def test_outcomes_are_kept(self):
        row = self.lose(self.make_leads(1))
        with self.assertRaisesRegex(UserError, f"cancel {row.event_id} instead"):
            row.unlink()


class TestBreakdown(CallbackCase):
    """Errors on the dealer side: the run goes on, and the cron stays active."""

    def test_dispatcher_breaks(self):
        row = self.lose(self.make_leads(1))
        with (
            self.assertLogs(DISPATCH, "ERROR") as logs,
            patch.object(type(self.callbacks), "_requeue_lost", side_effect=RuntimeError("odd")),
        ):
            self.deliver(FakeClient())
        self.assertIn("retried in a minute", logs.output[0])
        self.assertEqual(row.state, "pending")
        self.assertEqual(len(self.deliver(FakeClient()).sent), 1)

    def test_connection_cannot_be_opened(self):
        row = self.lose(self.make_leads(1))
        with (
            self.assertLogs(DISPATCH, "ERROR") as logs,
            patch.object(
                type(self.connection), "_check_instance", side_effect=OSError("disk full")
            ),
        ):
            self.deliver(FakeClient())
        self.assertIn("cannot be used now", logs.output[0])
        self.assertEqual(row.state, "pending")

    def test_result_cannot_be_written(self):
        row = self.lose(self.make_leads(1))
        with (
            self.assertLogs(DISPATCH, "ERROR") as logs,
            patch.object(type(self.callbacks), "_settle_results", side_effect=ValueError("odd")),
        ):
            self.deliver(FakeClient())
        self.assertIn("could not be stored", logs.output[0])
        self.assertEqual(row.state, "sending", "its lease runs out and it goes again")

    def test_without_its_cron(self):
        """If an admin has deleted the cron, leads still close and the rows wait."""
        self.env.ref("dealer_crm.ir_cron_deliver_callbacks").unlink()
        self.assertEqual(self.lose(self.make_leads(1)).state, "pending")

    def test_reconciliation_breaks(self):
        self.lose(self.make_leads(1))
        self.deliver(FakeClient())
        self.connection.capabilities = {"reconcile": True}
        client = FakeClient()
        for broken, told in (
            ({"return_value": (None, DOWN)}, "did not reconcile"),
            ({"side_effect": RuntimeError("odd")}, "failed"),
        ):
            with (
                self.assertLogs(RECONCILE, "WARNING") as logs,
                patch.object(client, "call", **broken),
                patch.object(type(self.connection), "_open_client", lambda self: client),
                self.enter_registry_test_mode(),
                self.registry.cursor() as cr,
            ):
                self.callbacks.with_env(self.env(cr=cr))._cron_reconcile()
            self.assertIn(told, logs.output[0])


@tagged("post_install", "-at_install")
class TestInstance(BaseCase):
    def test_token(self):
        """The token is created once, also if the directory is missing."""
        with tempfile.TemporaryDirectory() as folder, patch.dict("os.environ"):
            os.environ.pop("DEALER_CRM_INSTANCE", None)
            data_dir = Path(folder) / "new"

            def read():
                return instance.get_instance("dealer", "some uuid", str(data_dir))

            first = read()
            self.assertEqual(read(), first)
            with patch.object(Path, "exists", return_value=False):
                self.assertEqual(read(), first)
            self.assertEqual([path.name for path in data_dir.iterdir()], [instance.TOKEN_FILE])
            (data_dir / instance.TOKEN_FILE).unlink()
            self.assertNotEqual(read(), first)
