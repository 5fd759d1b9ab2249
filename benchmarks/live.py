"""Live boards: what a move costs the mover and each board, and when fifty boards have shown it.

The boards are websockets of a real server, of a manager who sees all leads: every board shows every
move. Like the web client, each waits 300 to 600 ms after a message and then calls ``read_changes``.
"""

import json
import random
import threading
import time
from typing import Any

import requests
import websocket

from odoo import api

from odoo.addons.bus.websocket import WebsocketConnectionHandler

from .common import Bench
from .data import AGENT, MANAGER
from .partners import serve
from .result import Row, Side

BOARDS = 50
MOVES = 5
MODEL = "dealer.crm.lead"
SECONDS = 2.0  # Until all boards have shown a move


class Client:
    """A session of one user over HTTP."""

    def __init__(self, url: str, database: str, login: str) -> None:
        self.url = url
        self.http = requests.Session()
        params = {"db": database, "login": login, "password": login}
        self.post("/web/session/authenticate", params)

    def post(self, path: str, params: dict) -> tuple[Any, int]:
        """Return the result and the bytes of the answer."""
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.http.post(self.url + path, json=body, timeout=60)
        answer.raise_for_status()
        if error := answer.json().get("error"):
            raise RuntimeError(error["data"]["message"])
        return answer.json()["result"], len(answer.content)

    def call(self, method: str, *args: Any, **kwargs: Any) -> tuple[Any, int]:
        params = {"model": MODEL, "method": method, "args": args, "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{MODEL}/{method}", params)


class OpenBoard(threading.Thread):
    """One open board: notes when it has shown each message, and the bytes of message and answer."""

    def __init__(self, client: Client, reading: dict[str, Any], last: int) -> None:
        super().__init__(daemon=True)
        self.client, self.reading = client, reading
        self.seen: list[float] = []
        self.bytes: list[int] = []
        cookie = "; ".join(f"{each.name}={each.value}" for each in client.http.cookies)
        self.socket = websocket.create_connection(
            client.url.replace("http", "ws", 1)
            + f"/websocket?version={WebsocketConnectionHandler._VERSION}",
            cookie=cookie,
            origin=client.url,
        )
        data = {"channels": [], "last": last}
        self.socket.send(json.dumps({"event_name": "subscribe", "data": data}))

    def run(self) -> None:
        while True:
            try:
                text = self.socket.recv()
            except (websocket.WebSocketException, OSError):
                return
            for each in json.loads(text or "[]"):
                message = each["message"]
                if message["type"] == "dealer_crm.lead/changed":
                    time.sleep(0.3 + 0.3 * random.random())
                    ids = message["payload"]["ids"]
                    _result, size = self.client.call("read_changes", ids, **self.reading)
                    self.seen.append(time.perf_counter())
                    self.bytes.append(size + len(text))


def measure_live(bench: Bench, size: int, board: Any, lead_id: int, stage_ids: list[int]) -> None:
    """Add the rows of live boards; `lead_id` is a lead of the agent in the first of the stages."""
    reading = {"domain": [], "specification": board.specification}

    def read(env: api.Environment) -> None:
        board.records(env).read_changes([lead_id], **reading)

    def read_own(env: api.Environment) -> None:
        board.records(env).read_changes([lead_id], board.mine(env), board.specification)

    def silently(env: api.Environment) -> None:
        model = type(env[MODEL])
        model._announce_change = lambda *_args, **_kwargs: None
        try:
            board.move(env, lead_id, stage_ids[1])
        finally:
            del model._announce_change

    bench.compare(
        size,
        "move a card: not told (left), told to boards (right)",
        silently,
        lambda env: board.move(env, lead_id, stage_ids[1]),
        login=AGENT,
    )
    bench.compare(size, "board that shows the move reads", None, read, login=MANAGER)
    bench.compare(size, "board of another's leads reads", None, read_own, login=MANAGER)
    title = f"{BOARDS} boards have shown a move"
    if bench.args.only in title:
        bench.add(_watch(bench, size, title, reading, lead_id))


def _watch(bench: Bench, size: int, title: str, reading: dict, lead_id: int) -> Row:
    with bench.environment(commit=True) as env:
        for login in (MANAGER, AGENT):
            env["res.users"].search([("login", "=", login)]).password = login
        last = env["bus.bus"]._bus_last_id()
    slowest, sizes = Side(), []
    with serve([bench.database]) as url:
        manager = Client(url, bench.database, MANAGER)
        agent = Client(url, bench.database, AGENT)
        boards = [OpenBoard(manager, reading, last) for _number in range(BOARDS)]
        for each in boards:
            each.start()
        time.sleep(2)
        for number in range(1 + MOVES):
            begun = time.perf_counter()
            agent.call("write", [lead_id], {"priority": str(number % 3)})
            end = begun + 60
            while any(len(each.seen) <= number for each in boards) and time.perf_counter() < end:
                time.sleep(0.01)
            # The first is the warm-up.
            if number:
                slowest.seconds.append(max(each.seen[number] for each in boards) - begun)
                sizes += [each.bytes[number] for each in boards]
        for each in boards:
            each.socket.close()
    note = f"{max(sizes):,} bytes a board; all within {SECONDS:.0f} s: {max(slowest.seconds) <= SECONDS}"
    return Row(size, title, Side(), slowest, note=note)
