"""The seal: by itself where the server holds the key, else by a clerk; its time-stamp, and the issue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from tests import cast
from tests.cast import World, sign_in
from tests.signers import ScriptedKey, Signers, all_of_it, changed, later, stopped
from tests.unchanged import unchanged

from khue.core.errors import Invalid
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.records import demo_keys, proof, providers, queries
from khue.modules.records.content import digest_of, record_of
from khue.modules.records.models import (
    Certificate,
    Document,
    DocumentEvent,
    DocumentFile,
    DocumentSignature,
    DocumentState,
    Provider,
    SignatureStamp,
    StampRequest,
)
from khue.modules.records.services import certificates, documents, evidence, sealing, settling
from khue.modules.records.tests.acts import complete, issued
from khue.signing.report import SignatureReport, Verdict
from khue.signing.signers.base import Progress
from khue.signing.xades.record import assemble

pytestmark = pytest.mark.django_db
COMPLETE, ISSUED = DocumentState.COMPLETE, DocumentState.ISSUED
Stamp = Callable[[bytes], bytes]


def seal_report(document: Document) -> SignatureReport:
    report = proof.verified(document)
    assert report.verdict is Verdict.VALID, report.text
    return report.signatures[-1]


def state(document: Document) -> str:
    document.refresh_from_db()
    return document.state


def at(world: World, **later_by: int) -> dt.datetime:
    return world.minh.now + dt.timedelta(**later_by)


def test_it_follows_the_last_signature_by_itself(world: World, signers: Signers) -> None:
    (document,) = complete(signers)
    assert document.state == COMPLETE
    settling.after_signing(world.minh.now, world.school.pk)
    assert state(document) == ISSUED
    steps = DocumentEvent.objects.filter(document=document).order_by("id").values_list("state", flat=True)
    assert list(steps) == ["prepared", "partial", "complete", "issued"]
    kept = DocumentFile.objects.get(document=document)
    assert document.digest == kept.digest == digest_of(bytes(kept.content))
    assert (kept.size, document.issued_at) == (len(kept.content), world.minh.now)
    seal = DocumentSignature.objects.get(document=document, role="school")
    assert (seal.person, seal.signer_name) == (None, "Trường THCS Khe Vàng")
    shown = seal_report(document)
    assert (shown.level, shown.identifiers[0]) == ("T", "MST:4900123456")
    assert shown.best_time == SignatureStamp.objects.get(signature=seal).at
    assert not StampRequest.objects.exists()
    assert AuditEvent.objects.filter(action="records.document.issued").count() == 1
    assert OutboxEvent.objects.filter(name="DocumentIssued").count() == 1
    with unchanged():
        settling.after_signing(world.minh.now, world.school.pk)


def test_only_what_is_complete_is_sealed_and_only_ones_own(world: World, signers: Signers) -> None:
    first, second = complete(signers, 2)
    Document.objects.filter(pk=second.pk).update(school=world.primary)  # of a school without a certificate
    assert sealing.seal_by_itself(world.minh.now, world.elsewhere.pk) == 0
    assert sealing.seal_by_itself(world.minh.now) == 1
    assert (state(first), state(second)) == (COMPLETE, COMPLETE)
    assert documents.is_sealed(first)
    assert not documents.is_sealed(second)


def test_without_a_certificate_the_document_waits(world: World, signers: Signers) -> None:
    certificates.end(world.minh, certificate_id=signers.certificates["school"].id)
    (document,) = complete(signers)
    with unchanged():
        settling.after_signing(world.minh.now, world.school.pk)
        settling.settle(at(world, hours=2))
    assert [row.id for row in queries.to_seal(world.thu)] == [document.id]
    (left,) = signers.check(world.thu, sealing.SEAL, document.id).left_out
    assert left.refusal.code == "REC-006"
    school = (world.school.pk, world.school.name, "MST:4900123456")
    demo_keys.give_keys(cast.NOW, cast.NOW - dt.timedelta(days=1), schools=[school])
    settling.settle(at(world, hours=3))
    assert state(document) == ISSUED


def test_a_certificate_that_was_revoked_seals_nothing(world: World, signers: Signers) -> None:
    (document,) = complete(signers)
    signers.revoke("school", at(world, hours=-1))
    with unchanged():
        assert sealing.seal_by_itself(world.minh.now) == 0
    (left,) = signers.check(world.thu, sealing.SEAL, document.id).left_out
    assert left.refusal.code == "REC-003"


@pytest.fixture
def token(signers: Signers, monkeypatch: pytest.MonkeyPatch) -> ScriptedKey:
    """The school's certificate is on a token that the clerk keeps."""
    school = signers.certificates["school"]
    found = ScriptedKey(providers.signer_for(school))
    Certificate.objects.filter(pk=school.pk).update(provider=Provider.SMARTCA)
    real = providers.signer_for
    monkeypatch.setattr(providers, "signer_for", lambda one: found if one.id == school.id else real(one))
    return found


