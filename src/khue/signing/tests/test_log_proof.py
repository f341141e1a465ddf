"""Proof files and policies: the form of C2SP tlog-proof and tlog-policy, and what must not pass."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid, Refused
from khue.signing.log.note import Kind, Note, NoteKey, NoteSigner
from khue.signing.log.policy import Group, Policy, Witness
from khue.signing.log.proof import TlogProof, make_proof, verify_inclusion_file, verify_proof
from khue.signing.log.store import MemoryStore
from khue.signing.log.tiles import TileReader
from khue.signing.log.writer import writing

NOW = dt.datetime(2027, 6, 1, 3, tzinfo=dt.UTC)
SIGNER = NoteSigner("log.example/so", bytes(range(32)))
RECORDS = [b"<record>%d</record>" % number for number in range(300)]
WITNESSES = [
    NoteSigner(f"witness.example/{name}", bytes([number]) * 32, Kind.COSIGNATURE)
    for number, name in enumerate("abc", 1)
]
KNOWN = tuple(Witness(f"w{number}", one.key) for number, one in enumerate(WITNESSES))
POLICY = Policy.simple(SIGNER.key, KNOWN, 2)


def made() -> tuple[MemoryStore, Note]:
    store = MemoryStore()
    with writing(store, SIGNER) as log:
        note = log.append([sha256(record).digest() for record in RECORDS]).note
    return store, note.with_lines([one.cosign(note.body, NOW) for one in WITNESSES[:2]])


STORE, NOTE = made()
READER = TileReader(STORE, 300)
PROOF = make_proof(READER, 77, NOTE)


def codes(record: bytes, proof: str | bytes, policy: Policy = POLICY) -> list[str]:
    report = verify_inclusion_file(record, proof, policy)
    assert report.included == (not report.findings)
    assert all(found.text.endswith((".", ")")) or found.code for found in report.findings)
    return [found.code for found in report.findings]


def test_a_record_is_proved_by_its_file() -> None:
    report = verify_inclusion_file(RECORDS[77], PROOF.text, POLICY)
    assert report.included
    assert (report.origin, report.index, report.size) == ("log.example/so", 77, 300)
    assert report.witnesses == ("w0", "w1")
    assert report.time is None  # a proof alone proves no time


def test_the_form_of_the_file() -> None:
    lines = replace(PROOF, extra=b"context").text.split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra Y29udGV4dA==", "index 77"]
    assert lines[3 + len(PROOF.hashes)] == ""
    assert "\n".join(lines[4 + len(PROOF.hashes) :]) == NOTE.text
    assert TlogProof.parse(PROOF.text) == PROOF
    assert TlogProof.parse(replace(PROOF, extra=b"context").text.encode()).extra == b"context"


@pytest.mark.parametrize("index", [0, 1, 127, 255, 256, 299])
def test_all_of_the_log_is_proved(index: int) -> None:
    assert codes(RECORDS[index], make_proof(READER, index, NOTE).text) == []


def test_a_log_of_one_leaf_has_an_empty_path() -> None:
    store = MemoryStore()
    with writing(store, SIGNER) as log:
        note = log.append([sha256(RECORDS[0]).digest()]).note
    proof = make_proof(TileReader(store, 1), 0, note)
    assert proof.text.startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example/so\n1\n")
    assert codes(RECORDS[0], proof.text, Policy.simple(SIGNER.key)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a proof at all",
        "c2sp.org/tlog-proof@v1\n",
        PROOF.text.replace("@v1", "@v2"),
        PROOF.text.replace("index 77", "index 077"),
        PROOF.text.replace("index 77", "index -1"),
        PROOF.text.replace("index 77\n", ""),
        PROOF.text.replace("index 77", "extra !!\nindex 77"),
        PROOF.text.replace("index 77", "index 77\nAAAA"),
        PROOF.text.replace("index 77", "index 77\n" + "\n".join(["A" * 43 + "="] * 64)),
        PROOF.text.replace("\n\n", "\n", 1),
        PROOF.text.replace("\n", "\r\n"),
    ],
)
def test_malformed_files(text: str) -> None:
    assert codes(RECORDS[77], text)[0] in {"SIGN-440", "SIGN-411", "SIGN-413"}
    assert codes(RECORDS[77], b"\xff" + text.encode()) == ["SIGN-440"]


def test_what_does_not_hold_is_said() -> None:
    assert codes(RECORDS[78], PROOF.text) == ["SIGN-444"]
    assert codes(RECORDS[77] + b" ", PROOF.text) == ["SIGN-444"]
    assert codes(RECORDS[77], replace(PROOF, index=78).text) == ["SIGN-444"]
    assert codes(RECORDS[77], PROOF.text, Policy.simple(NoteSigner.create("log.example/x").key)) == [
        "SIGN-443"
    ]
    assert codes(RECORDS[77], PROOF.text, Policy.simple(NoteSigner.create("log.example/so").key)) == [
        "SIGN-412"
    ]
    assert codes(RECORDS[77], PROOF.text, Policy.simple(SIGNER.key, KNOWN, 3)) == ["SIGN-445"]
    forged = replace(PROOF, note=Note(NOTE.body.replace("\n300\n", "\n301\n"), NOTE.signatures))
    assert codes(RECORDS[77], forged.text) == ["SIGN-412"]


def test_the_log_cannot_stand_in_for_a_witness() -> None:
    own = Witness("own", NoteKey(SIGNER.key.name, SIGNER.key.public, Kind.COSIGNATURE))
    assert codes(RECORDS[77], PROOF.text, Policy.simple(SIGNER.key, [own], 1)) == ["SIGN-445"]


def test_a_forged_cosignature_is_not_counted_but_refused() -> None:
    body = NOTE.body.replace("\n300\n", "\n299\n")
    line = WITNESSES[2].cosign(body, NOW)
    assert codes(RECORDS[77], replace(PROOF, note=NOTE.with_lines([line])).text) == ["SIGN-412"]


@settings(max_examples=150)
@given(st.integers(0, len(PROOF.text.encode()) - 1), st.integers(1, 255))
def test_no_changed_byte_passes(place: int, change: int) -> None:
    data = bytearray(PROOF.text.encode())
    data[place] ^= change
    report = verify_inclusion_file(RECORDS[77], bytes(data), Policy.simple(SIGNER.key, KNOWN, 2))
    assert not report.included


def test_damaged_tiles_give_no_proof() -> None:
    store, note = made()
    tile = bytearray(store.files["tile/0/000"])
    tile[-1] ^= 1
    store.files["tile/0/000"] = bytes(tile)
    with pytest.raises(Refused) as refused:
        make_proof(TileReader(store, 300), 3, note)
    assert refused.value.code == "SIGN-441"
    with pytest.raises(Invalid) as wrong:
        make_proof(READER, 300, NOTE)
    assert wrong.value.code == "SIGN-442"


def test_verification_of_one_proof_is_fast() -> None:
    entry = sha256(RECORDS[77]).digest()
    begin = time.process_time()
    for _ in range(200):
        assert verify_proof(entry, PROOF, POLICY).included
    assert (time.process_time() - begin) / 200 < 0.005


def vkey(number: int, kind: Kind = Kind.COSIGNATURE) -> str:
    return NoteSigner(f"k.example/{number}", bytes([number + 1]) * 32, kind).key.vkey


EXAMPLE = f"""# the example of the standard
log {vkey(0, Kind.NOTE)}

