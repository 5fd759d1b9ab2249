"""Connect the dealer and the BPO of `make run`; run in Odoo's shell on the dealer's database.

Each side gets a service user with an API key, which the other side calls with; keys of an earlier run
are revoked. Then the BPO gets the leads that the dealer's demo data has from a BPO, and endorses them,
so that it receives their outcomes.

It may run at each start: connections that somebody else entered on either side stay as they are.

Environment: ADDRESS, the server of both databases, for example http://127.0.0.1:8069; BPO_ADDRESS,
where people open the BPO; BPO_DATABASE, `bpo` by default.
"""

import os
import re

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.service.model import retrying

ADDRESS = os.environ["ADDRESS"]
BPO_ADDRESS = os.environ.get("BPO_ADDRESS")
BPO_DATABASE = os.environ.get("BPO_DATABASE", "bpo")
KEY_NAME = "make run"
#: The BPO's address in the demo data of `dealer_crm`, which does not exist.
DEMO_BPO = "https://bpo.example.com"


def keys_of(user):
    return (
        user.env["res.users.apikeys"]
        .sudo()
        .search([("user_id", "=", user.id), ("name", "=", KEY_NAME)])
    )


def service_user(env, login, name, groups):
    """Return the user `login` with exactly these groups; create it if necessary."""
    users = env["res.users"].with_context(active_test=False, no_reset_password=True)
    user = users.search([("login", "=", login)])
    if user and not keys_of(user):
        raise SystemExit(f"{env.cr.dbname} has a user {login} already, {user.name}: left alone.")
    user = user or users.create({"login": login, "name": name})
    group_ids = [env.ref(xmlid).id for xmlid in groups]
    user.write({"active": True, "group_ids": [Command.set(group_ids)]})
    return user


def new_key(user):
    """Return a new API key of `user` for RPC; delete earlier ones with its name."""
    keys_of(user).unlink()
    return user.env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", KEY_NAME, None)


def find_ours(records, database, login):
    """The record that an earlier run created and nobody has changed or archived."""
    return records.filtered(
        lambda record: (
            record.active
            and (record.database, record.login) == (database, login)
            and re.fullmatch(r"http://127\.0\.0\.1:\d+", record.url)
        )
    )[:1]


def connect_both(dealer, bpo):
    """Create the connection and the dealer; return the connection, empty when somebody else made it."""
    connections = dealer["dealer.crm.bpo.connection"].with_context(active_test=False)
    connections = connections.search([("company_id", "=", dealer.company.id)])
    connection = find_ours(connections, BPO_DATABASE, "dealer")
    if connections and not connection:
        names = ", ".join(f"{found.name} ({found.url})" for found in connections)
        print(f"The dealer's connection is not ours and stays as it is: {names}")
        return connection
    # No CRM rights: the receiver decides which leads this user may close.
    caller = service_user(bpo, "dealer", "Dealer (callbacks)", ["base.group_user"])
    key = {"url": ADDRESS, "api_key": new_key(caller)}
    if connection:
        connection.write(key)
    else:
        admin = dealer.ref("dealer_crm.user_dealer_admin", raise_if_not_found=False)
        connection = connection.create(
            {
                "name": "BPO",
                "database": BPO_DATABASE,
                "login": caller.login,
                "user_id": (admin or dealer.ref("base.user_admin")).id,
                **key,
            }
        )

    dealers = bpo["bpo.dealer"].with_context(active_test=False).search([])
    known = find_ours(dealers, dealer.cr.dbname, "bpo")
    if dealers and not known:
        print(f"The BPO's dealers are not ours and stay as they are: {dealers.mapped('name')}")
        return connection
    # Endorsing needs no read access.
    intake = service_user(
        dealer,
        "bpo",
        "BPO (endorsements)",
        ["base.group_portal", "dealer_crm.group_dealer_intake"],
    )
    key = {"url": ADDRESS, "api_key": new_key(intake)}
    if known:
        known.write(key)
    else:
        known.create(
            {
                "name": "Dealer",
                "database": dealer.cr.dbname,
                "login": intake.login,
                "user_id": caller.id,
                **key,
            }
        )
    return connection


def demo_lead_values(lead):
    """Values of the BPO's lead behind a demo lead of the dealer."""
    bpo_lead = {
        "type": "opportunity",
        "name": lead.bpo_source_lead_name,
        "contact_name": lead.contact_name,
        "email_from": lead.email,
        "phone": lead.mobile or lead.phone,
        "city": lead.city,
        "zip": lead.zip,
        "product_code": lead.product_id.default_code,
        "product_name": lead.product_id.name,
        "vehicle_model_text": lead.vehicle_model_text,
        "quantity": lead.quantity,
        "expected_revenue": lead.expected_price,
        "priority": lead.priority,
    }
    country = bpo["res.country"].search([("code", "=", lead.country_id.code)])
    return {
        **bpo_lead,
        "country_id": country.id,
        "user_id": bpo.ref("base.user_admin").id,
        "dealer_id": find_ours(bpo["bpo.dealer"].search([]), dealer.cr.dbname, "bpo").id,
    }


def create_demo_leads(dealer, bpo):
    """Create the BPO's leads; return ``[(dealer's lead, BPO's lead)]`` of those not linked yet."""
    placed = []
    for lead in dealer["dealer.crm.lead"].search(
        [("bpo_source_url", "=", DEMO_BPO), ("won_status", "=", "pending")]
    ):
        record = {"xml_id": f"make_run.lead_{lead.id}", "values": demo_lead_values(lead)}
        placed.append((lead, bpo["crm.lead"]._load_records([{**record, "noupdate": True}])))
    return placed


def renumber_demo_leads(placed):
    """Give the dealer's leads the ids of the BPO's leads, so that endorsing finds them."""
    for lead, bpo_lead in placed:
        payload = bpo_lead._endorse_payload()
        # The ORM does not let anybody set these.
        lead._write({key: payload[key] for key in payload if key.startswith("bpo_")})


def endorse_demo_leads(bpo):
    made = bpo["ir.model.data"].search([("module", "=", "make_run"), ("model", "=", "crm.lead")])
    leads = bpo["crm.lead"].browse(made.mapped("res_id")).exists()
    leads.filtered(lambda lead: not lead.dealer_endorsed_at).action_endorse()


dealer = env  # noqa: F821 the shell's
with Registry(BPO_DATABASE).cursor() as cr:
    bpo = api.Environment(cr, SUPERUSER_ID, {})
    parameters = bpo["ir.config_parameter"]
    if BPO_ADDRESS and parameters.get_param("web.base.url", "").startswith("http://localhost"):
        parameters.set_param("web.base.url", BPO_ADDRESS)
    bpo.cr.commit()

    def connect_and_commit():
        bpo.cr.rollback()
        connection = connect_both(dealer, bpo)
        bpo.cr.commit()
        return connection

    # The servers' jobs use the same rows. Each step can be repeated and is committed before the next one.
    connection = retrying(connect_and_commit, dealer)
    if connection:
        connection.action_test_connection()
        dealer.cr.commit()
        if connection.state != "ready":
            raise SystemExit(f"The connection is {connection.state}: {connection.state_reason}")
        if find_ours(bpo["bpo.dealer"].search([]), dealer.cr.dbname, "bpo"):
            placed = retrying(lambda: create_demo_leads(dealer, bpo), bpo)
            retrying(lambda: renumber_demo_leads(placed), dealer)
            retrying(lambda: endorse_demo_leads(bpo), bpo)
