"""Several at the same records at the same moment: signed, sealed and logged once; on PostgreSQL."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from tests.cast import NOW, World
from tests.fixtures import Race
from tests.signers import ScriptedKey, Signers, all_of_it, later, make_signers

from khue.core.errors import KhueError
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.records import proof, providers, trust
from khue.modules.records.acts import DocumentSpec
from khue.modules.records.content import restored
from khue.modules.records.models import (
    BatchState,
    Certificate,
    Document,
    DocumentFile,
    DocumentSignature,
    DocumentState,
    LogEntry,
    SigningBatch,
    StampRequest,
)
from khue.modules.records.services import batches, certificates, documents, evidence, sealing, settling
from khue.modules.records.tests.acts import APPROVAL, PAGE, complete, document_of, issued, pages, spec_of
from khue.signing.signers.base import HashToSign

pytestmark = pytest.mark.postgres
MANY = 4


@pytest.fixture
def here(committed_world: World, settings: Any, tmp_path: Any) -> Signers:
    """The small province with keys, really committed."""
    return make_signers(committed_world, settings, tmp_path)


@pytest.fixture
def slow_key(here: Signers, monkeypatch: pytest.MonkeyPatch) -> ScriptedKey:
    """Cô Lan's phone."""
    lan = here.certificates["lan"]
    found = ScriptedKey(providers.signer_for(lan))
    real = providers.signer_for
    monkeypatch.setattr(providers, "signer_for", lambda one: found if one.id == lan.id else real(one))
    return found


def quiet(found: list[Any]) -> list[str]:
    """The refusals, sorted; anything else that was raised is a bug."""
    for item in found:
        if isinstance(item, Exception) and not isinstance(item, KhueError):
            raise item
    return sorted(item.code for item in found if isinstance(item, KhueError))


def signed_once(count: int) -> None:
    """So many signatures, each with one line of the log and one announcement; all holds."""
    assert DocumentSignature.objects.count() == count
    assert AuditEvent.objects.filter(action="records.signature.embedded").count() == count
    assert OutboxEvent.objects.filter(name="DocumentSigned").count() == count
    assert list(proof.verify_documents()) == []


def test_a_token_starts_a_batch_once(here: Signers, race: Race) -> None:
    lan = here.world.lan
    checked = here.check(lan, PAGE, *pages(3))
    assert checked.batch is not None
    key = checked.batch.id
    found = race([lambda: batches.start(lan, batch_id=key, token=checked.token)] * MANY)
    assert quiet(found) == ["REC-011"] * (MANY - 1)
    signed_once(3)


def test_two_polls_sign_once(here: Signers, race: Race, slow_key: ScriptedKey) -> None:
    lan = here.world.lan
    slow_key.steps += [later, *[all_of_it] * MANY]
    batch = here.sign(lan, PAGE, *pages(5))
    found = race([lambda: batches.poll(lan, batch_id=batch.id)] * MANY)
    assert quiet(found) == []
    assert batches.poll(lan, batch_id=batch.id).state == BatchState.DONE
    signed_once(5)


def test_an_answer_that_is_taken_twice_at_once_signs_once(here: Signers, race: Race) -> None:
    """As if nobody had kept the others from speaking to the key: the items themselves are signed once."""
    lan = here.world.lan
    checked = here.check(lan, PAGE, *pages(5))
    SigningBatch.objects.update(state=BatchState.WAITING, token_digest="")
    assert checked.batch is not None
    batch = SigningBatch.objects.get(pk=checked.batch.id)
    asked = [restored(item.to_sign) for item in batch.items.all()]
    answer = providers.signer_for(batch.certificate).begin(
        batch.certificate.provider_key,
        [HashToSign(one.id, one.digest, one.algorithm) for one in asked], batch.title,
    )  # fmt: skip
    found = race([lambda: batches._take(lan, batch, answer)] * MANY)
    assert quiet(found) == []
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert AuditEvent.objects.filter(action="records.batch.done").count() == 1
    signed_once(5)


def test_two_batches_of_the_same_things(here: Signers, race: Race) -> None:
    lan = here.world.lan
    made = [here.check(lan, PAGE, *pages(3)) for _ in range(MANY)]
    found = race([lambda one=one: here.confirm(lan, one) for one in made])
    assert quiet(found) == []
    states = [state for one in found for state in one.items.values_list("state", flat=True)]
    assert (states.count("signed"), states.count("refused")) == (3, 3 * (MANY - 1))
    signed_once(3)


def test_two_begin_a_document_at_once(here: Signers, race: Race) -> None:
    """Teachers of one class check their sheets for the first time: it becomes one document."""
    (key,) = pages(1)
    found = race([lambda: documents.made(here.world.lan, spec_of(key))] * MANY)
    assert quiet(found) == []
    assert len({document.id for document in found}) == Document.objects.count() == 1


def test_signing_beside_cancelling(here: Signers, race: Race) -> None:
    lan, minh = here.world.lan, here.world.minh
    checked = here.check(lan, PAGE, *pages(1))
    document = document_of(pages()[0])
    signing, cancelling = race(
        [
            lambda: here.confirm(lan, checked),
            lambda: documents.cancel(
                minh, document_id=document.id, reason="Ký nhầm hồ sơ của lớp.", authority="Số 3/QĐ"
            ),
        ]
    )
    assert quiet([signing, cancelling]) == []
    document.refresh_from_db()
    assert document.state == DocumentState.CANCELLED  # whoever was first: it does not come back to life
    assert list(proof.verify_documents()) == []


