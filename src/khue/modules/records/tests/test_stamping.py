"""Asking for time-stamps: nobody waits for the authority, and one that is silent is not asked 500 times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from tests.cast import NOW, World
from tests.signers import Signers

from khue.core.errors import Conflict
from khue.modules.records import providers
from khue.modules.records.models import Document, DocumentState, SignatureStamp, StampRequest
from khue.modules.records.services import evidence, sealing
from khue.modules.records.tests.acts import APPROVAL, PAGE, pages
from khue.modules.records.tests.acts import document_of as document
from khue.signing.log import archive

Stamp = Callable[[bytes], bytes]


def sealed(world: World, signers: Signers, count: int) -> list[Document]:
    """Documents that carry every signature and wait for their time-stamps."""
    keys = pages(count)
    signers.sign(world.lan, PAGE, *keys)
    signers.sign(world.minh, APPROVAL, *keys)
    assert sealing.seal_by_itself(NOW) == count
    return [document(key) for key in keys]


@pytest.fixture
def real(signers: Signers) -> Stamp:
    """The demo's authority."""
    found = providers.stamps()
    assert found is not None
    return found


@pytest.mark.django_db
def test_a_silent_authority_is_asked_once_in_a_round(
    world: World, signers: Signers, real: Stamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = sealed(world, signers, 3)
    asked: list[bytes] = []

    def silent(digest: bytes) -> bytes:
        asked.append(digest)
        raise Conflict("SIGN-270", url="http://tsa.invalid")

    monkeypatch.setattr(providers, "stamps", lambda: silent)
    assert evidence.stamp_waiting(NOW) == 0
    assert len(asked) == 1
    first, *others = StampRequest.objects.order_by("made_at", "id")
    assert (first.attempts, first.trouble, first.next_at) == (1, "SIGN-270", NOW + dt.timedelta(minutes=1))
    assert [row.attempts for row in others] == [0, 0]
    assert {Document.objects.get(pk=one.pk).state for one in waiting} == {DocumentState.COMPLETE}
    monkeypatch.setattr(providers, "stamps", lambda: real)
    assert evidence.stamp_waiting(NOW) == 2  # the first one waits for its minute
    assert evidence.stamp_waiting(NOW + dt.timedelta(minutes=1)) == 1
    assert {Document.objects.get(pk=one.pk).state for one in waiting} == {DocumentState.ISSUED}


@pytest.mark.django_db
def test_one_signature_that_is_refused_does_not_stop_the_others(
    world: World, signers: Signers, real: Stamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(world, signers, 3)
    answers = iter([b"nonsense"])
    monkeypatch.setattr(providers, "stamps", lambda: lambda digest: next(answers, None) or real(digest))
    assert evidence.stamp_waiting(NOW) == 2
    left = StampRequest.objects.get()
    assert left.attempts == 1
    assert left.trouble.startswith("SIGN-")


@pytest.mark.django_db
def test_no_transaction_is_open_while_the_authority_is_asked(
    world: World, signers: Signers, real: Stamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(world, signers, 1)
    outside = list(connection.savepoint_ids)  # the test itself stands in a transaction
    open_then: list[list[str]] = []

    def watched(digest: bytes) -> bytes:
        open_then.append(list(connection.savepoint_ids))
        return real(digest)

    monkeypatch.setattr(providers, "stamps", lambda: watched)
    assert evidence.stamp_waiting(NOW) == 1
    assert open_then == [outside]


@pytest.mark.django_db
def test_a_second_worker_throws_its_token_away(
    world: World, signers: Signers, real: Stamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(world, signers, 1)

    def overtaken(digest: bytes) -> bytes:
        monkeypatch.setattr(providers, "stamps", lambda: real)
        assert evidence.stamp_waiting(NOW) == 1  # the other worker is faster
        return real(digest)

    monkeypatch.setattr(providers, "stamps", lambda: overtaken)
    assert evidence.stamp_waiting(NOW) == 0
    assert (SignatureStamp.objects.count(), StampRequest.objects.count()) == (1, 0)
    assert Document.objects.get().state == DocumentState.ISSUED


@pytest.mark.django_db
def test_a_checkpoint_without_a_stamp_gets_it_when_the_authority_is_back(
    world: World, signers: Signers, real: Stamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(world, signers, 1)
    assert evidence.stamp_waiting(NOW) == 1

    def silent(digest: bytes) -> bytes:
        raise Conflict("SIGN-270", url="http://tsa.invalid")

    monkeypatch.setattr(providers, "stamps", lambda: silent)
    assert evidence.publish(NOW) == 1
    assert archive.evidence_of(evidence.log_store(), 1).tokens == ()
    monkeypatch.setattr(providers, "stamps", lambda: real)
    for _ in range(2):
        assert evidence.publish(NOW) == 0  # nothing new is logged, and it is stamped once
        assert len(archive.evidence_of(evidence.log_store(), 1).tokens) == 1
