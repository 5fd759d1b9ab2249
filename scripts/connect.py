"""Introduce the dealer and the BPO of `make run` to each other; read by Odoo's shell on `dealer`.

Each side gets a service user with an API key of its own, which the other side is given. Keys
made by an earlier run are taken back. The address comes in the environment: ADDRESS.
"""

import os

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry

ADDRESS = os.environ["ADDRESS"]
KEY_NAME = "make run"


def service_user(env, login, name, groups):
    """Return the internal user `login` with these groups and no others, made if need be."""
    user = env["res.users"].with_context(active_test=False, no_reset_password=True)
    user = user.search([("login", "=", login)]) or user.create({"login": login, "name": name})
    group_ids = [env.ref(xmlid).id for xmlid in ("base.group_user", *groups)]
    user.write({"active": True, "group_ids": [Command.set(group_ids)]})
    return user


def new_key(user):
    """Return an API key of `user` for RPC, the only one of our name."""
    keys = user.env["res.users.apikeys"].sudo()
    keys.search([("user_id", "=", user.id), ("name", "=", KEY_NAME)]).unlink()
    return keys.with_user(user).sudo()._generate("rpc", KEY_NAME, None)


def remember(model, domain, values):
    """Write `values` to the record found by `domain`, or make it."""
    record = model.with_context(active_test=False).search(domain, limit=1)
    if not record:
        return model.create(values)
    record.write(values)
    return record


dealer = env  # noqa: F821 the shell's
with Registry("bpo").cursor() as cr:
    bpo = api.Environment(cr, SUPERUSER_ID, {})
    # No CRM rights: the receiver itself decides which leads this user may close.
    caller = service_user(bpo, "dealer", "Dealer (callbacks)", [])
    intake = service_user(dealer, "bpo", "BPO (endorsements)", ["dealer_crm.group_dealer_intake"])
    connection = remember(
        dealer["dealer.crm.bpo.connection"],
        [("company_id", "=", dealer.company.id)],
        {
            "name": "BPO",
            "url": ADDRESS,
            "database": "bpo",
            "login": caller.login,
            "api_key": new_key(caller),
            "protocol": "jsonrpc",
            "active": True,
        },
    )
    remember(
        bpo["bpo.dealer"],
        [],
        {
            "name": "Dealer",
            "url": ADDRESS,
            "database": "dealer",
            "login": intake.login,
            "api_key": new_key(intake),
            "user_id": caller.id,
        },
    )
dealer.cr.commit()
connection.action_test_connection()
dealer.cr.commit()
if connection.state != "ready":
    raise SystemExit(f"The connection is {connection.state}: {connection.state_reason}")
