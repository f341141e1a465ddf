"""Keys that wait, answer partly, wrongly, twice or never: nothing wrong is embedded, nothing signed twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.cast import World
from tests.signers import ScriptedKey, Signers, Step, all_of_it, broken, changed, later, some, stopped
from tests.unchanged import refused, unchanged

from khue.core.errors import Conflict, KhueError, Refused
from khue.kit.errors import sentence
from khue.modules.records import proof, providers
from khue.modules.records.models import (
    BatchState,
    DocumentSection,
    DocumentSignature,
    Provider,
    SigningBatch,
)
from khue.modules.records.services import batches, settling
from khue.modules.records.tests.acts import PAGE, pages
from khue.signing.report import Verdict
from khue.signing.signers.base import Answer, Progress

pytestmark = pytest.mark.django_db
WAITING, DONE, STOPPED = BatchState.WAITING, BatchState.DONE, BatchState.STOPPED


@pytest.fixture
def key(signers: Signers, monkeypatch: pytest.MonkeyPatch) -> ScriptedKey:
    """Cô Lan's key, behind a service that does what the test says."""
    lan = signers.certificates["lan"]
    found = ScriptedKey(providers.signer_for(lan))
    real = providers.signer_for
    monkeypatch.setattr(
        providers, "signer_for", lambda certificate: found if certificate == lan else real(certificate)
    )
    return found


def begin(signers: Signers, key: ScriptedKey, *steps: Step, count: int = 3) -> SigningBatch:
    key.steps.extend(steps)
    return signers.sign(signers.world.lan, PAGE, *pages(count))


def poll(world: World, batch: SigningBatch) -> SigningBatch:
    return batches.poll(world.lan, batch_id=batch.id)


def resume(world: World, batch: SigningBatch) -> SigningBatch:
    return batches.resume(world.lan, batch_id=batch.id)


def signed() -> int:
    """How many signatures there are; every one of them is good, alone and in its document."""
    rows = DocumentSignature.objects.select_related("document")
    assert {proof.verified(row.document).verdict for row in rows} <= {Verdict.VALID, Verdict.UNCERTAIN}
    assert list(proof.verify_documents()) == []
    assert DocumentSection.objects.count() == len(rows)
    assert len({row.request for row in rows}) == len(rows)
    return len(rows)


def test_a_phone_is_waited_for(world: World, signers: Signers, key: ScriptedKey) -> None:
    batch = begin(signers, key, later, later, all_of_it)
    assert (batch.state, signed()) == (WAITING, 0)
    assert batch.handle["values"].keys() == set(batch.items.values_list("request", flat=True))
    batch = poll(world, batch)
    assert (batch.state, signed()) == (WAITING, 0)
    batch = poll(world, batch)
    assert (batch.state, batch.handle, signed()) == (DONE, {}, 3)
    assert (len(key.asked), key.polled) == (1, 2)
    with unchanged():
        assert poll(world, batch).state == DONE


def test_a_phone_is_asked_once_however_often_one_confirms(
    world: World, signers: Signers, key: ScriptedKey
) -> None:
    key.steps += [later, later]
    checked = signers.check(world.lan, PAGE, *pages(2))
    assert signers.confirm(world.lan, checked).state == WAITING
    with refused(Conflict, "REC-011"):
        signers.confirm(world.lan, checked)
    assert len(key.asked) == 1


def test_a_phone_is_asked_by_the_worker_too(
    world: World, signers: Signers, key: ScriptedKey, settings: Any
) -> None:
    batch = begin(signers, key, later, all_of_it)
    settling.settle(world.lan.now)
    batch.refresh_from_db()
    assert (batch.state, signed()) == (DONE, 3)


