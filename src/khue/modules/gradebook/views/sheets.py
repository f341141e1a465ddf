"""The sheet page, its operations endpoint, a cell's history, closing a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from khue.core.errors import KhueError, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.words import said
from khue.modules.access.edge import signed_in
from khue.modules.gradebook import calculation, columns, grid, policy, queries, words
from khue.modules.gradebook.book import load_book
from khue.modules.gradebook.digests import digest_of_sheet
from khue.modules.gradebook.missing import gaps_of
from khue.modules.gradebook.models import SheetState
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.services.entry import record_operations
from khue.modules.gradebook.slots import Slot, SlotKind
from khue.modules.gradebook.views.wire import batch_answer, read_batch
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from khue.modules.gradebook.models import Sheet

TERM_NAMES = {
    1: gettext_noop("Học kì I"),
    2: gettext_noop("Học kì II"),
    3: gettext_noop("Sau hè"),
    0: gettext_noop("Cả năm"),
}


@signed_in
@require_GET
def sheet_page(request: HttpRequest, key: str) -> HttpResponse:
    """The grid of one sheet (bảng điểm)."""
    page = queries.load_sheet_page(request.actor, from_short(key))
    sheet = page.sheet
    slots = columns.slots_of(sheet)
    title = closing.sheet_name(sheet)
    may_enter = permissions.can(request.actor, policy.ENTER, sheet)
    teachers = schooling.teachers_of(sheet.school_class_id, request.actor.today)
    may_see_class = permissions.can(request.actor, policy.SEE_CLASS, sheet.school_class)
    context = {
        "sheet": sheet,
        "title": title,
        "term": TERM_NAMES[sheet.term],
        "table": grid.table(
            slots,
            calculation.calc_columns(sheet),
            page.rows,
            caption=_("{title}, lớp {name}, {term}").format(
                title=said(title), name=sheet.school_class.name, term=said(TERM_NAMES[sheet.term])
            ),
        ),
        "grid_state": sheet.state if may_enter or sheet.state != SheetState.OPEN else "readonly",
        "may_enter": may_enter and sheet.state == SheetState.OPEN,
        "may_close": sheet.state == SheetState.OPEN
        and (sheet.class_subject_id is not None or settings.KHUE_SIGNING != "required")
        and permissions.can(request.actor, policy.CLOSE_SHEET, sheet),
        "may_correct": sheet.state != SheetState.OPEN
        and permissions.can(request.actor, policy.REQUEST_CORRECTION, sheet),
        "phrases": [
            {"text": phrase.text, "band": phrase.band}
            for phrase in queries.phrases(request.actor, sheet.school_id, sheet.school_class.level)
        ]
        if may_enter and any(slot.kind is SlotKind.TEXT for slot in slots)
        else [],
        "teachers": teachers.get(sheet.class_subject_id, ()) if sheet.class_subject_id else (),
        "siblings": _siblings(request, sheet, whole_class=may_see_class),
        "may_see_class": may_see_class,
        "enter": policy.ENTER,
    }
    return render(request, "gradebook/sheet.html", context)


def _siblings(request: HttpRequest, sheet: Sheet, *, whole_class: bool) -> list[Sheet]:
    """The other sheets of the class and term that this person enters, to go on without a detour."""
    rows = queries.sheet_rows(request.actor).filter(school_class=sheet.school_class_id, term=sheet.term)
    if not whole_class:
        rows = permissions.visible(request.actor, policy.ENTER, rows)
    # Of each only what its link says.
    rows = rows.select_related(None).select_related("class_subject__subject")
    return list(
        rows.only("kind", "class_subject__subject__name").order_by("class_subject__position", "kind")
    )


@signed_in
@require_POST
def sheet_operations(request: HttpRequest, key: str) -> HttpResponse:
    """Save a batch of operations: the same service as import and off-line work."""
    sheet_id = from_short(key)
    operations = read_batch(request.body, sheet_id)
    result = record_operations(request.actor, sheet_id=sheet_id, operations=operations)
    return HttpResponse(batch_answer(result), content_type="application/json")


@signed_in
@require_GET
def cell_history(request: HttpRequest, key: str) -> HttpResponse:
    """All changes of one cell (lịch sử của ô)."""
    slot_code = request.GET.get("slot", "")
    sheet = permissions.load(
        request.actor, queries.sheet_rows(request.actor), from_short(key), see=policy.SEE_SHEET
    )
    slot = next((slot for slot in columns.slots_of(sheet) if slot.code == slot_code), None)
    if slot is None:
        raise NotFound("KIT-001")
    changes = queries.cell_history(
        request.actor, sheet.id, from_short(request.GET.get("pupil", "")), slot_code
    )
    return JsonResponse(
        {
            "changes": [
                {
                    "at": words.moment(change.at),
                    "by": change.actor_name,
                    "old": _shown(slot, change.old_state, change.old_value),
                    "new": _shown(slot, change.state, change.value),
                    "source": said(ChangeSource(change.source).label),
                    "reason": change.reason,
                }
                for change in changes
            ]
        }
    )


def _shown(slot: Slot, state: str, value: str) -> str:
    return words.content(state, value) if state in words.SPECIAL else grid.cell_text(slot, state, value)


@signed_in
@require_http_methods(["GET", "POST"])
def close_page(request: HttpRequest, key: str) -> HttpResponse:
    """What is missing in a sheet, and the act that closes it."""
    sheet = permissions.load(
        request.actor, queries.sheet_rows(request.actor), from_short(key),
        see=policy.SEE_SHEET, do=policy.CLOSE_SHEET,
    )
    refusal = ""
    if request.method == "POST":
        try:
            closing.close_sheet(
                request.actor, sheet_id=sheet.id, accept_missing=request.POST.get("accept_missing", ""),
                zero_pending=request.POST.get("zero_pending") == "1", seen=request.POST.get("seen", ""),
            )
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            done = _("Đã chốt {title} lớp {name}.")
            title = said(closing.sheet_name(sheet))
            messages.success(request, done.format(title=title, name=sheet.school_class.name))
            return redirect("gradebook:sheet", key=short(sheet.id))
    book = load_book(sheet.school_class_id, terms=(sheet.term,), sheet_id=sheet.id)
    context = {
        "sheet": sheet, "title": closing.sheet_name(sheet), "term": TERM_NAMES[sheet.term],
        "gaps": gaps_of(book, sheet, request.actor.today), "seen": digest_of_sheet(sheet),
        "refusal": refusal,
    }  # fmt: skip
    return render(request, "gradebook/close_sheet.html", context, status=422 if refusal else 200)


@signed_in
@require_POST
def close_many(request: HttpRequest) -> HttpResponse:
    """Close all chosen sheets that are complete, in one act."""
    keys = [from_short(key) for key in request.POST.getlist("sheet")]
    outcomes = closing.close_ready_sheets(request.actor, sheet_ids=keys)
    done = sum(1 for outcome in outcomes if outcome.act_id)
    if done:
        messages.success(request, ngettext("Đã chốt {n} bảng.", "Đã chốt {n} bảng.", done).format(n=done))
    for outcome in outcomes:
        if outcome.refusal:
            messages.warning(request, sentence(outcome.refusal.code, outcome.refusal.params))
    return redirect("gradebook:home")
