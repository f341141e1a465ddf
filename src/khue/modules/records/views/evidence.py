"""The evidence log as static files, for whoever wants to prove something without us (nhật kí bằng chứng)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from khue.core.errors import KhueError, NotFound
from khue.modules.records.services import evidence

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
