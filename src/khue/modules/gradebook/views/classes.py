"""First page of the gradebook, a class's progress and results, a pupil's «vì sao», class closing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.words import said
from khue.modules.access.edge import signed_in
from khue.modules.gradebook import facts, policy, queries
from khue.modules.gradebook.book import load_book
from khue.modules.gradebook.digests import digest_of_class
from khue.modules.gradebook.frozen import official_parts, official_results, versions_of
from khue.modules.gradebook.missing import gaps_of_term
from khue.modules.gradebook.models import SheetState
from khue.modules.gradebook.progress import progress_of
from khue.modules.gradebook.results import PRIMARY, ResultRow, stayed
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.signed import tray
from khue.modules.gradebook.views.sheets import TERM_NAMES
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.rules import attendance

if TYPE_CHECKING:
    from khue.core.actor import Actor
    from khue.modules.gradebook.book import ClassBook

COMPLETE = 100  # per cent
PAGE_DIGITS = 7  # no list has more pages
NO_LEVEL, NO_DECISION = gettext_noop("Chưa đủ dữ liệu"), gettext_noop("Chưa xét được")
LEVELS = (*tray.LEVELS, NO_LEVEL)  # the order of a chart's bars
STATE_NAMES = {
    "open": gettext_noop("Đang nhập"),
    "closed": gettext_noop("Chủ nhiệm đã chốt"),
    "sealed": gettext_noop("Đã khoá"),
}
CLOSABLE = (1, 2, 0, 3)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The year and term a page is about."""

    year: schooling.SchoolYear
    term: int
    years: list[schooling.SchoolYear]


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where a day begins: my sheets of this term, my classes, what waits for me."""
    chosen = chosen_of(request)
    if chosen is None:
        return render(request, "gradebook/empty.html", {})
    sheets = queries.my_sheets(request.actor, chosen.year, chosen.term)
    lines = queries.lines_of(sheets)
    text, page, classes, more = _page_of_classes(request, chosen)
    to_seal = [line.school_class for line in classes if line.states[chosen.term].state == "closed"]
    context = {
        "chosen": chosen, "term": TERM_NAMES[chosen.term],
        "lines": [(closing.sheet_name(line.sheet), line) for line in lines],
        "ready": [line for line in lines if line.percent == COMPLETE and line.sheet.state == SheetState.OPEN],
        "classes": classes,
        "progress": progress_of([line.school_class for line in classes], chosen.term),
        "schools": len({line.school_class.school_id for line in classes}),
        "text": text, "page": page, "previous_page": page - 1, "next_page": page + 1 if more else 0,
        "sealable": bool(to_seal) and permissions.can(request.actor, policy.SEAL_CLASS, to_seal[0]),
        "state_names": STATE_NAMES, "waiting": queries.waiting_for(request.actor), "terms_shown": (1, 2, 0),
    }  # fmt: skip
    return render(request, "gradebook/home.html", context)


def _page_of_classes(
    request: HttpRequest, chosen: Chosen
) -> tuple[str, int, list[queries.ClassLine], bool]:
    """What was looked for, the page, its classes, and whether there are more; past the end is the first."""
    text, number = request.GET.get("tim", "")[:60], request.GET.get("trang", "")
    page = max(1, int(number)) if number.isdecimal() and len(number) < PAGE_DIGITS else 1
    found = queries.class_lines(request.actor, chosen.year, chosen.term, school=text, page=page)
    if page > 1 and not found:
        page, found = 1, queries.class_lines(request.actor, chosen.year, chosen.term, school=text, page=1)
    return text, page, found[: queries.A_PAGE], len(found) > queries.A_PAGE


@signed_in
@require_GET
def class_page(request: HttpRequest, key: str) -> HttpResponse:
    """A class: its sheets of both terms with what is missing, and the state of its closings."""
    school_class = queries.load_class(request.actor, from_short(key))
    book = load_book(school_class.id)
    terms = [
        {
            "number": term,
            "name": TERM_NAMES[term],
            "state": closing.class_state(school_class.id, term),
            "lines": [
                (closing.sheet_name(gaps.sheet), gaps)
                for gaps in gaps_of_term(book, term, request.actor.today)
            ],
        }
        for term in (1, 2)
    ]
    year = closing.class_state(school_class.id, 0)
    context = {"school_class": school_class, "terms": terms, "year_state": year, "state_names": STATE_NAMES}
    return render(request, "gradebook/class.html", context | _abilities(request.actor, school_class))


@signed_in
@require_GET
def results_page(request: HttpRequest, key: str, term: int) -> HttpResponse:
    """The class's results of a term (1, 2), the year (0) or after the summer (3)."""
    if term not in CLOSABLE:
        raise NotFound("KIT-001")
    school_class = queries.load_class(request.actor, from_short(key))
    book = load_book(school_class.id)
    found = official_results(book, term)
    rows, was_there = found.rows, stayed(book, term)
    counted = [row for row in rows if was_there(row.pupil)]
    near = near_limit(book, counted)
    context = {
        "school_class": school_class, "term": term, "term_name": TERM_NAMES[term],
        "primary": school_class.regime in PRIMARY,
        "subjects": [(s.subject.code, s.subject.name) for s in book.subjects],
        "rows": [(row, [row.values.get(s.subject.code, "") for s in book.subjects]) for row in rows],
        "counts": _counts(counted), "groups": _groups(counted) if term in {0, 3} else [],
        "incomplete": [row for row in counted if row.missing],
        "doubtful": [row for row in counted if row.doubtful], "drifted": found.drifted,
        "left": {row.pupil.pupil_id for row in rows} - {row.pupil.pupil_id for row in counted},
        "near": near,
        "near_bars": [{"label": item.row.pupil.name, "value": item.absences} for item in near],
        "state": found.state, "state_names": STATE_NAMES,
        "seen": digest_of_class(school_class.id, term),
        "document": records.documents_of([school_class.id], term).get(school_class.id),
        "tabs": [(n, TERM_NAMES[n]) for n in CLOSABLE],
    }  # fmt: skip
    return render(request, "gradebook/results.html", context | _abilities(request.actor, school_class))


