"""The dealer and the BPO of the tests: a database each, its processes, and actions of its users."""

import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .harness import Cluster, Database, OdooProcess, Settings, run_odoo, wait_until
from .web import Browser, RpcError

INSTALL = """
from odoo.modules.registry import Registry
env.cr.rollback()
installed = Registry.new(env.cr.dbname, update_module=True, install_modules=[ADDON])
env = env(cr=installed.cursor())
"""
# The password of a user is the login; the service users have API keys.
DEALER_SCRIPT = """
def user(login, *groups):
    ids = [env.ref(name).id for name in groups]
    return env["res.users"].with_context(no_reset_password=True).create(
        {"name": login.title(), "login": login, "password": login, "group_ids": [(6, 0, ids)]})
env.ref("base.user_admin").password = "admin"
user("test_agent", "base.group_user", "dealer_crm.group_dealer_user")
user("test_manager", "base.group_user", "dealer_crm.group_dealer_manager")
intake = user("test_intake", "base.group_portal", "dealer_crm.group_dealer_intake")
car, service = env["product.product"].create([
    {"name": "Car of the tests", "default_code": "TEST-CAR", "is_storable": True, "list_price": 10000},
    {"name": "Service of the tests", "default_code": "TEST-SERVICE", "type": "service", "list_price": 100}])
stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
env["stock.quant"].with_context(inventory_mode=True).create(
    {"product_id": car.id, "location_id": stock.id, "inventory_quantity": 100}).action_apply_inventory()
# Only what is tested runs in the background.
env["ir.cron"].search([("id", "!=", env.ref("dealer_crm.ir_cron_deliver_callbacks").id)]).active = False
key = env["res.users.apikeys"].with_user(intake).sudo()._generate("rpc", "tests", None)
env.cr.commit()
print("KEY", key)
"""
BPO_SCRIPT = """
def user(login, *groups):
    ids = [env.ref(name).id for name in ("base.group_user", *groups)]
    return env["res.users"].with_context(no_reset_password=True).create(
        {"name": login.title(), "login": login, "password": login, "group_ids": [(6, 0, ids)]})
env.ref("base.user_admin").password = "admin"
user("test_salesman", "sales_team.group_sale_salesman")
dealer = user("test_dealer", "sales_team.group_sale_salesman")
env["ir.cron"].search([]).active = False
key = env["res.users.apikeys"].with_user(dealer).sudo()._generate("rpc", "tests", None)
env.cr.commit()
print("KEY", key)
"""


class Template:
    """A database with one of our addons and its users, to be copied for each test.

    `key` is the API key of the service user that the other side calls with.
    """

    def __init__(
        self, addon: str, source: str, script: str, settings: Settings, folder: Path
    ) -> None:
        self.database = Database.copy(
            source, f"e2e_{addon}_{uuid.uuid4().hex[:8]}", settings.cluster
        )
        self.options = settings.options_for(settings.cluster, db_name=self.database.name)
        try:
            script = f"ADDON = {addon!r}{INSTALL}{script}"
            output = run_odoo(self.options, folder, "shell", "--no-http", script=script)
        except BaseException:
            self.database.drop()
            raise
        self.key = next(line.split()[1] for line in output.splitlines() if line.startswith("KEY "))

    def copy(self, cluster: Cluster) -> Database:
        return Database.copy(
            self.database.name, f"{self.database.name}_{uuid.uuid4().hex[:6]}", cluster
        )


