"""The request handler of the fake BPO: parses a request and sends the scripted answer."""

import base64
import json
import socket
import struct
import time
import zlib
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

UNSET = "\0unset"
RECEIVER = "update_from_dealer_callback"
#: HTTP statuses that JSON-2 gives Odoo's exceptions
_STATUSES = {
    "UserError": 422,
    "ValidationError": 422,
    "UnprocessableEntity": 422,
    "MissingError": 404,
    "NotFound": 404,
    "AccessError": 403,
    "AccessDenied": 403,
    "Unauthorized": 401,
    "LockError": 409,
}


@dataclass
class Seen:
    """One received request."""

    path: str
    verb: str
    headers: dict[str, str]
    method: str
    args: Any
    payloads: list[dict[str, Any]]
    #: number of the connection it came over, from 1
    connection: int
    time: float
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def event_ids(self) -> list[Any]:
        return [payload.get("event_id") for payload in self.payloads]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def setup(self) -> None:
        self.number = self.server.number_of(self.request)
        return super().setup()

    def log_message(self, *_args: Any) -> None:
        """Print nothing: the requests are in ``FakeBpo.requests``."""

    def do_GET(self) -> None:
        self._handle(b"")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _handle(self, body: bytes) -> None:
        if self.path.startswith("/_fake/"):
            return self._told(body)
        if self.number <= self.server.tired:
            self.close_connection = True
            return None
        method, args, request = self._read(body)
        payloads = args if isinstance(args, list) else [args]
        payloads = [
            payload for payload in payloads if isinstance(payload, dict) and "event_id" in payload
        ]
        self.server.requests.append(
            Seen(
                self.path,
                self.command,
                dict(self.headers),
                method,
                args,
                payloads,
                self.number,
                time.time(),
                body,
            )
        )
        reply = self.server.take_reply(method)
        return self._play(reply, *self._answer(reply, method, args, request))

    def _read(self, body: bytes) -> tuple[str, Any, dict[str, Any]]:
        """Return the method that is called, its first argument, and the request's JSON."""
        request = json.loads(body) if body else {}
        if self.path.startswith("/json/2/"):
            return self.path.rpartition("/")[2], next(iter(request.values()), None), request
        params = request.get("params") or {}
        if self.path != "/jsonrpc":
            return self.path.rpartition("/")[2], None, request
        if params["service"] == "common":
            return params["method"], params["args"], request
        values = params["args"][5]
        return params["args"][4], values[0] if values else None, request

    def _answer(
        self, reply: Any, method: str, args: Any, request: dict[str, Any]
    ) -> tuple[int, bytes]:
        """Make the call, if any; return the status and the body of the answer."""
        rpc = self.path == "/jsonrpc"
        if not rpc and not self.path.startswith("/json/2/"):
            if method == "version" and self.server.version:
                return 200, json.dumps({"version_info": self.server.version}).encode()
            return 404, b"<h1>Not Found</h1>"
        result, error, message, status = reply.result, reply.error, reply.message, 200
        silent = reply.status is not None or reply.reset or reply.hang_up or reply.raw is not None
        scripted = error or silent or reply.body is not None or result != UNSET
        if reply.apply or not scripted:
            behaved = self._behave(method, args, request, rpc)
            if not scripted:
                result, error, message, status = behaved
        if reply.body is not None:
            content = reply.body.encode() if isinstance(reply.body, str) else reply.body
        elif result == UNSET and not error:
            content = b"as scripted"
        else:
            thrown = {
                "name": error,
                "message": message,
                "arguments": [message],
                "context": {},
                "debug": reply.debug,
            }
            if error and not rpc:
                status = status if status != 200 else _STATUSES.get(error.rpartition(".")[2], 500)
            elif rpc:
                status = 200
            content = json.dumps(
                self._envelope(request, result, thrown, reply)
                if rpc
                else thrown
                if error
                else result
            ).encode()
        return reply.status or status, content

    @staticmethod
    def _envelope(
        request: dict[str, Any], result: Any, thrown: dict[str, Any], reply: Any
    ) -> dict[str, Any]:
        envelope = {"jsonrpc": "2.0", "id": request.get("id"), "result": result}
        if thrown["name"]:
            envelope["result"] = None
            envelope["error"] = {"code": 0, "message": "Odoo Server Error", "data": thrown}
        # Like Odoo: leave out the result of a method that returns None.
        return {
            key: value for key, value in {**envelope, **reply.envelope}.items() if value is not None
        }

    def _behave(
        self, method: str, args: Any, request: dict[str, Any], rpc: bool
    ) -> tuple[Any, str, str, int]:
        """Return the correct result, or the error with its message and status for JSON-2."""
        bpo = self.server
        missing = f"The method 'crm.lead.{method}' does not exist"
        if rpc and method == "authenticate":
            return (
                (bpo.uid if args[:3] == [bpo.database, bpo.login, bpo.key] else False),
                "",
                "",
                200,
            )
        if rpc and request["params"]["args"][1:3] != [bpo.uid, bpo.key]:
            return None, "odoo.exceptions.AccessDenied", "Access Denied", 403
        if not rpc and self.headers.get("Authorization") != f"bearer {bpo.key}":
            return None, "werkzeug.exceptions.Unauthorized", "Invalid apikey", 401
        if method == RECEIVER and isinstance(args, dict):
            return bpo.receive(args), "", "", 200
        if method == f"{RECEIVER}s" and (bpo.capabilities or {}).get("batch"):
            return [bpo.receive(payload) for payload in args], "", "", 200
        if method == "dealer_callback_capabilities" and bpo.capabilities is not None:
            return bpo.capabilities, "", "", 200
        if method == RECEIVER:
            # Odoo stops this call before it runs the method: see ``probe`` of the protocols.
            error = "builtins.ValueError" if rpc else "werkzeug.exceptions.UnprocessableEntity"
            return None, error, "stopped before the call", 422
        if rpc:
            return None, "builtins.AttributeError", missing, 500
        return None, "werkzeug.exceptions.NotFound", missing, 404

    def _play(self, reply: Any, status: int, content: bytes) -> None:
        time.sleep(reply.delay)
        if reply.reset:
            # Without lingering, so that the client gets a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        if reply.reset or reply.hang_up:
            self.close_connection = True
            return
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **reply.headers,
        }
        if reply.gzip:
            packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
            content = packer.compress(content) + packer.flush()
            headers |= {"Content-Encoding": "gzip", "Content-Length": str(len(content))}
        if reply.chunked:
            headers["Transfer-Encoding"] = "chunked"
            del headers["Content-Length"]
            content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
        self._write(status, content[: reply.cut], headers, reply.drip, reply.drip_headers)
        if reply.cut is not None or reply.close:
            self.close_connection = True

    def _write(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str],
        drip: float = 0.0,
        drip_headers: bool = False,
    ) -> None:
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Scripted',))[0]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if not drip:
            self.wfile.write(head + content)
            return
        quick, slow = (b"", head + content) if drip_headers else (head, content)
        self.wfile.write(quick)
        for byte in slow:
            time.sleep(drip)
            self.wfile.write(bytes([byte]))

    def _told(self, body: bytes) -> None:
        answer: Any = True
        if self.path == "/_fake/script":
            self.server.script(*(self.server.reply_of(item) for item in json.loads(body)))
        elif self.path == "/_fake/reset":
            self.server.reset_memory()
        else:
            seen = [asdict(request) for request in list(self.server.requests)]
            for request in seen:
                request["body"] = base64.b64encode(request["body"]).decode()
            applied = {str(lead): events for lead, events in self.server.applied.items()}
            answer = {"requests": seen, "applied": applied}
        content = json.dumps(answer).encode()
        self._write(
            200, content, {"Content-Type": "application/json", "Content-Length": str(len(content))}
        )
