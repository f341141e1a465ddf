"""Lists of schools and classes, a class, a new class, school years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from khue.core.errors import Invalid, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.permissions import DENY, rows_for
from khue.kit.words import said
from khue.modules.access.edge import signed_in
from khue.modules.orgs import api as orgs
from khue.modules.schooling import pages, policy, queries
from khue.modules.schooling.services import classes, years
from khue.modules.schooling.views import asked

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling.models import SchoolYear


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The schools in scope, or the classes of the one school (danh sách lớp)."""
    actor = request.actor  # type: ignore[attr-defined]
    year, all_years = asked.chosen_year(actor, request.GET.get("nam", ""))
    context: dict[str, Any] = {
        "year": year, "years": all_years, "text": request.GET.get("tim", "")[:60],
        "may_open_year": rows_for(actor, policy.OPEN_YEAR) != DENY,
    }  # fmt: skip
    if year is None:
        return render(request, "schooling/empty.html", context)
    lines = queries.school_lines(actor, year, context["text"])
    key = request.GET.get("truong", "")
    wanted = from_short(key) if key else None
    chosen = next((line for line in lines if line.school_id == wanted), None)
    if chosen is None and wanted is None and len(lines) == 1 and not context["text"]:
        chosen = lines[0]
    if chosen is None:
        if wanted is not None:
            raise NotFound("KIT-001")
        return render(request, "schooling/schools.html", context | {"lines": lines})
    return render(
        request, "schooling/classes.html",
        context | {"school": chosen, "many": len(lines) > 1} | _class_list(actor, year, chosen.school_id),
    )  # fmt: skip


def _class_list(actor: Actor, year: SchoolYear, school_id: UUID) -> dict[str, Any]:
    """The classes, each with its size and leader; what the actor may do with the school."""
    rows = list(queries.visible_classes(actor, year).filter(school=school_id))
    sizes = queries.class_sizes(row.id for row in rows)
    leaders = queries.homerooms_of([row.id for row in rows], pages.day_in(year, actor.today))
    return {
        "rows": [(row, sizes[row.id], leaders.get(row.id)) for row in rows],
        "may_open": _may(actor, policy.OPEN_CLASS, school_id),
        "may_assign": bool(rows) and _may(actor, policy.ASSIGN_ALL, school_id),
        "unplaced": len(queries.unplaced_pupils(school_id, year)),
    }


def _may(actor: Actor, action: str, school_id: UUID) -> bool:
    schools = orgs.Unit.objects.filter(pk=school_id)
    return permissions.visible(actor, action, schools).exists()


@signed_in
@require_GET
def class_page(request: HttpRequest, key: str) -> HttpResponse:
    """A class: its pupils, subjects with teachers, who leads it."""
    actor = request.actor  # type: ignore[attr-defined]
    return render(request, "schooling/class.html", pages.class_context(actor, asked.see_class(actor, key)))


@signed_in
@require_http_methods(["GET", "POST"])
def new_class(request: HttpRequest, key: str) -> HttpResponse:
    """Open a class with its combination and topic clusters (mở lớp)."""
    actor = request.actor  # type: ignore[attr-defined]
    school = asked.school_for(actor, key, policy.OPEN_CLASS)
    year, all_years = asked.chosen_year(actor, request.POST.get("nam") or request.GET.get("nam", ""))
    if year is None:
        return redirect("schooling:home")
    grades = pages.class_choices(school)
    tried, posted = asked.NOT_TRIED, request.POST
    if request.method == "POST":
        grade = asked.number_of(posted.get("grade", ""))

        def act() -> None:
            row = classes.open_class(
                actor,
                school_id=school.pk,
                year=year,
                name=posted.get("name", ""),
                grade=grade,
                electives=posted.getlist(f"electives_{grade}"),
                topics=dict.fromkeys(posted.getlist(f"topics_{grade}"), classes.SECOND),
            )
            messages.success(
                request, _("Đã mở lớp {name}. Giờ hãy xếp học sinh và phân công.").format(name=row.name)
            )
            made.append(short(row.id))

        made: list[str] = []
        tried = asked.attempt(act)
        if tried.done:
            return redirect("schooling:class", made[0])
    context = {
        "school": school, "year": year, "years": all_years, "grades": grades, "tried": tried,
        "posted": asked.typed(posted, "name", "grade"),
        "chosen": {name: posted.getlist(name) for name in posted},
    }  # fmt: skip
    return render(request, "schooling/new_class.html", context, status=tried.status)


@signed_in
@require_http_methods(["GET", "POST"])
def year_list(request: HttpRequest) -> HttpResponse:
    """School years with their terms; open the next one (năm học, học kì)."""
    actor = request.actor  # type: ignore[attr-defined]
    may_open = rows_for(actor, policy.OPEN_YEAR) != DENY
    tried, posted = asked.NOT_TRIED, request.POST
    if request.method == "POST":

        def act() -> None:
            year = years.open_year(
                actor,
                code=posted.get("code", ""),
                ends_on=asked.day_of(posted, "ends"),
                term_starts=(asked.day_of(posted, "first"), asked.day_of(posted, "second")),
            )
            messages.success(request, _("Năm học {year} đã có.").format(year=year.code))

        tried = asked.attempt(act)
        if tried.done:
            return redirect("schooling:years")
    all_years = asked.chosen_year(actor, "")[1]
    context = {
        "years": [(year, queries.terms(year)) for year in all_years], "may_open": may_open, "tried": tried,
        "posted": asked.typed(posted, "code", "first", "second", "ends"),
    }  # fmt: skip
    return render(request, "schooling/years.html", context, status=tried.status)


@signed_in
@require_POST
def add_subject(request: HttpRequest, key: str) -> HttpResponse:
    """Add a subject of the curriculum to a class."""
    actor = request.actor  # type: ignore[attr-defined]
    target = asked.change_class(actor, key)
    code = request.POST.get("code", "")
    if not code:
        raise Invalid("KIT-003", field="code")
    row = classes.add_subject(actor, school_class_id=target.pk, code=code)
    messages.success(request, _("Đã thêm môn {name}.").format(name=said(row.subject.name)))
    return redirect("schooling:class", key)