def test_a_batch_survives_a_restart(
    world: World, signers: Signers, key: ScriptedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(signers, key, later)
    providers.forget()
    again = ScriptedKey(key.key, [all_of_it])
    monkeypatch.setattr(providers, "signer_for", lambda _: again)
    assert (poll(world, batch).state, signed()) == (DONE, 3)
    assert again.asked == []


def test_what_fits_is_signed_and_the_rest_is_asked_again(
    world: World, signers: Signers, key: ScriptedKey
) -> None:
    batch = begin(signers, key, some(2), some(0), all_of_it)
    assert (batch.state, batch.trouble, signed()) == (STOPPED, "REC-018", 2)
    batch = resume(world, batch)
    assert (batch.state, batch.trouble, signed()) == (STOPPED, "REC-018", 2)
    batch = resume(world, batch)
    assert (batch.state, batch.trouble, signed()) == (DONE, "", 3)
    assert [len(ids) for ids in key.asked] == [3, 1, 1]
    assert key.asked[1] == key.asked[2]  # the same request, under the same id
    assert set(key.asked[1]) < set(key.asked[0])


def test_a_part_may_come_while_the_rest_waits(world: World, signers: Signers, key: ScriptedKey) -> None:
    batch = begin(signers, key, some(1, Progress.WAITING), some(2, Progress.WAITING), all_of_it)
    assert (batch.state, signed()) == (WAITING, 1)
    batch = poll(world, batch)
    assert (batch.state, signed()) == (WAITING, 2)
    assert (poll(world, batch).state, signed()) == (DONE, 3)


@pytest.mark.parametrize(
    ("change", "good", "code"),
    [
        pytest.param(lambda values: [values[1], values[0], values[2]], 1, "SIGN-137", id="two swapped"),
        pytest.param(lambda values: values[1:] + values[:1], 0, "SIGN-137", id="shifted by one"),
        pytest.param(lambda values: [values[0]] * 3, 1, "SIGN-137", id="one for all"),
        pytest.param(lambda values: [values[0][:-1], *values[1:]], 2, "SIGN-002", id="cut short"),
        pytest.param(lambda values: [values[0] + b"\0", *values[1:]], 2, "SIGN-002", id="too long"),
        pytest.param(lambda values: [b"", b"", values[2]], 1, "SIGN-002", id="empty"),
        pytest.param(lambda values: [bytes(64), *values[1:]], 2, "SIGN-137", id="zeros"),
        pytest.param(lambda values: [values[0][:9] + b"\0" + values[0][10:], *values[1:]], 2, None, id="bit"),
    ],
)
def test_a_wrong_value_is_never_embedded(
    world: World, signers: Signers, key: ScriptedKey, change: Any, good: int, code: str | None
) -> None:
    batch = begin(signers, key, changed(change), all_of_it)
    assert (batch.state, signed()) == (STOPPED, good)
    assert batch.trouble == code if code else batch.trouble in {"SIGN-002", "SIGN-137"}
    assert "Hãy ký lại" in sentence(batch.trouble, batch.trouble_params)
    assert set(batch.items.values_list("state", flat=True)) <= {"waiting", "signed"}
    assert (resume(world, batch).state, signed()) == (DONE, 3)
    assert len(key.asked[1]) == 3 - good


def test_a_wrong_value_stops_a_service_that_still_waits(
    world: World, signers: Signers, key: ScriptedKey
) -> None:
    def mixed(values: dict[str, bytes]) -> Answer:
        first, *others = values
        return Answer(Progress.WAITING, {first: bytes(64)} | {name: values[name] for name in others})

    batch = begin(signers, key, mixed, all_of_it)
    assert (batch.state, batch.trouble, signed()) == (STOPPED, "SIGN-137", 2)
    assert (resume(world, batch).state, signed()) == (DONE, 3)


def test_what_nobody_asked_for_is_ignored(world: World, signers: Signers, key: ScriptedKey) -> None:
    batch = begin(signers, key, lambda values: Answer(Progress.DONE, values | {"f" * 32: bytes(64)}))
    assert (batch.state, signed()) == (DONE, 3)


def test_an_answer_that_comes_twice_signs_once(world: World, signers: Signers, key: ScriptedKey) -> None:
    batch = begin(signers, key, some(2, Progress.WAITING), some(2, Progress.WAITING), all_of_it)
    before = list(DocumentSignature.objects.values_list("id", "text"))
    batch = poll(world, batch)
    assert list(DocumentSignature.objects.values_list("id", "text")) == before
    assert (poll(world, batch).state, signed()) == (DONE, 3)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        pytest.param(stopped(Progress.REFUSED, "SIGN-331"), "SIGN-331", id="the holder said no"),
        pytest.param(stopped(Progress.EXPIRED, "SIGN-332"), "SIGN-332", id="nobody confirmed"),
        pytest.param(stopped(Progress.FAILED, "SIGN-326", service="SmartCA"), "SIGN-326", id="it failed"),
        pytest.param(broken(Refused("SIGN-320", service="SmartCA")), "SIGN-320", id="the line is cut"),
    ],
)
@pytest.mark.parametrize("when", ["asked", "polled"])
def test_a_key_that_fails_stops_the_batch_until_somebody_goes_on(
    world: World, signers: Signers, key: ScriptedKey, step: Step, code: str, when: str
) -> None:
    if when == "asked":
        batch = begin(signers, key, step, all_of_it)
    else:
        batch = poll(world, begin(signers, key, later, step, all_of_it))
    assert (batch.state, batch.trouble, signed()) == (STOPPED, code, 0)
    assert sentence(batch.trouble, batch.trouble_params)
    with unchanged():
        assert poll(world, batch).state == STOPPED  # nobody is asked again by looking
    batch = resume(world, batch)
    assert (batch.state, batch.trouble, signed()) == (DONE, "", 3)


