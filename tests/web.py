"""A user's session over HTTP: logs in, calls methods and presses buttons as a browser does."""

from typing import Any

import requests


class RpcError(Exception):
    """An exception in the server's answer; `name` is its class, such as ``odoo.exceptions.UserError``."""

    def __init__(self, name: str, message: str, debug: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.debug = debug


class Browser:
    """One logged-in user."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False
        answer = self._post(
            "/web/session/authenticate", {"db": database, "login": login, "password": password}
        )
        self.uid: int = answer["uid"]

    @property
    def cookies(self) -> dict[str, str]:
        return self._http.cookies.get_dict()

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Return the result of ``model.method(*args, **kwargs)``; the first argument is the ids, if any."""
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def button(self, model: str, method: str, *ids: int) -> Any:
        """Press a button of a form view; return its action."""
        return self._post(
            f"/web/dataset/call_button/{model}/{method}",
            {"model": model, "method": method, "args": [list(ids)], "kwargs": {}},
        )

    def create(self, model: str, **values: Any) -> int:
        return self.call(model, "create", [values])[0]

    def read(self, model: str, record_id: int, *names: str) -> dict[str, Any]:
        return self.call(model, "read", [record_id], list(names))[0]

    def find(self, model: str, *domain: tuple[str, str, Any]) -> int:
        """Return the id of the only matching record."""
        ids = self.call(model, "search", list(domain))
        assert len(ids) == 1, f"{len(ids)} records of {model} for {domain}"
        return ids[0]

    def ref(self, xmlid: str) -> int:
        module, _dot, name = xmlid.partition(".")
        data = self.find("ir.model.data", ("module", "=", module), ("name", "=", name))
        return self.read("ir.model.data", data, "res_id")["res_id"]

    def messages(self, model: str, record_id: int) -> str:
        """Return the record's whole chatter."""
        found = self.call(
            "mail.message",
            "search_read",
            [("model", "=", model), ("res_id", "=", record_id)],
            ["body"],
        )
        return "\n".join(message["body"] for message in found)

    def _post(self, path: str, params: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        response = self._http.post(self.url + path, json=body, timeout=120)
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            data = answer["error"].get("data") or {}
            raise RpcError(
                data.get("name", ""),
                data.get("message", str(answer["error"])),
                data.get("debug", ""),
            )
        return answer["result"]