class Peer:
    """One database with the processes that serve it."""

    def __init__(
        self, template: Template, settings: Settings, folder: Path, **options: Any
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.db = template.copy(settings.cluster)
        self.key = template.key
        self._options = options
        self.processes: list[OdooProcess] = []
        self._browsers: dict[tuple[str, str], Browser] = {}

    def add_process(self, wait: bool = True, **special: Any) -> OdooProcess:
        """Start one more process on the database; `special`: arguments of ``OdooProcess``."""
        options = {"db_name": self.db.name, **self._options, **special.pop("options", {})}
        process = OdooProcess(
            self.settings.options_for(self.db.cluster, **options), self.folder, **special
        )
        self.processes.append(process)
        return process.start(wait)

    @property
    def url(self) -> str:
        return self.processes[0].url

    def browser(self, login: str = "admin") -> Browser:
        if (login, self.url) not in self._browsers:
            self._browsers[login, self.url] = Browser(self.url, self.db.name, login, login)
        return self._browsers[login, self.url]

    def stop(self) -> None:
        for process in self.processes:
            process.stop()

    def close(self) -> None:
        self.stop()
        self.db.drop()

    def shell(self, script: str) -> str:
        """Run a script in Odoo's shell on the database; return its output."""
        options = self.settings.options_for(self.db.cluster, db_name=self.db.name)
        return run_odoo(options, self.folder, "shell", "--no-http", script=script)

    def install(self, addon: str, switch: str = "-i") -> None:
        options = self.settings.options_for(self.db.cluster, db_name=self.db.name)
        run_odoo(options, self.folder, "server", switch, addon, "--stop-after-init", "--no-http")

    def upgrade(self, addon: str) -> None:
        self.install(addon, "-u")


class Bpo(Peer):
    """The BPO's Odoo with ``bpo_crm``."""

    def know_dealer(self, dealer: "Dealer") -> int:
        """Create `dealer` under Configuration > Dealers."""
        admin = self.browser()
        return admin.create(
            "bpo.dealer",
            name="Dealer of the tests",
            url=dealer.url,
            database=dealer.db.name,
            login="test_intake",
            api_key=dealer.key,
            user_id=admin.find("res.users", ("login", "=", "test_dealer")),
        )

    def make_endorsed(self, count: int) -> list[int]:
        """Create leads in the state after Endorse, without an outcome; return their ids."""
        admin = self.browser()
        dealers = admin.call("bpo.dealer", "search", [])
        dealer_id = (
            dealers[0]
            if dealers
            else admin.create(
                "bpo.dealer",
                name="Dealer of the tests",
                url="https://dealer.invalid",
                database="dealer",
                login="test_intake",
                user_id=admin.find("res.users", ("login", "=", "test_dealer")),
            )
        )
        stage = admin.ref("bpo_crm.stage_endorsed")
        leads = [
            {"name": f"Lead {n}", "type": "opportunity", "stage_id": stage} for n in range(count)
        ]
        ids = admin.call("crm.lead", "create", leads)
        self.db.query(
            "UPDATE crm_lead SET dealer_id = %s, dealer_outcome = 'endorsed', dealer_endorsed_at = now()"
            " WHERE id = ANY(%s)",
            dealer_id,
            ids,
        )
        return ids

    def inbox(self) -> list[dict[str, Any]]:
        return self.db.query("SELECT * FROM bpo_dealer_callback ORDER BY id")

    def lead(self, lead_id: int) -> dict[str, Any]:
        return self.db.query("SELECT * FROM crm_lead WHERE id = %s", lead_id)[0]


class Dealer(Peer):
    """The dealer's Odoo with ``dealer_crm``."""

    def connect_to(self, url: str, database: str, login: str, key: str, **values: Any) -> int:
        """Create and test the connection to the BPO; return its id."""
        admin = self.browser()
        connection = admin.create(
            "dealer.crm.bpo.connection",
            name="BPO of the tests",
            url=url,
            database=database,
            login=login,
            api_key=key,
            **values,
        )
        admin.button("dealer.crm.bpo.connection", "action_test_connection", connection)
        return connection

    def connection(self) -> dict[str, Any]:
        return self.db.query("SELECT * FROM dealer_crm_bpo_connection WHERE active")[0]

    def make_leads(self, bpo_ids: Iterable[int]) -> list[int]:
        """Create leads for these ids of BPO leads; return the dealer's ids."""
        bpo_ids = list(bpo_ids)
        negotiation = self.browser().ref("dealer_crm.stage_negotiation")
        leads = [
            {"contact_name": f"Customer {n}", "stage_id": negotiation, "user_id": False}
            for n in bpo_ids
        ]
        ids = self.browser().call("dealer.crm.lead", "create", leads)
        # Intake sets these for one lead per call; tests need thousands.
        self.db.query(
            "UPDATE dealer_crm_lead l SET bpo_source_lead_id = v.bpo_id, bpo_source_url = %s"
            " FROM unnest(%s, %s) AS v (id, bpo_id) WHERE l.id = v.id",
            f"https://bpo.invalid/{uuid.uuid4().hex}",
            ids,
            bpo_ids,
        )
        return ids

    def lose(self, lead_ids: Iterable[int], notes: str = "", login: str = "admin") -> None:
        """Mark the leads lost with the wizard, also with orders."""
        browser = self.browser(login)
        reason = self.db.value("SELECT id FROM dealer_crm_lost_reason ORDER BY id LIMIT 1")
        wizard = browser.create(
            "dealer.crm.lead.lost",
            lead_ids=list(lead_ids),
            lost_reason=reason,
            lost_notes=notes,
            despite_orders=True,
        )
        browser.button("dealer.crm.lead.lost", "action_confirm", wizard)

    def win(self, lead_id: int, login: str = "test_agent") -> None:
        """Quote and confirm a service, which needs no delivery, and mark the lead won."""
        browser = self.browser(login)
        product = browser.find("product.product", ("default_code", "=", "TEST-SERVICE"))
        browser.call("dealer.crm.lead", "write", [lead_id], {"product_id": product})
        browser.button("dealer.crm.lead", "action_convert_to_quotation", lead_id)
        order = self.db.value(
            "SELECT max(id) FROM sale_order WHERE dealer_crm_lead_id = %s", lead_id
        )
        browser.button("sale.order", "action_confirm", order)
        browser.button("dealer.crm.lead", "action_mark_won", lead_id)

    def reopen(self, *lead_ids: int) -> None:
        self.browser("test_manager").call(
            "dealer.crm.lead", "action_reopen", list(lead_ids), "Customer came back"
        )

    def rows(self) -> list[dict[str, Any]]:
        return self.db.query("SELECT * FROM dealer_crm_callback ORDER BY id")

    def count(self, *states: str) -> int:
        return self.db.value(
            "SELECT count(*) FROM dealer_crm_callback WHERE state = ANY(%s)", list(states)
        )

    def cron(self) -> dict[str, Any]:
        """Values of the cron that delivers outcomes."""
        return self.db.query(
            "SELECT c.* FROM ir_cron c JOIN ir_model_data d ON d.model = 'ir.cron' AND d.res_id = c.id"
            " WHERE d.module = 'dealer_crm' AND d.name = 'ir_cron_deliver_callbacks'"
        )[0]

    def wake(self) -> None:
        """Trigger the cron now."""
        self.db.query(
            "INSERT INTO ir_cron_trigger (cron_id, call_at) VALUES (%s, now() AT TIME ZONE 'UTC')",
            self.cron()["id"],
        )
        self.db.cluster.run(f"SELECT pg_notify('cron_trigger', '{self.db.name}')")

    def run_manually(self) -> None:
        """Press Run Manually on the cron; repeat while another process runs it."""

        def ran() -> bool:
            try:
                self.browser().button("ir.cron", "method_direct_trigger", self.cron()["id"])
            except RpcError as error:
                assert "already executing" in error.message, error
                return False
            return True

        wait_until(ran, "the cron is free", pause=0.5)

    def skip_waits(self) -> None:
        """Make waiting rows and held connections due now; leave leases alone."""
        self.db.query(
            "UPDATE dealer_crm_callback SET next_attempt_at = now() AT TIME ZONE 'UTC'"
            " WHERE state = 'pending' AND next_attempt_at > now() AT TIME ZONE 'UTC'"
        )
        self.db.query(
            "UPDATE dealer_crm_bpo_connection SET next_probe_at = now() AT TIME ZONE 'UTC'"
            " WHERE state = 'held' AND next_probe_at > now() AT TIME ZONE 'UTC'"
        )
        self.wake()

    def skip_leases(self) -> None:
        """Make all leases expire now."""
        self.db.query(
            "UPDATE dealer_crm_callback SET lease_until = now() AT TIME ZONE 'UTC' - interval '1 second'"
            " WHERE state = 'sending'"
        )
        self.wake()

    def drain(self, seconds: float = 60.0, parked: Iterable[int] = ()) -> None:
        """Wait until all outcomes are sent; skip the retry times.

        :param parked: BPO leads whose outcomes may be parked
        """
        next_skip = time.monotonic()

        def drained() -> bool:
            nonlocal next_skip
            waiting = self.db.value(
                "SELECT count(*) FROM dealer_crm_callback WHERE state IN ('pending', 'sending')"
                " AND bpo_source_lead_id != ALL(%s)",
                list(parked),
            )
            if waiting and time.monotonic() >= next_skip:
                next_skip = time.monotonic() + 1
                self.skip_waits()
            return not waiting

        wait_until(drained, "everything sent", seconds)
