"""What `make run` and docker-compose.yml serve: two databases by host name, introduced by scripts/connect.py."""

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

SLOW = 60  # seconds that an outcome may take on a busy machine
LOAD_DEMO = """
from odoo.modules import Manifest
from odoo.tools import convert_file
for path in Manifest.for_addon(ADDON)["demo"]:
    convert_file(env, ADDON, path, {}, mode="init", noupdate=True)
env["res.users"].search([("login", "=", "agent")]).notification_type = "inbox"
env.cr.commit()
"""


class House:
    """A dealer and a BPO of one server, as `make run` has them."""

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
        """Run scripts/connect.py as scripts/connect does; return what it said."""
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
def house(peers_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    dealer = peers_of(Dealer, folder)
    bpo = peers_of(Bpo, folder)
    try:
        dealer.shell(f"ADDON = 'dealer_crm'{LOAD_DEMO}")
        bpo.shell(f"ADDON = 'bpo_crm'{LOAD_DEMO}")
        house = House(dealer, bpo)
        house.serve()
        bpo.processes = dealer.processes
        house.connect()
        yield house
    finally:
        dealer.close()
        bpo.close()


@pytest.fixture(scope="module")
def nginx(house, tmp_path_factory):
    """docker/nginx.conf in front of a host with workers, as docker-compose.yml starts it."""
    odoo = house.serve(workers=2, max_cron_threads=0, proxy_mode=True)
    nginx = Nginx(odoo, tmp_path_factory.mktemp("nginx"))
    try:
        yield nginx.start()
    finally:
        nginx.stop()


def endorsed_demo_leads(house):
    return house.dealer.db.query(
        "SELECT l.*, (SELECT array_agg(o.id) FROM sale_order o"
        " WHERE o.dealer_crm_lead_id = l.id AND o.state = 'sale') AS orders"
        " FROM dealer_crm_lead l JOIN ir_model_data d ON d.model = 'dealer.crm.lead' AND d.res_id = l.id"
        " WHERE d.module = 'dealer_crm' AND l.bpo_source_lead_id > 0 ORDER BY l.id"
    )


def deliver(house, order_id):
    warehouse = house.dealer.browser()
    for picking in warehouse.call("stock.picking", "search", [("sale_id", "=", order_id)]):
        for move in warehouse.read("stock.picking", picking, "move_ids")["move_ids"]:
            demand = warehouse.read("stock.move", move, "product_uom_qty")["product_uom_qty"]
            warehouse.call("stock.move", "write", [move], {"quantity": demand, "picked": True})
        # No dialog about an SMS stands in between.
        assert warehouse.call("stock.picking", "button_validate", [picking]) is True


def test_the_service_users(house):
    """The BPO's user at the dealer is a portal user who may endorse and nothing else."""
    groups = house.dealer.db.query(
        "SELECT d.module || '.' || d.name AS name FROM res_groups_users_rel r"
        " JOIN res_users u ON u.id = r.uid JOIN ir_model_data d ON d.model = 'res.groups' AND d.res_id = r.gid"
        " WHERE u.login = 'bpo'"
    )
    assert {group["name"] for group in groups} == {
        "base.group_portal",
        "dealer_crm.group_dealer_intake",
    }
    assert house.dealer.db.value("SELECT share FROM res_users WHERE login = 'bpo'")
    assert (
        house.dealer.db.value(
            "SELECT u.login FROM dealer_crm_bpo_connection c JOIN res_users u ON u.id = c.user_id"
        )
        == "dealeradmin"
    )


@pytest.mark.parametrize("protocol", ["jsonrpc", "json2"])
def test_both_protocols_reach_either_side(house, protocol):
    """By the address that scripts/connect.py enters, where neither database is in the host's name."""
    dealer = house.dealer
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
    # The call came through to the method, which refuses a lead without a customer.
    assert "contact_name: the customer needs a name." in answer.text


def test_endorsed_demo_leads_close_at_the_bpo(house):
    """Whatever endorsed lead of the demo is closed, the demo BPO has it and closes it."""
    dealer, bpo = house.dealer, house.bpo
    leads = endorsed_demo_leads(house)
    assert len(leads) == 6
    for lead in leads:
        there = bpo.lead(lead["bpo_source_lead_id"])
        assert (there["dealer_lead_id"], there["dealer_outcome"], there["name"]) == (
            lead["id"],
            "endorsed",
            lead["bpo_source_lead_name"],
        )
        assert lead["bpo_source_url"] == "http://bpo.localhost:8069"
        assert lead["bpo_instance"] == house.bpo.db.value(
            "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'"
        )
    assert any(lead["orders"] for lead in leads)
    for lead in leads:
        if lead["orders"]:
            for order in lead["orders"]:
                deliver(house, order)
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


def test_connecting_again_renews_what_is_ours(house):
    """A second run changes no setting and makes nothing twice; the sides still find each other."""
    dealer, bpo = house.dealer, house.bpo
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
    house.connect()
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


def test_connecting_leaves_a_real_bpo_alone(house):
    """A dealer that has entered its own BPO is never pointed back at the demo, on neither side."""
    dealer, bpo = house.dealer, house.bpo
    admin = dealer.browser()
    connection = dealer.connection()["id"]
    real = {"url": "https://bpo.invalid", "database": "crm", "login": "us", "api_key": "k" * 40}
    ours = {"url": dealer.url, "database": bpo.db.name, "login": "dealer"}
    admin.call("dealer.crm.bpo.connection", "write", [connection], real)
    keys = "SELECT array_agg(id ORDER BY id) FROM res_users_apikeys"
    before = (dealer.connection(), dealer.db.value(keys), bpo.db.value(keys))
    try:
        assert "stays as it is" in house.connect()
        assert (dealer.connection(), dealer.db.value(keys), bpo.db.value(keys)) == before
    finally:
        admin.call("dealer.crm.bpo.connection", "write", [connection], ours)


def test_connecting_leaves_a_real_dealer_alone(house):
    """A BPO that has entered another dealer is not pointed back, either; an archived one stays archived."""
    dealer, bpo = house.dealer, house.bpo
    admin = bpo.browser()
    known = bpo.db.value("SELECT id FROM bpo_dealer")
    real = {"url": "https://dealer.invalid", "login": "call-centre", "name": "Real dealer"}
    ours = {"url": dealer.url, "login": "bpo", "name": "Dealer", "active": True}
    read = "SELECT name, url, login, active FROM bpo_dealer"
    try:
        for change in (real, {**ours, "active": False}):
            admin.call("bpo.dealer", "write", [known], change)
            before = bpo.db.query(read)
            assert "stay as they are" in house.connect()
            assert bpo.db.query(read) == before
    finally:
        admin.call("bpo.dealer", "write", [known], ours)


def test_connecting_takes_nobodys_login(house):
    """A person who happens to have a service user's login keeps it."""
    dealer = house.dealer
    admin = dealer.browser()
    user = admin.find("res.users", ("login", "=", "bpo"))
    keys = "SELECT name FROM res_users_apikeys WHERE user_id = %s"
    assert dealer.db.value(keys, user) == "make run"
    dealer.db.query("UPDATE res_users_apikeys SET name = 'mine' WHERE user_id = %s", user)
    with pytest.raises(AssertionError, match="has a user bpo already"):
        house.connect()
    assert dealer.db.value(keys, user) == "mine"


class TestThroughNginx:
    def test_pages_by_host_name(self, house, nginx):
        """Each host name opens its own database: the page, the login form, and what follows it."""
        for peer, login in ((house.dealer, "test_agent"), (house.bpo, "test_salesman")):
            host = {"Host": f"{house.host(peer)}:{nginx.port}"}
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

    def test_assets(self, house, nginx):
        """A bundle of several megabytes arrives whole at a slow reader, without a warning for each."""
        host = {"Host": house.host(house.dealer)}
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

    def test_rpc(self, house, nginx):
        """The BPO's calls come through, by either protocol."""
        dealer = house.dealer
        login = [dealer.db.name, "test_agent", "test_agent", {}]
        params = {"service": "common", "method": "authenticate", "args": login}
        answer = requests.post(
            f"{nginx.url}/jsonrpc", json={"jsonrpc": "2.0", "params": params}, timeout=60
        )
        assert answer.json()["result"] > 0
        for host in ("127.0.0.1", house.host(dealer)):
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

    def test_live_updates(self, house, nginx):
        """What happens reaches an open page by its websocket."""
        dealer = house.dealer
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
