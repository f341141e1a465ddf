"""A school asks the store to recall or cancel a record that was accepted (đề nghị huỷ, thu hồi)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from khue.core.errors import Conflict, Invalid, NotFound, Refused
from khue.kit import audit, permissions
from khue.modules.store import policy
from khue.modules.store.models import OutgoingRequest, Package, PackageItem, RequestKind, RequestState
from khue.modules.store.services.deciding import LONGEST_AUTHORITY, REASON_LENGTH
from khue.modules.store.states import SETTLED

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor


@transaction.atomic
def ask(actor: Actor, *, item_id: UUID, kind: str, reason: str, authority: str) -> OutgoingRequest:
    """Ask for one record of a package, with reason and decision; the worker brings it to the store."""
    item = PackageItem.objects.filter(pk=item_id).first()
    if item is None:
        raise NotFound("KIT-001")
    package = permissions.load(
        actor, Package.objects.all(), item.package_id, see=policy.SEE_PACKAGE, do=policy.ASK_END, lock=True
    )
    return _write(actor, package, item, kind, reason.strip(), authority.strip())


@transaction.atomic
def document_ended(actor: Actor, *, document_id: UUID, reason: str, authority: str) -> OutgoingRequest | None:
    """A transcript was recalled at the school: the store is asked to follow, if it has it (thu hồi theo)."""
    item = PackageItem.objects.filter(document=document_id, state__in=SETTLED).first()
    open_states = (RequestState.WAITING, RequestState.SENT, RequestState.APPROVED)
    if item is None or OutgoingRequest.objects.filter(item=item, state__in=open_states).exists():
        return None
    return _write(actor, item.package, item, RequestKind.RECALL, reason, authority)


def _write(
    actor: Actor, package: Package, item: PackageItem, kind: str, reason: str, authority: str
) -> OutgoingRequest:
    if kind not in RequestKind.values:
        raise Invalid("STO-037", field="kind", what="kind")
    if item.state not in SETTLED:
        raise Refused("STO-005")
    if len(reason) < REASON_LENGTH or not authority or len(authority) > LONGEST_AUTHORITY:
        raise Invalid("STO-004", field="reason", length=REASON_LENGTH)
    row = OutgoingRequest(
        school_id=package.school_id, item=item, kind=kind, reason=reason, authority=authority,
        made_at=actor.now, made_by=actor.name, next_at=actor.now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("STO-006") from error
    audit.record(
        actor, "store.request.made", subject=row, unit=package.school_id, reason=reason,
        after={"code": item.code, "version": item.version, "kind": kind},
    )  # fmt: skip
    return row
