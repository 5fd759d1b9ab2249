"""``/partners`` in a browser: ours against that of ``website_crm_partner_assign``.

The two addons exclude each other, so each has a database. One server serves both, and one Chromium
loads them in turns. Both show 40 partners per page with the same pictures. Requests to other hosts get
an empty answer at once.
"""

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odoo import api

from .browser import Page, browser
from .common import CONF, QUIET, Bench, Row, Side, arguments

PICTURES = Path(__file__).parents[1] / "dealer_crm_resellers_website" / "demo" / "images"
#: (country, latitude, longitude) of the partners that are copied
PLACES = [
    ("br", -25.43, -49.27), ("ca", 45.51, -73.57), ("lb", 33.89, 35.5), ("eg", 30.04, 31.24),
    ("es", 39.47, -0.38), ("no", 60.39, 5.32), ("sg", 1.29, 103.85), ("za", -33.92, 18.42),
    ("vn", 16.05, 108.2), ("us", 45.52, -122.68), ("jp", 34.69, 135.5), ("nz", -41.27, 173.28),
]  # fmt: skip
WAIT = 60  # Seconds for the server to answer


@dataclass
class Website:
    """One side: its database, the model and field of its levels, and its paths."""

    bench: Bench
    model: str
    field: str
    word: str

    def fill(self, size: int) -> None:
        """Publish ``size`` partners in three levels and twelve countries, each with a picture."""
        with self.bench.environment(commit=True) as env:
            env["res.partner"].search([("is_published", "=", True)]).is_published = False
            env[self.model].search([]).write({"is_published": True})
            first = self._make_first(env)
            env.flush_all()
            _copy(env, first, size - len(first))
        self.bench.analyze()

    def _make_first(self, env: api.Environment) -> Any:
        levels = env[self.model].search([], limit=3)
        pictures = sorted(PICTURES.glob("*.png"))
        return env["res.partner"].create(
            [
                {
                    "name": f"Partner {number}",
                    "is_company": True,
                    "is_published": True,
                    "city": f"City {number}",
                    "country_id": env.ref(f"base.{country}").id,
                    "partner_latitude": latitude,
                    "partner_longitude": longitude,
                    "website_short_description": "Sells, rents and repairs cars of all kinds.",
                    "website_description": "<p>Sells, rents and repairs cars of all kinds.</p>" * 9,
                    "image_1920": b64encode(pictures[number % len(pictures)].read_bytes()),
                    self.field: levels[number % len(levels)].id,
                }
                for number, (country, latitude, longitude) in enumerate(PLACES)
            ]
        )

    def paths(self) -> dict[str, str]:
        """Paths of a list, a filtered list and a partner."""
        with self.bench.environment() as env:
            partner = env["res.partner"].search([(self.field, "!=", False)], limit=1, order="id")
            slug = env["ir.http"]._slug
            level, country = slug(partner[self.field]), slug(partner.country_id)
            return {
                "list": "/partners",
                "level and country": f"/partners/{self.word}/{level}/country/{country}",
                "a partner": partner.website_url,
            }


def _copy(env: api.Environment, first: Any, count: int) -> None:
    """Copy the partners ``first`` in turn, with pictures, up to some degrees away."""
    columns = _columns(env, "res_partner") - {"name", "complete_name", "ref"}
    columns -= {"partner_latitude", "partner_longitude"}
    names = ", ".join(f'"{name}"' for name in sorted(columns))
    env.cr.execute(
        f"""INSERT INTO res_partner ({names}, name, complete_name, ref,
                partner_latitude, partner_longitude)
            SELECT {names}, name || ' ' || n, name || ' ' || n, 'copy of ' || id,
                partner_latitude + (n * 37) %% 40 / 10.0, partner_longitude + (n * 53) %% 40 / 10.0
            FROM generate_series(1, %s) n JOIN res_partner ON id = (%s::int[])[n %% %s + 1]""",
        [count, first.ids, len(first)],
    )
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE ref LIKE 'copy of %'")
    columns = _columns(env, "ir_attachment") - {"res_id"}
    names = ", ".join(f'"{name}"' for name in sorted(columns))
    chosen = ", ".join(f'a."{name}"' for name in sorted(columns))
    env.cr.execute(
        f"""INSERT INTO ir_attachment ({names}, res_id)
            SELECT {chosen}, p.id FROM ir_attachment a
            JOIN res_partner p ON p.ref = 'copy of ' || a.res_id
            WHERE a.res_model = 'res.partner' AND a.res_field LIKE 'image_%%'
                AND a.res_id = ANY(%s)""",
        [first.ids],
    )


