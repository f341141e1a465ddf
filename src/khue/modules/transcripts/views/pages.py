"""One pupil's year page as people read it: from the signed bytes where it is issued (xem học bạ)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import KhueError, NotFound
from khue.core.ids import from_short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.records import api as records
from khue.modules.transcripts import content, policy, policy_sharing, traits, wording
from khue.modules.transcripts.compose import unpack
from khue.modules.transcripts.models import PageState, TranscriptPage
from khue.modules.transcripts.reading import issued_page
from khue.modules.transcripts.services import freezing


@signed_in
@require_GET
def page(request: HttpRequest, key: str) -> HttpResponse:
    """The page: what was issued, else what was frozen and waits for signatures."""
    rows = TranscriptPage.objects.select_related("transcript", "school_class__year")
    row = permissions.load(request.actor, rows, from_short(key), see=policy.SEE_PAGE)
    issued = issued_page(row.id)
    frozen = unpack(row.content) if row.content else None
    newer = bool(issued and frozen and row.state != PageState.ISSUED)
    value = issued.page if issued else frozen
    context = {
        "row": row, "page": value, "issued": issued, "newer": newer, "state": PageState(row.state).label,
        "document": records.document_of(content.kind_of(row.transcript.level), row.id, row.part),
        "may_renew": row.version and permissions.can(request.actor, policy.RENEW, row),
        "may_see_copies": permissions.can(request.actor, policy_sharing.SEE_COPIES, row.transcript),
        "groups": traits.groups_of(value.traits) if value else (),
        "held": wording.HELD.get(row.held, ""), "primary": row.transcript.level == "TH",
    }  # fmt: skip
    return render(request, "transcripts/page.html", context)


@signed_in
@require_POST
def renew(request: HttpRequest, key: str) -> HttpResponse:
    """A new version by decision."""
    try:
        freezing.renew(
            request.actor, page_id=from_short(key), reason=request.POST.get("reason", ""),
            decision=request.POST.get("decision", ""),
        )  # fmt: skip
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
    return redirect("transcripts:page", key=key)
