"""One class: where each pupil's page stands, what is missing, «Lập học bạ» (học bạ của lớp)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import KhueError, NotFound
from khue.core.ids import from_short
from khue.kit import audit, permissions
from khue.kit.errors import sentence
from khue.kit.words import said
from khue.modules.access.edge import signed_in
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import averages, content, policy, traits, wording
from khue.modules.transcripts.compose import Composed, Missing, compose_class
from khue.modules.transcripts.models import PageState, TranscriptPage
from khue.modules.transcripts.services import comments, freezing
from khue.modules.transcripts.views.signing import done_message

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@signed_in
@require_GET
def class_page(request: HttpRequest, key: str) -> HttpResponse:
    """Pupils with the state of their pages, and the list of what is missing to work off."""
    actor = request.actor
    classes = schooling.SchoolClass.objects.select_related("school", "year")
    school_class = permissions.load(actor, classes, from_short(key), see=policy.SEE_CLASS)
    composed = compose_class(school_class.id, actor.today, actor.now)
    pages = {
        page.person_id: page
        for page in TranscriptPage.objects.filter(school_class=school_class).defer("content")
    }
    # While the year runs, results and comments are not missing yet.
    early = bool(composed) and all(one.waits == "year" for one in composed)
    if early:
        composed = [replace(one, missing=_early(one), waits="") for one in composed]
    missing = Counter(told(one) for pupil in composed for one in pupil.missing)
    context = {
        "school_class": school_class, "lines": [_line(one, pages.get(one.pupil_id)) for one in composed],
        "missing": missing.most_common(), "sections": _sections(request, school_class), "early": early,
        "may_generate": not early and permissions.can(actor, policy.GENERATE, school_class),
        "may_enter": permissions.can(actor, policy.ENTER_FACTS, school_class),
    }  # fmt: skip
    return render(request, "transcripts/class.html", context)


@signed_in
@require_POST
def generate(request: HttpRequest, key: str) -> HttpResponse:
    """«Lập học bạ» of a class."""
    try:
        done = freezing.generate(request.actor, school_class_id=from_short(key))
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
        return redirect("transcripts:class", key=key)
    messages.success(request, _told_of([done]))
    return redirect("transcripts:class", key=key)


@signed_in
@require_POST
def generate_many(request: HttpRequest) -> HttpResponse:
    """«Lập học bạ» of many classes, each by itself: one that cannot be made stops none of the others."""
    done: list[freezing.Generated] = []
    for key in request.POST.getlist("key"):
        try:
            done.append(freezing.generate(request.actor, school_class_id=from_short(key)))
        except NotFound:
            raise
        except KhueError as refusal:
            messages.warning(request, sentence(refusal.code, refusal.params))
    if done:
        messages.success(request, _told_of(done))
    return redirect(f"{reverse('transcripts:home')}?{urlencode({'nam': request.POST.get('year', '')})}")


def _told_of(done: Sequence[freezing.Generated]) -> str:
    """How many were made, how many have a new version, who waits and why."""
    text = done_message(sum(len(one.new) for one in done))
    if changed := sum(len(one.changed) for one in done):
        text += " " + _("{n} học bạ có bản mới.").format(n=changed)
    waits = Counter(said(wording.WAITS[pupil.waits]) for one in done for pupil in one.waiting)
    if waits:
        text += " " + "; ".join(
            _("{n} học sinh: {why}").format(n=count, why=why) for why, count in waits.items()
        )
    return text


@signed_in
@require_GET
def averages_file(request: HttpRequest, key: str, form: str) -> HttpResponse:
    """ĐTB10, ĐTB11, ĐTB12 of the pupils who leave, for graduation."""
    year = schooling.year_of(request.GET.get("nam", "")) or schooling.current_year(request.actor.today)
    if form not in TYPES or year is None:
        raise Http404
    school_id = from_short(key)
    rows = averages.average_rows(request.actor, school_id, year)
    made = averages.as_csv(rows) if form == "csv" else averages.as_xlsx(rows)
    audit.record(
        request.actor, "transcripts.averages.exported", subject=("orgs.Unit", school_id), unit=school_id,
        after={"rows": len(rows)},
    )  # fmt: skip
    response = HttpResponse(made, content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="diem-trung-binh-{year.code}.{form}"'
    return response


def told(one: Missing) -> str:
    """What is missing, in words."""
    return said(wording.LACKS[one.code]).format(section=said(one.section))


def _early(one: Composed) -> tuple[Missing, ...]:
    return tuple(found for found in one.missing if found.code in wording.LACKS_EARLY)


def _line(one: Composed, page: TranscriptPage | None) -> dict[str, object]:
    state = PageState(page.state) if page else PageState.DRAFT
    return {
        "name": one.name, "position": one.position, "page": page if page and page.version else None,
        "state": said(state.label), "issued": state == PageState.ISSUED, "ready": not one.waits,
        "waits": said(wording.WAITS[one.waits]) if one.waits else "",
        "held": said(wording.HELD[page.held]) if page and page.held else "",
        "missing": [told(found) for found in one.missing],
        "unusual": [said(wording.UNUSUAL[code]) for code in one.unusual],
    }  # fmt: skip


def _sections(request: HttpRequest, school_class: schooling.SchoolClass) -> list[tuple[str, str]]:
    """The sections whose comments the person writes, named."""
    names = {
        content.section_key(row.position, row.subject.code): said(row.subject.name)
        for row in schooling.subjects_of_class(school_class=school_class.id)
    } | {section: said(name) for section, name in traits.SECTION_NAMES.items()}
    own = comments.sections_of(request.actor, school_class)
    return [(section, names.get(section, _("Kết quả cả năm"))) for section in own]
