"""The server of `make run` and docker-compose.yml: two databases by host name, connected by scripts/connect.py."""

import configparser
import json
import re
import time

import pytest
import requests
import websocket

from .harness import ROOT, Nginx, wait_until
from .peers import Bpo, Dealer
from .web import Browser

SLOW = 60  # Seconds that an outcome may take on a busy machine.
LOAD_DEMO = """
from odoo.modules import Manifest
from odoo.tools import convert_file
for path in Manifest.for_addon(ADDON)["demo"]:
    convert_file(env, ADDON, path, {}, mode="init", noupdate=True)
env["res.users"].search([("login", "=", "agent")]).notification_type = "inbox"
env.cr.commit()
"""


class Server:
    """One server with a dealer and a BPO, as `make run` starts it."""

    def __init__(self, dealer, bpo):
        self.dealer = dealer
        self.bpo = bpo
        parser = configparser.RawConfigParser()
        parser.read(ROOT / "odoo.conf")
        self.options = {
            **parser["options"],
            "db_name": f"{dealer.db.name},{bpo.db.name}",
        }

    def serve(self, **options):
        return self.dealer.add_process(options={**self.options, **options})

    def connect(self):
        """Run scripts/connect.py as scripts/connect does; return its output."""
        places = {
            "ADDRESS": self.dealer.url,
            "BPO_ADDRESS": "http://bpo.localhost:8069",
            "BPO_DATABASE": self.bpo.db.name,
        }
        script = f"import os\nos.environ.update({places!r})\n"
        return self.dealer.shell(script + (ROOT / "scripts" / "connect.py").read_text())

    def host(self, peer):
        """The host name that opens the database of `peer`."""
        return f"{peer.db.name}.localhost"


