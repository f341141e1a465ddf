"""Bundles: what goes in comes out, each part that does not hold is named, and nothing unknown is carried."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import KhueError
from khue.signing.demo.pki import DemoPki
from khue.signing.log.archive import evidence_of, renew, seal_checkpoint
from khue.signing.log.bundle import Bundle, read_bundle, verify_bundle, write_bundle
from khue.signing.log.note import Kind, NoteSigner
from khue.signing.log.package import read_package, write_package
from khue.signing.log.policy import Policy, Witness
from khue.signing.log.proof import make_proof
from khue.signing.log.store import MemoryStore
from khue.signing.log.tiles import TileReader
from khue.signing.log.writer import archived, note_of, writing
from khue.signing.report import Finding, Report, Sub, Verdict
from khue.signing.tests.log_fakes import FakeTrust, fake_stamp
from khue.signing.trust.base import Evidence

NOW = dt.datetime(2030, 6, 1, 3, tzinfo=dt.UTC)
STAMPED = dt.datetime(2027, 6, 1, 3, tzinfo=dt.UTC)
SIGNER = NoteSigner("log.example/so", bytes(range(32)))
WITNESS = NoteSigner("witness.example/luu-tru", bytes(range(1, 33)), Kind.COSIGNATURE)
POLICY = Policy.simple(SIGNER.key, [Witness("luu-tru", WITNESS.key)], 1)
RECORD, PDF = b"<record>marks</record>" * 20, b"%PDF-1.7 of the record"
DIGEST = sha256(RECORD).digest()


def made() -> tuple[MemoryStore, Bundle]:
    store = MemoryStore()
    with writing(store, SIGNER) as log:
        log.append([sha256(b"%d" % number).digest() for number in range(5)])
        log.append([DIGEST])
        log.add_cosignatures(6, [WITNESS.cosign(log.note.body, STAMPED)])
    seal_checkpoint(store, 6, stamp=fake_stamp(STAMPED), sign_cms=lambda content: b"cms over " + content)
    renew(store, 6, fake_stamp(STAMPED.replace(year=2028)))
    pki = DemoPki.create(STAMPED)
    evidence = Evidence((pki.issuing, pki.root), (pki.crl(STAMPED), pki.root_crl(STAMPED)), (b"ocsp",))
    proof = make_proof(TileReader(store, 6), 5, note_of(store, 6)).text
    return store, Bundle(RECORD, proof, evidence_of(store, 6), POLICY.text, PDF, evidence)


STORE, BUNDLE = made()
DATA = write_bundle(BUNDLE)


def report(kind: str, data: bytes, verdict: Verdict = Verdict.VALID, **more: object) -> Report:
    return replace(
        Report(kind, verdict, sha256(data).hexdigest(), len(data), NOW, "test"), **more
    )  # fmt: skip


class World:
    """The verifiers of the parts, with what they were asked and what they shall answer."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers
        self.asked: list[tuple[object, ...]] = []

    def record(self, data: bytes, evidence: Evidence, proved: dt.datetime | None) -> Report:
        self.asked.append((data, evidence, proved))
        verdict = self.answers.get("record", Verdict.VALID)
        return report(
            "xml", data, verdict, record_code="K1", facts={"school": "THCS Lê Lợi"}, content=b"<c/>"
        )

    def pdf(self, data: bytes, evidence: Evidence) -> Report:
        facts = self.answers.get("pdf_facts", {"record_digest": DIGEST.hex()})
        return report("pdf", data, self.answers.get("pdf", Verdict.VALID), facts=facts)

    def cms(self, data: bytes, content: bytes, evidence: Evidence) -> Report:
        assert data == b"cms over " + content
        return report("cms", data, self.answers.get("cms", Verdict.VALID))


def verify(
    data: bytes = DATA,
    world: World | None = None,
    *,
    log_keys: Policy | None = POLICY,
    trust: FakeTrust | None = None,
) -> Report:
    world = world or World()
    return verify_bundle(
        data, verify_record=world.record, verify_pdf=world.pdf, verify_cms=world.cms,
        log_keys=log_keys, trust=trust or FakeTrust(), now=NOW,
    )  # fmt: skip


def codes(found: Report) -> list[str]:
    assert all(not finding.text.startswith("Mã ") for finding in found.findings)
    return [finding.code for finding in found.findings]


def test_a_bundle_comes_back_and_its_bytes_are_the_same_every_time() -> None:
    assert read_bundle(DATA) == BUNDLE
    assert write_bundle(read_bundle(DATA)) == DATA
    bare = Bundle(RECORD, BUNDLE.proof, evidence_of(STORE, 6), POLICY.text)
    assert read_bundle(write_bundle(bare)) == bare


def test_what_is_in_it() -> None:
    parts = read_package(DATA)
    assert sorted(parts) == [
        "HUONG-DAN.txt", "checkpoint", "checkpoint.1.tsr", "checkpoint.p7s", "checkpoint.tsr",
        "chung-thu.pem",
        "ho-so.pdf", "ho-so.tlog-proof", "ho-so.xml", "keys.txt", "manifest.json", "thu-hoi/1.crl",
        "thu-hoi/1.ocsp", "thu-hoi/2.crl",
    ]  # fmt: skip
    manifest = json.loads(parts["manifest.json"])
    assert manifest["format"] == "khue-bundle/1"
    assert {name: listed["sha256"] for name, listed in manifest["parts"].items()} == {
        name: sha256(data).hexdigest() for name, data in parts.items() if name != "manifest.json"
    }
    assert parts["checkpoint"] == STORE.files["checkpoints/6"]


def test_a_sound_bundle() -> None:
    world = World()
    found = verify(world=world)
    assert (found.kind, found.verdict, codes(found)) == ("bundle", Verdict.VALID, [])
    assert found.log is not None
    assert (found.log.included, found.log.index, found.log.size) == (True, 5, 6)
    assert (found.log.time, found.log.witnesses) == (STAMPED, ("luu-tru",))
    assert [part.kind for part in found.parts] == ["xml", "pdf", "cms"]
    assert (found.record_code, found.facts, found.content) == ("K1", {"school": "THCS Lê Lợi"}, b"<c/>")
    assert world.asked == [(RECORD, BUNDLE.evidence, STAMPED)]
    assert found.digest == sha256(DATA).hexdigest()
    assert found.as_json()["parts"][1]["kind"] == "pdf"


@pytest.mark.parametrize("part", ["record", "pdf", "cms"])
@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.INVALID, "SIGN-476"), (Verdict.UNCERTAIN, "SIGN-477")]
)
def test_a_part_decides_for_the_whole(part: str, verdict: Verdict, code: str) -> None:
    found = verify(world=World(**{part: verdict}))
    assert (found.verdict, codes(found)) == (verdict, [code])
    assert bool(found.content) == (verdict is Verdict.UNCERTAIN)


def test_the_pdf_must_render_this_record() -> None:
    found = verify(world=World(pdf_facts={"record_digest": "00" * 32}))
    assert (found.verdict, codes(found)) == (Verdict.INVALID, ["SIGN-473"])
    found = verify(world=World(pdf_facts={}))
    assert (found.verdict, codes(found)) == (Verdict.UNCERTAIN, ["SIGN-474"])
    assert verify(write_bundle(replace(BUNDLE, pdf=b"")), World(pdf_facts={})).verdict is Verdict.VALID


def test_another_record_under_the_same_proof() -> None:
    found = verify(write_bundle(replace(BUNDLE, record=RECORD + b" ", pdf=b"")))
    assert (found.verdict, codes(found)) == (Verdict.INVALID, ["SIGN-444"])
    assert found.log is not None
    assert (found.log.included, found.log.time) == (False, None)


def test_the_checkpoint_must_be_that_of_the_proof() -> None:
    other = write_bundle(replace(BUNDLE, checkpoint=evidence_of(STORE, 5)))
    assert codes(verify(other)) == ["SIGN-472"]
    broken = replace(BUNDLE, checkpoint=replace(BUNDLE.checkpoint, note=b"nothing"))
    assert codes(verify(write_bundle(replace(broken, checkpoint=replace(broken.checkpoint, cms=b""))))) == [
        "SIGN-411"
    ]


def test_time_without_a_token_and_with_a_wrong_one() -> None:
    bare = replace(BUNDLE, checkpoint=replace(BUNDLE.checkpoint, tokens=()))
    found = verify(write_bundle(bare))
    assert (found.verdict, codes(found)) == (Verdict.UNCERTAIN, ["SIGN-421"])
    wrong = replace(BUNDLE, checkpoint=replace(BUNDLE.checkpoint, tokens=(fake_stamp(STAMPED)(bytes(32)),)))
    found = verify(write_bundle(wrong))
    assert (found.verdict, codes(found)) == (Verdict.INVALID, ["SIGN-420"])


def test_an_unknown_stamping_service() -> None:
    found = verify(trust=FakeTrust({2028: (None, Sub.NO_CERTIFICATE_CHAIN_FOUND)}))
    assert (found.verdict, codes(found)) == (Verdict.UNCERTAIN, ["SIGN-423"])
    assert found.log is not None
    assert (found.log.included, found.log.time) == (True, None)


def test_whose_key_it_is() -> None:
    found = verify(log_keys=None)
    assert (found.verdict, codes(found)) == (Verdict.UNCERTAIN, ["SIGN-475"])
    found = verify(log_keys=Policy.simple(NoteSigner.create("log.example/x").key))
    assert (found.verdict, codes(found)[0]) == (Verdict.UNCERTAIN, "SIGN-443")
    found = verify(log_keys=Policy.simple(NoteSigner.create("log.example/so").key))
    assert (found.verdict, codes(found)[0]) == (Verdict.INVALID, "SIGN-412")


def test_the_worst_reason_stands_first() -> None:
    bare = replace(BUNDLE, checkpoint=replace(BUNDLE.checkpoint, tokens=()))
    found = verify(write_bundle(bare), World(record=Verdict.INVALID))
    assert (found.verdict, codes(found)) == (Verdict.INVALID, ["SIGN-476", "SIGN-421"])
    assert found.text.startswith("Không hợp lệ. Tệp «ho-so.xml»")


def changed(**parts: bytes | None) -> bytes:
    """The zip with other parts, and a manifest that fits."""
    files = read_package(DATA) | {
        name.replace("__", "/"): data for name, data in parts.items() if data is not None
    }
    files = {name: data for name, data in files.items() if parts.get(name, b"") is not None}
    files.pop("manifest.json")
    listed = {name: {"sha256": sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()}
    manifest = json.dumps({"format": "khue-bundle/1", "parts": listed}).encode()
    return write_package(files | {"manifest.json": manifest})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (changed(**{"ho-so.xml": None}), "SIGN-469"),
        (changed(**{"keys.txt": None}), "SIGN-469"),
        (changed(**{"run.exe": b"MZ"}), "SIGN-470"),
        (changed(**{"checkpoint.3.tsr": b"token without one before it"}), "SIGN-470"),
        (changed(**{"thu-hoi__7.crl": b"x"}), "SIGN-470"),
        (changed(**{"keys.txt": b"log nonsense\n"}), "SIGN-410"),
        (changed(**{"keys.txt": b"\xff"}), "SIGN-460"),
        (changed(**{"chung-thu.pem": b"<html>"}), "SIGN-460"),
        (changed(**{"ho-so.pdf": b"PK\x03\x04"}), "SIGN-468"),
        (write_package(read_package(DATA) | {"ho-so.pdf": b"another"}), "SIGN-471"),
        (write_package(read_package(DATA) | {"manifest.json": b"[]"}), "SIGN-471"),
        (write_package(read_package(DATA) | {"manifest.json": b"[[" * 900}), "SIGN-471"),
        (
            write_package(read_package(DATA) | {"manifest.json": b'{"format": "else", "parts": {}}'}),
            "SIGN-471",
        ),
        (b"no zip", "SIGN-460"),
    ],
)
def test_what_is_no_bundle_is_reported_and_never_raised(data: bytes, code: str) -> None:
    world = World()
    found = verify(data, world, log_keys=None)
    assert (found.verdict, codes(found)) == (Verdict.INVALID, [code])
    assert world.asked == []  # nothing of it was looked at
    assert found.log is None


@settings(max_examples=100)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_no_changed_byte_passes_for_another_record(place: int, change: int) -> None:
    data = bytearray(DATA)
    data[place] ^= change
    try:
        found = read_bundle(bytes(data))
    except KhueError:
        return
    assert found == BUNDLE  # a byte that no reader looks at


def test_a_renewed_chain_is_read_in_its_order() -> None:
    assert BUNDLE.checkpoint.tokens == (STORE.files[archived(6, ".tsr")], STORE.files[archived(6, ".1.tsr")])
    assert read_bundle(DATA).checkpoint.tokens == BUNDLE.checkpoint.tokens
    swapped = replace(BUNDLE, checkpoint=replace(BUNDLE.checkpoint, tokens=BUNDLE.checkpoint.tokens[::-1]))
    assert verify(write_bundle(swapped)).findings == (Finding("SIGN-420", {"number": 1}),)
