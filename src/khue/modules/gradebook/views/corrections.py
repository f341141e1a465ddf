"""The correction ritual: request, confirm, approve, refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.gradebook import columns, grid, policy, queries
from khue.modules.gradebook.models import Correction, CorrectionState
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.services import corrections as service
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from khue.modules.gradebook.models import Sheet
    from khue.modules.gradebook.slots import Slot


@signed_in
@require_GET
def correction_list(request: HttpRequest) -> HttpResponse:
    """Requests that wait for me, and the decided ones."""
    now = request.actor.now
    rows = [_described(row, row.state_on(now)) for row in queries.corrections(request.actor)]
    return render(request, "gradebook/corrections.html", {"rows": rows})


@signed_in
@require_http_methods(["GET", "POST"])
def correction_page(request: HttpRequest, key: str) -> HttpResponse:
    """One request: old and new value, reason, and this person's step."""
    row = queries.load_correction(request.actor, from_short(key))
    refusal = ""
    if request.method == "POST":
        try:
            done = _step(request, row)
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            messages.success(request, done)
            return redirect("gradebook:correction", key=key)
    state = row.state_on(request.actor.now)
    context = _described(row, state) | {
        "refusal": refusal,
        "may_confirm": state == CorrectionState.REQUESTED
        and permissions.can(request.actor, policy.CONFIRM_CORRECTION, row),
        "may_approve": state == CorrectionState.CONFIRMED
        and permissions.can(request.actor, policy.APPROVE_CORRECTION, row),
    }
    return render(request, "gradebook/correction.html", context, status=422 if refusal else 200)


def _step(request: HttpRequest, row: Correction) -> str:
    step = request.POST.get("step", "")
    if step == "confirm":
        service.confirm_correction(request.actor, correction_id=row.id)
        return _("Đã xác nhận. Yêu cầu chuyển đến hiệu trưởng.")
    if step == "approve":
        service.approve_correction(
            request.actor, correction_id=row.id, decision=request.POST.get("decision", "")
        )
        return _("Đã duyệt và sửa điểm. Bảng điểm khoá lại như cũ.")
    if step == "reject":
        service.reject_correction(
            request.actor, correction_id=row.id, refusal=request.POST.get("refusal", "")
        )
        return _("Đã từ chối yêu cầu.")
    raise Invalid("KIT-003")


@signed_in
@require_http_methods(["GET", "POST"])
def request_page(request: HttpRequest, key: str) -> HttpResponse:
    """Ask for a correction of one cell of a closed sheet."""
    page = queries.load_sheet_page(request.actor, from_short(key), do=policy.REQUEST_CORRECTION)
    sheet = page.sheet
    source = request.POST if request.method == "POST" else request.GET
    pupil_id = from_short(source.get("pupil", ""))
    line = next((row for row in page.rows if row.pupil.pupil_id == pupil_id), None)
    slot = next((slot for slot in columns.slots_of(sheet) if slot.code == source.get("slot", "")), None)
    if line is None or slot is None:
        raise NotFound("KIT-001")
    content = line.cells.get(slot.code)
    refusal = ""
    if request.method == "POST":
        try:
            row = service.request_correction(
                request.actor, sheet_id=sheet.id, pupil_id=pupil_id, slot=slot.code,
                value=request.POST.get("value", ""), reason=request.POST.get("reason", ""),
                base_version=_whole(request.POST.get("base", "")), state=request.POST.get("state", ""),
            )
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            messages.success(request, _("Đã gửi yêu cầu sửa điểm."))
            return redirect("gradebook:correction", key=short(row.id))
    context = {
        "base": content.version if content else 0,
        "sheet": sheet, "title": closing.sheet_name(sheet), "pupil": line.pupil, "slot": slot,
        "old": grid.cell_text(slot, content.state, content.value) if content else "",
        "value": source.get("value", ""), "reason": source.get("reason", ""), "refusal": refusal,
        "homeroom": schooling.homeroom_of(sheet.school_class_id, request.actor.today),
    }  # fmt: skip
    return render(request, "gradebook/request_correction.html", context, status=422 if refusal else 200)


def _described(row: Correction, state: CorrectionState) -> dict[str, object]:
    slot = _slot(row.sheet, row.slot)
    return {
        "row": row,
        "state": state,
        "waiting": state in queries.OPEN_CORRECTIONS,
        "subject": closing.sheet_name(row.sheet),
        "slot": slot,
        "old": grid.cell_text(slot, row.old_state, row.old_value) if slot else row.old_value,
        "new": grid.cell_text(slot, row.new_state, row.new_value) if slot else row.new_value,
    }


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Invalid("KIT-003") from error


def _slot(sheet: Sheet, code: str) -> Slot | None:
    return next((slot for slot in columns.slots_of(sheet) if slot.code == code), None)
