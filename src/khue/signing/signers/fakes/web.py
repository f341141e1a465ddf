"""A small JSON service over WSGI (nền của dịch vụ giả lập): addresses, bodies, tokens, and the phone.

Besides its own addresses each service has `/phone`: GET lists what waits there, POST `/phone/confirm` and
`/phone/refuse` decide, with `{"number": n}` or for all.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from threading import Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from khue.signing.signers.fakes.mischief import Mischief
from khue.signing.signers.fakes.phone import Phone

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HUGE = 8 * 1024 * 1024
Result = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call that a client made."""

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    token: str = ""

    def text(self, name: str) -> str:
        """A member that must be text; empty if it is not."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """A member that must be a list of texts; empty if it is not."""
        value = self.body.get(name)
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return list(value) if good and value is not None else []


class FakeService:
    """Base of the services: finds the address, plays the mischief, keeps a list of the calls."""

    def __init__(
        self, phone: Phone, *, now: Callable[[], dt.datetime], mischief: Mischief | None = None
    ) -> None:
        self.phone, self.now, self.mischief = phone, now, mischief or Mischief()
        self.calls: list[Call] = []
        self._lock = Lock()

    def routes(self) -> dict[str, Callable[[Call], Result]]:
        """The addresses of the service, without query, and what they do."""
        return {}

    def answer(self, call: Call) -> Result:
        """Status and JSON for a call."""
        if call.path.startswith("/phone"):
            return self._phone(call)
        found = self.routes().get(call.path) if call.method == "POST" else None
        return found(call) if found else (404, {"error": "not_found"})

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The WSGI application."""
        call = _call(environ)
        if self.mischief.delay:
            time.sleep(self.mischief.delay)
        status, body = self._sent(call)
        start_response(f"{status} -", [
            ("Content-Type", "application/json"), ("Content-Length", str(len(body))),
        ])  # fmt: skip
        return [body]

    def _sent(self, call: Call) -> tuple[int, bytes]:
        if self.mischief.breaks("errors", call.path):
            return 500, b"{}"
        if self.mischief.breaks("nonsense", call.path):
            return 200, b"<html>proxy</html>"
        if self.mischief.breaks("huge", call.path):
            return 200, b'"' + b"A" * HUGE + b'"'
        with self._lock:
            self.calls.append(call)
        status, data = self.answer(call)
        if self.mischief.breaks("lost", call.path):
            return 504, b"{}"
        return status, json.dumps(data).encode()

    def _phone(self, call: Call) -> Result:
        number = call.body.get("number")
        if call.method == "POST" and call.path == "/phone/confirm":
            self.phone.confirm(number)
        elif call.method == "POST" and call.path == "/phone/refuse":
            self.phone.refuse(number)
        return 200, [
            {"number": one.number, "title": one.title, "count": one.count} for one in self.phone.waiting()
        ]


def _call(environ: WSGIEnvironment) -> Call:
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        body: object = dict(parse_qsl(raw.decode()))
    else:
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = None
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    token = authorization.removeprefix("Bearer ") if authorization.startswith("Bearer ") else ""
    return Call(
        environ["REQUEST_METHOD"], environ["PATH_INFO"], body if isinstance(body, dict) else {}, token
    )


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing on the console."""


class Served:
    """A service on a port of this computer, until it is closed."""

    def __init__(self, app: FakeService, port: int = 0) -> None:
        self._server = make_server("127.0.0.1", port, app, _Server, _Quiet)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(app: FakeService, port: int = 0) -> Served:
    """Serve in threads on 127.0.0.1; the address is `base_url`."""
    return Served(app, port)
