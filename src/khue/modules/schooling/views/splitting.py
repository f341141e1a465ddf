"""Splitting a grade into classes: whom, the answer with its numbers, exceptions by hand, confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.modules.access.edge import signed_in
from khue.modules.schooling import policy, splits
from khue.modules.schooling.models import ClassSplit
from khue.modules.schooling.services import splitting
from khue.modules.schooling.views import asked

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import QueryDict

    from khue.core.actor import Actor


@signed_in
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Whom to split: newcomers or a grade that goes up; drafts that wait (chia lớp)."""
    actor = request.actor  # type: ignore[attr-defined]
    school = asked.school_for(actor, key, policy.OPEN_CLASS)
    year, all_years = asked.chosen_year(actor, request.POST.get("nam") or request.GET.get("nam", ""))
    if year is None:
        return redirect("schooling:home")
    tried = asked.NOT_TRIED
    if request.method == "POST":
        grade = asked.number_of(request.POST.get("grade", ""))
        made: list[str] = []

        def act() -> None:
            cards = splits.waiting(school.pk, year, grade, request.POST.get("who", ""))
            row = splitting.draft_split(
                actor, school_id=school.pk, year=year, grade=grade, newcomers=splits.newcomers(cards)
            )
            made.append(short(row.id))

        tried = asked.attempt(act)
        if tried.done:
            return redirect("schooling:split", made[0])
    rows = ClassSplit.objects.filter(school=school, year=year).select_related("year")
    context = {
        "school": school, "year": year, "years": all_years, "groups": splits.groups(school, year),
        "tried": tried, "rows": permissions.visible(actor, policy.SEE_SPLIT, rows)[:20],
    }  # fmt: skip
    return render(request, "schooling/split_start.html", context, status=tried.status)


@signed_in
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, key: str) -> HttpResponse:
    """A split: what each class gets and why, other rules, moves by hand, the confirmation, the way back."""
    actor = request.actor  # type: ignore[attr-defined]
    row = _load(actor, from_short(key))
    tried = asked.NOT_TRIED
    if request.method == "POST":
        tried = asked.attempt(lambda: _act(actor, request, row))
        if tried.done:
            return redirect("schooling:split", key)
        row = _load(actor, row.id)
    typed = {
        name: request.POST[name] for name in ("rooms_text", "together", "apart") if name in request.POST
    }
    context = splits.context(actor, row) | (typed if tried.refusal else {}) | {"tried": tried}
    return render(request, "schooling/split.html", context, status=tried.status)


def _load(actor: Actor, key: UUID) -> ClassSplit:
    rows = ClassSplit.objects.select_related("school", "year")
    return permissions.load(actor, rows, key, see=policy.SEE_SPLIT, do=policy.SPLIT)


def _act(actor: Actor, request: HttpRequest, row: ClassSplit) -> None:
    posted = request.POST
    seen = asked.number_of(posted.get("seen", ""))
    what = posted.get("act", "")
    if what == "move":
        _move(actor, request, row, seen)
    elif what == "apply":
        done = splitting.apply_split(
            actor, split_id=row.id, seen=seen, since=asked.day_of(posted, "since")
        )
        number = len(done.places)
        said = ngettext("Đã xếp {n} học sinh vào lớp.", "Đã xếp {n} học sinh vào lớp.", number)
        messages.success(request, said.format(n=number))
    elif what == "undo":
        splitting.undo_split(actor, split_id=row.id)
        messages.success(request, _("Đã hoàn tác: các em trở lại danh sách chưa xếp lớp."))
    else:
        _again(actor, posted, row, seen)


def _move(actor: Actor, request: HttpRequest, row: ClassSplit, seen: int) -> None:
    chosen = [from_short(key) for key in request.POST.getlist("pupil")]
    room = request.POST.get("room", "")
    splitting.move_in_split(actor, split_id=row.id, seen=seen, pupil_ids=chosen, room=room)
    said = ngettext("Đã chuyển {n} em sang {name}.", "Đã chuyển {n} em sang {name}.", len(chosen))
    messages.success(request, said.format(n=len(chosen), name=room))


def _again(actor: Actor, posted: QueryDict, row: ClassSplit, seen: int) -> None:
    splitting.change_split(
        actor, split_id=row.id, seen=seen, rooms=splits.read_rooms(posted.get("rooms_text", "")),
        rules=splits.read_rules(row, posted.dict()),
        keep_by_hand="keep" in posted,
    )
