"""The interface for programs (giao tiếp máy với máy), version 1; docs/records/store.md describes it.

A key in the header says which school speaks. Every refusal is problem+json with a stable code. No cookie
is read, so that no page can be made to send in somebody's name.
"""

from __future__ import annotations

import json
import zlib
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from khue.core.actor import Actor
from khue.core.errors import Invalid, KhueError, NotFound, Refused
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.access.edge import address_of
from khue.modules.store import queries
from khue.modules.store.data import EndAsked
from khue.modules.store.services import deciding, keys, receiving, storing
from khue.modules.store.services.receiving import LARGEST_CHUNK, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from khue.modules.store.data import AnswerPage, EndAnswer, UploadState

PER_MINUTE = 600  # requests of one key
FAILURES = 20  # wrong keys from one address in a minute
AT_ONCE = 50  # records that are verified before the answer goes back
MINUTE = 60
LONGEST_BODY = 64 * 1024  # of JSON
BEARER = "Bearer "
STATUS = {"STO-033": 401, "STO-034": 429, "STO-020": 413, "STO-026": 413, "STO-029": 413, "STO-035": 415}


def for_machines(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view for programs: method, key, limits and refusals are seen to here; it gets the sender."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                answer: HttpResponse = _problem(NotFound("KIT-001"), 405)
                answer["Allow"] = ", ".join(methods)
                return answer
            try:
                return _private(view(request, _sender(request), *args, **kwargs))
            except RequestDataTooBig:
                return _problem(Invalid("STO-029", limit=LARGEST_CHUNK), 413)
            except KhueError as refusal:
                return _problem(refusal, STATUS.get(refusal.code) or status_of(refusal))

        return guarded

    return wrap


@for_machines("GET", "POST")
def packages(request: HttpRequest, sender: Sender) -> HttpResponse:
    """Show a manifest; or list the newest packages of the school."""
    if request.method == "GET":
        found = [_upload(state) for state in receiving.packages_of(sender)]
        return JsonResponse({"packages": found})
    state = receiving.open_package(sender, request.body)
    answer = _state(state, 201 if state.offset == 0 and state.state == "open" else 200)
    answer["Location"] = f"{request.path}{state.code}"
    return answer


@for_machines("GET", "HEAD", "DELETE")
def package(request: HttpRequest, sender: Sender, code: str) -> HttpResponse:
    """Where a package stands; or give up one that is not finished."""
    if request.method == "DELETE":
        return _state(receiving.abandon(sender, code=code))
    return _state(receiving.package_state(sender, code=code))


@for_machines("HEAD", "GET", "PATCH")
def body(request: HttpRequest, sender: Sender, code: str) -> HttpResponse:
    """The next bytes, or how many there are."""
    if request.method != "PATCH":
        return _state(receiving.package_state(sender, code=code))
    offset = request.headers.get("Upload-Offset", "")
    if not (offset.isascii() and offset.isdigit()) or len(offset) > len(str(receiving.MOST_BYTES)):
        raise Invalid("STO-037", what="Upload-Offset")
    return _state(receiving.append(sender, code=code, offset=int(offset), content=_unpacked(request)))


@for_machines("POST")
def finish(request: HttpRequest, sender: Sender, code: str) -> HttpResponse:
    """All has been sent; a small package is answered at once, a large one by the worker."""
    receiving.finish(sender, code=code)
    storing.process_small(sender.school.pk, code, sender.actor.now, AT_ONCE)
    state = receiving.package_state(sender, code=code)
    answer = _state(state, 200 if state.state == "answered" else 202)
    if answer.status_code == 202:  # noqa: PLR2004 - accepted, not done yet
        answer["Retry-After"] = "30"
    return answer


@for_machines("GET")
def answers(request: HttpRequest, sender: Sender, code: str) -> HttpResponse:
    """The answers for the records of a package, so many at once."""
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdigit()) or len(after) > len(str(receiving.MOST_RECORDS)):
        raise Invalid("STO-037", what="after")
    return JsonResponse(_answers(receiving.answers(sender, code=code, after=int(after))))


@for_machines("GET")
def counters(request: HttpRequest, sender: Sender) -> HttpResponse:
    """How many records of the school are in which state, by year and level."""
    return JsonResponse({"counters": queries.counters_of(sender.school.pk)})


