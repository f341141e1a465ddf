"""The same is asked of every way to reach a key: file, token, service, phone, program on the computer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid, NotFound
from khue.signing.algorithms import Algorithm
from khue.signing.signers.base import HashToSign, Progress
from khue.signing.signers.check import verified
from khue.signing.signers.fakes.phone import Habit
from khue.signing.signers.handles import batches, transaction_of
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import (
    ALL,
    LOCAL,
    PAGES,
    PHONES,
    REMOTE,
    Rig,
    genuine,
    make_rig,
)


@pytest.fixture(params=ALL)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    found = make_rig(request.param, tmp_path)
    yield found
    for close in found.closes:
        close()


def only(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rig", names, indirect=True)


def test_it_signs_each_hash_under_its_own_id(rig: Rig) -> None:
    wanted = rig.hashes(5)
    answer = rig.run(wanted)
    assert answer.progress is Progress.DONE
    assert set(answer.values) == {one.id for one in wanted}
    assert all(genuine(rig.known().certificate, one, answer.values[one.id]) for one in wanted)
    assert verified(rig.known(), wanted, answer) == answer


def test_the_certificate_comes_with_its_issuer_and_without_the_root(rig: Rig) -> None:
    known = rig.known()
    assert known.chain == rigs.key().chain


def test_a_finished_request_is_answered_again_from_its_handle(rig: Rig) -> None:
    answer = rig.run(rig.hashes(3))
    before = len(rig.service.calls) if rig.service else 0
    again = rig.ask(answer)
    assert (again.progress, again.values) == (Progress.DONE, answer.values)
    assert rig.ask(again).values == answer.values
    assert (len(rig.service.calls) if rig.service else 0) == before


def test_a_handle_is_plain_json_and_survives_a_restart(rig: Rig) -> None:
    assert rig.again is not None
    wanted = rig.hashes(3)
    answer = rig.begin(wanted)
    assert "demo" not in repr(answer.handle)
    assert rigs.PIN not in repr(answer.handle)
    rig.signer = rig.again()
    if rig.service and answer.progress is Progress.WAITING and hasattr(rig.service, "settings"):
        rig.phone.confirm()  # the authorization is asked for after the restart, so its SAD is not lost
    assert rig.finish(answer).progress is Progress.DONE


def test_asking_twice_is_asking_once(rig: Rig) -> None:
    wanted = rig.hashes(3)
    first = rig.begin(wanted)
    second = rig.begin(list(reversed(wanted)))
    assert second.handle["transaction"] == first.handle["transaction"]
    done = rig.finish(second)
    third = rig.begin(wanted) if rig.post is None else rig.finish(second)
    assert third.progress is Progress.DONE
    if rig.service or rig.post:
        assert third.values == done.values
    else:  # nobody is asked twice for a confirmation; a key here draws another k and signs the same
        assert third.values.keys() == done.values.keys()
        assert verified(rig.known(), wanted, third) == third
    if rig.service:
        assert rig.service.signed == 3
        assert len(rig.phone.tickets) <= 1


def test_other_hashes_are_another_transaction(rig: Rig) -> None:
    first, second = rig.run(rig.hashes(2)), rig.run(rig.hashes(2, start=7))
    assert first.handle["transaction"] != second.handle["transaction"]
    assert not set(first.values) & set(second.values)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([], "SIGN-300"),
        ([rigs.hashes(1)[0]] * 2, "SIGN-301"),
        ([HashToSign("1", b"short", Algorithm.ECDSA_P256_SHA256)], "SIGN-302"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anyone_is_asked(
    rig: Rig, wanted: list[HashToSign], code: str
) -> None:
    fitting = [HashToSign(one.id, one.digest, rig.algorithm) for one in wanted]
    with pytest.raises(Invalid) as refusal:
        rig.begin(fitting)
    assert refusal.value.code == code
    assert rig.phone.tickets == []


def test_a_key_is_not_asked_for_an_algorithm_that_it_does_not_have(rig: Rig) -> None:
    other = Algorithm.ECDSA_P256_SHA256 if rig.algorithm is Algorithm.RSA_SHA256 else Algorithm.RSA_SHA256
    with pytest.raises(Invalid, match="SIGN-306"):
        rig.begin(rigs.hashes(1, other))
    assert rig.phone.tickets == []


def test_an_unknown_credential_is_refused(rig: Rig) -> None:
    with pytest.raises(NotFound, match="SIGN-305"):
        rig.signer.begin("nobody", rig.hashes(1), "")


def test_a_foreign_or_damaged_handle_is_refused(rig: Rig) -> None:
    handle = dict(rig.begin(rig.hashes(1)).handle)
    for damaged in ({**handle, "signer": "other"}, {**handle, "hashes": [["1"]]}, {}):
        with pytest.raises(Invalid, match="SIGN-304"):
            rig.signer.poll(damaged)


@only(*REMOTE)
def test_a_limit_cuts_the_batch_or_refuses_it(rig: Rig) -> None:
    assert rig.limited is not None
    rig.signer = rig.limited(2)
    wanted, limit = rig.hashes(5), rig.known().batch_limit
    if limit:
        with pytest.raises(Invalid, match="SIGN-303"):
            rig.begin(wanted)
        assert rig.phone.tickets == []
        done = [rig.run(list(part)) for part in batches(wanted, limit)]
        assert sum(len(answer.values) for answer in done) == 5
    else:
        answer = rig.run(wanted)
        assert len(verified(rig.known(), wanted, answer).values) == 5
        assert all(ticket.count <= 2 for ticket in rig.phone.tickets)


@only(*PHONES)
def test_nothing_is_signed_while_the_phone_lies_there(rig: Rig) -> None:
    answer = rig.begin(rig.hashes(2))
    for _ in range(3):
        answer = rig.ask(answer)
        assert (answer.progress, answer.code, answer.values) == (Progress.WAITING, "SIGN-330", {})
    assert len(rig.phone.tickets) == 1
    assert rig.phone.tickets[0].title == "Học bạ lớp 9A1"
    assert rig.phone.tickets[0].count == 2


@only(*PHONES)
def test_a_refusal_ends_the_request_and_a_new_one_may_be_made(rig: Rig) -> None:
    answer = rig.begin(rig.hashes(2))
    rig.phone.refuse()
    answer = rig.ask(answer)
    assert (answer.progress, answer.code, answer.values) == (Progress.REFUSED, "SIGN-331", {})
    assert rig.ask(answer).progress is Progress.REFUSED
    assert rig.run(rig.hashes(2)).progress is Progress.DONE
    assert len(rig.phone.tickets) == 2


@only(*PHONES)
def test_time_ends_the_request_and_a_new_one_may_be_made(rig: Rig) -> None:
    answer = rig.begin(rig.hashes(2))
    rig.clock.forward(1200)
    answer = rig.ask(answer)
    assert (answer.progress, answer.code, answer.values) == (Progress.EXPIRED, "SIGN-332", {})
    assert rig.run(rig.hashes(2)).progress is Progress.DONE


@only(*PHONES)
def test_what_comes_after_cancelling_is_not_taken(rig: Rig) -> None:
    answer = rig.begin(rig.hashes(2))
    rig.signer.cancel(rigs.through_json(answer.handle))
    rig.phone.confirm()
    answer = rig.ask(answer)
    assert (answer.progress, answer.code, answer.values) == (Progress.REFUSED, "SIGN-307", {})
    assert rig.run(rig.hashes(2)).progress is Progress.DONE


@only(*LOCAL, *PAGES)
def test_cancelling_a_local_request_does_nothing(rig: Rig) -> None:
    rig.signer.cancel(rigs.through_json(rig.begin(rig.hashes(1)).handle))


@only(*PAGES)
def test_saying_no_at_the_computer_ends_the_request(rig: Rig) -> None:
    rig.phone.habit = Habit.REFUSE
    answer = rig.run(rig.hashes(2))
    assert (answer.progress, answer.code, answer.values) == (Progress.REFUSED, "SIGN-365", {})
    assert rig.ask(answer).progress is Progress.REFUSED


@given(st.permutations(rigs.hashes(6)), st.integers(0, 5))
@settings(max_examples=25)
def test_the_transaction_number_depends_on_what_is_asked_and_not_on_its_order(
    order: list[HashToSign], at: int
) -> None:
    number = transaction_of("k", rigs.hashes(6))
    assert transaction_of("k", order) == number
    assert transaction_of("other", order) != number
    changed = [*order]
    changed[at] = HashToSign(order[at].id, bytes(32), order[at].algorithm)
    assert transaction_of("k", changed) != number
    assert transaction_of("k", order[:at] + order[at + 1 :]) != number


@given(st.integers(0, 30), st.integers(0, 9))
@settings(max_examples=25)
def test_batches_keep_every_hash_once_and_in_order(count: int, limit: int) -> None:
    wanted = rigs.hashes(count)
    parts = batches(wanted, limit)
    assert [one for part in parts for one in part] == wanted
    assert all(len(part) <= (limit or count) for part in parts)
