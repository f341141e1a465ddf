"""Batches: checked, confirmed once, signed item by item; what changed meanwhile is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from tests.cast import World
from tests.signers import Signers
from tests.unchanged import refused, unchanged

from khue.core.errors import Conflict, Invalid, NotFound, Refused
from khue.core.ids import uuid7
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.records import api as records
from khue.modules.records import proof
from khue.modules.records.models import (
    BatchState,
    Certificate,
    Document,
    DocumentSection,
    DocumentSignature,
    DocumentState,
    SigningBatch,
    SigningItem,
)
from khue.modules.records.services import batches, certificates, documents
from khue.modules.records.tests.acts import APPROVAL, PAGE, Desk, document_of, pages

pytestmark = pytest.mark.django_db
LATER = dt.timedelta(minutes=31)


def items(batch: SigningBatch) -> list[tuple[str, str]]:
    return list(batch.items.order_by("position").values_list("state", "refusal"))


def signed() -> int:
    return DocumentSignature.objects.count()


def test_many_are_signed_in_one_act(world: World, signers: Signers, desk: Desk) -> None:
    keys = pages(5)
    checked = signers.check(world.lan, PAGE, *keys)
    assert (signed(), DocumentSection.objects.count()) == (0, 0)  # only prepared
    assert {row.state for row in Document.objects.all()} == {DocumentState.PREPARED}
    batch = signers.confirm(world.lan, checked)
    assert (batch.state, batch.token_digest, batch.handle) == (BatchState.DONE, "", {})
    assert items(batch) == [("signed", "")] * 5
    assert desk.done == list(batch.items.values_list("document_id", flat=True))
    assert {row.state for row in Document.objects.all()} == {DocumentState.PARTIAL}
    for row in DocumentSignature.objects.all():
        assert (row.person, row.signer_name, row.signed_at) == (
            world.lan.person_id, "Lý Thị Lan", world.lan.now,
        )  # fmt: skip
    assert OutboxEvent.objects.filter(name="DocumentSigned").count() == 5
    steps = AuditEvent.objects.filter(action__startswith="records.").values_list("action", flat=True)
    assert sorted(set(steps)) == [
        "records.batch.done", "records.batch.started", "records.signature.embedded",
    ]  # fmt: skip
    assert list(proof.verify_documents()) == []


def test_what_cannot_be_signed_is_left_out_with_its_reason(world: World, signers: Signers) -> None:
    first, second, third = pages(3)
    signers.sign(world.lan, PAGE, first)
    checked = signers.check(world.lan, PAGE, first, second, third)
    assert [(left.subject.subject, left.refusal.code) for left in checked.left_out] == [(first, "REC-016")]
    assert items(signers.confirm(world.lan, checked)) == [("signed", "")] * 2
    with unchanged():
        nothing = signers.check(world.lan, PAGE, first)
    assert (nothing.batch, nothing.token, len(nothing.left_out)) == (None, "", 1)


def test_a_batch_has_something_and_not_too_much(world: World, signers: Signers, monkeypatch: Any) -> None:
    with refused(Invalid, "REC-013"):
        signers.check(world.lan, PAGE)
    monkeypatch.setattr(batches, "LIMIT", 2)
    with refused(Invalid, "REC-014") as refusal:
        signers.check(world.lan, PAGE, *pages(3))
    assert refusal.value.params == {"limit": 2}


def test_the_token_starts_a_batch_once(world: World, signers: Signers) -> None:
    checked = signers.check(world.lan, PAGE, *pages(1))
    assert checked.batch is not None
    for token in ("", "x" * 32, checked.token[:-1], checked.batch.token_digest):
        with refused(Conflict, "REC-011"):
            batches.start(world.lan, batch_id=checked.batch.id, token=token)
    assert checked.token not in str(SigningBatch.objects.values().get())  # only its digest is kept
    signers.confirm(world.lan, checked)
    with refused(Conflict, "REC-011"):
        signers.confirm(world.lan, checked)
    assert signed() == 1


def test_two_batches_of_the_same_things_sign_them_once(world: World, signers: Signers) -> None:
    one, other = signers.check(world.lan, PAGE, *pages(2)), signers.check(world.lan, PAGE, *pages(2))
    assert items(signers.confirm(world.lan, one)) == [("signed", "")] * 2
    assert items(signers.confirm(world.lan, other)) == [("refused", "REC-016")] * 2
    assert signed() == 2


def test_a_batch_is_its_owners_alone(world: World, signers: Signers) -> None:
    checked = signers.check(world.lan, PAGE, *pages(1))
    assert checked.batch is not None
    key = checked.batch.id
    for actor in (world.hoa, world.minh, world.thu, world.son, world.quang):
        for act in (
            lambda actor=actor: batches.start(actor, batch_id=key, token=checked.token),
            lambda actor=actor: batches.poll(actor, batch_id=key),
            lambda actor=actor: batches.resume(actor, batch_id=key),
            lambda actor=actor: batches.cancel(actor, batch_id=key),
            lambda actor=actor: batches.accept(actor, batch_id=key, posted=b"{}"),
        ):
            with refused(NotFound, "KIT-001"):
                act()
    with refused(NotFound, "KIT-001"):
        batches.poll(world.lan, batch_id=uuid7())


def test_what_was_checked_is_signed_soon_or_checked_again(world: World, signers: Signers) -> None:
    checked = signers.check(world.lan, PAGE, *pages(1))
    late = world.at(world.lan, world.lan.now + LATER)
    with refused(Refused, "REC-012") as refusal:
        signers.confirm(late, checked)
    assert refusal.value.params == {"at": "08:30 15/12/2025"}
    assert items(signers.sign(late, PAGE, *pages(1))) == [("signed", "")]


def test_a_batch_that_waits_too_long_stops(world: World, signers: Signers) -> None:
    checked = signers.check(world.lan, PAGE, *pages(1))
    SigningBatch.objects.update(state=BatchState.WAITING)  # cut off between the confirmation and the key
    late = world.at(world.lan, world.lan.now + LATER)
    assert checked.batch is not None
    batch = batches.poll(late, batch_id=checked.batch.id)
    assert (batch.state, batch.trouble, signed()) == (BatchState.STOPPED, "REC-012", 0)
    with refused(Refused, "REC-012"):
        batches.resume(late, batch_id=batch.id)
    with refused(Refused, "REC-012"):
        batches.accept(late, batch_id=batch.id, posted=b"{}")


def test_one_that_was_cut_off_before_the_key_goes_on(world: World, signers: Signers) -> None:
    checked = signers.check(world.lan, PAGE, *pages(2))
    SigningBatch.objects.update(state=BatchState.WAITING, token_digest="")
    assert checked.batch is not None
    assert batches.poll(world.lan, batch_id=checked.batch.id).state == BatchState.DONE
    assert signed() == 2
    with unchanged():
        assert batches.poll(world.lan, batch_id=checked.batch.id).state == BatchState.DONE


def test_what_changed_is_refused_and_the_others_are_signed(
    world: World, signers: Signers, desk: Desk
) -> None:
    first, second, third = pages(3)
    checked = signers.check(world.lan, PAGE, first, second, third)
    desk.texts[second] = "Nội dung đã sửa"
    batch = signers.confirm(world.lan, checked)
    assert batch.state == BatchState.DONE
    assert items(batch) == [("signed", ""), ("refused", "REC-010"), ("signed", "")]
    assert signed() == 2
    assert not DocumentSection.objects.filter(document=document_of(second)).exists()
    refusal = AuditEvent.objects.get(action="records.signature.refused")
    assert refusal.after == {"code": "REC-010", "title": f"Trang {second}"}
    assert items(signers.sign(world.lan, PAGE, second)) == [("signed", "")]
    assert "Nội dung đã sửa" in DocumentSection.objects.get(document=document_of(second)).text


def test_who_lost_the_right_meanwhile_signs_nothing(world: World, signers: Signers, desk: Desk) -> None:
    checked = signers.check(world.lan, PAGE, *pages(2))
    desk.barred.add(world.lan.person_id)
    assert items(signers.confirm(world.lan, checked)) == [("refused", "KIT-001")] * 2
    assert (signed(), desk.done) == (0, [])


def test_a_meaning_that_cannot_be_written_takes_the_signature_with_it(
    world: World, signers: Signers, desk: Desk
) -> None:
    first, second = pages(2)
    checked = signers.check(world.lan, PAGE, first, second)
    desk.broken.add(first)
    assert items(signers.confirm(world.lan, checked)) == [("refused", "REC-013"), ("signed", "")]
    assert list(DocumentSignature.objects.values_list("document__subject", flat=True)) == [second]
    assert document_of(first).state == DocumentState.PREPARED


def test_the_office_in_which_one_signs_is_part_of_what_was_checked(world: World, signers: Signers) -> None:
    (key,) = pages(1)
    signers.sign(world.lan, PAGE, key)
    checked = signers.check(world.minh, APPROVAL, key, capacity="Hiệu trưởng")
    SigningItem.objects.filter(batch=checked.batch).update(options={"capacity": "Bộ trưởng"})
    assert items(signers.confirm(world.minh, checked)) == [("refused", "REC-010")]


def test_not_before_the_step_before(world: World, signers: Signers) -> None:
    first, second = pages(2)
    signers.sign(world.lan, PAGE, first)
    checked = signers.check(world.minh, APPROVAL, first, second)
    (left,) = checked.left_out
    assert (left.subject.subject, left.refusal.code) == (second, "REC-017")
    assert left.refusal.params == {"names": "Giáo viên chủ nhiệm"}  # no section names a person yet
    assert items(signers.confirm(world.minh, checked)) == [("signed", "")]


def test_a_version_given_up_meanwhile_takes_no_signature(world: World, signers: Signers) -> None:
    checked = signers.check(world.lan, PAGE, *pages(1))
    document = document_of(pages()[0])
    principal = {"reason": "Lập nhầm hồ sơ cho lớp này.", "authority": "Số 12/QĐ"}
    documents.withdraw(world.minh, subject=document.subject, part=0, **principal)
    assert items(signers.confirm(world.lan, checked)) == [("refused", "REC-020")]
    document.refresh_from_db()
    assert (document.state, signed()) == (DocumentState.CANCELLED, 0)


def test_a_batch_given_up_keeps_what_is_signed(world: World, signers: Signers) -> None:
    checked = signers.check(world.lan, PAGE, *pages(2))
    assert checked.batch is not None
    batch = batches.cancel(world.lan, batch_id=checked.batch.id)
    assert (batch.state, batch.ended_at, signed()) == (BatchState.CANCELLED, world.lan.now, 0)
    with refused(Conflict, "REC-011"):
        signers.confirm(world.lan, checked)
    for act in (batches.resume, batches.cancel):
        with refused(Refused, "REC-015"):
            act(world.lan, batch_id=batch.id)
    with refused(Refused, "REC-015"):
        batches.accept(world.lan, batch_id=batch.id, posted=b"{}")
    done = signers.sign(world.lan, PAGE, *pages(2))
    with refused(Refused, "REC-015") as refusal:
        batches.cancel(world.lan, batch_id=done.id)
    assert refusal.value.params == {"state": BatchState.DONE.label}


@pytest.mark.parametrize("trouble", ["ended", "expired", "revoked"])
def test_a_certificate_that_went_bad_meanwhile_signs_nothing(
    world: World, signers: Signers, trouble: str
) -> None:
    checked = signers.check(world.lan, PAGE, *pages(2))
    lan = signers.certificates["lan"]
    if trouble == "ended":
        certificates.end(world.lan, certificate_id=lan.id)
    elif trouble == "expired":
        Certificate.objects.filter(pk=lan.pk).update(not_after=world.lan.now - dt.timedelta(seconds=1))
    else:
        signers.revoke("lan", world.lan.now - dt.timedelta(hours=1))
    batch = signers.confirm(world.lan, checked)
    code = "REC-003" if trouble == "revoked" else "REC-002"
    assert items(batch) == [("refused", code)] * 2
    assert (batch.state, signed()) == (BatchState.DONE, 0)
    left = signers.check(world.lan, PAGE, *pages(1)).left_out
    assert [one.refusal.code for one in left] == ["REC-003" if trouble == "revoked" else "REC-001"]


def test_without_a_certificate_nothing_is_checked(world: World, signers: Signers) -> None:
    for actor in (world.son, world.at(world.lan, world.lan.now + dt.timedelta(days=900))):
        with unchanged():
            checked = signers.check(actor, PAGE, *pages(2))
        assert [left.refusal.code for left in checked.left_out] == ["REC-001"] * 2


def test_nobody_signs_with_the_certificate_of_another(world: World, signers: Signers) -> None:
    subjects = [records.Subject(PAGE, key) for key in pages(1)]

    def check(certificate: UUID) -> records.Checked:
        return batches.check(
            world.lan, subjects=subjects, title="Ký thử", school_id=world.school.pk,
            certificate_id=certificate,
        )  # fmt: skip

    for name in ("hoa", "school"):
        with unchanged():
            (left,) = check(signers.certificates[name].id).left_out
        assert left.refusal.code == "REC-001"
    assert check(signers.certificates["lan"].id).batch is not None
