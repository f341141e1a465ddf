"""Whatever a service does on a bad day, no value ends under the wrong record and nothing is signed twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import KhueError
from khue.signing.algorithms import Algorithm
from khue.signing.sentences import sentence
from khue.signing.signers.base import Answer, Credential, Progress
from khue.signing.signers.check import missing, verified
from khue.signing.signers.fakes.web import HUGE
from khue.signing.signers.http import LARGEST_ANSWER
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import PAGES, PHONES, REMOTE, Rig, genuine, make_rig

COUNT = 4


@pytest.fixture(params=[*REMOTE, *PAGES])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return make_rig(request.param, tmp_path)


def only(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rig", names, indirect=True)


def checked(rig: Rig, answer: Answer) -> Answer:
    """The answer as the program uses it; every value left must be good under its own id."""
    known, wanted = rig.known(), rig.hashes(COUNT)
    found = verified(known, wanted, answer)
    by_id = {one.id: one for one in wanted}
    assert all(genuine(known.certificate, by_id[id_], value) for id_, value in found.values.items())
    assert len(found.values) + len(missing(wanted, found)) == COUNT
    if len(found.values) < COUNT:
        assert found.code
        assert "{" not in sentence(found.code, found.params)
        assert "Mã SIGN" not in sentence(found.code, found.params)
    return found


def run(rig: Rig) -> Answer:
    known = rig.known()
    answer = rig.run(rig.hashes(COUNT))
    assert rig.known() == known
    return answer


def in_parts(rig: Rig) -> bool:
    """Whether the values come in several lists."""
    return bool(getattr(getattr(rig.signer, "options", None), "per_call", 0))


def test_swapped_values_are_dropped_and_the_others_kept(rig: Rig) -> None:
    rig.mischief.swap = True
    found = checked(rig, run(rig))
    assert len(found.values) == (0 if in_parts(rig) else COUNT - 2)
    assert found.code == ("SIGN-351" if in_parts(rig) else "SIGN-350")


def test_a_value_of_something_else_loses_only_itself(rig: Rig) -> None:
    rig.mischief.garble = True
    found = checked(rig, run(rig))
    assert len(found.values) == (COUNT - 2 if in_parts(rig) else COUNT - 1)
    assert found.code == "SIGN-350"


def test_a_value_that_is_none_loses_only_itself(rig: Rig) -> None:
    rig.mischief.blank = True
    found = checked(rig, run(rig))
    assert len(found.values) == (COUNT - 2 if in_parts(rig) else COUNT - 1)
    assert (found.progress, found.code) == (Progress.FAILED, "SIGN-338")


@pytest.mark.parametrize("fault", ["truncate", "extra"])
def test_a_list_of_another_length_is_not_taken_for_finished(rig: Rig, fault: str) -> None:
    setattr(rig.mischief, fault, True)
    answer = run(rig)
    assert answer.progress is Progress.FAILED
    assert answer.code in {"SIGN-336", "SIGN-337"}
    checked(rig, answer)


def test_a_repeated_value_stands_for_one_record_at_most(rig: Rig) -> None:
    rig.mischief.repeat = True
    found = checked(rig, run(rig))
    assert len(found.values) < COUNT
    assert len(set(found.values.values())) == len(found.values)


@only(*REMOTE)
def test_the_certificate_of_somebody_else_loses_everything(rig: Rig) -> None:
    ours = rig.known()
    rig.mischief.other_certificate = True
    if rig.algorithm is Algorithm.RSA_SHA256:  # the other certificate is of another kind of key
        with pytest.raises(KhueError, match="SIGN-306"):
            rig.run(rig.hashes(COUNT))
        return
    answer = rig.run(rig.hashes(COUNT))
    theirs: Credential = rig.known()
    assert theirs.certificate != ours.certificate
    # Values are checked against the certificate that was shown before signing, and against the one returned.
    assert verified(theirs, rig.hashes(COUNT), answer).values == {}
    assert verified(theirs, rig.hashes(COUNT), answer).code == "SIGN-351"
    assert len(verified(ours, rig.hashes(COUNT), answer).values) == COUNT


@only("vgca")
def test_a_program_with_another_certificate_is_refused(rig: Rig) -> None:
    rig.mischief.other_certificate = True
    answer = rig.run(rig.hashes(COUNT))
    assert (answer.progress, answer.code, answer.values) == (Progress.FAILED, "SIGN-360", {})


STATUS_OF = {
    "csc-phone": "authorizeCheck", "csc-async": "signPolling", "csc-parts": "authorizeCheck",
    "smartca": "/status", "mysign": "requests/status",
}  # fmt: skip


@only(*PHONES)
@pytest.mark.parametrize("fault", ["errors", "nonsense", "huge", "lost"])
def test_trouble_while_waiting_is_only_a_reason_to_ask_again(
    request: pytest.FixtureRequest, rig: Rig, fault: str
) -> None:
    name = request.node.callspec.params["rig"]
    answer = rig.begin(rig.hashes(COUNT))
    rig.mischief.where = STATUS_OF[name]
    setattr(rig.mischief, fault, 4)
    rig.phone.confirm()
    codes = []
    while getattr(rig.mischief, fault) > 0:
        answer = rig.ask(answer)
        assert answer.progress is Progress.WAITING
        codes.append(answer.code)
    assert {"SIGN-321", "SIGN-322", "SIGN-323", "SIGN-326"} & set(codes)
    answer = rig.finish(answer)
    assert answer.progress is Progress.DONE
    assert len(checked(rig, answer).values) == COUNT
    assert rig.service is not None
    assert rig.service.signed == COUNT
    assert len(rig.phone.tickets) == 1


@only(*PHONES)
def test_old_handles_go_on_from_where_the_request_stands(rig: Rig) -> None:
    first = rig.begin(rig.hashes(COUNT))
    done = rig.finish(first)
    again = rig.ask(first)
    assert (again.progress, again.values) == (Progress.DONE, done.values)
    assert rig.service is not None
    assert rig.service.signed == COUNT


def test_an_answer_lost_on_the_way_out_does_not_ring_twice(tmp_path: Path) -> None:
    """SmartCA knows our number, so its status says what became of the request."""
    rig = make_rig("smartca", tmp_path)
    rig.mischief.where, rig.mischief.lost = "signatures/sign", 1
    answer = rig.begin(rig.hashes(COUNT))
    assert (answer.progress, answer.code) == (Progress.WAITING, "SIGN-326")
    assert rig.finish(answer).progress is Progress.DONE
    assert (len(rig.phone.tickets), rig.service.signed) == (1, COUNT)


def test_a_service_that_remembers_does_not_ring_twice_after_our_restart(tmp_path: Path) -> None:
    rig = make_rig("smartca", tmp_path)
    rig.begin(rig.hashes(COUNT))
    assert rig.again is not None
    rig.signer = rig.again()  # whose memory is empty
    answer = rig.begin(rig.hashes(COUNT))
    assert answer.progress is Progress.WAITING
    assert rig.finish(answer).progress is Progress.DONE
    assert (len(rig.phone.tickets), rig.service.signed) == (1, COUNT)


def test_a_spent_authorization_is_not_spent_again_after_a_crash(tmp_path: Path) -> None:
    """The answer to signHash is lost, so we cannot know; the service refuses the second use of its SAD."""
    rig = make_rig("csc-phone", tmp_path)
    answer = rig.begin(rig.hashes(COUNT))
    rig.phone.confirm()
    rig.mischief.where, rig.mischief.lost = "signHash", 1
    answer = rig.ask(answer)
    assert (answer.progress, answer.code) == (Progress.WAITING, "SIGN-326")
    answer = rig.ask(answer)
    assert (answer.progress, answer.code, answer.values) == (Progress.FAILED, "SIGN-325", {})
    assert rig.service.signed == COUNT


def test_a_lost_session_keeps_what_was_signed_before(tmp_path: Path) -> None:
    rig = make_rig("csc-parts", tmp_path)
    answer = rig.begin(rig.hashes(COUNT))
    rig.phone.confirm()
    rig.mischief.where, rig.mischief.errors = "extendTransaction", 1
    answer = rig.ask(answer)
    assert answer.progress is Progress.WAITING  # the rest needs a second confirmation
    assert len(rig.phone.tickets) == 2
    assert rig.again is not None
    rig.signer = rig.again()
    rig.phone.confirm()
    rig.mischief.where, rig.mischief.errors = "signHash", 1
    answer = rig.ask(answer)
    assert answer.progress is Progress.WAITING
    rig.signer = rig.again()  # the SAD is gone with the memory
    answer = rig.ask(answer)
    assert (answer.progress, answer.code) == (Progress.FAILED, "SIGN-339")
    assert len(checked(rig, replace(answer)).values) == 2


def test_the_huge_answer_of_the_fake_is_larger_than_what_is_read() -> None:
    assert HUGE > LARGEST_ANSWER


@given(
    st.permutations(range(COUNT)),
    st.lists(st.sampled_from(["keep", "drop", "flip", "cut", "foreign"]), min_size=COUNT, max_size=COUNT),
)
@settings(max_examples=40)
def test_only_values_that_fit_their_own_digest_are_ever_left(order: list[int], what: list[str]) -> None:
    local, wanted = rigs.key(), rigs.hashes(COUNT)
    values = [local.sign(one.algorithm, one.digest) for one in wanted]
    sent = {}
    for place, (source, change) in enumerate(zip(order, what, strict=True)):
        value = values[source]
        id_ = wanted[place].id if change != "foreign" else f"foreign{place}"
        if change == "flip":
            value = value[:-1] + bytes([value[-1] ^ 1])
        if change != "drop":
            sent[id_] = value[:-1] if change == "cut" else value
    fit = {wanted[place].id for place in range(COUNT) if order[place] == place and what[place] == "keep"}
    answer = verified(
        Credential("k", local.certificate), wanted, Answer(Progress.DONE, sent, handle={"signer": "x"})
    )
    assert set(answer.values) == fit
    assert (answer.progress is Progress.DONE) == bool(fit)
    if len(fit) == COUNT and len(sent) == COUNT:
        assert answer.code == ""
    else:
        assert answer.code == ("SIGN-350" if fit else "SIGN-351")
