"""Pupils of a class: placing, moving, leaving; what each learns of a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from khue.core.errors import NotFound
from khue.core.ids import from_short
from khue.modules.access.edge import signed_in
from khue.modules.schooling import pages, queries
from khue.modules.schooling.data import Choice, NewMember
from khue.modules.schooling.models import AssessmentMode
from khue.modules.schooling.services import classes, pupils
from khue.modules.schooling.views import asked

if TYPE_CHECKING:
    from khue.core.actor import Actor
    from khue.modules.schooling.models import ClassSubject, SchoolClass


@signed_in
@require_http_methods(["GET", "POST"])
def place(request: HttpRequest, key: str) -> HttpResponse:
    """Put pupils who stand in no class into this one (xếp lớp)."""
    actor = request.actor  # type: ignore[attr-defined]
    row = asked.change_class(actor, key)
    tried = asked.NOT_TRIED
    if request.method == "POST":
        chosen = [from_short(text) for text in request.POST.getlist("pupil")]

        def act() -> None:
            since = asked.day_of(request.POST, "since")
            if request.POST.get("act") == "back" and chosen:
                pupils.take_back(actor, school_class_id=row.id, pupil_ids=chosen, since=since)
            else:
                members = [NewMember(pupil, since) for pupil in chosen]
                pupils.enroll_many(actor, school_class_id=row.id, members=members)
            done = ngettext(
                "Đã xếp {n} học sinh vào lớp {name}.", "Đã xếp {n} học sinh vào lớp {name}.", len(chosen)
            )
            messages.success(request, done.format(n=len(chosen), name=row.name))

        tried = asked.attempt(act)
        if tried.done:
            return redirect("schooling:class", key)
    context = {
        "school_class": row, "tried": tried,
        "since": request.POST.get("since") or f"{pages.day_in(row.year, actor.today):%d/%m/%Y}",
        "chosen": set(request.POST.getlist("pupil")),
    } | pages.place_context(row, request.GET.get("tu", ""))  # fmt: skip
    return render(request, "schooling/place.html", context, status=tried.status)


@signed_in
@require_http_methods(["GET", "POST"])
def pupil_in_class(request: HttpRequest, key: str, pupil: str) -> HttpResponse:
    """Move a pupil to another class of the grade, or note that he or she leaves (chuyển lớp, rời lớp)."""
    actor = request.actor  # type: ignore[attr-defined]
    row = asked.change_class(actor, key)
    line = next((item for item in queries.roster(row.id) if item.pupil_id == from_short(pupil)), None)
    if line is None:
        raise NotFound("KIT-001")
    tried = asked.NOT_TRIED
    if request.method == "POST":
        tried = asked.attempt(lambda: _change_stay(actor, request, row, pupil))
        if tried.done:
            return redirect("schooling:class", key)
    others = queries.classes_of_school(row.school_id, row.year).filter(grade=row.grade).exclude(pk=row.pk)
    context = {
        "school_class": row, "line": line, "others": others, "reasons": pages.LEAVING, "tried": tried,
        "posted": asked.typed(request.POST, "act", "to", "on", "status"),
        "today": f"{pages.day_in(row.year, actor.today):%d/%m/%Y}",
    }  # fmt: skip
    return render(request, "schooling/pupil.html", context, status=tried.status)


def _change_stay(actor: Actor, request: HttpRequest, row: SchoolClass, pupil: str) -> None:
    on = asked.day_of(request.POST, "on")
    if request.POST.get("act") == "move":
        target = from_short(request.POST.get("to", ""))
        pupils.move_class(
            actor, school_class_id=row.id, pupil_id=from_short(pupil), to_class_id=target, on=on
        )
        messages.success(request, _("Đã chuyển lớp. Điểm ở lớp cũ vẫn được giữ."))
        return
    pupils.leave_class(
        actor,
        school_class_id=row.id,
        pupil_id=from_short(pupil),
        on=on,
        status=request.POST.get("status", ""),
    )
    messages.success(request, _("Đã ghi rời lớp. Điểm đã có vẫn được giữ."))


@signed_in
@require_http_methods(["GET", "POST"])
def subject(request: HttpRequest, key: str) -> HttpResponse:
    """A subject of a class: its plan, who learns it, topic cluster, exemptions (môn lựa chọn, miễn giảm)."""
    actor = request.actor  # type: ignore[attr-defined]
    row = asked.change_subject(actor, key)
    tried = asked.NOT_TRIED
    if request.method == "POST":
        save = _save_plan if request.POST.get("act") == "plan" else _save_choices
        tried = asked.attempt(lambda: save(actor, request, row))
        if tried.done:
            return redirect("schooling:subject", key)
        row.refresh_from_db()
    context = {
        "subject": row, "school_class": row.school_class, "lines": pages.choice_lines(row), "tried": tried,
        "modes": AssessmentMode.choices,
    }  # fmt: skip
    return render(request, "schooling/subject.html", context, status=tried.status)


def _save_plan(actor: Actor, request: HttpRequest, row: ClassSubject) -> None:
    classes.change_class_subject(
        actor,
        class_subject_id=row.id,
        periods_per_year=asked.number_of(request.POST.get("periods", "")),
        has_topic="topic" in request.POST,
        topic_term=asked.number_of(request.POST.get("topic_term", "2")),
        elective="elective" in request.POST,
    )
    messages.success(request, _("Đã lưu kế hoạch môn học."))


def _save_choices(actor: Actor, request: HttpRequest, row: ClassSubject) -> None:
    posted = request.POST
    choices = [
        Choice(
            from_short(pupil),
            f"takes_{pupil}" in posted,
            f"topic_{pupil}" in posted,
            posted.get(f"mode_{pupil}", AssessmentMode.NORMAL),
            posted.get(f"decision_{pupil}", "")[:200],
        )
        for pupil in posted.getlist("pupil")
    ]
    changed = pupils.set_choices(actor, class_subject_id=row.id, choices=choices)
    done = ngettext("Đã lưu {n} thay đổi.", "Đã lưu {n} thay đổi.", changed).format(n=changed)
    messages.success(request, done if changed else _("Không có gì thay đổi."))