witness X1 {vkey(1)}
witness\tX2  {vkey(2)} https://x2.example/
witness X3 {vkey(3)}
group X-witnesses 2 X1 X2 X3

witness Y1 {vkey(4)}
witness Y2 {vkey(5)}
group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_policy_of_the_standard() -> None:
    policy = Policy.parse(EXAMPLE)
    assert policy.witnesses[1].url == "https://x2.example/"
    for names, enough in (
        ({"X1", "X2", "Y2"}, True),
        ({"X1", "X2"}, False),
        ({"X1", "Y1", "Y2"}, False),
        ({"X1", "X2", "X3", "Y1", "Y2"}, True),
        (set(), False),
    ):
        assert policy.satisfied(names) is enough
    assert Policy.parse(policy.text) == policy
    assert policy.groups[2] == ("X-and-Y", Group(2, ("X-witnesses", "Y-witnesses")))
    assert len(policy.keys) == 6


def test_a_policy_without_witnesses() -> None:
    policy = Policy.parse(f"log {vkey(0, Kind.NOTE)}\nquorum none\n")
    assert policy == Policy.simple(policy.logs[0])
    assert policy.satisfied([])


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("quorum X-and-Y\n", "", 14),
        ("quorum X-and-Y", "quorum Z", 14),
        ("quorum X-and-Y", "quorum X-and-Y\nquorum none", 15),
        ("group X-witnesses 2", "group X-witnesses 4", 7),
        ("group X-witnesses 2", "group X-witnesses 0", 7),
        ("2 X1 X2 X3", "2 X1 X1 X3", 7),
        ("2 X1 X2 X3", "2 X1 X2 Y1", 7),
        ("any Y1 Y2", "any Y1 X1", 11),
        ("group X-witnesses 2", "group none 2", 7),
        ("witness X1", "witness none", 4),
        ("witness X3", "witness X1", 6),
        ("witness X3 " + vkey(3), "witness X3 " + vkey(1), 6),
        ("witness X3 " + vkey(3), "witness X3 " + vkey(3, Kind.NOTE), 6),
        ("log ", "log x ", 2),
        ("quorum X", "else X", 14),
        ("quorum X", "quorum\x0b X", 14),
    ],
)
def test_policies_that_are_wrong(old: str, new: str, line: int) -> None:
    assert old in EXAMPLE
    with pytest.raises(Invalid) as refused:
        Policy.parse(EXAMPLE.replace(old, new, 1))
    assert refused.value.code in {"SIGN-415", "SIGN-410"}
    if refused.value.code == "SIGN-415":
        assert refused.value.params["line"] == line
