"""A reseller's leads in the portal: ``/my/dealer/leads`` against Odoo's ``/my/leads``.

One database, one server, one person of one reseller with all leads. A client without a browser asks for the
pages in turns, over one connection: the times are to the first byte, the CPU times those of Odoo's and
PostgreSQL's processes. A Chromium of a phone's width then opens them for the first paint. A page of Odoo's list
has 80 leads, one of ours 40.
"""

import http.client
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from .browser import Page, browser
from .common import Bench, Row, Side, arguments
from .data import fill_leads, fill_people
from .partners import serve
from .resellers import ADDONS

LOGIN = "bench_reseller"
#: a request in the server's log: path, number of queries
LOGGED = re.compile(r'"GET (\S+) HTTP/1.1" 200 - (\d+)')
ROUNDS = 61
#: requests of each page before the first round
WARM_UP = 5
#: visits of each page with the browser
VISITS = 5


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
    # What the UPDATE left behind would be half of each table.
    bench.analyze("FULL crm_lead, dealer_crm_lead")
    bench.analyze()
    return paths


class Client:
    """One connection of a logged-in person; measures a request."""

    def __init__(self, url: str, cookie: str, read_cpu: Callable[[], float]) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.headers = {"Cookie": cookie, "Accept-Language": "en-US"}
        self.read_cpu = read_cpu

    def get(self, path: str) -> tuple[float, float, int]:
        """Seconds to the first byte, CPU seconds, and bytes of a page."""
        before, clock = self.read_cpu(), time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        seconds = time.perf_counter() - clock
        body = answer.read()
        assert answer.status == 200, f"{path}: {answer.status}"
        return seconds, self.read_cpu() - before, len(body)


def make_meter(bench: Bench, server: int) -> Callable[[], float]:
    """Function that returns the CPU seconds of Odoo's process ``server`` and the database's backends."""
    # As Linux numbers the CPU clocks of other processes; psutil counts hundredths of a second.
    clock = ~server << 3 | 2
    backends: list[Path] = []

    def read() -> float:
        if not backends:
            for [pid] in bench.sql(
                "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
            ):
                backends.append(Path(f"/proc/{pid}/schedstat"))
        worked = sum(int(each.read_text().split()[0]) for each in backends if each.exists())
        return time.clock_gettime(clock) + worked / 1e9

    return read


def compare(client: Client, log: Path, bench: Bench, title: str, paths, rounds: int) -> Row:
    """The row of two pages, asked for in turns; which is first changes each round."""
    row = Row(bench.args.sizes[-1], title, Side(), Side(), goal=1.5 if "list" in title else 1)
    sides = (row.peer, row.product)
    sizes = [0, 0]
    for number in range(WARM_UP + rounds):
        for index in [0, 1] if number % 2 else [1, 0]:
            seconds, cpu, sizes[index] = client.get(paths[index])
            if number >= WARM_UP:
                sides[index].seconds.append(seconds)
                sides[index].cpu.append(cpu)
    queries = dict(LOGGED.findall(log.read_text()))
    for side, path in zip(sides, paths, strict=True):
        side.queries.append(int(queries[path]))
    row.note = "; ".join(
        f"{name} {' / '.join(texts)}"
        for name, texts in (
            ("fastest by CPU ms", [f"{1000 * min(side.cpu):.1f}" for side in sides]),
            ("kB", [f"{size / 1000:.0f}" for size in sizes]),
        )
    )
    return row


def paint(page: Page, url: str, paths) -> str:
    """First paints of two pages with a warm cache, in turns."""
    paints: list[list[float]] = [[], []]
    for number in range(VISITS + 1):
        for index in [0, 1] if number % 2 else [1, 0]:
            load = page.open(url + paths[index], settle=0.2)
            if number:
                paints[index].append(load["first-contentful-paint"])
    return "first paint ms " + " / ".join(f"{statistics.median(each):.0f}" for each in paints)


def main() -> None:
    args = arguments(sizes=(10_000,), small=(2_000,), rounds=ROUNDS)
    with Bench("portal", ADDONS, args) as bench, tempfile.TemporaryDirectory() as folder:
        paths = fill(bench, args.sizes[-1])
        log = Path(folder) / "odoo.log"
        options = (f"--logfile={log}", "--log-handler=werkzeug:INFO")
        with serve([bench.database], *options) as url:
            [server] = psutil.Process().children()
            with browser(os.environ.get("CHROMIUM", "")) as page:
                page.resize(390, 844)
                page.login(url, LOGIN, LOGIN)
                cookies = page.call("Network.getCookies", urls=[url])["cookies"]
                cookie = "; ".join(f"{each['name']}={each['value']}" for each in cookies)
                client = Client(url, cookie, make_meter(bench, server.pid))
                for title, pair in paths.items():
                    if args.only in title:
                        row = compare(client, log, bench, title, pair, args.rounds)
                        row.note += f"; {paint(page, url, pair)}"
                        bench.add(row)
        bench.report()


if __name__ == "__main__":
    main()
