"""Copies of a transcript (bản sao): given out, shown with link and QR, revoked; what their readers see."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from khue.core.dates import VIETNAM, parse_date
from khue.core.errors import Invalid, KhueError, NotFound
from khue.core.ids import from_short, short
from khue.kit import audit, permissions
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.access.edge import address_of, signed_in
from khue.modules.codes import api as codes
from khue.modules.transcripts import policy_sharing as policy
from khue.modules.transcripts import reading, sharing
from khue.modules.transcripts.forms import MINISTRY, ROWS, SHEETS, Rendition, renditions
from khue.modules.transcripts.forms.national import Lists
from khue.modules.transcripts.models import Copy, CopyKind, CopyOpening, Opened, Transcript
from khue.modules.transcripts.services import copies as service
from khue.signing.qr import qr_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

MONTH = 30  # days that a copy is good for, if nobody says otherwise
SHOWN = 100
ASKED = ("year", "purpose", "recipient", "expires_on")
STATES = {
    "valid": gettext_noop("Còn hiệu lực"), "expired": gettext_noop("Đã hết hạn"),
    "revoked": gettext_noop("Đã thu hồi"),
}  # fmt: skip
LEVELS = {"TH": gettext_noop("Tiểu học"), "THCS": "THCS", "THPT": "THPT"}


@signed_in
@require_GET
def copies_page(request: HttpRequest, key: str) -> HttpResponse:
    """The copies of a transcript, and the form that gives out another."""
    return _copies(request, _transcript(request, key))


def _copies(request: HttpRequest, row: Transcript, refusal: KhueError | None = None) -> HttpResponse:
    actor = request.actor
    found = Copy.objects.filter(transcript=row).select_related("revocation")[:SHOWN]
    opened = _counted([copy.id for copy in found])
    whole = reading.read_transcript(row)
    context = {
        "transcript": row, "level": LEVELS[row.level],
        "name": whole.pages[-1].page.identity.name if whole.pages else row.code,
        "years": [one.page.year for one in whole.pages],
        "copies": [
            (copy, CopyKind(copy.kind).label, sharing.state_of(copy, actor.now), opened.get(copy.id, 0))
            for copy in found
        ],
        "states": STATES, "may_issue": permissions.can(actor, policy.ISSUE_COPY, row),
        "may_send": permissions.can(actor, policy.SEND_ROWS, row) and bool(whole.pages),
        "until": actor.today + dt.timedelta(days=MONTH),
        "asked": {name: request.POST.get(name, "") for name in ASKED},
        "refusal": sentence(refusal.code, refusal.params) if refusal else "",
    }  # fmt: skip
    status = status_of(refusal) if refusal else 200
    return render(request, "transcripts/copies.html", context, status=status)


@signed_in
@require_POST
def issue(request: HttpRequest, key: str) -> HttpResponse:
    """Give out a copy; the next page has its link and code."""
    row = _transcript(request, key)
    try:
        until = parse_date(request.POST.get("expires_on", ""))
        asked = service.NewCopy(
            request.POST.get("purpose", ""), request.POST.get("recipient", ""), until,
            request.POST.get("year", "")[:9],
        )  # fmt: skip
        copy = service.issue_copy(request.actor, transcript_id=row.id, asked=asked, base=_base(request))
    except NotFound:
        raise
    except KhueError as refusal:
        return _copies(request, row, refusal)
    messages.success(request, _("Đã cấp bản sao. Gửi liên kết và mã mở bằng hai đường khác nhau."))
    return redirect("copies:copy", key=key, copy_key=short(copy.id))


@signed_in
@require_GET
def copy_page(request: HttpRequest, key: str, copy_key: str) -> HttpResponse:
    """One copy: link, QR, code, who opened it and when."""
    row, copy = _transcript(request, key), _copy(request, key, copy_key)
    address = f"{_base(request)}{reverse('shared:copy', args=[sharing.token_of(copy.id)])}"
    may = permissions.can(request.actor, policy.REVOKE_COPY, copy)
    state = sharing.state_of(copy, request.actor.now)
    context = {
        "transcript": row, "copy": copy, "kind": CopyKind(copy.kind).label, "state": state, "states": STATES,
        "address": address if may else "", "qr": qr_svg(address, title=_("Mã QR của bản sao")) if may else "",
        "code": sharing.code_of(copy.id) if may else "", "may_revoke": may and state == "valid",
        "openings": [
            (opening, Opened(opening.what).label) for opening in CopyOpening.objects.filter(copy=copy)[:SHOWN]
        ],
    }  # fmt: skip
    return render(request, "transcripts/copy.html", context)


@signed_in
@require_POST
def revoke(request: HttpRequest, key: str, copy_key: str) -> HttpResponse:
    """Revoke a copy, with the reason."""
    copy = _copy(request, key, copy_key)
    try:
        service.revoke_copy(request.actor, copy_id=copy.id, reason=request.POST.get("reason", ""))
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
    else:
        messages.success(request, _("Đã thu hồi bản sao. Liên kết không mở được nữa."))
    return redirect("copies:copy", key=key, copy_key=copy_key)


@signed_in
@require_POST
def export(request: HttpRequest, key: str) -> HttpResponse:
    """The transcript in a form for other systems: the Ministry's XML, rows for the National Data Centre."""
    row, form = _transcript(request, key), request.POST.get("form", "")
    if form in {ROWS, SHEETS}:
        made = service.export_rows(request.actor, transcript_id=row.id, form=form, lists=_lists(request))
        return _download([made], made.name)
    if form != MINISTRY:
        raise Invalid("KIT-003", field="form")
    permissions.load(
        request.actor, Transcript.objects.all(), row.id, see=policy.SEE_COPIES, do=policy.SEND_ROWS
    )
    found = renditions(reading.read_transcript(row), form)
    audit.record(
        request.actor, "transcripts.exported", subject=row, unit=row.school_id,
        after={"form": form, "files": [one.name for one in found]},
    )  # fmt: skip
    return _download(found, f"hoc-ba-{row.code}.zip")


