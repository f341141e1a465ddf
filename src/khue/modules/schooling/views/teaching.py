"""The teaching plan of a school: one table, one act (bảng phân công giảng dạy)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from khue.core.errors import KhueError
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.schooling import pages, policy, queries
from khue.modules.schooling.services import teaching
from khue.modules.schooling.views import asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from khue.modules.schooling.models import SchoolClass


@signed_in
@require_http_methods(["GET", "POST"])
def teaching_plan(request: HttpRequest, key: str) -> HttpResponse:
    """Subjects by classes: names of teachers are typed, whole or as far as clear; saved in one act."""
    actor = request.actor  # type: ignore[attr-defined]
    school = asked.school_for(actor, key, policy.ASSIGN_ALL)
    year, all_years = asked.chosen_year(actor, request.GET.get("nam", ""))
    if year is None:
        return redirect("schooling:home")
    rows = list(queries.classes_of_school(school.pk, year))
    grade, grades = _grade(rows, request.GET.get("khoi", ""))
    shown = [row.id for row in rows if grade in (0, row.grade)]
    planned = list(queries.classes_with_subjects(shown))
    day = pages.day_in(year, actor.today)
    names = pages.TeacherNames.of(school.pk, day)
    tried, errors, posted = asked.NOT_TRIED, {}, None
    if request.method == "POST":
        posted = request.POST
        read = pages.read_plan(planned, names, posted, day)
        errors = {name: sentence(error.code, error.params) for name, error in read.errors.items()}
        tried = _refused(read.errors) or asked.attempt(
            lambda: teaching.set_teachers(
                actor,
                school_id=school.pk,
                teachers=read.teachers,
                homerooms=read.homerooms,
                since=asked.day_of(posted, "since"),
                seen=posted.get("stamp", ""),
            )
        )
        if tried.done:
            count = len(read.teachers) + len(read.homerooms)
            done = ngettext("Đã lưu {n} ô phân công.", "Đã lưu {n} ô phân công.", count)
            messages.success(request, done.format(n=count))
            here = reverse("schooling:teaching", args=[key])
            return redirect(f"{here}?nam={year.code}&khoi={grade}")
    context = {
        "school": school, "year": year, "years": all_years, "grade": grade, "grades": grades, "tried": tried,
        "all_fit": len(rows) <= pages.FEW_CLASSES,
        "plan": pages.plan_of(planned, names, day, posted, errors),
        "since": posted.get("since", "") if posted else f"{day:%d/%m/%Y}",
        "wrong": list(errors.values()),
    }  # fmt: skip
    return render(request, "schooling/teaching.html", context, status=tried.status)


def _grade(rows: list[SchoolClass], text: str) -> tuple[int, list[int]]:
    """The grade to show, 0 for all; a large school begins with its first grade."""
    grades = sorted({row.grade for row in rows})
    if text.isdecimal() and int(text) in grades:
        return int(text), grades
    return (grades[0] if len(rows) > pages.FEW_CLASSES else 0), grades


def _refused(errors: Mapping[str, KhueError]) -> asked.Attempt | None:
    """A plan with a name that is not understood is not saved at all."""
    if not errors:
        return None
    first = next(iter(errors.values()))
    return asked.Attempt(done=False, refusal=sentence(first.code, first.params), status=400)