@pytest.fixture(scope="module")
def server(peers_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    dealer = peers_of(Dealer, folder)
    bpo = peers_of(Bpo, folder)
    try:
        dealer.shell(f"ADDON = 'dealer_crm'{LOAD_DEMO}")
        bpo.shell(f"ADDON = 'bpo_crm'{LOAD_DEMO}")
        server = Server(dealer, bpo)
        server.serve()
        bpo.processes = dealer.processes
        server.connect()
        yield server
    finally:
        dealer.close()
        bpo.close()


@pytest.fixture(scope="module")
def nginx(server, tmp_path_factory):
    """docker/nginx.conf in front of a host with workers, as docker-compose.yml starts it."""
    odoo = server.serve(workers=2, max_cron_threads=0, proxy_mode=True)
    nginx = Nginx(odoo, tmp_path_factory.mktemp("nginx"))
    try:
        yield nginx.start()
    finally:
        nginx.stop()


def endorsed_demo_leads(server):
    return server.dealer.db.query(
        "SELECT l.*, (SELECT array_agg(o.id) FROM sale_order o"
        " WHERE o.dealer_crm_lead_id = l.id AND o.state = 'sale') AS orders"
        " FROM dealer_crm_lead l JOIN ir_model_data d ON d.model = 'dealer.crm.lead' AND d.res_id = l.id"
        " WHERE d.module = 'dealer_crm' AND l.bpo_source_lead_id > 0 ORDER BY l.id"
    )


def deliver(server, order_id):
    warehouse = server.dealer.browser()
    for picking in warehouse.call("stock.picking", "search", [("sale_id", "=", order_id)]):
        for move in warehouse.read("stock.picking", picking, "move_ids")["move_ids"]:
            demand = warehouse.read("stock.move", move, "product_uom_qty")["product_uom_qty"]
            warehouse.call("stock.move", "write", [move], {"quantity": demand, "picked": True})
        # Skips the dialog about an SMS.
        assert warehouse.call("stock.picking", "button_validate", [picking]) is True


def test_the_service_users(server):
    """The BPO's user at the dealer is a portal user who may only endorse."""
    groups = server.dealer.db.query(
        "SELECT d.module || '.' || d.name AS name FROM res_groups_users_rel r"
        " JOIN res_users u ON u.id = r.uid JOIN ir_model_data d ON d.model = 'res.groups' AND d.res_id = r.gid"
        " WHERE u.login = 'bpo'"
    )
    assert {group["name"] for group in groups} == {
        "base.group_portal",
        "dealer_crm.group_dealer_intake",
    }
    assert server.dealer.db.value("SELECT share FROM res_users WHERE login = 'bpo'")
    assert (
        server.dealer.db.value(
            "SELECT u.login FROM dealer_crm_bpo_connection c JOIN res_users u ON u.id = c.user_id"
        )
        == "dealeradmin"
    )


@pytest.mark.parametrize("protocol", ["jsonrpc", "json2"])
def test_both_protocols_reach_either_side(server, protocol):
    """Each side reaches the other by the URL that scripts/connect.py sets, which names no database."""
    dealer = server.dealer
    admin = dealer.browser()
    connection = dealer.connection()["id"]
    admin.call("dealer.crm.bpo.connection", "write", [connection], {"protocol": protocol})
    admin.button("dealer.crm.bpo.connection", "action_test_connection", connection)
    assert dealer.connection()["state"] == "ready", dealer.connection()["state_reason"]

    method = ("dealer.crm.lead", "receive_endorsed_lead")
    payload = {"bpo_source_lead_id": 7}
    if protocol == "json2":
        answer = requests.post(
            f"{dealer.url}/json/2/{'/'.join(method)}",
            json={"payload": payload},
            headers={"Authorization": f"bearer {dealer.key}", "X-Odoo-Database": dealer.db.name},
            timeout=60,
        )
    else:
        uid = dealer.db.value("SELECT id FROM res_users WHERE login = 'test_intake'")
        arguments = [dealer.db.name, uid, dealer.key, *method, [payload]]
        params = {"service": "object", "method": "execute_kw", "args": arguments}
        answer = requests.post(
            f"{dealer.url}/jsonrpc", json={"jsonrpc": "2.0", "params": params}, timeout=60
        )
    # The call reached the method, which refuses a lead without a customer.
    assert "contact_name: the customer needs a name." in answer.text


def test_endorsed_demo_leads_close_at_the_bpo(server):
    """Closing any endorsed demo lead closes the demo BPO's lead."""
    dealer, bpo = server.dealer, server.bpo
    leads = endorsed_demo_leads(server)
    assert len(leads) == 6
    for lead in leads:
        there = bpo.lead(lead["bpo_source_lead_id"])
        assert (there["dealer_lead_id"], there["dealer_outcome"], there["name"]) == (
            lead["id"],
            "endorsed",
            lead["bpo_source_lead_name"],
        )
        assert lead["bpo_source_url"] == "http://bpo.localhost:8069"
        assert lead["bpo_instance"] == server.bpo.db.value(
            "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'"
        )
    assert any(lead["orders"] for lead in leads)
    for lead in leads:
        if lead["orders"]:
            for order in lead["orders"]:
                deliver(server, order)
            dealer.browser().button("dealer.crm.lead", "action_mark_won", lead["id"])
        else:
            dealer.lose([lead["id"]])

    def closed():
        outcomes = [bpo.lead(lead["bpo_source_lead_id"])["dealer_outcome"] for lead in leads]
        return outcomes == ["won" if lead["orders"] else "lost" for lead in leads]

    wait_until(closed, "the BPO has closed all six", SLOW)
    wait_until(
        lambda: [row["state"] for row in dealer.rows()] == ["delivered"] * 6,
        "the dealer knows that the BPO knows",
        SLOW,
    )


def test_connecting_again_renews_what_is_ours(server):
    """A second run changes no setting and creates no duplicates; the connection still works."""
    dealer, bpo = server.dealer, server.bpo
    admin = dealer.browser()
    connection = dealer.connection()
    agent = admin.find("res.users", ("login", "=", "manager"))
    admin.call(
        "dealer.crm.bpo.connection",
        "write",
        [connection["id"]],
        {"protocol": "json2", "in_flight": 3, "user_id": agent},
    )
    counts = "SELECT (SELECT count(*) FROM crm_lead), (SELECT count(*) FROM bpo_dealer)"
    before = bpo.db.query(counts)
    server.connect()
    assert bpo.db.query(counts) == before
    after = dealer.connection()
    assert (
        after["id"],
        after["protocol"],
        after["in_flight"],
        after["user_id"],
        after["state"],
    ) == (
        connection["id"],
        "json2",
        3,
        agent,
        "ready",
    )
    test = ("bpo.dealer", "action_test_connection")
    assert bpo.browser().button(*test, bpo.db.value("SELECT id FROM bpo_dealer"))


def test_connecting_leaves_a_real_bpo_alone(server):
    """A dealer connected to its own BPO is not connected to the demo again, on either side."""
    dealer, bpo = server.dealer, server.bpo
    admin = dealer.browser()
    connection = dealer.connection()["id"]
    real = {"url": "https://bpo.invalid", "database": "crm", "login": "us", "api_key": "k" * 40}
    ours = {"url": dealer.url, "database": bpo.db.name, "login": "dealer"}
    admin.call("dealer.crm.bpo.connection", "write", [connection], real)
    keys = "SELECT array_agg(id ORDER BY id) FROM res_users_apikeys"
    before = (dealer.connection(), dealer.db.value(keys), bpo.db.value(keys))
    try:
        assert "stays as it is" in server.connect()
        assert (dealer.connection(), dealer.db.value(keys), bpo.db.value(keys)) == before
    finally:
        admin.call("dealer.crm.bpo.connection", "write", [connection], ours)


def test_connecting_leaves_a_real_dealer_alone(server):
    """A BPO with its own dealer is not connected to the demo again; an archived dealer stays archived."""
    dealer, bpo = server.dealer, server.bpo
    admin = bpo.browser()
    known = bpo.db.value("SELECT id FROM bpo_dealer")
    real = {"url": "https://dealer.invalid", "login": "call-centre", "name": "Real dealer"}
    ours = {"url": dealer.url, "login": "bpo", "name": "Dealer", "active": True}
    read = "SELECT name, url, login, active FROM bpo_dealer"
    try:
        for change in (real, {**ours, "active": False}):
            admin.call("bpo.dealer", "write", [known], change)
            before = bpo.db.query(read)
            assert "stay as they are" in server.connect()
            assert bpo.db.query(read) == before
    finally:
        admin.call("bpo.dealer", "write", [known], ours)


def test_connecting_takes_nobodys_login(server):
    """A person whose login is that of a service user keeps it."""
    dealer = server.dealer
    admin = dealer.browser()
    user = admin.find("res.users", ("login", "=", "bpo"))
    keys = "SELECT name FROM res_users_apikeys WHERE user_id = %s"
    assert dealer.db.value(keys, user) == "make run"
    dealer.db.query("UPDATE res_users_apikeys SET name = 'mine' WHERE user_id = %s", user)
    with pytest.raises(AssertionError, match="has a user bpo already"):
        server.connect()
    assert dealer.db.value(keys, user) == "mine"


class TestThroughNginx:
    def test_pages_by_host_name(self, server, nginx):
        """Each host name opens its own database: the page, the login form and the session."""
        for peer, login in ((server.dealer, "test_agent"), (server.bpo, "test_salesman")):
            host = {"Host": f"{server.host(peer)}:{nginx.port}"}
            with requests.Session() as person:
                person.headers.update(host)
                page = person.get(f"{nginx.url}/web/login", timeout=60)
                assert page.status_code == 200
                token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
                form = {"csrf_token": token[1], "login": login, "password": login}
                home = person.post(
                    f"{nginx.url}/web/login", form, allow_redirects=False, timeout=60
                )
                assert home.status_code == 303, home.text
                info = person.post(
                    f"{nginx.url}/web/session/get_session_info", json={"params": {}}, timeout=60
                ).json()["result"]
            assert (info["db"], info["username"]) == (peer.db.name, login)

    def test_assets(self, server, nginx):
        """A slow reader gets a bundle of several megabytes completely, without a warning in the log."""
        host = {"Host": server.host(server.dealer)}
        page = requests.get(f"{nginx.url}/web/login", headers=host, timeout=60)
        sizes = []
        for path in re.findall(r'(?:src|href)="(/web/assets/[^"]+)"', page.text):
            with requests.get(nginx.url + path, headers=host, timeout=120, stream=True) as asset:
                assert asset.status_code == 200, path
                time.sleep(0.5)
                sizes.append((int(asset.headers["Content-Length"]), len(asset.content)))
        assert sizes and all(promised == came for promised, came in sizes), sizes
        assert "[warn]" not in nginx.log.read_text()

    def test_unknown_host_opens_nothing(self, nginx):
        answer = requests.get(
            f"{nginx.url}/web/login",
            headers={"Host": "nobody.localhost"},
            allow_redirects=False,
            timeout=60,
        )
        assert answer.status_code != 200 or "csrf_token" not in answer.text

    def test_rpc(self, server, nginx):
        """The BPO's calls reach Odoo by both protocols."""
        dealer = server.dealer
        login = [dealer.db.name, "test_agent", "test_agent", {}]
        params = {"service": "common", "method": "authenticate", "args": login}
        answer = requests.post(
            f"{nginx.url}/jsonrpc", json={"jsonrpc": "2.0", "params": params}, timeout=60
        )
        assert answer.json()["result"] > 0
        for host in ("127.0.0.1", server.host(dealer)):
            answer = requests.post(
                f"{nginx.url}/json/2/res.users/context_get",
                json={},
                headers={
                    "Host": host,
                    "Authorization": f"bearer {dealer.key}",
                    "X-Odoo-Database": dealer.db.name,
                },
                timeout=60,
            )
            assert answer.status_code == 200, answer.text

    def test_live_updates(self, server, nginx):
        """An open page gets live updates by its websocket."""
        dealer = server.dealer
        browser = Browser(nginx.url, dealer.db.name, "agent", "agent")
        partner = browser.read("res.users", browser.uid, "partner_id")["partner_id"][0]
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        connection = websocket.create_connection(
            f"ws://127.0.0.1:{nginx.port}/websocket?version=19.0-2",
            host=f"127.0.0.1:{nginx.port}",
            origin=nginx.url,
            cookie=cookies,
            timeout=SLOW,
        )
        try:
            subscription = {"event_name": "subscribe", "data": {"channels": [], "last": 0}}
            connection.send(json.dumps(subscription))

            def heard():
                dealer.browser().call(
                    "res.partner", "message_post", [partner], body="Hello", partner_ids=[partner]
                )
                return "mail.message/inbox" in connection.recv()

            wait_until(heard, "the message arrives", SLOW)
        finally:
            connection.close()
