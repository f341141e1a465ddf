"""A transcript with fifteen signatures, attacked: the quick reading says what the parser says of it."""

import random
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.signing.canonical import element
from khue.signing.report import Report, Verdict
from khue.signing.tbs import SlotRef
from khue.signing.tests.test_xades_attacks import root_only
from khue.signing.tests.test_xades_proof import ODDITIES
from khue.signing.tests.xades_world import (
    DUNG,
    HOA,
    LAN,
    MINH,
    MST,
    SCHOOL,
    SIGNED_AT,
    head,
    pki,
    raw_value,
    report_on,
    stamped,
)
from khue.signing.trust.store import TrustStore
from khue.signing.xades import reading
from khue.signing.xades.complete import add, complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import Record, assemble, build_section, next_slots
from khue.signing.xades.signature import take_apart

SUBJECTS = 12
TEACHERS = HOA, replace(LAN, number=1)
START, END = "<ds:Signature ", "</ds:Signature>"


def transcript(code: str, mark: str) -> Record:
    """A year of a pupil in twelve subjects of two teachers, unsigned."""
    subjects = [
        build_section(
            f"s{number:02}", "subject", code, [TEACHERS[number % 2]],
            {"position": str(number), "result": mark}, element("Comment", {}, "Có tiến bộ &amp; chăm"),
        )
        for number in range(1, SUBJECTS + 1)
    ]  # fmt: skip
    year = build_section("y01", "year", code, [DUNG], {}, element("Result", {"level": "Tốt"}))
    return Record("transcript-secondary", code, head(), (*subjects, year))


def key_of(slot: SlotRef):
    if slot.role == "school":
        return pki().school(SCHOOL, MST)
    if slot.role == "teacher":
        one = TEACHERS[int(slot.section[1:]) % 2]
    else:
        one = DUNG if slot.role == "homeroom" else MINH
    return pki().person(one.name, one.identifier)


@cache
def finished(code: str = "AAAA-2222-3333-4444", mark: str = "7.5") -> bytes:
    """The transcript signed by everybody, with a time-stamp on the seal."""
    target = transcript(code, mark)
    keys: dict = {}
    while slots := next_slots(target):
        slot = slots[0]
        name = slot.role, slot.role == "teacher" and int(slot.section[1:]) % 2
        pair = keys.setdefault(name, key_of(slot))
        tbs = prepare(
            target, slot, tbs_id="0" * 32, certificate=pair.certificate, chain=pair.chain,
            signing_time=SIGNED_AT,
        )  # fmt: skip
        target = add(target, complete(target, tbs, raw_value(pair.key, tbs)))
    return assemble(stamped(target, [SlotRef("school")]))


def signatures(data: bytes) -> list[str]:
    return [START + one.partition(END)[0] + END for one in data.decode().split(START)[1:]]


def with_signatures(data: bytes, found: list[str]) -> bytes:
    before, _, _ = data.decode().partition(START)
    return f"{before}{''.join(found)}</kr:Signatures></kr:Record>".encode()


