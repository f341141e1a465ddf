"""The sender over HTTP against a store that misbehaves: every answer becomes a refusal with a code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from khue.core.errors import Conflict, KhueError, NotFound, Refused
from khue.modules.store.http_transport import LARGEST_ANSWER, HttpTransport

GOOD = {"code": "G", "digest": "d", "state": "open", "offset": 5, "size": 9, "counts": {"accepted": 1}}


def store(answer: Callable[[httpx.Request], httpx.Response]) -> HttpTransport:
    return HttpTransport("https://kho.example/api/v1/", "khue-kho-x", httpx.MockTransport(answer))


def fixed(status: int = 200, **body: Any) -> HttpTransport:
    return store(lambda request: httpx.Response(status, json=body))


@pytest.mark.parametrize("address", ["http://kho.example/", "ftp://kho.example/", "kho.example", ""])
def test_only_https_or_this_computer(address: str) -> None:
    with pytest.raises(Refused) as refusal:
        HttpTransport(address, "k")
    assert refusal.value.code == "STO-010"


def test_a_piece_is_packed_and_says_where_it_begins() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=GOOD)

    state = store(answer).append("GÓI/1", 5, b"x" * 1000)
    assert (state.offset, dict(state.counts)) == (5, {"accepted": 1})
    (request,) = seen
    assert (request.method, request.url.raw_path) == ("PATCH", b"/api/v1/packages/G%C3%93I%2F1/body")
    assert request.headers["Upload-Offset"] == "5"
    assert request.headers["Content-Encoding"] == "gzip"
    assert request.headers["Authorization"] == "Bearer khue-kho-x"
    assert len(request.content) < 100


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (503, {}, Refused, "STO-010"),
        (429, {"code": "STO-034"}, Refused, "STO-010"),
        (302, {}, Refused, "STO-012"),
        (409, {"code": "STO-028", "offset": 3}, Conflict, "STO-028"),
        (404, {"code": "STO-032"}, NotFound, "STO-032"),
        (422, {"code": "STO-021", "title": "Chữ ký sai."}, Refused, "STO-012"),
        (422, {}, Refused, "STO-012"),
        (200, {}, Refused, "STO-011"),
        (200, GOOD | {"offset": "5"}, KhueError, "STO-011"),
        (200, GOOD | {"offset": -5}, KhueError, "STO-011"),
        (200, GOOD | {"counts": 7}, KhueError, "STO-011"),
    ],
)
def test_answers_that_are_no_state(status: int, body: dict[str, Any], kind: type, code: str) -> None:
    with pytest.raises(kind) as refusal:
        fixed(status, **body).state("G")
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b'{"answers": [{}], "next": null}', b'{"answers": 5}', b"\xff"]
)
def test_answers_that_cannot_be_read(content: bytes) -> None:
    with pytest.raises(KhueError) as refusal:
        store(lambda request: httpx.Response(200, content=content)).answers("G", 0)
    assert refusal.value.code == "STO-011"


def test_an_answer_without_end_is_cut_off() -> None:
    large = b" " * (LARGEST_ANSWER + 1)
    with pytest.raises(Refused) as refusal:
        store(lambda request: httpx.Response(200, content=large)).state("G")
    assert refusal.value.code == "STO-011"


def test_a_line_that_is_down() -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    with pytest.raises(Refused) as refusal:
        store(down).finish("G")
    assert (refusal.value.code, refusal.value.params["what"]) == ("STO-010", "ReadTimeout")
