"""One transfer: what it brings along, and the step that is the reader's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from khue.core.dates import parse_date
from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.records import api as records
from khue.modules.transfers import policy, queries
from khue.modules.transfers.models import TransferState
from khue.modules.transfers.services import accepting, releasing

if TYPE_CHECKING:
    from khue.modules.transfers.models import Transfer


@signed_in
@require_http_methods(["GET", "POST"])
def transfer_page(request: HttpRequest, key: str) -> HttpResponse:
    """The transfer with its steps, its parcel, and the forms of whoever has the next step."""
    transfer = queries.transfer_of(request.actor, from_short(key))
    refusal = ""
    if request.method == "POST":
        try:
            done = _step(request, transfer)
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            messages.success(request, done)
            return redirect("transfers:transfer", key=key)
    context = _context(request, transfer) | {"refusal": refusal}
    return render(request, "transfers/transfer.html", context, status=422 if refusal else 200)


@signed_in
@require_POST
def sign(request: HttpRequest, key: str) -> HttpResponse:
    """The principal signs the parcel and so lets the pupil go."""
    transfer = queries.transfer_of(request.actor, from_short(key))
    here = reverse("transfers:transfer", args=[key])
    title = _("Cho chuyển trường: {name}").format(name=transfer.pupil_name)
    try:
        return records.check_and_go(
            request, [records.Subject(releasing.RELEASE, transfer.id)], title=title,
            school_id=transfer.origin, back=here,
        )  # fmt: skip
    except NotFound:
        raise
    except KhueError as error:
        messages.error(request, sentence(error.code, error.params))
        return redirect(here)


def _step(request: HttpRequest, transfer: Transfer) -> str:
    posted, actor = request.POST, request.actor
    step = posted.get("step", "")
    if step == "accept":
        day = parse_date(posted["on"]) if posted.get("on") else None
        done = accepting.accept(
            actor, transfer_id=transfer.id, school_class_id=from_short(posted.get("school_class", "")),
            on=day, decision=posted.get("decision", ""),
        )  # fmt: skip
        return _("Đã tiếp nhận vào lớp {name}.").format(name=done.to_class.name if done.to_class else "")
    if step == "release":
        releasing.release(actor, transfer_id=transfer.id)
        return _("Đã cho chuyển.")
    if step == "hand_over":
        releasing.hand_over(actor, transfer_id=transfer.id, received_by=posted.get("received_by", ""))
        return _("Đã ghi giao gói hồ sơ. Học sinh không còn trong lớp từ hôm nay.")
    if step == "refuse":
        accepting.refuse(actor, transfer_id=transfer.id, reason=posted.get("reason", ""))
        return _("Đã từ chối. Hãy in văn bản trả lời cho gia đình.")
    if step == "withdraw":
        accepting.withdraw(actor, transfer_id=transfer.id, reason=posted.get("reason", ""))
        return _("Đã rút đề nghị.")
    raise Invalid("KIT-003")


def _context(request: HttpRequest, transfer: Transfer) -> dict[str, object]:
    actor, state = request.actor, transfer.state

    def may(action: str, *states: str) -> bool:
        return state in states and permissions.can(actor, action, transfer)

    may_accept = may(policy.ACCEPT, TransferState.RELEASED) and transfer.to_school_id is not None
    classes = queries.class_lines(actor, transfer) if may_accept else []
    document, brings = queries.document_of(transfer), queries.brings(actor, transfer)
    outside = transfer.to_school_id is None
    return {
        "transfer": transfer, "steps": transfer.steps.all(), "due": queries.due_of(transfer, actor.today),
        "signs": settings.KHUE_SIGNING == "required", "document": document, "outside": outside,
        "sealed": document is not None and document.state == "issued",
        "may_release": may(policy.RELEASE, TransferState.REQUESTED), "may_accept": may_accept,
        "may_hand_over": outside and may(policy.HAND_OVER, TransferState.RELEASED),
        "may_refuse": may(policy.REFUSE, TransferState.REQUESTED, TransferState.RELEASED),
        "may_withdraw": may(policy.WITHDRAW, TransferState.REQUESTED, TransferState.RELEASED),
        "classes": classes, "suggested": min(classes, key=lambda line: line.size, default=None),
        "brings": brings, "subjects": queries.by_subject(brings),
        "differences": queries.differences(transfer),
        "findings": queries.findings(transfer), "today": actor.today,
        "left_over": queries.without_place(transfer, classes) if may_accept else [],
    }  # fmt: skip