def both(data: bytes) -> tuple[list[Report], list[Report]]:
    """The reports by the quick reading and by the parser and the templates.

    Nobody has the issuing certificate at hand, so that those in the file count to the last byte.
    """
    quick = reports(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_proven", lambda _: None)
        return quick, reports(data)


@cache
def root() -> TrustStore:
    return root_only()


def reports(data: bytes) -> list[Report]:
    return [report_on(data, trust=root()), report_on(data, complete=False, trust=None)]


def refused(data: bytes) -> None:
    """Not valid, and of both readings the same report."""
    quick, slow = both(data)
    assert quick == slow
    assert quick[0].verdict is not Verdict.VALID


def test_the_honest_one_is_valid_and_needs_no_parser(monkeypatch):
    quick, slow = both(finished())
    assert quick == slow
    assert quick[0].verdict is Verdict.VALID
    assert len(quick[0].signatures) == SUBJECTS + 3
    monkeypatch.setattr(reading, "assert_canonical", lambda _: pytest.fail("was parsed"))
    source = reading.read(finished())
    assert source.taken == tuple(map(take_apart, source.signatures))
    assert source.signatures == tuple(signatures(finished()))


@pytest.mark.parametrize("number", range(SUBJECTS + 3))
def test_a_signature_cut_doubled_or_moved(number):
    whole = signatures(finished())
    one = whole[number]
    without = whole[:number] + whole[number + 1 :]
    refused(with_signatures(finished(), without))
    refused(with_signatures(finished(), [*without, one]) if number < len(without) else b"")
    refused(with_signatures(finished(), [*whole[: number + 1], *whole[number:]]))


@pytest.mark.parametrize("number", range(SUBJECTS + 2))
def test_two_signatures_swapped(number):
    whole = signatures(finished())
    whole[number], whole[number + 1] = whole[number + 1], whole[number]
    refused(with_signatures(finished(), whole))


@pytest.mark.parametrize("number", range(SUBJECTS + 3))
def test_a_signature_from_the_transcript_of_another_pupil(number):
    """The same slot, the same person, the same certificate, a genuine value; another content."""
    whole, other = signatures(finished()), signatures(finished("BBBB-2222-3333-4444", "9.5"))
    whole[number] = other[number]
    refused(with_signatures(finished(), whole))


@pytest.mark.parametrize("number", range(SUBJECTS))
def test_a_signature_of_a_teacher_under_the_name_of_another_section(number):
    whole = signatures(finished())
    source = (number + 2) % SUBJECTS  # by the same teacher
    whole[number] = whole[source].replace(f"-s{source + 1:02}-", f"-s{number + 1:02}-")
    refused(with_signatures(finished(), whole))
    whole[number] = whole[number].replace(f'URI="#s{source + 1:02}"', f'URI="#s{number + 1:02}"')
    refused(with_signatures(finished(), whole))


@pytest.mark.parametrize("part", ["signed_info", "value", "key_info", "properties"])
@pytest.mark.parametrize("number", [0, SUBJECTS, SUBJECTS + 1, SUBJECTS + 2])
def test_a_part_of_a_signature_from_the_transcript_of_another_pupil(number, part):
    whole, other = signatures(finished()), signatures(finished("BBBB-2222-3333-4444", "9.5"))
    mine, theirs = (getattr(take_apart(one[number]), part) for one in (whole, other))
    if mine == theirs:  # the same person with the same certificate
        theirs = getattr(take_apart(other[1 if number == 0 else 0]), part)
    whole[number] = whole[number].replace(mine, theirs)
    refused(with_signatures(finished(), whole))


@pytest.mark.parametrize("first", range(3))
def test_a_byte_changed_anywhere(first):
    """Every 601st byte from three beginnings, so that each region of the file has its turn."""
    whole = finished()
    for at in range(first * 200, len(whole), 601):
        refused(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])


def test_a_byte_changed_in_each_hole_and_around_it():
    """In the first signature of each step: where a hole begins, in its middle, and where it ends."""
    whole = finished().decode()
    for number in (0, SUBJECTS, SUBJECTS + 2):
        one = signatures(finished())[number]
        parts = take_apart(one)
        begin = whole.index(one)
        roles = f"<xades:ClaimedRole>{parts.roles[0]}"
        holes = (
            parts.id, parts.method, parts.references, parts.value, parts.key_info, parts.properties,
            parts.certificate_digest, roles, "SigningTime>20", parts.unsigned.stamp_text or parts.id,
        )  # fmt: skip
        for text in holes:
            start = begin + one.index(text)
            for at in (start - 1, start, start + len(text) // 2, start + len(text) - 1, start + len(text)):
                damaged = whole[:at] + ("A" if whole[at] != "A" else "B") + whole[at + 1 :]
                refused(damaged.encode())


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_damage_is_reported_as_the_parser_reports_it(seed):
    draw = random.Random(seed)
    whole = bytearray(finished())
    starts = [at for at in range(len(whole)) if whole.startswith(START.encode(), at)]
    for _ in range(draw.choice((1, 1, 2))):
        at = draw.choice((draw.randrange(len(whole)), draw.choice(starts) + draw.randrange(1500)))
        length, source = draw.choice((0, 1, 1, 1, 30)), draw.randrange(len(whole))
        whole[at : at + length] = draw.choice((
            draw.randbytes(1), b"", bytes(whole[source : source + 40]),
            draw.choice(ODDITIES).encode("utf-8", "surrogatepass"),
        ))  # fmt: skip
    quick, slow = both(bytes(whole))
    assert quick == slow
