"""Pages of the register: a school's books, a book, a pupil's line and path, what is missing, the print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from khue.core.dates import school_year_of
from khue.core.errors import NotAllowed
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.modules.access.edge import signed_in
from khue.modules.orgs import api as orgs
from khue.modules.register import lines, pages, policy
from khue.modules.register.models import EntryState, RegisterBook, RegisterEntry
from khue.modules.register.page import closings_of
from khue.modules.register.paper import book_pdf as make_pdf
from khue.modules.register.years import code_of, end_of_teaching
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from django.http import HttpRequest


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The books of a school; of several schools a list to choose from (sổ đăng bộ của trường)."""
    actor = request.actor  # type: ignore[attr-defined]
    schools = pages.schools_with_books(actor)
    asked = request.GET.get("truong", "")
    chosen = next((row for row in schools if asked and row.pk == from_short(asked)), None)
    if chosen is None and len(schools) == 1:
        chosen = schools[0]
    if chosen is None:
        return render(request, "register/schools.html", {"schools": schools})
    found = pages.book_lines(actor, chosen)
    may_close = any(permissions.can(actor, policy.CLOSE_BOOK, line.book) for line in found)
    if may_close:
        pages.with_closing(actor, found)
    year = schooling.year_of(school_year_of(actor.today))
    context = {
        "school": chosen, "several": len(schools) > 1, "lines": found, "may_close": may_close,
        "ready": [line for line in found if line.ready],
        "reasons": sorted({name for line in found if line.ready for name in line.without_result}),
        "waiting": pages.not_entered(actor, chosen) if permissions.can(actor, policy.ENTER, chosen) else [],
        "may_write": permissions.can(actor, policy.ENTER, chosen),
        "ends_on": end_of_teaching(year, chosen.pk) if year else None,
    }  # fmt: skip
    return render(request, "register/home.html", context)


@signed_in
@require_GET
def book(request: HttpRequest, key: str) -> HttpResponse:
    """A book as it looks: a line for each pupil, with search, state and year."""
    actor = request.actor  # type: ignore[attr-defined]
    row = _book(request, key)
    text, state = request.GET.get("tim", "")[:100].strip(), request.GET.get("tt", "")
    year = request.GET.get("nam", "")
    found = pages.book_rows(actor, row, text, state, year)
    number = _page_of(request)
    part = list(found.select_related("book")[(number - 1) * pages.A_PAGE : number * pages.A_PAGE + 1])
    context = {
        "book": row, "tim": text, "tt": state, "nam": year, "states": EntryState.choices,
        "years": pages.years_of(row), "lines": lines.lines_of(part[: pages.A_PAGE]),
        "closings": [(code_of(one.year), one) for one in closings_of(row)], "count": found.count(),
        "may_print": permissions.can(actor, policy.PRINT_BOOK, row), "page": number,
        "next_page": number + 1 if len(part) > pages.A_PAGE else None,
        "previous_page": number - 1 if number > 1 else None,
    }  # fmt: skip
    return render(request, "register/book.html", context)


@signed_in
@require_GET
def book_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """The whole book as it stands today, A4 across (in sổ)."""
    actor = request.actor  # type: ignore[attr-defined]
    row = _book(request, key)
    if not permissions.can(actor, policy.PRINT_BOOK, row):
        raise NotAllowed("KIT-002", action=permissions.actions()[policy.PRINT_BOOK].label)
    entries = list(RegisterEntry.objects.filter(book=row).select_related("book").order_by("number"))
    sensitive = bool(entries) and permissions.can(actor, policy.SEE_SENSITIVE, entries[0])
    response = HttpResponse(make_pdf(row, entries, actor.today, sensitive=sensitive))
    response["Content-Type"] = "application/pdf"
    response["Content-Disposition"] = f'inline; filename="so-dang-bo-{row.code}.pdf"'
    return response


@signed_in
@require_GET
def entry(request: HttpRequest, key: str) -> HttpResponse:
    """One pupil's line and path."""
    actor = request.actor  # type: ignore[attr-defined]
    return render(request, "register/entry.html", pages.entry_context(actor, from_short(key)))


@signed_in
@require_GET
def lacking(request: HttpRequest, key: str) -> HttpResponse:
    """Pupils of a school of whom the book lacks something, with links to where it is filled in."""
    actor = request.actor  # type: ignore[attr-defined]
    school = permissions.load(actor, orgs.Unit.objects.all(), from_short(key), see=policy.SEE_SCHOOL)
    rows, found = pages.lacking_rows(actor, school)
    classes, class_name = pages.classes_of(rows), request.GET.get("lop", "")
    if class_name in classes:
        rows, found = rows.filter(class_name=class_name), found.filter(class_name=class_name)
    keys = list(found.values_list("pk", flat=True))  # read once: to count and to choose
    number, count = _page_of(request), len(keys)
    start = (number - 1) * pages.A_PAGE
    if start >= count and number > 1:
        return redirect("register:lacking", short(school.pk))
    shown = RegisterEntry.objects.filter(pk__in=keys[start : start + pages.A_PAGE])
    part = list(shown.select_related("book").defer("facts").order_by("-book__first_year", "number"))
    context = {
        "school": school, "lines": pages.lacking_of(actor, part), "count": count, "total": rows.count(),
        "lop": class_name, "classes": classes, "page": number,
        "next_page": number + 1 if start + pages.A_PAGE < count else None,
        "previous_page": number - 1 if number > 1 else None,
    }  # fmt: skip
    return render(request, "register/lacking.html", context)


def _book(request: HttpRequest, key: str) -> RegisterBook:
    rows = RegisterBook.objects.select_related("school")
    row: RegisterBook = permissions.load(
        request.actor,
        rows,
        from_short(key),
        see=policy.SEE_BOOK,  # type: ignore[attr-defined]
    )
    return row


def _page_of(request: HttpRequest) -> int:
    text = request.GET.get("trang", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) <= 4 else 1  # noqa: PLR2004 - of pages