@signed_in
@require_GET
def why_page(request: HttpRequest, key: str, pupil: str) -> HttpResponse:
    """One pupil's results with every reason and its clause (vì sao)."""
    school_class = queries.load_class(request.actor, from_short(key))
    pupil_id = from_short(pupil)
    book = load_book(school_class.id, pupil_ids=[pupil_id])
    if not book.roster:
        raise NotFound("KIT-001")
    row = book.roster[0]
    terms = (1, 2, 0) if not _has_summer(book) else (1, 2, 0, 3)
    parts = [(TERM_NAMES[result.term], result) for result in official_parts(book, terms)]
    kept = [(TERM_NAMES[version.term], version) for version in versions_of(school_class.id, pupil_id)]
    context = {"school_class": school_class, "row": row, "parts": parts, "kept": kept}
    return render(request, "gradebook/why.html", context)


@signed_in
@require_POST
def close_class(request: HttpRequest, key: str, term: int) -> HttpResponse:
    """The homeroom teacher closes, the principal seals or reopens."""
    if term not in CLOSABLE:
        raise NotFound("KIT-001")
    class_id, step = from_short(key), request.POST.get("step", "")
    seen, name = request.POST.get("seen", ""), said(closing.TERM_NAMES[term])
    try:
        if step == "close":
            closing.close_class(request.actor, school_class_id=class_id, term=term, seen=seen)
            done = _("Đã chốt {term}. Hiệu trưởng sẽ duyệt và khoá.").format(term=name)
        elif step == "seal":
            closing.seal_class(request.actor, school_class_id=class_id, term=term, seen=seen)
            done = _("Đã khoá {term}. Kết quả được lưu giữ nguyên vẹn.").format(term=name)
        elif step == "reopen":
            closing.reopen_class(
                request.actor, school_class_id=class_id, term=term, reason=request.POST.get("reason", ""),
                decision=request.POST.get("decision", ""),
            )
            done = _("Đã mở lại {term}.").format(term=name)
        else:
            raise Invalid("KIT-003")
    except (NotFound, NotAllowed):
        raise
    except KhueError as error:
        messages.error(request, sentence(error.code, error.params))
    else:
        messages.success(request, done)
    return redirect("gradebook:results", key=key, term=term)