def test_a_clerk_seals_many_with_the_token(world: World, signers: Signers, token: ScriptedKey) -> None:
    made = complete(signers, 3)
    with unchanged():
        settling.after_signing(world.minh.now, world.school.pk)
    token.steps += [later, all_of_it]
    batch = signers.sign(world.thu, sealing.SEAL, *(document.id for document in made))
    assert batch.state == "waiting"
    sign_in(world.thu)  # the worker acts with the roles that are on record
    settling.settle(world.minh.now)
    assert [state(document) for document in made] == [ISSUED] * 3
    assert {seal_report(document).signer for document in made} == {"Trường THCS Khe Vàng"}
    seals = DocumentSignature.objects.filter(role="school")
    assert set(seals.values_list("person", flat=True)) == {None}
    by = AuditEvent.objects.filter(action="records.signature.embedded", after__role="school")
    assert set(by.values_list("actor_name", flat=True)) == {"Vi Thị Thu"}  # whose hand it was


def test_who_may_seal(world: World, signers: Signers, token: ScriptedKey) -> None:
    (document,) = complete(signers)
    for actor in (world.hoa, world.lan, world.son, world.quang):
        with unchanged():
            (left,) = signers.check(actor, sealing.SEAL, document.id).left_out
        assert left.refusal.code == "KIT-001"
        assert list(queries.to_seal(actor)) == []
    assert signers.check(world.minh, sealing.SEAL, document.id).batch is not None


def test_what_cannot_be_sealed(world: World, signers: Signers, token: ScriptedKey) -> None:
    (document,) = complete(signers)
    token.steps.append(all_of_it)
    batch = signers.sign(world.thu, sealing.SEAL, document.id, document.id)
    assert list(batch.items.values_list("state", "refusal")) == [("signed", ""), ("refused", "REC-020")]
    for condition in (COMPLETE, ISSUED):  # it waits for its stamp, then it is issued
        assert state(document) == condition
        with unchanged():
            (left,) = signers.check(world.thu, sealing.SEAL, document.id).left_out
        assert left.refusal.code == "REC-020"
        settling.after_signing(world.minh.now, world.school.pk)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(stopped(Progress.FAILED, "SIGN-326", service="HSM"), id="the device fails"),
        pytest.param(later, id="it does not answer at once"),
        pytest.param(changed(lambda values: [bytes(64) for _ in values]), id="it answers wrongly"),
    ],
)
def test_a_device_that_fails_seals_later(
    world: World, signers: Signers, token: ScriptedKey, step: Any
) -> None:
    Certificate.objects.filter(pk=signers.certificates["school"].pk).update(provider=Provider.PKCS11)
    (document,) = complete(signers)
    token.steps += [step, all_of_it]
    with unchanged():
        assert sealing.seal_by_itself(world.minh.now) == 0
    assert sealing.seal_by_itself(world.minh.now) == 1
    assert documents.is_sealed(document)


def test_without_an_authority_it_is_issued_at_once(
    world: World, signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "stamps", lambda: None)
    (document,) = issued(signers)
    assert document.state == ISSUED
    assert (seal_report(document).best_time, seal_report(document).level) == (None, "B")
    assert evidence.publish(at(world, minutes=1)) == 1  # the log is what shows its time then


class Authority:
    """A time-stamping authority that may be told to fail."""

    def __init__(self, real: Stamp) -> None:
        self.real = real
        self.asked = 0
        self.answers: Callable[[bytes], bytes] | None = None

    def __call__(self, digest: bytes) -> bytes:
        self.asked += 1
        return (self.answers or self.real)(digest)

    def fails(self, code: str, **params: object) -> None:
        """From now on it refuses."""

        def refuse(digest: bytes) -> bytes:
            raise Invalid(code, **params)

        self.answers = refuse


