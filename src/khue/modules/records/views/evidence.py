"""The evidence log as static files, for whoever wants to prove something without us (nhật kí bằng chứng)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import KhueError, NotFound
from khue.modules.records.services import evidence, witnessing
from khue.signing.log.witness import LARGEST_REQUEST

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_GET
def log_file(request: HttpRequest, name: str) -> HttpResponse:
    """A tile, an entry bundle or a checkpoint; no name and no mark is in the log, so anybody may read it."""
    if name == "key":
        return HttpResponse(f"{evidence.log_signer().key.vkey}\n", content_type="text/plain; charset=utf-8")
    try:
        data = evidence.log_store().get(name)
    except KhueError as error:
        raise NotFound("KIT-001") from error
    if data is None or name.startswith("."):
        raise NotFound("KIT-001")
    text = name == "checkpoint" or name.startswith("checkpoints/")
    kind = (
        "text/plain; charset=utf-8"
        if text and not name.endswith((".tsr", ".p7s"))
        else "application/octet-stream"
    )
    response = HttpResponse(data, content_type=kind)
    whole = name.startswith("tile/") and ".p/" not in name
    response["Cache-Control"] = "public, max-age=31536000, immutable" if whole else "no-cache"
    return response


@csrf_exempt
@require_POST
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Another log asks us, as its witness, to co-sign a checkpoint (C2SP tlog-witness)."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST_REQUEST:
        return HttpResponse(status=413)
    told = witnessing.answer(request.body, timezone.now())
    return HttpResponse(told.body, status=told.status, content_type=told.content_type)


@require_GET
def witness_key(request: HttpRequest) -> HttpResponse:
    """Our key as a witness, for others' policies."""
    return HttpResponse(f"{witnessing.signer().key.vkey}\n", content_type="text/plain; charset=utf-8")
