"""Records of a real size with invented pupils, and the act of signing them, for the measurement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from khue.signing.canonical import element, escape_text
from khue.signing.signers.pkcs12 import LocalKey
from khue.signing.tbs import SlotRef
from khue.signing.xades.complete import add, complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import (
    Record,
    Section,
    Signer,
    build_head,
    build_section,
    bytes_of,
    shape_of,
)

Keys = Mapping[str, LocalKey]  # by role
AT = dt.datetime(2027, 5, 28, 2, 30, tzinfo=dt.UTC)
SCHOOL, TAX = "Trường THCS Đo", "MST:4909900001"
HOMEROOM = Signer("CCCD:020199000001", "Nông Thị Đo", 1, "homeroom")
TEACHER = Signer("CCCD:020199000002", "Hoàng Văn Lường", 1, "teacher")
PRINCIPAL = Signer("CCCD:020199000003", "Lý Thị Cân", 1, "principal")
SUBJECTS = (
    "Toán", "Ngữ văn", "Tiếng Anh", "Khoa học tự nhiên", "Lịch sử và Địa lí", "Giáo dục công dân", "Tin học",
    "Công nghệ", "Giáo dục thể chất", "Âm nhạc", "Mĩ thuật", "Hoạt động trải nghiệm", "Giáo dục địa phương",
)  # fmt: skip
MARKS = ("tx1", "tx2", "tx3", "tx4", "gk", "ck")
YEAR_SLOTS = (SlotRef("homeroom", "summary", 1), SlotRef("principal"), SlotRef("school"))
MOULD = "do-000000"  # the code of the records that others are made from
_TBS = "0" * 32


@cache
def year_mould(pupils: int = 17) -> Record:
    """A record of a year with one section and three roles; with 17 pupils its content has 13 KB."""
    columns = [element("Column", {"code": f"m{n:02d}", "name": name}) for n, name in enumerate(SUBJECTS)]
    rows = [_pupil(number, _results(number), summed=True) for number in range(1, pupils + 1)]
    facts = {"name": "Tổng hợp cả năm", "corrections": "0"}
    section = build_section("summary", "summary", MOULD, [HOMEROOM], facts, *columns, *rows)
    return Record("gradebook-year", MOULD, _head("cả năm"), (section,))


@cache
def term_mould(pupils: int = 45) -> Record:
    """A class's record of a term: a sheet for each of 13 subjects, and the summary."""
    sheets = [_sheet(number, name, pupils) for number, name in enumerate(SUBJECTS, 1)]
    rows = [_pupil(number, _results(number), summed=True) for number in range(1, pupils + 1)]
    facts = {"name": "Tổng hợp học kì I", "corrections": "0"}
    summary = build_section("summary", "summary", MOULD, [HOMEROOM], facts, *rows)
    return Record("gradebook-term", MOULD, _head("học kì I"), (*sheets, summary))


def another(mould: Record, number: int) -> Record:
    """A record with a code of its own, made from a mould."""
    code = f"do-{number % 1_000_000:06d}"
    sections = tuple(_another(one, code) for one in mould.sections)
    return Record(mould.type, code, mould.head_text, sections)


def _another(mould: Section, code: str) -> Section:
    """A section as reading gives it: its bytes are there, and what its first lines say."""
    made = Section(mould.id, mould.kind, mould.text.replace(MOULD, code, 1))
    data = bytes_of(mould).replace(MOULD.encode(), code.encode(), 1)
    made.known.update(bytes=data, shape=shape_of(mould))
    return made


def signed(record: Record, keys: Keys, *slots: SlotRef) -> Record:
    """The record with signatures in these slots, as keys on the server make them."""
    return signed_together([record], keys, *slots)[0]


def signed_together(records: Sequence[Record], keys: Keys, *slots: SlotRef) -> list[Record]:
    """The same for records that one act signs: all prepared, then all values, then all completed."""
    found = list(records)
    for slot in slots:
        local = keys[slot.role]
        waiting = [
            prepare(one, slot, local.certificate, local.chain, signing_time=AT, tbs_id=_TBS) for one in found
        ]
        values = [local.sign(tbs.algorithm, tbs.digest) for tbs in waiting]
        given = [complete(*each) for each in zip(found, waiting, values, strict=True)]
        found = [add(*each) for each in zip(found, given, strict=True)]
    return found


def bare_key(local: LocalKey) -> Callable[[bytes], bytes]:
    """What a key does with a digest of 32 bytes when nothing is around it."""
    key, prehashed = local.key, utils.Prehashed(hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        ecdsa, curve = ec.ECDSA(prehashed), key
        return lambda digest: curve.sign(digest, ecdsa)
    return lambda digest: key.sign(digest, padding.PKCS1v15(), prehashed)


def _head(term: str) -> str:
    facts = {
        "class": "6A1", "grade": "6", "level": "THCS", "year": "2026-2027", "termName": term,
        "title": f"Sổ theo dõi và đánh giá học sinh, lớp 6A1, {term}, 2026-2027", "version": "1",
    }  # fmt: skip
    return build_head(SCHOOL, TAX, facts)


def _sheet(number: int, subject: str, pupils: int) -> Section:
    columns = [element("Column", {"code": code, "name": code, "kind": "mark"}) for code in MARKS]
    rows = [_pupil(row, _marks(row + number), summed=False) for row in range(1, pupils + 1)]
    facts = {"name": subject, "subject": f"m{number:02d}", "corrections": "0", "historyHead": "0" * 64}
    return build_section(f"s{number:02d}", "sheet", MOULD, [TEACHER], facts, *columns, *rows)


def _pupil(number: int, cells: list[str], *, summed: bool) -> str:
    facts: dict[str, str | None] = {
        "n": str(number), "ref": f"p{number:021d}", "code": str(2097000000 + number),
        "name": f"Nông Thị Trò {number}", "born": f"{1 + number % 28:02d}/09/2015",
    }  # fmt: skip
    if summed:
        facts |= {"level": "Khá", "conduct": "Tốt", "decision": "Được lên lớp", "absences": "2"}
    return element("Pupil", facts, *cells)


def _results(number: int) -> list[str]:
    return [
        element(
            "Result", {"column": f"m{column:02d}"}, escape_text(f"{5 + number * column % 5}.{column % 10}")
        )
        for column in range(len(SUBJECTS))
    ]


def _marks(number: int) -> list[str]:
    marks = [
        element("Mark", {"column": code}, escape_text(f"{4 + (number + place) % 6}.5"))
        for place, code in enumerate(MARKS)
    ]
    return [*marks, element("Result", {"column": "avg"}, escape_text(f"{5 + number % 5}.3"))]
