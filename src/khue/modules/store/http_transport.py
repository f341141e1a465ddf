"""The store over HTTP, as docs/records/store.md describes it (gửi qua mạng).

HTTPS unless the store is on this computer, no redirects, answers up to a size. A line that is cut may
have delivered: the next attempt asks where the store stands and goes on there.
"""

from __future__ import annotations

import gzip
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx

from khue.core.errors import Conflict, Invalid, KhueError, NotFound, Refused
from khue.modules.store.data import Answer, AnswerPage, EndAnswer, Reason, UploadState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from khue.modules.store.data import EndAsked

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST_ANSWER = 4 * 1024 * 1024
LONGEST_TEXT = 300
# Refusals that the sender itself knows what to do about; all others are shown as the store said them.
OWN = {"STO-028": Conflict, "STO-032": NotFound}
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)


class HttpTransport:
    """A department's store on another machine."""

    def __init__(self, address: str, key: str, transport: httpx.BaseTransport | None = None) -> None:
        url = urlsplit(address)
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOCAL):
            raise Refused("STO-010", what="KHUE_STORE_URL")
        self._client = httpx.Client(
            base_url=address.rstrip("/") + "/", transport=transport, trust_env=False,
            timeout=httpx.Timeout(60.0, connect=10.0),
            headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
        )  # fmt: skip

    def open(self, manifest: bytes) -> UploadState:
        """Show the manifest."""
        answer = self._ask("POST", "packages/", content=manifest, headers={"Content-Type": "application/xml"})
        return _state(answer)

    def append(self, code: str, offset: int, content: bytes) -> UploadState:
        """Send the next bytes, packed."""
        headers = {
            "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream",
            "Content-Encoding": "gzip",
        }  # fmt: skip
        packed = gzip.compress(content, 6)
        return _state(self._ask("PATCH", f"packages/{_part(code)}/body", content=packed, headers=headers))

    def finish(self, code: str) -> UploadState:
        """Say that all has been sent."""
        return _state(self._ask("POST", f"packages/{_part(code)}/finish"))

    def state(self, code: str) -> UploadState:
        """Ask how a package stands."""
        return _state(self._ask("GET", f"packages/{_part(code)}"))

    def abandon(self, code: str) -> UploadState:
        """Give up a package that is not finished."""
        return _state(self._ask("DELETE", f"packages/{_part(code)}"))

    def answers(self, code: str, after: int) -> AnswerPage:
        """Read answers after a position."""
        found = self._ask("GET", f"packages/{_part(code)}/answers?after={after}")
        try:
            return AnswerPage(tuple(_answer(one) for one in found["answers"]), found["next"])
        except (KeyError, TypeError) as error:
            raise Refused("STO-011") from error

    def ask(self, asked: EndAsked) -> EndAnswer:
        """Ask to recall or cancel a record."""
        body = {
            "id": asked.id, "kind": asked.kind, "code": asked.code, "digest": asked.digest,
            "reason": asked.reason, "authority": asked.authority,
        }  # fmt: skip
        headers = {"Content-Type": "application/json"}
        return _end(self._ask("POST", "requests/", content=json.dumps(body).encode(), headers=headers))

    def asked(self, sent_id: str) -> EndAnswer:
        """Ask how such a request stands."""
        return _end(self._ask("GET", f"requests/{_part(sent_id)}"))

    def _ask(
        self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            with self._client.stream(method, path, content=content, headers=headers) as answer:
                data = b""
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > LARGEST_ANSWER:
                        raise Refused("STO-011")
        except httpx.HTTPError as error:
            raise Refused("STO-010", what=type(error).__name__) from error
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code in _BUSY:
            raise Refused("STO-010", what=f"HTTP {answer.status_code}")
        found = _json(data)
        if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refusal(found)
        return found


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError as error:
        raise Refused("STO-011") from error
    if not isinstance(found, dict):
        raise Refused("STO-011")
    return found


def _refusal(problem: Mapping[str, Any]) -> KhueError:
    code = str(problem.get("code", ""))
    if code in OWN:
        return OWN[code](code, offset=_number(problem.get("offset", 0)))
    text = str(problem.get("title", ""))[:LONGEST_TEXT]
    return Refused("STO-012", their=code[:20] or "?", text=text or "?")


def _state(found: Mapping[str, Any]) -> UploadState:
    try:
        counts = {str(name): _number(value) for name, value in dict(found["counts"]).items()}
        return UploadState(
            str(found["code"]), str(found["digest"]), str(found["state"]), _number(found["offset"]),
            _number(found["size"]), counts,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("STO-011") from error


def _answer(one: Mapping[str, Any]) -> Answer:
    reasons = tuple(
        Reason(str(why["code"])[:20], {}, str(why["text"])[: LONGEST_TEXT * 2]) for why in one["reasons"]
    )
    return Answer(
        _number(one["position"]), str(one["code"]), _number(one["version"]), str(one["digest"]),
        str(one["state"]), reasons,
    )  # fmt: skip


def _end(found: Mapping[str, Any]) -> EndAnswer:
    try:
        return EndAnswer(str(found["id"]), str(found["state"]), str(found["note"]))
    except KeyError as error:
        raise Refused("STO-011") from error


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Invalid("STO-011")
    return value


def _part(text: str) -> str:
    return quote(text, safe="")
