"""Signed transcripts and manifests made outside the database: honest ones, and forged ones of every kind."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.cast import NOW

from khue.modules.records import trust
from khue.modules.store import manifest as manifests
from khue.modules.store.data import ManifestItem
from khue.signing.canonical import element, escape_text
from khue.signing.demo.pki import KeyPair
from khue.signing.signers.pkcs12 import LocalKey
from khue.signing.tbs import SlotRef
from khue.signing.xades.complete import add, complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import Record, Section, Signer, assemble, build_head, build_section

SINCE = NOW - dt.timedelta(days=120)
SIGNED = NOW - dt.timedelta(days=3)
LAN = ("Lý Thị Lan", "CCCD:020099000001")
MINH = ("Hoàng Văn Minh", "CCCD:020099000002")
KHE_VANG = ("Trường THCS Khe Vàng", "MST:4900123456")
NA_LAU = ("Trường THCS Nà Lầu", "MST:4900999999")
KIND = "transcript-primary"
SLOTS = (SlotRef("homeroom", "year", 1), SlotRef("principal"), SlotRef("school"))


@dataclass(frozen=True, slots=True)
class File:
    """A file with what a manifest says of it."""

    data: bytes
    item: ManifestItem


@dataclass(slots=True)
class Press:
    """Keys of a school, and what is signed with them."""

    school: tuple[str, str] = KHE_VANG
    keys: dict[str, LocalKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pki = trust.demo_pki()
        assert pki is not None
        self.keys = {
            "homeroom": _local(pki.person(*LAN, SINCE)), "principal": _local(pki.person(*MINH, SINCE)),
            "school": _local(pki.school(*self.school, SINCE)),
        }  # fmt: skip

    def transcript(self, number: int = 1, *, slots: Sequence[SlotRef] = SLOTS, **facts: Any) -> File:
        """The transcript of a pupil; `code`, `version`, `replaces` and other facts as they are given."""
        code = facts.pop("code", f"HB-{number:04d}")
        kind = facts.pop("kind", KIND)
        version = int(facts.get("version", 1))
        told = {
            "title": "Học bạ TH", "transcript": f"T{number:05d}", "level": "TH", "year": "2025-2026",
            "version": "1", **{name: str(value) for name, value in facts.items()},
        }  # fmt: skip
        head = build_head(*self.school, told)
        section = _year(code, number)
        record = self.signed(Record(kind, code, head, (section,)), slots)
        return of(assemble(record), code, version, kind)

    def manifest(
        self, *files: File, code: str = "GOI-0001", issued: int = 0, year: str = "2025-2026"
    ) -> bytes:
        """A sealed manifest of these files."""
        text = manifests.section_text([one.item for one in files], code, year, "TH", issued or len(files))
        section = Section(manifests.MANIFEST, manifests.MANIFEST, text)
        head = manifests.head_text(*self.school, {"title": "Gói", "year": year, "level": "TH"}, 1)
        record = Record(manifests.PACKAGE, code, head, (section,))
        return assemble(self.signed(record, [SlotRef("school")]))

    def signed(self, record: Record, slots: Sequence[SlotRef]) -> Record:
        """The record with signatures in these slots."""
        for slot in slots:
            local = self.keys[slot.role]
            tbs = prepare(record, slot, local.certificate, local.chain, signing_time=SIGNED, tbs_id="0" * 32)
            record = add(record, complete(record, tbs, local.sign(tbs.algorithm, tbs.digest)))
        return record

    def expired(self, role: str = "principal") -> None:
        """The certificate of a role has run out since it signed, and nothing proves when that was."""
        pki = trust.demo_pki()
        assert pki is not None
        self.keys[role] = _local(pki.person(*MINH, SINCE, NOW - dt.timedelta(days=1)))

    def foreign(self) -> None:
        """The seal comes from a root that nobody trusts."""
        from khue.signing.demo.pki import DemoPki

        self.keys["school"] = _local(DemoPki.create(SINCE).school(*self.school, SINCE))


def of(data: bytes, code: str, version: int, kind: str = KIND) -> File:
    """A file as an honest manifest names it."""
    return File(data, ManifestItem(code, version, kind, hashlib.sha256(data).hexdigest(), len(data)))


def flipped(file: File, what: bytes = b"Kh\xc3\xa1", by: bytes = b"T\xe1\xbb\x91") -> File:
    """The file with something changed in it, and a manifest that knows."""
    assert what in file.data
    return of(file.data.replace(what, by, 1), file.item.code, file.item.version, file.item.kind)


def _year(code: str, number: int) -> Section:
    signer = Signer(LAN[1], LAN[0], 1, "homeroom")
    lines = [
        element("Line", {"code": f"m{n:02d}"}, escape_text(f"Hoàn thành {number * n % 9}")) for n in range(12)
    ]
    level = element("Level", {}, escape_text("Khá"))
    return build_section("year", "year", code, [signer], {"name": "Kết quả cả năm"}, level, *lines)


def _local(pair: KeyPair) -> LocalKey:
    return LocalKey(pair.key, pair.certificate, pair.chain)