def test_a_document_is_sealed_and_issued_once(here: Signers, race: Race) -> None:
    world = here.world
    made = complete(here, 3)
    found = race([lambda: settling.after_signing(world.minh.now, world.school.pk)] * MANY)
    assert quiet(found) == []
    settling.after_signing(world.minh.now, world.school.pk)
    assert DocumentFile.objects.count() == len(made)
    assert OutboxEvent.objects.filter(name="DocumentIssued").count() == len(made)
    assert set(Document.objects.values_list("state", flat=True)) == {DocumentState.ISSUED}
    signed_once(3 * len(made))


def test_the_clerk_beside_the_system(here: Signers, race: Race) -> None:
    world = here.world
    (document,) = complete(here, 1)
    checked = here.check(world.thu, sealing.SEAL, document.id)
    found = race(
        [lambda: here.confirm(world.thu, checked), *[lambda: sealing.seal_by_itself(world.minh.now)] * 2]
    )
    assert quiet(found) == []
    assert DocumentSignature.objects.filter(role="school").count() == 1
    settling.settle(world.minh.now)
    signed_once(3)


def test_a_stamp_beside_the_end_of_patience(here: Signers, race: Race, settings: Any) -> None:
    world = here.world
    settings.KHUE_STAMP_WAIT_HOURS = 0
    made = complete(here, 3)
    sealing.seal_by_itself(world.minh.now)
    assert StampRequest.objects.count() == 3
    found = race(
        [
            lambda: evidence.stamp_waiting(world.minh.now), lambda: sealing.issue_overdue(world.minh.now),
            lambda: evidence.stamp_waiting(world.minh.now), lambda: sealing.issue_overdue(world.minh.now),
        ]
    )  # fmt: skip
    assert quiet(found) == []
    settling.settle(world.minh.now)
    assert DocumentFile.objects.count() == len(made)
    assert not StampRequest.objects.exists()
    signed_once(9)


def test_a_recall_beside_the_issue(here: Signers, race: Race) -> None:
    world = here.world
    (document,) = complete(here, 1)
    sealing.seal_by_itself(world.minh.now)
    stamping, cancelling = race(
        [
            lambda: evidence.stamp_waiting(world.minh.now),
            lambda: documents.cancel(
                world.minh, document_id=document.id, reason="Ký nhầm hồ sơ của lớp.", authority="Số 3/QĐ"
            ),
        ]
    )
    assert quiet([stamping, cancelling]) == []
    document.refresh_from_db()
    kept = DocumentFile.objects.filter(document=document).exists()
    assert document.state == (DocumentState.RECALLED if kept else DocumentState.CANCELLED)
    assert list(proof.verify_documents()) == []


def test_a_correction_beside_the_issue(here: Signers, race: Race) -> None:
    """The version in work is issued by the worker while a correction replaces it."""
    world = here.world
    (document,) = complete(here, 1)
    sealing.seal_by_itself(world.minh.now)
    spec = spec_of(document.subject)
    stamping, superseding = race(
        [lambda: evidence.stamp_waiting(world.minh.now), lambda: _superseded(world, spec)]
    )
    assert quiet([stamping, superseding]) == []
    document.refresh_from_db()
    newest = document_of(document.subject)
    assert newest.version == 2
    if document.state == DocumentState.ISSUED:
        assert newest.replaces_id == document.id
    else:
        assert (document.state, newest.replaces_id) == (DocumentState.CANCELLED, None)
    assert list(proof.verify_documents()) == []


@transaction.atomic
def _superseded(world: World, spec: DocumentSpec) -> Document | None:
    return documents.supersede(
        world.minh, spec, changed={"summary"}, reason="Sửa điểm.", authority="1/QĐ"
    )


def test_the_log_takes_each_once(here: Signers, race: Race) -> None:
    issued(here, 6)
    now = here.world.minh.now + dt.timedelta(minutes=1)
    found = race([lambda: evidence.publish(now)] * MANY)
    assert quiet(found) == []
    evidence.publish(now)
    assert list(LogEntry.objects.order_by("index").values_list("index", flat=True)) == list(range(6))
    assert list(proof.verify_documents()) == []


def test_two_rounds_of_the_worker(here: Signers, race: Race) -> None:
    world = here.world
    complete(here, 4)
    now = world.minh.now + dt.timedelta(minutes=1)
    found = race([lambda: settling.settle(now)] * MANY)
    assert quiet(found) == []
    settling.settle(now)
    assert (DocumentFile.objects.count(), LogEntry.objects.count()) == (4, 4)
    signed_once(12)


def test_a_certificate_is_registered_once(here: Signers, race: Race) -> None:
    pki = trust.demo_pki()
    assert pki is not None
    pair = pki.person("Nông Thị Hoa", "CCCD:020199000001", NOW - dt.timedelta(days=1))

    def register() -> Certificate:
        return certificates.register(
            here.world.hoa, provider="agent", content=pair.certificate, chain=pair.chain
        )

    before = Certificate.objects.count()
    assert quiet(race([register] * MANY)) == ["REC-005"] * (MANY - 1)
    assert Certificate.objects.count() == before + 1


def test_the_principal_beside_the_author(here: Signers, race: Race) -> None:
    """Many sign many documents of the other at once; nobody waits for ever."""
    lan, minh = here.world.lan, here.world.minh
    first, second = pages(8)[:4], pages(8)[4:]
    here.sign(lan, PAGE, *first)
    approval = here.check(minh, APPROVAL, *first)
    writing = here.check(lan, PAGE, *second)
    found = race([lambda: here.confirm(minh, approval), lambda: here.confirm(lan, writing)])
    assert quiet(found) == []
    signed_once(12)
