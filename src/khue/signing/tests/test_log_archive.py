"""Stamps of checkpoints: given once, renewed as a chain, and judged as one."""

from __future__ import annotations

import datetime as dt
import json
from hashlib import sha256

import pytest

from khue.core.errors import Refused
from khue.signing.log.archive import evidence_of, judge_chain, renew, seal_checkpoint, to_renew
from khue.signing.log.note import NoteSigner
from khue.signing.log.store import MemoryStore
from khue.signing.log.writer import writing
from khue.signing.report import Finding, Sub
from khue.signing.tests.log_fakes import FakeTrust, fake_stamp

SIGNER = NoteSigner("log.example/so", bytes(range(32)))
YEAR = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def at(year: int) -> dt.datetime:
    return YEAR.replace(year=year)


@pytest.fixture
def store() -> MemoryStore:
    kept = MemoryStore()
    with writing(kept, SIGNER) as log:
        for number in range(3):
            log.append([sha256(b"%d" % number).digest()])
    return kept


def test_a_checkpoint_is_stamped_and_signed_once(store: MemoryStore) -> None:
    seen: list[bytes] = []

    def sign_cms(content: bytes) -> bytes:
        seen.append(content)
        return b"cms"

    for _ in range(2):
        found = seal_checkpoint(store, 3, stamp=fake_stamp(at(2027)), sign_cms=sign_cms)
    assert seen == [store.files["checkpoints/3"]]
    assert found.note == store.files["checkpoints/3"]
    assert found.cms == b"cms"
    assert json.loads(found.tokens[0])["digest"] == sha256(found.note).hexdigest()
    assert {"checkpoints/3.tsr", "checkpoints/3.p7s"} <= set(store.files)
    with pytest.raises(Refused) as refused:
        evidence_of(store, 4)
    assert refused.value.code == "SIGN-402"


def test_each_renewal_stamps_the_token_before_it(store: MemoryStore) -> None:
    seal_checkpoint(store, 2, stamp=fake_stamp(at(2027)))
    for year in (2028, 2029):
        found = renew(store, 2, fake_stamp(at(year)))
    assert sorted(name for name in store.files if name.endswith(".tsr")) == [
        "checkpoints/2.1.tsr", "checkpoints/2.2.tsr", "checkpoints/2.tsr",
    ]  # fmt: skip
    for before, token in zip((found.note, *found.tokens), found.tokens, strict=False):
        assert json.loads(token)["digest"] == sha256(before).hexdigest()
    assert to_renew(store) == [2, 3]
    assert renew(store, 3, fake_stamp(at(2029))).tokens[0] == store.files["checkpoints/3.tsr"]


def chain(*years: int) -> tuple[bytes, tuple[bytes, ...]]:
    tokens: list[bytes] = []
    for year in years:
        tokens.append(fake_stamp(at(year))(sha256(tokens[-1] if tokens else b"note").digest()))
    return b"note", tuple(tokens)


def test_the_first_token_gives_the_time() -> None:
    fact = judge_chain(*chain(2027, 2028, 2030), FakeTrust())
    assert (fact.time, fact.genuine, fact.trusted, fact.findings) == (at(2027), True, True, ())
    assert fact.authority == "TSA 2027"


def test_without_a_token_there_is_no_time() -> None:
    fact = judge_chain(b"note", (), FakeTrust())
    assert (fact.time, [found.code for found in fact.findings]) == (None, ["SIGN-421"])


@pytest.mark.parametrize("order", [(1, 0), (0, 2), (0, 0, 1)])
def test_a_token_over_something_else(order: tuple[int, ...]) -> None:
    note, tokens = chain(2027, 2028, 2029)
    fact = judge_chain(note, [tokens[place] for place in order], FakeTrust())
    assert (fact.genuine, fact.findings[0].code) == (False, "SIGN-420")
    assert judge_chain(b"other", tokens, FakeTrust()).findings[0] == Finding("SIGN-420", {"number": 1})


def test_renewed_before_it_was_stamped() -> None:
    assert [found.code for found in judge_chain(*chain(2028, 2027), FakeTrust()).findings] == ["SIGN-422"]


@pytest.mark.parametrize(
    ("facts", "trusted"),
    [
        ({2027: (None, Sub.TRY_LATER)}, True),  # too old to ask about: the newer one carries it
        ({2027: (False, Sub.OUT_OF_BOUNDS_NO_POE)}, True),
        ({2027: (False, Sub.CRYPTO_CONSTRAINTS_FAILURE)}, True),
        ({2027: (False, Sub.REVOKED_NO_POE)}, False),
        ({2027: (False, Sub.NO_CERTIFICATE_CHAIN_FOUND)}, False),
        ({2029: (None, Sub.TRY_LATER)}, None),
        ({2029: (False, Sub.NO_CERTIFICATE_CHAIN_FOUND)}, False),
        ({2027: (False, Sub.OUT_OF_BOUNDS_NO_POE), 2029: (False, Sub.OUT_OF_BOUNDS_NO_POE)}, False),
    ],
)
def test_what_time_does_to_a_token_a_newer_one_makes_up_for(
    facts: dict[int, tuple[bool | None, Sub]], trusted: bool | None
) -> None:
    fact = judge_chain(*chain(2027, 2029), FakeTrust(facts))
    assert (fact.genuine, fact.trusted) == (True, trusted)
    assert bool(fact.findings) == (trusted is not True)
