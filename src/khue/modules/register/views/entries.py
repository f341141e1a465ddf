"""Forms for events by exception, for a change of civil status, and for pupils who stand in no book yet."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from khue.core.errors import Invalid
from khue.core.ids import from_short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.codes import api as codes
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.register import lines, pages, policy
from khue.modules.register.data import NewEntry
from khue.modules.register.models import EventKind, RegisterEntry
from khue.modules.register.services import civil as civil_service
from khue.modules.register.services import entering, papers, recording
from khue.modules.register.views import asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from khue.core.actor import Actor

# What an office writes by hand; the rest comes from classes, gradebooks and transfers.
BY_HAND = (
    EventKind.DROPPED_OUT, EventKind.SUSPENDED, EventKind.RETURNED, EventKind.TRANSFERRED_OUT,
    EventKind.SKIPPED_GRADE, EventKind.GRADUATED, EventKind.AWARD, EventKind.DISCIPLINE, EventKind.DECEASED,
)  # fmt: skip
TYPED = ("on", "decision", "decision_on", "paper", "reason", "to_school")
CIVIL = ("full_name", "birth", "sex", "ethnic_code", "nationality", "birth_place", "home_town", "religion")


@signed_in
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, key: str) -> HttpResponse:
    """Write an event, or add the paper of one that was written without (ghi biến động)."""
    actor = request.actor  # type: ignore[attr-defined]
    entry = _entry(actor, key)
    tried = asked.NOT_TRIED
    posted = request.POST
    if request.method == "POST":
        tried = asked.attempt(lambda: _write(actor, entry, posted))
        if tried.done:
            messages.success(request, _("Đã ghi vào sổ đăng bộ."))
            return redirect("register:entry", key)
    context = {
        "entry": entry, "tried": tried, "posted": asked.typed(posted, *TYPED),
        "kinds": [(one.value, one.label) for one in BY_HAND],
        "chosen": posted.get("kind") or request.GET.get("viec", ""), "today": f"{actor.today:%d/%m/%Y}",
        "without_paper": pages.without_paper([entry]).get(entry.pk, []),
    }  # fmt: skip
    return render(request, "register/record.html", context, status=tried.status)


def _write(actor: Actor, entry: RegisterEntry, posted: Mapping[str, str]) -> None:
    decision, decision_on = posted.get("decision", ""), asked.day_of(posted, "decision_on", empty=True)
    if posted.get("act") == "paper":
        number = posted.get("sequence", "")
        sequence = int(number) if number.isdecimal() else 0
        papers.add_paper(
            actor, entry_id=entry.pk, sequence=sequence, decision=decision, decision_on=decision_on
        )
        return
    if posted.get("kind") not in {one.value for one in BY_HAND}:
        raise Invalid("KIT-003", field="kind")
    told = {
        name: posted[name].strip()[:200] for name in ("reason", "to_school") if posted.get(name, "").strip()
    }
    on = asked.day_of(posted, "on")
    recording.record_event(
        actor, entry_id=entry.pk, kind=posted["kind"], on=on or actor.today, decision=decision,
        decision_on=decision_on, paper=posted.get("paper", ""), data=told,
    )  # fmt: skip


@signed_in
@require_http_methods(["GET", "POST"])
def civil(request: HttpRequest, key: str) -> HttpResponse:
    """A change of civil status by its paper (cải chính hộ tịch)."""
    actor = request.actor  # type: ignore[attr-defined]
    entry = _entry(actor, key)
    tried = asked.NOT_TRIED
    if request.method == "POST":
        tried = asked.attempt(lambda: _change(actor, entry, request.POST))
        if tried.done:
            messages.success(request, _("Đã ghi cải chính và sửa hồ sơ học sinh. Giá trị cũ được giữ."))
            return redirect("register:entry", key)
    shown = {name: _shown(entry, name) for name in CIVIL}
    context = {
        "entry": entry, "tried": tried, "posted": asked.typed(request.POST, "paper"),
        "fields": [
            (name, lines.label_of(name), request.POST.get(name, shown[name]), shown[name]) for name in CIVIL
        ],
        "ethnic": codes.items(codes.ETHNIC_GROUPS, actor.today).values_list("code", "name"),
        "paper_on": request.POST.get("paper_on", ""),
    }  # fmt: skip
    return render(request, "register/civil.html", context, status=tried.status)


def _change(actor: Actor, entry: RegisterEntry, posted: Mapping[str, str]) -> None:
    changes: dict[str, object] = {}
    for name in CIVIL:
        new, old = " ".join(posted.get(name, "").split()), posted.get(f"was_{name}", "")
        if name in posted and new != old.strip():
            changes[name] = asked.day_of(posted, name) if name == "birth" else new
    civil_service.change_civil_status(
        actor, entry_id=entry.pk, changes=changes, paper=posted.get("paper", ""),
        paper_on=asked.day_of(posted, "paper_on", empty=True),
    )  # fmt: skip


def _shown(entry: RegisterEntry, name: str) -> str:
    value: Any = entry.now.get(name, "")
    return lines.birth_shown(value) if name == "birth" else str(value or "")


@signed_in
@require_http_methods(["GET", "POST"])
def not_entered(request: HttpRequest, key: str) -> HttpResponse:
    """Pupils who stand in no book, each with the reason; the office gives them new numbers (chưa vào sổ)."""
    actor = request.actor  # type: ignore[attr-defined]
    rows = orgs.Unit.objects.select_related("school")
    school = permissions.load(actor, rows, from_short(key), see=policy.SEE_SCHOOL, do=policy.ENTER)
    if request.method == "POST":
        chosen = [from_short(text) for text in request.POST.getlist("pupil")]
        profiles = people.PupilProfile.objects.filter(school=school, person__in=chosen)
        days: dict[object, dt.date] = {
            row.person_id: row.admitted_on or actor.today for row in profiles.order_by("person__sort_key")
        }
        items = [NewEntry(key, day) for key, day in days.items()]  # type: ignore[arg-type]
        made = entering.enter_many(actor, school_id=school.pk, items=items)
        for left in made.left_out:
            messages.warning(request, sentence(left.code, left.params))
        count = len(made.entries)
        if count:
            text = ngettext("Đã ghi {n} học sinh vào sổ.", "Đã ghi {n} học sinh vào sổ.", count)
            messages.success(request, text.format(n=count))
        return redirect("register:not_entered", key)
    context = {"school": school, "rows": pages.not_entered(actor, school)}
    return render(request, "register/not_entered.html", context)


def _entry(actor: Actor, key: str) -> RegisterEntry:
    rows = RegisterEntry.objects.select_related("book", "school")
    entry: RegisterEntry = permissions.load(
        actor, rows, from_short(key), see=policy.SEE_ENTRY, do=policy.WRITE_ENTRY
    )
    return entry
