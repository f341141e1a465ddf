"""Verification for anybody (kiểm tra chữ ký): drop a file, or follow the code on a print; no account.

Never marks before the print's code: who holds the file or the paper sees its content, others see what
it is, whether it stands, and who signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from khue.core.errors import Invalid, KhueError, Refused
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.access.edge import address_of
from khue.modules.records import renditions, verification
from khue.modules.records.models import Document, DocumentState
from khue.signing.qr import short_code

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

TRIES, WITHIN = 10, 3600  # guesses of a print's code for one document from one address, seconds
FILES, FILES_WITHIN = 60, 600  # files that one address may have checked, seconds
MEGABYTE = 1024 * 1024


@require_http_methods(["GET", "POST"])
def check_page(request: HttpRequest) -> HttpResponse:
    """Drop a file and read what it proves; or type the code of a print."""
    context: dict[str, object] = {"limit": verification.LARGEST // MEGABYTE}
    status = 200
    if request.method == "POST":
        try:
            _not_too_many(f"checked/{address_of(request)}", FILES, FILES_WITHIN, "REC-046")
            context |= _checked(request.FILES.get("file"))
        except KhueError as refusal:
            context["refusal"], status = sentence(refusal.code, refusal.params), status_of(refusal)
    return render(request, "records/check.html", context, status=status)


@require_http_methods(["GET", "POST"])
def print_page(request: HttpRequest, code: str = "") -> HttpResponse:
    """The page behind a QR code: what the print is a rendition of, and whether it still stands."""
    document = verification.by_short_code(code or request.GET.get("ma", ""))
    refusal, status = "", 200
    if request.method == "POST":
        try:
            return _opened(request, document)
        except KhueError as error:
            refusal, status = sentence(error.code, error.params), status_of(error)
    report, _ = verification.check(bytes(document.file.content))
    context = {
        "document": document, "report": report, "newer": verification.newer(document), "refusal": refusal,
        "state": DocumentState(document.state).label, "code": short_code(bytes.fromhex(document.digest)),
        "log": verification.log_report(document), "stands": document.state == DocumentState.ISSUED,
    }  # fmt: skip
    return render(request, "records/print.html", context, status=status)


def _checked(given: UploadedFile[bytes] | None) -> dict[str, object]:
    if given is None:
        raise Invalid("REC-041", field="file")
    if (given.size or 0) > verification.LARGEST:
        raise Invalid("REC-040", field="file", limit=verification.LARGEST // MEGABYTE)
    report, document = verification.check(given.read())
    newer = verification.newer(document) if document else None
    state = DocumentState(document.state).label if document else ""
    return {"report": report, "document": document, "newer": newer, "state": state, "name": given.name}


def _opened(request: HttpRequest, document: Document) -> HttpResponse:
    """The print again, for whoever holds it; guessing is slow."""
    # Counted before it is compared: after too many guesses the right one opens nothing either.
    _not_too_many(f"print/{document.id}/{address_of(request)}", TRIES, WITHIN, "REC-045")
    if not verification.opens(document, request.POST.get("print_code", "")):
        raise Invalid("REC-042", field="print_code")
    base = f"{request.scheme}://{request.get_host()}"
    return HttpResponse(renditions.pdf_of(document, base), content_type="application/pdf")


def _not_too_many(key: str, limit: int, within: int, code: str) -> None:
    """Count an attempt; refuse when there were too many. Each process counts for itself."""
    cache.add(key, 0, within)
    if cache.incr(key) > limit:
        raise Refused(code, minutes=within // 60)
