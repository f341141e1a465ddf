"""Parcels as files: one that came from another system, one that goes there; the written refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.transfers import packing, paper, queries
from khue.modules.transfers.models import TransferState
from khue.modules.transfers.services import receiving

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MIB = 1024 * 1024


@signed_in
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest) -> HttpResponse:
    """Take a parcel in that the family or the other school brought."""
    schools = queries.schools_of(request.actor)
    if not schools:
        raise NotFound("KIT-001")
    refusal, doubtful = "", False
    if request.method == "POST":
        keys = {short(one.pk): one.pk for one in schools}
        school_id = keys.get(request.POST.get("school", ""), schools[0].pk)
        try:
            transfer = receiving.receive(
                request.actor, school_id=school_id, file=_bytes(request.FILES.get("file")),
                accept_doubt=request.POST.get("accept_doubt", ""),
            )  # fmt: skip
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal, doubtful = sentence(error.code, error.params), error.code == "XFER-027"
        else:
            messages.success(
                request, _("Đã nhận gói của {name}. Hãy chọn lớp.").format(name=transfer.pupil_name)
            )
            return redirect("transfers:transfer", key=short(transfer.id))
    context = {
        "schools": schools, "posted": request.POST, "refusal": refusal, "doubtful": doubtful,
        "limit": packing.LIMIT // MIB,
    }  # fmt: skip
    return render(request, "transfers/receive.html", context, status=422 if refusal else 200)


@signed_in
@require_GET
def parcel(request: HttpRequest, key: str) -> HttpResponse:
    """The signed parcel for a school elsewhere."""
    transfer = queries.transfer_of(request.actor, from_short(key))
    try:
        base = f"{request.scheme}://{request.get_host()}"
        data = queries.parcel_file(request.actor, transfer.id, base)
    except (NotFound, NotAllowed):
        raise
    except KhueError as error:
        messages.error(request, sentence(error.code, error.params))
        return redirect("transfers:transfer", key=key)
    return _download(data, "application/zip", f"chuyen-truong-{transfer.code}.zip")


@signed_in
@require_GET
def refusal(request: HttpRequest, key: str) -> HttpResponse:
    """The refusal in writing, for the family."""
    transfer = queries.transfer_of(request.actor, from_short(key))
    if transfer.state != TransferState.REFUSED:
        raise NotFound("KIT-001")
    return _download(
        paper.refusal_pdf(transfer), "application/pdf", f"tu-choi-{transfer.code}.pdf", inline=True
    )


def _bytes(file: UploadedFile[bytes] | None) -> bytes:
    if file is None:
        raise Invalid("XFER-020", field="file", what=gettext_noop("chưa chọn tệp"))
    if (file.size or 0) > packing.LIMIT:
        raise Invalid("XFER-021", field="file", limit=packing.LIMIT // MIB)
    return file.read()


def _download(data: bytes, kind: str, name: str, *, inline: bool = False) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    how = "inline" if inline else "attachment"
    response["Content-Disposition"] = f'{how}; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