@signed_in
@require_POST
def seal_many(request: HttpRequest) -> HttpResponse:
    """The principal seals all chosen classes in one act."""
    try:
        term = int(request.POST.get("term", ""))
    except ValueError as error:
        raise Invalid("KIT-003") from error
    keys = [from_short(key) for key in request.POST.getlist("class")]
    outcomes = closing.seal_classes(request.actor, school_class_ids=keys, term=term)
    names = dict(schooling.SchoolClass.objects.filter(pk__in=keys).values_list("id", "name"))
    done = [str(names[outcome.key]) for outcome in outcomes if outcome.act_id]
    if done:
        text = ngettext("Đã khoá {n} lớp: {names}.", "Đã khoá {n} lớp: {names}.", len(done))
        messages.success(request, text.format(n=len(done), names=", ".join(done)))
    for outcome in outcomes:
        # Of a class that is not in scope not even the name is told.
        if outcome.refusal and not isinstance(outcome.refusal, NotFound):
            text = sentence(outcome.refusal.code, outcome.refusal.params)
            messages.warning(request, f"{names[outcome.key]}: {text}")
    return redirect("gradebook:home")


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A pupil near, at or over 45 absent sessions (gần 45 buổi nghỉ)."""

    row: ResultRow
    absences: int
    warning: attendance.Warning


def near_limit(book: ClassBook, rows: list[ResultRow]) -> list[NearLimit]:
    """Pupils who have reached one of the warnings with the sessions of the whole year so far.

    There is no such rule in primary.
    """
    if book.school_class.regime in PRIMARY:
        return []
    found = []
    for row in rows:
        absences = facts.absences_of(
            [book.of(book.sheet(None, term), row.pupil.pupil_id) for term in facts.TERMS]
        )
        warning = attendance.warning_for(absences) if absences else None
        if absences and warning is not None:
            found.append(NearLimit(row, absences, warning))
    return found


def chosen_of(request: HttpRequest) -> Chosen | None:
    """The year and term that a page was asked for, or those of today."""
    years = list(schooling.SchoolYear.objects.order_by("-code"))
    if not years:
        return None
    code = request.GET.get("nam", "")
    year = next((y for y in years if y.code == code), None) or schooling.current_year(request.actor.today)
    year = year or years[0]
    wanted = request.GET.get("ky", "")
    term = int(wanted) if wanted in {"1", "2", "3"} else schooling.term_of(request.actor.today, year)
    return Chosen(year, term, years)


def _abilities(actor: Actor, school_class: schooling.SchoolClass) -> dict[str, bool]:
    return {
        "may_close": permissions.can(actor, policy.CLOSE_CLASS, school_class),
        "may_seal": permissions.can(actor, policy.SEAL_CLASS, school_class),
        "may_reopen": permissions.can(actor, policy.REOPEN_CLASS, school_class),
        "may_export": permissions.can(actor, policy.EXPORT_CLASS, school_class),
    }


def _counts(rows: list[ResultRow]) -> list[dict[str, object]]:
    """How many pupils stand in each level: counts of the class, never an order of pupils."""
    count: dict[str, int] = defaultdict(int)
    for row in rows:
        count[row.level or NO_LEVEL] += 1
    if set(count) == {NO_LEVEL}:
        return []
    levels = sorted(count, key=lambda level: LEVELS.index(level) if level in LEVELS else len(LEVELS))
    return [{"label": said(level), "value": count[level]} for level in levels]


def _groups(rows: list[ResultRow]) -> list[tuple[str, list[ResultRow]]]:
    """Pupils by what is decided of them: promoted, re-assessed, trained in summer, kept down."""
    found: dict[str, list[ResultRow]] = defaultdict(list)
    for row in rows:
        found[row.decision or NO_DECISION].append(row)
    return list(found.items())


def _has_summer(book: ClassBook) -> bool:
    return any(sheet.term == closing.SUMMER for sheet in book.sheets)