# --- for whoever has the link -----------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def shared_page(request: HttpRequest, token: str) -> HttpResponse:
    """What a copy is and whether it stands; its content for whoever also has the code."""
    copy, now = sharing.copy_by_token(token), timezone.now()
    state, address = sharing.state_of(copy, now), address_of(request)
    agent = request.headers.get("User-Agent", "")
    checked = sharing.check(copy, now, _base(request)) if state == "valid" else []
    refusal = None
    if request.method == "POST":
        try:
            return _opened(request, copy, checked, now)
        except KhueError as error:
            refusal = error
            if error.code in {"TRANS-125", "TRANS-126"}:
                sharing.noted(copy, what=Opened.REFUSED, agent=agent, now=now)
    else:
        sharing.looked(copy, agent=agent, address=address, now=now)
    context = {
        "copy": copy, "kind": CopyKind(copy.kind).label, "level": LEVELS[copy.transcript.level],
        "state": state, "states": STATES, "checked": checked, "digest": sharing.short_digest(copy.digest),
        "refusal": sentence(refusal.code, refusal.params) if refusal else "",
    }  # fmt: skip
    status = status_of(refusal) if refusal else 200
    return _unlisted(render(request, "transcripts/shared.html", context, status=status))


def _opened(
    request: HttpRequest, copy: Copy, checked: Sequence[sharing.Checked], now: dt.datetime
) -> HttpResponse:
    if not checked:
        raise Invalid("TRANS-127")
    sharing.require_code(copy, request.POST.get("code", ""), address=address_of(request))
    made = sharing.content_of(copy, checked)
    agent = request.headers.get("User-Agent", "")
    sharing.noted(copy, what=Opened.CONTENT, agent=agent, now=now)
    response = HttpResponse(made.content, content_type=made.media_type)
    response["Content-Disposition"] = f'inline; filename="{made.name}"'  # codes only: letters, digits, «-»
    return _unlisted(response)


def _unlisted(response: HttpResponse) -> HttpResponse:
    """Nothing keeps the page or tells its address to others."""
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


# --- shared steps -----------------------------------------------------------------------------------


def _transcript(request: HttpRequest, key: str) -> Transcript:
    rows = Transcript.objects.select_related("school")
    return permissions.load(request.actor, rows, from_short(key), see=policy.SEE_COPIES)


def _copy(request: HttpRequest, key: str, copy_key: str) -> Copy:
    rows = Copy.objects.filter(transcript=from_short(key)).select_related("school", "revocation")
    return permissions.load(request.actor, rows, from_short(copy_key), see=policy.SEE_COPY)


def _counted(copy_ids: Sequence[object]) -> dict[object, int]:
    counts: dict[object, int] = {}
    rows = CopyOpening.objects.filter(copy__in=copy_ids, what=Opened.CONTENT).order_by()
    for key in rows.values_list("copy_id", flat=True):
        counts[key] = counts.get(key, 0) + 1
    return counts


def _lists(request: HttpRequest) -> Lists:
    """Codes of words in force today, from the lists of the Ministry."""
    day = request.actor.now.astimezone(VIETNAM).date()
    ethnic = {item.name: item.code for item in codes.items(codes.ETHNIC_GROUPS, day)}
    return Lists(words={"dantoc": ethnic})


def _download(found: Sequence[Rendition], name: str) -> HttpResponse:
    """One file as it is, several in a zip; the same files give the same bytes."""
    if len(found) == 1:
        content, kind, name = found[0].content, found[0].media_type, found[0].name
    else:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
            for one in found:
                package.writestr(zipfile.ZipInfo(one.name), one.content)
        content, kind = stream.getvalue(), "application/zip"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return response


def _base(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
