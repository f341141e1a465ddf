"""Signed documents: list, one with its life, its files; cancelling and recalling (hồ sơ đã ký)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import KhueError, NotFound
from khue.core.ids import from_short
from khue.kit import audit, permissions
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.records import bundles, policy, proof, queries, renditions, verification
from khue.modules.records.content import file_of
from khue.modules.records.models import ENDED_STATES, Document, DocumentEvent, DocumentState
from khue.modules.records.services import documents as service

if TYPE_CHECKING:
    from khue.core.actor import Actor

STATES = [(state.value, state.label) for state in DocumentState]
TAGS = {"issued": "tag-ok", "partial": "tag-warn", "complete": "tag-info", "prepared": ""}
PAGE_DIGITS = 7


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The documents in scope, those that wait for the seal first."""
    text, state, number = (request.GET.get(name, "") for name in ("tim", "tt", "trang"))
    page = max(1, int(number)) if number.isdecimal() and len(number) < PAGE_DIGITS else 1
    rows = queries.visible_documents(request.actor, text[:60], state if state in dict(STATES) else "")
    first = (page - 1) * queries.SHOWN
    found = list(rows[first : first + queries.SHOWN + 1])
    context = {
        "rows": found[: queries.SHOWN], "text": text[:60], "state": state, "states": STATES, "tags": TAGS,
        "page": page, "previous_page": page - 1, "next_page": page + 1 if len(found) > queries.SHOWN else 0,
        "to_seal": list(queries.to_seal(request.actor)[: queries.SHOWN]) if page == 1 else [],
    }  # fmt: skip
    return render(request, "records/home.html", context)


@signed_in
@require_GET
def document_page(request: HttpRequest, key: str) -> HttpResponse:
    """One document: who must sign and who has, its life, versions and files, and what the verifier says."""
    document = queries.load_document(request.actor, from_short(key))
    versions = Document.objects.filter(
        kind=document.kind, subject=document.subject, part=document.part
    ).order_by("-version")
    context = {
        "document": document, "state": DocumentState(document.state).label, "tags": TAGS,
        "slots": queries.slots_of(document), "report": proof.verified(document, file_of(document)),
        "events": [
            (DocumentState(event.state).label, event)
            for event in DocumentEvent.objects.filter(document=document)
        ],
        "versions": [(row, DocumentState(row.state).label) for row in versions],
        "log": verification.log_report(document) if document.digest else None,
        "stamp": queries.stamp_wanted(document),
        "may_cancel": document.state not in ENDED_STATES
        and permissions.can(request.actor, policy.CANCEL, document),
    }  # fmt: skip
    return render(request, "records/document.html", context)


@signed_in
@require_GET
def file_xml(request: HttpRequest, key: str) -> HttpResponse:
    """The record file, byte for byte as it was issued."""
    document = queries.load_document(request.actor, from_short(key))
    return _file(request.actor, document, file_of(document), "application/xml", "xml")


@signed_in
@require_GET
def file_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """The paper form, rendered from the record file."""
    document = queries.load_document(request.actor, from_short(key))
    base = f"{request.scheme}://{request.get_host()}"
    return _file(request.actor, document, renditions.pdf_of(document, base), "application/pdf", "pdf")


@signed_in
@require_GET
def file_bundle(request: HttpRequest, key: str) -> HttpResponse:
    """Everything that proves the document off-line, in one package (gói bằng chứng)."""
    document = queries.load_document(request.actor, from_short(key))
    base = f"{request.scheme}://{request.get_host()}"
    return _file(request.actor, document, bundles.bundle_of(document, base), "application/zip", "zip")


@signed_in
@require_POST
def cancel(request: HttpRequest, key: str) -> HttpResponse:
    """Cancel or recall, with reason and authority."""
    try:
        service.cancel(
            request.actor,
            document_id=from_short(key),
            reason=request.POST.get("reason", ""),
            authority=request.POST.get("authority", ""),
        )
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
    else:
        messages.success(request, _("Đã ghi quyết định. Bản đã ký vẫn được giữ nguyên để tra cứu."))
    return redirect("records:document", key=key)


def _file(actor: Actor, document: Document, content: bytes, kind: str, ending: str) -> HttpResponse:
    audit.record(
        actor,
        f"records.document.exported.{ending}",
        subject=document,
        unit=document.school_id,
        after={"code": document.code, "version": document.version},
    )
    response = HttpResponse(content, content_type=kind)
    name = f"ho-so-{document.code.lower()}-ban-{document.version}.{ending}"
    response["Content-Disposition"] = content_disposition_header(ending != "pdf", name) or "inline"
    return response