@pytest.fixture
def authority(signers: Signers, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority of ours to play with, outside, so that a page does not wait for it."""
    real = providers.stamps()
    assert real is not None
    found = Authority(real)
    monkeypatch.setattr(providers, "stamps", lambda: found)
    monkeypatch.setattr(providers, "stamps_here", lambda: False)
    return found


def test_a_page_does_not_wait_for_the_authority(
    world: World, signers: Signers, authority: Authority
) -> None:
    (document,) = issued(signers)
    assert (document.state, documents.is_sealed(document), authority.asked) == (COMPLETE, True, 0)
    assert settling.settle(world.minh.now)["stamped"] == 1
    assert state(document) == ISSUED


def test_an_authority_that_fails_delays_longer_each_time(
    world: World, signers: Signers, authority: Authority
) -> None:
    authority.fails("SIGN-271", url="https://tsa.example", status=500)
    (document,) = issued(signers)
    waits = []
    now = world.minh.now
    for attempt in range(1, 9):
        assert evidence.stamp_waiting(now) == 0
        request = StampRequest.objects.get()
        assert (request.attempts, request.trouble, authority.asked) == (attempt, "SIGN-271", attempt)
        with unchanged():
            assert evidence.stamp_waiting(request.next_at - dt.timedelta(seconds=1)) == 0
        waits.append(int((request.next_at - now).total_seconds()) // 60)
        now = request.next_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert (state(document), queries.waiting_stamps(now)) == (COMPLETE, 1)
    authority.answers = None
    assert evidence.stamp_waiting(now) == 1
    assert state(document) == ISSUED
    assert seal_report(document).best_time is not None


def test_a_silent_authority_is_asked_once_in_a_round(
    world: World, signers: Signers, authority: Authority
) -> None:
    authority.fails("SIGN-270", url="https://tsa.example")
    made = issued(signers, 3)
    assert evidence.stamp_waiting(world.minh.now) == 0
    assert authority.asked == 1
    authority.answers = None
    assert evidence.stamp_waiting(at(world, minutes=2)) == 3
    assert {state(document) for document in made} == {ISSUED}


@pytest.mark.parametrize("answer", ["of another value", "cut short", "empty", "rubbish"])
def test_a_token_that_is_none_is_not_taken(
    world: World, signers: Signers, authority: Authority, answer: str
) -> None:
    (document,) = issued(signers)
    real = authority.real
    authority.answers = {
        "of another value": lambda digest: real(bytes(32)),
        "cut short": lambda digest: real(digest)[:-3],
        "empty": lambda digest: b"",
        "rubbish": lambda digest: b"<html>502 Bad Gateway</html>",
    }[answer]
    assert evidence.stamp_waiting(world.minh.now) == 0
    assert (state(document), SignatureStamp.objects.count()) == (COMPLETE, 0)
    assert StampRequest.objects.get().trouble.startswith("SIGN-2")
    assert list(proof.verify_documents()) == []


def test_after_long_enough_it_is_issued_without(
    world: World, signers: Signers, authority: Authority, settings: Any
) -> None:
    settings.KHUE_STAMP_WAIT_HOURS = 5
    authority.fails("SIGN-270", url="https://tsa.example")
    (document,) = issued(signers)
    done = settling.settle(at(world, hours=4, minutes=59))
    assert (done["issued late"], done["logged"], state(document)) == (0, 0, COMPLETE)
    done = settling.settle(at(world, hours=5))
    assert (done["issued late"], done["logged"], state(document)) == (1, 1, ISSUED)
    assert not StampRequest.objects.exists()
    assert (seal_report(document).best_time, seal_report(document).level) == (None, "B")
    authority.answers = None
    with unchanged():  # the file is final
        assert evidence.stamp_waiting(at(world, hours=9)) == 0
    assert list(proof.verify_documents()) == []


def test_what_was_cancelled_while_it_waited_is_not_issued(
    world: World, signers: Signers, authority: Authority, settings: Any
) -> None:
    first, second = issued(signers, 2)
    for document in (first, second):
        documents.cancel(
            world.minh, document_id=document.id, reason="Ký nhầm lớp, lập lại.", authority="Số 7/QĐ"
        )
    later_one = StampRequest.objects.get(signature__document=second)
    StampRequest.objects.filter(pk=later_one.pk).update(next_at=at(world, days=9))
    assert evidence.stamp_waiting(world.minh.now) == 1  # the first is stamped, the second waits too long
    assert sum(settling.settle(at(world, days=3)).values()) == 0
    assert not StampRequest.objects.exists()
    assert {state(document) for document in (first, second)} == {DocumentState.CANCELLED}
    assert DocumentFile.objects.count() == 0
    assert list(proof.verify_documents()) == []


def test_what_is_kept_is_what_is_assembled(world: World, signers: Signers) -> None:
    (document,) = issued(signers)
    assert bytes(document.file.content) == assemble(record_of(document))


def test_the_clerk_may_not_seal_what_the_system_seals_meanwhile(
    world: World, signers: Signers, token: ScriptedKey
) -> None:
    (document,) = complete(signers)
    checked = signers.check(world.thu, sealing.SEAL, document.id)
    Certificate.objects.filter(pk=signers.certificates["school"].pk).update(provider=Provider.PKCS12)
    token.steps += [all_of_it, all_of_it]
    assert sealing.seal_by_itself(world.minh.now) == 1
    batch = signers.confirm(world.thu, checked)
    assert list(batch.items.values_list("state", "refusal")) == [("refused", "REC-020")]
    assert DocumentSignature.objects.filter(role="school").count() == 1
