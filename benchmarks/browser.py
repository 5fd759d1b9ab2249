"""A headless Chromium, controlled through its debugging port: pages, paint times, bytes, screenshots."""

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websocket

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)
PAINTS = """Object.fromEntries([
    ...performance.getEntriesByType("paint").map((entry) => [entry.name, entry.startTime]),
    ...performance.getEntriesByType("navigation").flatMap((entry) => [
        ["first byte", entry.responseStart],
        ["loaded", entry.loadEventEnd],
    ]),
])"""


class Page:
    """One tab. Times are milliseconds from the start of the navigation."""

    def __init__(self, address: str):
        self.foreign: list[str] = []
        self._socket = websocket.create_connection(address, timeout=120)
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Fetch.enable", patterns=[{"urlPattern": "http*"}])

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = self._send(method, params)
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            if message.get("method") == "Fetch.requestPaused":
                self._let_through(message["params"])
            elif "method" in message:
                self._events.append(message)

    def _send(self, method: str, params: dict[str, Any]) -> int:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        return number

    def _let_through(self, paused: dict[str, Any]) -> None:
        """Answer requests to other hosts with an empty response and record them.

        Blocking them would keep Odoo's editor from starting, which loads a font.
        """
        answer: dict[str, Any] = {"requestId": paused["requestId"]}
        url = paused["request"]["url"]
        if urlsplit(url).hostname in ("127.0.0.1", "localhost"):
            self._send("Fetch.continueRequest", answer)
        else:
            self.foreign.append(url)
            self._send("Fetch.fulfillRequest", {**answer, "responseCode": 200})

    def rest(self, seconds: float) -> None:
        """Handle the page's events for ``seconds``; its requests wait otherwise."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.evaluate("1")
            time.sleep(0.02)

    def evaluate(self, script: str) -> Any:
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        return result["result"].get("value")

    def resize(self, width: int, height: int, mobile: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )

    def open(self, url: str, settle: float = 0.5) -> dict[str, float]:
        """Load a page and wait until the network is idle for ``settle`` seconds.

        :return: ``first byte``, ``first-paint``, ``first-contentful-paint``, ``loaded`` (ms),
            ``bytes`` and ``requests`` over the network
        """
        self._events.clear()
        self.foreign.clear()
        self.call("Page.navigate", url=url)
        end = time.monotonic() + 60
        while not any(each.get("method") == "Page.loadEventFired" for each in self._events):
            if time.monotonic() > end:
                raise TimeoutError(f"Not loaded within a minute: {url}")
            self.evaluate("1")
            time.sleep(0.02)
        quiet, seen = time.monotonic(), -1
        while time.monotonic() - quiet < settle:
            time.sleep(0.05)
            self.evaluate("1")
            if len(self._events) != seen:
                quiet, seen = time.monotonic(), len(self._events)
        done = [each for each in self._events if each.get("method") == "Network.loadingFinished"]
        return {
            **self.evaluate(PAINTS),
            "bytes": sum(each["params"]["encodedDataLength"] for each in done),
            "requests": len(done),
        }

    def wait(self, condition: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not self.evaluate(f"!!({condition})"):
            if time.monotonic() > end:
                raise TimeoutError(f"Not true within {seconds} s: {condition}")
            time.sleep(0.05)

    def clear_cache(self) -> None:
        self.call("Network.clearBrowserCache")

    def login(self, url: str, name: str, password: str) -> None:
        """Log in to the Odoo at ``url`` through its form."""
        self.open(f"{url}/web/login")
        for field, value in (("login", name), ("password", password)):
            self.evaluate(f"document.querySelector('#{field}').value = {json.dumps(value)}")
        self.evaluate("document.querySelector('form.oe_login_form').submit()")
        self.wait("!location.pathname.startsWith('/web/login')")

    def picture(self, path: Path, full: bool = False) -> None:
        """Save the visible part, or the ``full`` page, as PNG."""
        clip = {}
        if full:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {
                "captureBeyondViewport": True,
                "clip": {
                    "x": 0,
                    "y": 0,
                    "scale": 1,
                    "width": size["width"],
                    "height": size["height"],
                },
            }
        data = self.call("Page.captureScreenshot", format="png", **clip)["data"]
        path.write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def browser(executable: str = "") -> Iterator[Page]:
    """A page of a new Chromium with a temporary profile."""
    executable = executable or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
    )
    if not executable:
        raise SystemExit("Chromium is missing: install the package chromium.")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [executable, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = _read_port(Path(profile) / "DevToolsActivePort")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=20) as answer:
                tabs = json.load(answer)
            yield Page(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
        finally:
            process.terminate()
            process.wait(20)


def _read_port(file: Path) -> str:
    for _try in range(200):
        if file.exists() and (lines := file.read_text().splitlines()):
            return lines[0]
        time.sleep(0.1)
    raise SystemExit("Chromium does not start: try it by hand.")