def _columns(env: api.Environment, table: str) -> set[str]:
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
    )
    return {name for [name] in env.cr.fetchall()} - {"id"}


@contextlib.contextmanager
def serve(databases: list[str], *options: str) -> Iterator[str]:
    """Serve all databases; yield the URL. The header X-Odoo-Database chooses the database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "odoo", "server", "-c", CONF, *QUIET]
    command += ["-d", ",".join(databases), "--http-port", str(port), "--max-cron-threads=0"]
    command += ["--http-interface=127.0.0.1", "--workers=0", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + WAIT
        while True:
            try:
                urllib.request.urlopen(f"{url}/web/health", timeout=5).close()
                break
            except OSError:
                if time.monotonic() > end:
                    sys.exit("Odoo does not answer: see its log.")
                time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(WAIT)


def compare(page: Page, url: str, title: str, sides: list[tuple[Website, str]], args) -> None:
    """Rows of first paints with an empty and with a warm cache."""
    product = sides[-1][0].bench
    for cold, visit in ((True, "first visit"), (False, "again")):
        row = Row(args.sizes[-1], f"{title}, {visit}", Side(), Side(), goal=1.2)
        loads: list[list[dict[str, float]]] = [[], []]
        for number in range(args.rounds + 1):
            order = [0, 1] if number % 2 else [1, 0]
            for index in order:
                website, path = sides[index]
                page.call(
                    "Network.setExtraHTTPHeaders",
                    headers={"X-Odoo-Database": website.bench.database},
                )
                if cold:
                    page.clear_cache()
                load = page.open(url + path, settle=0.3)
                if number:
                    loads[index].append(load)
        for side, visits in zip((row.peer, row.product), loads, strict=True):
            side.seconds += [each["first-contentful-paint"] / 1000 for each in visits]
        row.note = "; ".join(
            f"{name} "
            + " / ".join(
                f"{statistics.median(each[key] for each in visits) / unit:,.0f}" for visits in loads
            )
            for name, key, unit in (
                ("first byte ms", "first byte", 1),
                ("kB", "bytes", 1000),
                ("requests", "requests", 1),
            )
        )
        product.add(row)


def main() -> None:
    args = arguments(sizes=(2_000,), small=(2_000,))
    peer_name = args.database and f"{args.database}_peer"
    peer_args = argparse.Namespace(**{**vars(args), "database": peer_name})
    peer_bench = Bench("partners_peer", ("website_crm_partner_assign",), peer_args)
    addons = ("website", "dealer_crm_resellers")  # Installs dealer_crm_resellers_website, too
    with peer_bench, Bench("partners", addons, args) as bench:
        peer = Website(peer_bench, "res.partner.grade", "grade_id", "grade")
        product = Website(bench, "dealer.crm.partner.level", "dealer_level_id", "level")
        for website in (peer, product):
            website.fill(args.sizes[-1])
        paths = peer.paths(), product.paths()
        databases = [peer_bench.database, bench.database]
        with serve(databases) as url, browser(os.environ.get("CHROMIUM", "")) as page:
            page.resize(1440, 900)
            for title in paths[0]:
                sides = [(peer, paths[0][title]), (product, paths[1][title])]
                compare(page, url, title, sides, args)
        bench.report()


if __name__ == "__main__":
    main()
