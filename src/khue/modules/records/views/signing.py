"""A batch of signatures on the screen: confirm, wait for the key, go on, see what was left out (đợt ký)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import Invalid, KhueError, NotFound
from khue.core.ids import from_short, short
from khue.kit.errors import sentence
from khue.kit.web import POLICY
from khue.modules.access.edge import signed_in
from khue.modules.records import acts, providers, queries
from khue.modules.records.models import ON_COMPUTER, BatchState, ItemState, Provider, SigningBatch
from khue.modules.records.services import batches as service
from khue.modules.records.services import sealing, settling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor

REMOTE = (Provider.SMARTCA, Provider.MYSIGN, Provider.CSC, *ON_COMPUTER)
PROGRAMS = "ws://127.0.0.1:* wss://127.0.0.1:*"
LARGEST_POST = 1024 * 1024
AFTER = "sign-leads-on"  # in the session: the last batch, and where its page leads on to


def check_and_go(
    request: HttpRequest, subjects: Sequence[service.Subject], *, title: str, school_id: UUID, back: str,
    after: str = "",
) -> HttpResponse:  # fmt: skip
    """Check what was chosen and go to its batch; a phone or a token is asked at once (kiểm tra rồi ký).

    Where nothing can be signed the person is led `back`; the page of the batch leads on to `after`.
    """
    actor: Actor = request.actor
    certificate = request.POST.get("certificate", "")
    checked = service.check(
        actor,
        subjects=subjects,
        title=title,
        school_id=school_id,
        certificate_id=from_short(certificate) if certificate else None,
    )
    for left in checked.left_out:
        if not isinstance(left.refusal, NotFound):  # of what is not in scope not even the name is told
            messages.warning(request, sentence(left.refusal.code, left.refusal.params))
    if checked.batch is None:
        return redirect(back)
    request.session[AFTER] = [short(checked.batch.id), after or back]
    if checked.batch.certificate.provider in REMOTE:
        service.start(actor, batch_id=checked.batch.id, token=checked.token)
    else:
        request.session[_kept(checked.batch)] = checked.token
    return redirect("records:batch", key=short(checked.batch.id))


@signed_in
@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """The person's own batches, the newest first."""
    rows = [(row, *_counts(row)) for row in queries.batches_of(request.actor)[: queries.SHOWN]]
    return render(request, "records/batches.html", {"rows": rows})


@signed_in
@require_GET
def batch_page(request: HttpRequest, key: str) -> HttpResponse:
    """A batch: what is signed with which certificate, the confirmation, progress, and the result."""
    batch = queries.load_batch(request.actor, from_short(key))
    items = list(batch.items.select_related("document"))
    refused = [
        (item, sentence(item.refusal, item.refusal_params))
        for item in items
        if item.state == ItemState.REFUSED
    ]
    home = acts.home_of(items[0].act)
    of, after = request.session.get(AFTER) or ("", "")
    context = {
        "batch": batch, "items": items, "home": home.name,
        "after": after if of == key else reverse(home.address),
        "refused": refused, "token": request.session.get(_kept(batch), ""),
        "signed": sum(1 for item in items if item.state == ItemState.SIGNED), "total": len(items),
        "trouble": sentence(batch.trouble, batch.trouble_params) if batch.trouble else "",
        "provider": Provider(batch.certificate.provider).label, "state": BatchState(batch.state).label,
    }  # fmt: skip
    response = render(request, "records/batch.html", context)
    if batch.certificate.provider in ON_COMPUTER:
        # Only this page may speak to a program on the signer's own computer, and to nothing else.
        response["Content-Security-Policy"] = f"{POLICY}; connect-src 'self' {PROGRAMS}"
    return response


@signed_in
@require_POST
def start(request: HttpRequest, key: str) -> HttpResponse:
    """The person confirms: the key is asked now."""
    token = request.POST.get("token", "")
    return _acted(request, key, lambda batch: service.start(request.actor, batch_id=batch, token=token))


@signed_in
@require_POST
def resume(request: HttpRequest, key: str) -> HttpResponse:
    """Go on where it stopped."""
    return _acted(request, key, lambda batch: service.resume(request.actor, batch_id=batch))


@signed_in
@require_POST
def cancel(request: HttpRequest, key: str) -> HttpResponse:
    """Give up the rest."""
    return _acted(request, key, lambda batch: service.cancel(request.actor, batch_id=batch))


@signed_in
@require_GET
def state(request: HttpRequest, key: str) -> HttpResponse:
    """How a batch stands, for `<sign-tray>`; asks the key when it waits for one."""
    batch = service.poll(request.actor, batch_id=from_short(key))
    return JsonResponse(_state(request, batch))


@signed_in
@require_POST
def accept(request: HttpRequest, key: str) -> HttpResponse:
    """What the agent on the person's computer signed."""
    if len(request.body) > LARGEST_POST:
        raise Invalid("KIT-004")
    batch = service.accept(request.actor, batch_id=from_short(key), posted=request.body)
    return JsonResponse(_state(request, batch))


@signed_in
@require_POST
def seal_many(request: HttpRequest) -> HttpResponse:
    """Seal chosen documents with the school's certificate in one act (đóng dấu hàng loạt)."""
    keys = [from_short(key) for key in request.POST.getlist("document")]
    documents = list(queries.to_seal(request.actor).filter(pk__in=keys))
    if not documents:
        raise Invalid("REC-013")
    subjects = [service.Subject(sealing.SEAL, row.id) for row in documents]
    title = ngettext("Đóng dấu {n} hồ sơ", "Đóng dấu {n} hồ sơ", len(subjects)).format(n=len(subjects))
    school_id, back = documents[0].school_id, reverse("records:home")
    return check_and_go(request, subjects, title=title, school_id=school_id, back=back)


def _acted(request: HttpRequest, key: str, act: Any) -> HttpResponse:
    """Do something with a batch and show it again; a refusal is told on its page."""
    try:
        batch = act(from_short(key))
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
        return redirect("records:batch", key=key)
    request.session.pop(_kept(batch), None)
    if batch.state in {BatchState.DONE, BatchState.WAITING}:
        settling.after_signing(request.actor.now, batch.school_id)
    return redirect("records:batch", key=key)


def _state(request: HttpRequest, batch: SigningBatch) -> dict[str, Any]:
    signed, total = _counts(batch)
    if batch.state == BatchState.DONE:
        settling.after_signing(request.actor.now, batch.school_id)
    text = sentence(batch.trouble, batch.trouble_params) if batch.trouble else ""
    if batch.state == BatchState.WAITING:
        text = _("Đã ký {signed}/{total}. Hãy xác nhận trên thiết bị giữ khoá của bạn.").format(
            signed=signed, total=total
        )
    return {
        "state": batch.state, "signed": signed, "total": total, "text": text,
        "ask": providers.message_for_page(batch.handle) if batch.state == BatchState.WAITING else None,
    }  # fmt: skip


def _counts(batch: SigningBatch) -> tuple[int, int]:
    states = list(batch.items.values_list("state", flat=True))
    return sum(1 for found in states if found == ItemState.SIGNED), len(states)


def _kept(batch: SigningBatch) -> str:
    return f"sign-{short(batch.id)}"
