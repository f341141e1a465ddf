"""The page «Học bạ»: what a teacher, a homeroom teacher, a principal and the office have to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import Invalid, KhueError, NotFound
from khue.core.ids import from_short
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts.signed import acts, tray

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person in the transcripts of a year."""
    years = list(schooling.SchoolYear.objects.order_by("-code"))
    unfinished = tray.unfinished_years(request.actor)
    asked = request.GET.get("nam", "") or next((code for code, _count in unfinished), "")
    year = _year(request, asked)
    if year is None:
        return render(request, "transcripts/home.html", {"years": years})
    subjects = tray.teacher_tray(request.actor, year)
    led = tray.homeroom_tray(request.actor, year)
    digest = tray.principal_digest(request.actor, year)
    office = [] if digest else tray.office_lines(request.actor, year)
    seen = {line.school_class.id for line in led}
    context = {
        "years": years, "year": year, "unfinished": [one for one in unfinished if one[0] != year.code],
        "subjects": subjects, "led": led, "digest": digest,
        "office": [line for line in office if line.school_class.id not in seen],
        "to_generate": [line for line in office if line.may_generate and line.incomplete],
        "subjects_ready": sum(len(line.ready) for line in subjects),
        "uncommented": sum(line.uncommented for line in (*subjects, *led)),
        "years_ready": sum(len(line.ready) for line in led),
        "digest_ready": [line for line in digest if line.waits_for_principal],
        "digest_rest": [line for line in digest if not line.waits_for_principal],
        "to_approve": sum(line.waits_for_principal for line in digest),
        "certificates": records.of_person(request.actor.person_id, request.actor.now),
        "averages_of": _averages_of(digest or office),
    }  # fmt: skip
    return render(request, "transcripts/home.html", context)


@signed_in
@require_POST
def sign(request: HttpRequest) -> HttpResponse:
    """Check everything that was chosen and go to its batch."""
    part, year = request.POST.get("part", ""), _year(request, request.POST.get("year", ""))
    chosen = request.POST.getlist("key")
    if part not in TITLES or year is None:
        raise Invalid("KIT-003")
    subjects, school_id = PARTS[part](request, year, chosen)
    back = f"{reverse('transcripts:home')}?{urlencode({'nam': year.code})}"
    if not subjects or school_id is None:
        messages.warning(request, sentence("REC-013", {}))
        return redirect(back)
    try:
        return records.check_and_go(
            request, subjects, title=TITLES[part](len(subjects)), school_id=school_id, back=back
        )
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
        return redirect(back)


def _subjects(
    request: HttpRequest, year: schooling.SchoolYear, chosen: list[str]
) -> tuple[list[records.Subject], UUID | None]:
    """A teacher's subjects, each of every pupil who is ready."""
    lines = [line for line in tray.teacher_tray(request.actor, year) if line.key in set(chosen)]
    part = _part(year)
    found = [
        records.Subject(acts.SUBJECT, key, part, (("section", line.section),))
        for line in lines
        for key in line.ready
    ]
    return found, lines[0].school_class.school_id if lines else None


def _years(
    request: HttpRequest, year: schooling.SchoolYear, chosen: list[str]
) -> tuple[list[records.Subject], UUID | None]:
    """A homeroom teacher's pages that every subject teacher has signed."""
    keys = {from_short(key) for key in chosen}
    lines = [line for line in tray.homeroom_tray(request.actor, year) if line.school_class.id in keys]
    found = [records.Subject(acts.YEAR, key, _part(year)) for line in lines for key in line.ready]
    return found, lines[0].school_class.school_id if lines else None


def _approvals(
    request: HttpRequest, year: schooling.SchoolYear, chosen: list[str]
) -> tuple[list[records.Subject], UUID | None]:
    """A principal's classes, without the pages that she holds back: nothing is signed unseen."""
    actor: Actor = request.actor
    held = [from_short(key) for key in request.POST.getlist("hold")]
    rows = list(tray.waiting_pages(actor, [from_short(key) for key in chosen], held))
    found = [records.Subject(acts.APPROVE, row.id, row.part) for row in rows]
    return found, rows[0].school_id if rows else None


PARTS = {"subjects": _subjects, "years": _years, "approve": _approvals}
TITLES = {
    "subjects": lambda n: ngettext("Ký {n} phần môn học", "Ký {n} phần môn học", n).format(n=n),
    "years": lambda n: ngettext("Ký kết quả năm {n} học bạ", "Ký kết quả năm {n} học bạ", n).format(n=n),
    "approve": lambda n: ngettext("Ký duyệt {n} học bạ", "Ký duyệt {n} học bạ", n).format(n=n),
}


def _year(request: HttpRequest, code: str) -> schooling.SchoolYear | None:
    """The year that was asked for, or that of today."""
    return schooling.year_of(code) or schooling.current_year(request.actor.today)


def _part(year: schooling.SchoolYear) -> int:
    return int(year.code[:4])


def _averages_of(lines: list[tray.ClassLine]) -> list[tuple[UUID, str]]:
    """The schools whose averages may be exported for graduation."""
    found = {
        line.school_class.school_id: line.school_class.school.name
        for line in lines
        if line.school_class.level == "THPT"
    }
    return list(found.items())


def done_message(count: int) -> str:
    """What a page says after «Lập học bạ»."""
    return _("Đã lập {n} học bạ.").format(n=count) if count else _("Không có học bạ nào mới.")
