"""One careful way to speak JSON with a signing service (gọi dịch vụ ký số từ xa).

Time-outs on every step, answers up to a size, no redirects, no compression (a small answer cannot become
a large one), HTTPS unless the service is on this computer. Only calls that change nothing are tried
again. Trouble becomes a refusal with a code; `TRANSIENT` are those after which asking again makes sense,
and `NEVER_SENT` those after which nothing can have happened at the service.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from khue.core.errors import Invalid, KhueError, Refused

NEVER_SENT = frozenset({"SIGN-320"})
TRANSIENT = frozenset({"SIGN-320", "SIGN-321", "SIGN-322", "SIGN-323", "SIGN-326", "SIGN-329"})
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST_ANSWER = 4 * 1024 * 1024
LONGEST_REASON = 200  # characters of a service's own words that are passed on
_BUSY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered: status below 500 and JSON."""

    status: int
    data: Any

    @property
    def good(self) -> bool:
        """Whether the status says so."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def get(self, name: str) -> Any:
        """A member of the answer, if it is an object that has it."""
        return self.data.get(name) if isinstance(self.data, dict) else None

    def reason(self) -> str:
        """Why it refused, in its own words."""
        words = (self.get(name) for name in ("error_description", "message", "error", "description"))
        return next((str(word)[:LONGEST_REASON] for word in words if word), f"HTTP {self.status}")


class Service:
    """A connection to one service; safe for several threads, as httpx is."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 30.0,
        largest: int = LARGEST_ANSWER,
        tries: int = 2,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        address = urlsplit(base_url)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in LOCAL):
            raise Invalid("SIGN-327", address=base_url)
        self.name, self.base_url = name, base_url.rstrip("/")
        self._largest, self._tries, self._pause = largest, tries, pause
        self._client = httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(timeout, connect=5.0),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        token: str = "",
        again: bool = False,
        form: bool = False,
        timeout: float | None = None,
    ) -> Reply:
        """Send a body and read the answer; `again` for calls that change nothing, so may be repeated."""
        sent: dict[str, Any] = {"data": dict(body)} if form else {"json": dict(body)}
        if token:
            sent["headers"] = {"Authorization": f"Bearer {token}"}
        if timeout is not None:
            sent["timeout"] = httpx.Timeout(timeout, connect=5.0)
        for attempt in range(1, self._tries if again else 1):
            try:
                return self._once(f"{self.base_url}/{path}", sent)
            except KhueError as error:
                if error.code not in TRANSIENT:
                    raise
                self._pause(0.2 * attempt)
        return self._once(f"{self.base_url}/{path}", sent)

    def _once(self, url: str, sent: Mapping[str, Any]) -> Reply:
        try:
            with self._client.stream("POST", url, **sent) as response:
                return self._reply(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Refused("SIGN-320", service=self.name) from error
        except httpx.HTTPError as error:
            raise Refused("SIGN-329", service=self.name) from error

    def _reply(self, response: httpx.Response) -> Reply:
        status = response.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS or status in _BUSY:
            raise Refused("SIGN-326", service=self.name)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Refused("SIGN-321", service=self.name, status=status)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Refused("SIGN-322", service=self.name)  # we asked for none; unpacking has no limit
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._largest:
                raise Refused("SIGN-323", service=self.name, limit=self._largest // 1024)
        try:
            data = json.loads(body) if body else {}
        except (ValueError, RecursionError) as error:
            raise Refused("SIGN-322", service=self.name) from error
        if (
            not isinstance(data, dict | list)
            or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
        ):
            raise Refused("SIGN-322", service=self.name)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Refused("SIGN-324", service=self.name, reason=Reply(status, data).reason())
        return Reply(status, data)

    def refusal(self, reply: Reply) -> Refused:
        """The refusal for an answer that says no."""
        return Refused("SIGN-325", service=self.name, reason=reply.reason())