def test_a_key_in_a_place_that_is_not_configured(world: World, signers: Signers) -> None:
    lan = signers.certificates["lan"]
    lan.provider = Provider.SMARTCA
    lan.save(update_fields=["provider"])
    batch = signers.sign(world.lan, PAGE, *pages(2))
    assert (batch.state, batch.trouble, signed()) == (STOPPED, "REC-030", 0)
    lan.provider = Provider.DEMO
    lan.save(update_fields=["provider"])
    assert (resume(world, batch).state, signed()) == (DONE, 2)


def test_giving_up_tells_the_service(world: World, signers: Signers, key: ScriptedKey) -> None:
    batch = begin(signers, key, some(1, Progress.WAITING))
    batch = batches.cancel(world.lan, batch_id=batch.id)
    assert (batch.state, batch.handle, key.given_up, signed()) == (BatchState.CANCELLED, {}, 1, 1)
    with unchanged():
        assert poll(world, batch).state == BatchState.CANCELLED


def test_giving_up_does_not_need_the_service(
    world: World, signers: Signers, key: ScriptedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KhueError("SIGN-320", service="SmartCA")

    batch = begin(signers, key, later)
    monkeypatch.setattr(ScriptedKey, "cancel", cut)
    assert batches.cancel(world.lan, batch_id=batch.id).state == BatchState.CANCELLED


def test_an_answer_to_what_was_given_up_is_not_used(
    world: World, signers: Signers, key: ScriptedKey
) -> None:
    """She gives up on one page while another page is just asking the phone."""

    def given_up_meanwhile(values: dict[str, bytes]) -> Answer:
        batches.cancel(world.lan, batch_id=batch.id)
        return all_of_it(values)

    batch = begin(signers, key, later, given_up_meanwhile)
    batch = poll(world, batch)
    assert (batch.state, signed()) == (BatchState.CANCELLED, 0)


def test_one_process_at_a_time_speaks_to_the_key(world: World, signers: Signers, key: ScriptedKey) -> None:
    def twice(values: dict[str, bytes]) -> Answer:
        assert poll(world, batch).state == WAITING  # the other one leaves it alone
        return all_of_it(values)

    batch = begin(signers, key, later, twice)
    assert poll(world, batch).state == DONE
    assert (key.polled, signed()) == (1, 3)


def test_a_process_that_died_while_it_spoke_is_not_waited_for_for_ever(
    world: World, signers: Signers, key: ScriptedKey
) -> None:
    batch = begin(signers, key, later, all_of_it)
    SigningBatch.objects.update(talking_since=world.lan.now)
    with unchanged():
        poll(world, batch)
    late = world.at(world.lan, world.lan.now + batches.PATIENCE + dt.timedelta(seconds=1))
    assert batches.poll(late, batch_id=batch.id).state == DONE
    assert signed() == 3


def test_a_phone_that_answers_after_the_deadline_signs_nothing(
    world: World, signers: Signers, key: ScriptedKey
) -> None:
    batch = begin(signers, key, later, all_of_it)
    late = world.at(world.lan, batch.expires_at)
    batch = batches.poll(late, batch_id=batch.id)
    assert (batch.state, batch.trouble, key.polled, signed()) == (STOPPED, "REC-012", 0, 0)
    with refused(Refused, "REC-012"):
        batches.resume(late, batch_id=batch.id)