@for_machines("POST")
def requests(request: HttpRequest, sender: Sender) -> HttpResponse:
    """Ask to recall or cancel a record."""
    asked = _asked(request)
    return _end(deciding.receive_request(sender, asked, UUID(asked.id)))


@for_machines("GET")
def one_request(request: HttpRequest, sender: Sender, key: str) -> HttpResponse:
    """Where such a request stands."""
    return _end(deciding.request_state(sender, _uuid(key)))


def _sender(request: HttpRequest) -> Sender:
    """The school of the key; wrong keys are counted by address, right ones by key."""
    now, header = timezone.now(), request.headers.get("Authorization", "")
    address = address_of(request)
    failed = f"store-failed:{address}"
    if cache.get(failed, 0) >= FAILURES:
        raise Refused("STO-034", seconds=MINUTE)
    try:
        if not header.startswith(BEARER):
            raise Refused("STO-033")
        key = keys.holder_of(header.removeprefix(BEARER).strip(), now)
    except KhueError:
        _count(failed)
        raise
    if _count(f"store-key:{key.pk.hex}") > PER_MINUTE:
        raise Refused("STO-034", seconds=MINUTE)
    actor = Actor(
        None, f"{key.school.name}, {key.label}"[:200], timezone.localtime(now).date(), now,
        request_id=getattr(request, "request_id", ""), address=address,
    )  # fmt: skip
    return Sender(key.school, actor)


def _count(name: str) -> int:
    cache.add(name, 0, MINUTE)
    try:
        return cache.incr(name)
    except ValueError:  # it ran out between the two
        return 1


def _unpacked(request: HttpRequest) -> bytes:
    """The bytes of a piece; packed ones are unpacked no further than a piece may be large."""
    packing = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packing in {"", "identity"}:
        return request.body
    if packing != "gzip":
        raise Invalid("STO-035")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(request.body, LARGEST_CHUNK + 1)
    except zlib.error as error:
        raise Invalid("STO-035") from error
    if len(found) > LARGEST_CHUNK:
        raise Invalid("STO-029", limit=LARGEST_CHUNK)
    if not unpacker.eof or unpacker.unused_data:
        raise Invalid("STO-035")
    return found


def _asked(request: HttpRequest) -> EndAsked:
    try:
        found = json.loads(request.body[: LONGEST_BODY + 1])
    except (ValueError, RecursionError) as error:
        raise Invalid("STO-037", what="JSON") from error
    names = ("id", "kind", "code", "digest", "reason", "authority")
    for name in names:
        if not isinstance(found, dict) or not isinstance(found.get(name), str):
            raise Invalid("STO-037", what=name)
    return EndAsked(str(_uuid(found["id"])), *(found[name] for name in names[1:]))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("STO-037", what="id") from error


def _upload(state: UploadState) -> dict[str, Any]:
    return {
        "code": state.code, "digest": state.digest, "state": state.state, "offset": state.offset,
        "size": state.size, "counts": dict(state.counts),
    }  # fmt: skip


def _state(state: UploadState, status: int = 200) -> JsonResponse:
    answer = JsonResponse(_upload(state), status=status)
    answer["Upload-Offset"], answer["Upload-Length"] = str(state.offset), str(state.size)
    return answer


def _answers(page: AnswerPage) -> dict[str, Any]:
    found = [
        {
            "position": one.position, "code": one.code, "version": one.version, "digest": one.digest,
            "state": one.state,
            "reasons": [
                {"code": why.code, "text": sentence(why.code, why.params)} for why in one.reasons
            ],
        }
        for one in page.answers
    ]  # fmt: skip
    return {"answers": found, "next": page.next}


def _end(answer: EndAnswer) -> JsonResponse:
    return JsonResponse({"id": answer.id, "state": answer.state, "note": answer.note})


def _problem(refusal: KhueError, status: int) -> JsonResponse:
    text = sentence(refusal.code, refusal.params)
    told: Mapping[str, Any] = {
        "type": f"about:{refusal.code}", "title": text, "status": status, "code": refusal.code,
    }  # fmt: skip
    offset = refusal.params.get("offset")
    more = {"offset": offset} if isinstance(offset, int) else {}
    answer = JsonResponse({**told, **more}, status=status, content_type="application/problem+json")
    if more:
        answer["Upload-Offset"] = str(offset)
    if refusal.code == "STO-033":
        answer["WWW-Authenticate"] = "Bearer"
    if refusal.code == "STO-034":
        answer["Retry-After"] = str(MINUTE)
    return answer


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer
