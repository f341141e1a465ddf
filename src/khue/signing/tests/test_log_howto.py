"""The page in the bundle tells the truth: its commands are run, as they stand, over a real bundle."""

from __future__ import annotations

import base64
import datetime as dt
import re
import shutil
import subprocess
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from khue.signing.algorithms import default_for
from khue.signing.cms import raw_signature, sign_cms
from khue.signing.demo.pki import DemoPki, KeyPair
from khue.signing.log.archive import evidence_of, seal_checkpoint
from khue.signing.log.bundle import Bundle, verify_bundle, write_bundle
from khue.signing.log.howto import HOWTO, INCLUSION, LOG_SIGNATURE, OFFICE, RECORD, TIME
from khue.signing.log.note import NoteSigner
from khue.signing.log.package import read_package
from khue.signing.log.policy import Policy
from khue.signing.log.proof import make_proof
from khue.signing.log.store import MemoryStore
from khue.signing.log.tiles import TileReader
from khue.signing.log.writer import writing
from khue.signing.report import Verdict
from khue.signing.tbs import SlotRef
from khue.signing.trust.base import Evidence
from khue.signing.tsa.local import LocalTsa
from khue.signing.xades import record as records
from khue.signing.xades.complete import add, complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.verify import verify_record

AT = dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC)
SIGNER = NoteSigner("log.example/so", bytes(range(32)))
CODE = "K5T2-9GQX-4M7R-ZD3"


class Made:
    """A whole record in a log, stamped, and its bundle."""

    def __init__(self, leaves: int, index: int) -> None:
        self.pki = DemoPki.create(AT - dt.timedelta(days=1))
        self.teacher = self.pki.person("Nguyễn Thị Hoa", "CCCD:001099000001")
        self.principal = self.pki.person("Trần Văn Bình", "CCCD:001099000002")
        self.school = self.pki.school("Trường THCS Lê Lợi", "MST:0101234567")
        self.tsa = self.pki.tsa()
        self.record = records.assemble(self._signed())
        entries = [sha256(b"%d" % number).digest() for number in range(leaves)]
        entries[index] = sha256(self.record).digest()
        store = MemoryStore()
        with writing(store, SIGNER) as log:
            note = log.append(entries).note
        local = LocalTsa(self.tsa.key, self.tsa.certificate, self.tsa.chain, serials=count(1).__next__)
        seal_checkpoint(
            store, leaves, stamp=lambda digest: local.token(digest, AT),
            sign_cms=lambda content: sign_cms(
                self.school.key, content, self.school.certificate, self.school.chain
            ),
        )  # fmt: skip
        evidence = Evidence(
            (self.pki.issuing, self.school.certificate, self.tsa.certificate),
            (self.pki.crl(AT), self.pki.root_crl(AT)),
        )
        proof = make_proof(TileReader(store, leaves), index, note)
        keys = Policy.simple(SIGNER.key)
        self.bundle = Bundle(
            self.record, proof.text, evidence_of(store, leaves), keys.text, evidence=evidence
        )
        self.keys = keys

    def _signed(self) -> records.Record:
        named = records.Signer("CCCD:001099000001", "Nguyễn Thị Hoa", 1, "homeroom")
        head = records.build_head("Trường THCS Lê Lợi", "MST:0101234567", {"year": "2026"})
        section = records.build_section("summary", "summary", CODE, [named], {})
        made = records.Record("gradebook-year", CODE, head, (section,))
        for slot, pair in (
            (SlotRef("homeroom", "summary"), self.teacher),
            (SlotRef("principal"), self.principal),
            (SlotRef("school"), self.school),
        ):
            made = self._with(made, slot, pair)
        return made

    @staticmethod
    def _with(made: records.Record, slot: SlotRef, pair: KeyPair) -> records.Record:
        tbs = prepare(made, slot, pair.certificate, pair.chain, signing_time=AT, tbs_id="0" * 32)
        value = raw_signature(pair.key, tbs.digest, default_for(pair.key.public_key()))
        return add(made, complete(made, tbs, value))

    def unpack(self, folder: Path, bundle: Bundle | None = None) -> Path:
        """The bundle as a reader unpacks it, with the root that he got elsewhere."""
        folder.mkdir(exist_ok=True)
        for name, data in read_package(write_bundle(bundle or self.bundle)).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
        root = base64.encodebytes(self.pki.root).decode()
        (folder / "goc.pem").write_text(f"-----BEGIN CERTIFICATE-----\n{root}-----END CERTIFICATE-----\n")
        return folder


@pytest.fixture(scope="module")
def made() -> Made:
    return Made(300, 77)


def run(command: str, folder: Path, *tools: str) -> subprocess.CompletedProcess[str]:
    for tool in ("sh", "openssl", *tools):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


def test_the_page_is_one_page_and_holds_the_commands() -> None:
    assert len(HOWTO.splitlines()) < 70
    assert max(map(len, HOWTO.splitlines())) < 120
    for command in (INCLUSION, LOG_SIGNATURE, TIME, OFFICE, RECORD):
        assert command in HOWTO


def test_the_document_for_strangers_gives_the_same_commands() -> None:
    page = (Path(__file__).parents[4] / "docs/records/log.md").read_text(encoding="utf-8")
    assert INCLUSION in page
    assert LOG_SIGNATURE in page
    assert TIME.replace(" \\\n ", "") in page


def test_our_own_verifier_agrees(made: Made) -> None:
    found = verify_bundle(
        write_bundle(made.bundle),
        verify_record=lambda data, *_: verify_record(data, trust=made.pki.trust(at=AT), now=AT),
        verify_pdf=lambda data, _: pytest.fail("there is no PDF"),
        log_keys=made.keys, trust=made.pki.trust(at=AT), now=AT,
    )  # fmt: skip
    assert (found.verdict, found.findings) == (Verdict.VALID, ())
    assert found.log is not None
    assert found.log.time == AT
    assert len(found.signatures) == 3


@pytest.mark.parametrize(("leaves", "index"), [(300, 77), (300, 299), (1, 0), (2, 1), (257, 256), (7, 6)])
def test_inclusion_by_hand(leaves: int, index: int, tmp_path: Path) -> None:
    made = Made(leaves, index)
    folder = made.unpack(tmp_path / "goi")
    shown = run(INCLUSION, folder).stdout.split()
    assert len(shown) == 2
    assert shown[0] == shown[1]
    (folder / "ho-so.xml").write_bytes(made.record + b" ")
    shown = run(INCLUSION, folder).stdout.split()
    assert shown[0] != shown[1]


def test_the_signature_of_the_log_by_hand(made: Made, tmp_path: Path) -> None:
    folder = made.unpack(tmp_path / "goi")
    found = run(LOG_SIGNATURE, folder)
    assert "Signature Verified Successfully" in found.stdout
    checkpoint = folder / "checkpoint"
    checkpoint.write_text(checkpoint.read_text().replace("\n300\n", "\n301\n"))
    assert run(LOG_SIGNATURE, folder).returncode != 0


def test_the_time_by_hand(made: Made, tmp_path: Path) -> None:
    folder = made.unpack(tmp_path / "goi")
    dated = TIME.replace("-CAfile", f"-attime {int(AT.timestamp())} -CAfile")  # the test's root lives in 2026
    found = run(dated, folder)
    assert "Verification: OK" in found.stdout + found.stderr
    shown = re.search(r"openssl ts -reply [^)\n]*", HOWTO)
    assert shown is not None
    assert "Time stamp: Dec  1 03:00:00" in run(shown[0], folder).stdout
    (folder / "checkpoint").write_text("another")
    assert run(dated, folder).returncode != 0


def test_the_signature_of_the_office_by_hand(made: Made, tmp_path: Path) -> None:
    folder = made.unpack(tmp_path / "goi")
    dated = OFFICE.replace("-CAfile", f"-attime {int(AT.timestamp())} -CAfile")
    found = run(dated, folder)
    assert "erification successful" in found.stdout + found.stderr
    (folder / "checkpoint").write_text("another")
    assert run(dated, folder).returncode != 0


def test_the_signatures_of_the_record_by_hand(made: Made, tmp_path: Path) -> None:
    folder = made.unpack(tmp_path / "goi")
    listing, command = RECORD.split("\n", 1)
    names = re.findall(r'Id="(sig-[a-z0-9-]+)"', run(listing, folder).stdout)
    assert names == ["sig-homeroom-summary-1", "sig-principal", "sig-school"]
    dated = command.replace("--node-id", '--verification-gmt-time "2026-12-01 03:00:00" --node-id')
    for name in names:
        found = run(dated.replace("sig-school", name), folder, "xmlsec1")
        assert found.returncode == 0, found.stderr
        assert "OK" in found.stdout + found.stderr
    other = made.unpack(tmp_path / "khac", replace(made.bundle, record=made.record.replace(b"Hoa", b"Hoe")))
    assert run(dated, other, "xmlsec1").returncode != 0
