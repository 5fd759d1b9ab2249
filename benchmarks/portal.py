"""A reseller's leads in the portal: ``/my/dealer/leads`` against Odoo's ``/my/leads``.

One database, one server, one person of one reseller with all leads; a Chromium of a phone's width opens the
pages in turns. The time of a row is that to the first byte, the CPU time that of Odoo's process for the whole
page; the note has the rest. A page of Odoo's has 80 leads, one of ours 40.
"""

import os
import re
import statistics
import tempfile
from pathlib import Path

import psutil

from .browser import browser
from .common import Bench, Row, Side, arguments
from .data import fill_leads, fill_people
from .partners import serve
from .resellers import ADDONS

LOGIN = "bench_reseller"
#: a request in the server's log: path, number of queries
LOGGED = re.compile(r'"GET (\S+) HTTP/1.1" 200 - (\d+)')


def fill(bench: Bench, size: int) -> dict[str, tuple[str, str]]:
    """Give all leads to one reseller; return the paths (peer's, ours) by what they show."""
    fill_people(bench)
    fill_leads(bench, size)
    with bench.environment(commit=True) as env:
        users = env["res.users"].with_context(no_reset_password=True)
        user = users.search([("login", "=", LOGIN)]) or users.create(
            {
                "name": "Reseller",
                "login": LOGIN,
                "password": LOGIN,
                "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
            }
        )
        partner = user.partner_id
        partner.dealer_level_id = env.ref("dealer_crm_resellers.level_gold")
        env.flush_all()
        env.cr.execute(
            "UPDATE crm_lead SET partner_assigned_id = %s, type = 'lead', active = TRUE",
            [partner.id],
        )
        env.cr.execute(
            "UPDATE dealer_crm_lead SET partner_assigned_id = %s, date_partner_assign = create_date,"
            " date_partner_accept = create_date",
            [partner.id],
        )
        env.invalidate_all()
        peer = env["crm.lead"].search([("probability", ">", 0)], limit=1, order="id")
        ours = env["dealer.crm.lead"].search([("won_status", "=", "pending")], limit=1, order="id")
        paths = {
            "the list": ("/my/leads", "/my/dealer/leads"),
            "its page 50": ("/my/leads/page/50", "/my/dealer/leads/page/50"),
            "a lead": (f"/my/lead/{env['ir.http']._slug(peer)}", f"/my/dealer/leads/{ours.id}"),
        }
    bench.analyze()
    return paths


def compare(page, url: str, server, log: Path, bench: Bench, title: str, paths, args) -> None:
    """A row of pages with a warm cache.

    :param server: Odoo's process, whose CPU time is that of the row
    """
    row = Row(args.sizes[-1], title, Side(), Side(), goal=1.5 if "list" in title else 1)
    loads: list[list[dict[str, float]]] = [[], []]
    for number in range(args.rounds + 1):
        for index in [0, 1] if number % 2 else [1, 0]:
            before = server.cpu_times()
            load = page.open(url + paths[index], settle=0.3)
            after = server.cpu_times()
            if number:
                load["cpu"] = after.user + after.system - before.user - before.system
                loads[index].append(load)
    for side, visits in zip((row.peer, row.product), loads, strict=True):
        side.seconds += [each["first byte"] / 1000 for each in visits]
        # All rounds in one: Linux counts in hundredths of a second.
        side.cpu.append(sum(each["cpu"] for each in visits))
    queries = dict(LOGGED.findall(log.read_text()))
    row.note = "; ".join(
        f"{name} "
        + " / ".join(
            f"{statistics.median(each[key] for each in visits) / unit:,.0f}" for visits in loads
        )
        for name, key, unit in (
            ("first paint ms", "first-contentful-paint", 1),
            ("kB", "bytes", 1000),
        )
    )
    row.note += "; queries " + " / ".join(queries.get(path, "?") for path in paths)
    bench.add(row)


def main() -> None:
    args = arguments(sizes=(10_000,), small=(2_000,))
    with Bench("portal", ADDONS, args) as bench, tempfile.TemporaryDirectory() as folder:
        paths = fill(bench, args.sizes[-1])
        log = Path(folder) / "odoo.log"
        options = (f"--logfile={log}", "--log-handler=werkzeug:INFO")
        with serve([bench.database], *options) as url:
            [server] = psutil.Process().children()
            with browser(os.environ.get("CHROMIUM", "")) as page:
                page.resize(390, 844)
                page.login(url, LOGIN, LOGIN)
                for title, pair in paths.items():
                    compare(page, url, server, log, bench, title, pair, args)
        bench.report()


if __name__ == "__main__":
    main()
