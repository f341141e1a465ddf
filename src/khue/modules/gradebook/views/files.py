"""Paper and Excel of a class's gradebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from khue.core.errors import NotFound
from khue.core.ids import from_short
from khue.core.names import fold
from khue.kit import audit, permissions
from khue.modules.access.edge import signed_in
from khue.modules.gradebook import excel, paper, policy
from khue.modules.gradebook.book import load_book
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from khue.core.actor import Actor

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@signed_in
@require_GET
def book_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """The book of a class as A4 PDF."""
    school_class = _load(request.actor, key)
    content = paper.book_pdf(load_book(school_class.id), request.actor.today)
    return _file(request.actor, school_class, content, "application/pdf", "so-diem", "pdf")


@signed_in
@require_GET
def book_xlsx(request: HttpRequest, key: str, term: int) -> HttpResponse:
    """A term of a class as an Excel file that can be imported again unchanged."""
    if term not in {1, 2}:
        raise NotFound("KIT-001")
    school_class = _load(request.actor, key)
    content = excel.term_workbook(load_book(school_class.id), term)
    return _file(request.actor, school_class, content, XLSX, f"so-diem-hk{term}", "xlsx")


def _load(actor: Actor, key: str) -> schooling.SchoolClass:
    rows = schooling.SchoolClass.objects.select_related("school", "year")
    return permissions.load(actor, rows, from_short(key), see=policy.SEE_CLASS, do=policy.EXPORT_CLASS)


def _file(
    actor: Actor, school_class: schooling.SchoolClass, content: bytes, kind: str, stem: str, ending: str
) -> HttpResponse:
    audit.record(
        actor, f"gradebook.class.exported.{ending}", subject=school_class, unit=school_class.school_id
    )
    name = f"{stem}-{fold(school_class.name).replace(' ', '-')}-{school_class.year.code}.{ending}"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(ending != "pdf", name) or "inline"
    return response
