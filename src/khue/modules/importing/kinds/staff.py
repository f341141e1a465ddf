"""Members of staff in a workbook: their facts, what differs, and the form changes are kept in."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop as _

from khue.modules.importing.plan import read_date, shown
from khue.modules.people.data import MatchRow, NewIdentifier, NewPerson, PersonChange
from khue.sheets.assignments import LEVELS
from khue.sheets.school import codes_of

PERSON = {"ho_ten": "full_name", "gioi_tinh": "sex", "dien_thoai": "phone", "email": "email"}
JOB = {
    "chuc_vu": "position",
    "hang_ma": "title_code",
    "trinh_do": "qualification",
    "mon": "subject_codes",
    "trang_thai": "status",
}
LABELS = {
    "full_name": _("Họ tên"),
    "sex": _("Giới tính"),
    "phone": _("Điện thoại"),
    "email": "Email",
    "birth_date": _("Ngày sinh"),
    "position": _("Chức vụ"),
    "title_code": _("Mã chức danh"),
    "qualification": _("Trình độ"),
    "subject_codes": _("Môn"),
    "status": _("Trạng thái"),
}
Row = dict[str, Any]


def ref(row: Row) -> str:
    """Who is meant: the code, or the name of somebody without one."""
    return str(row.get("ma_cb") or row["ho_ten"])


def person_facts(row: Row) -> dict[str, Any]:
    """Facts of the person."""
    facts: dict[str, Any] = {name: row.get(column) or "" for column, name in PERSON.items()}
    return facts | {"birth_date": read_date(row.get("ngay_sinh"))}


def differences(wanted: Row, known: Row) -> Row:
    """Facts the file has and the database has otherwise; an empty cell changes nothing."""
    return {name: value for name, value in wanted.items() if value and shown(known.get(name)) != shown(value)}


def described(ref: str, row: Row) -> str:
    """A candidate in words."""
    parts = (row.get("ho_ten"), row.get("ngay_sinh"), row.get("mon"), ref)
    return ", ".join(str(part) for part in parts if part)


def match_row(row: Row) -> MatchRow:
    """The row as it is matched with those the school has."""
    return MatchRow(
        full_name=str(row["ho_ten"]), birth_date=read_date(row.get("ngay_sinh")),
        staff=str(row.get("ma_cb") or ""), personal=str(row.get("so_dinh_danh") or ""),
    )  # fmt: skip


def job_facts(row: Row) -> dict[str, Any]:
    """Facts of the position; subjects as codes, also of who teaches several."""
    facts = {name: row.get(column) or "" for column, name in JOB.items()}
    return facts | {"subject_codes": _subjects(str(facts["subject_codes"]))}


def _subjects(text: str) -> str:
    """«Toán, Tin học» as «TOAN,TIN»; a code stays, a text that names no subject too."""
    if not text or re.fullmatch(r"[A-Z0-9]+", text):
        return text
    codes = max((codes_of(text, level)[0] for level in LEVELS), key=len)
    return ",".join(codes) or text


def shared(rows: list[Row]) -> set[str]:
    """Personal numbers of more than one person: nobody can say whose they are, so nobody gets them."""
    said = [str(row["so_dinh_danh"]) for row in rows if row.get("so_dinh_danh")]
    return {number for number, times in Counter(said).items() if times > 1}


def new_person(row: Row, shared: set[str]) -> NewPerson:
    """Somebody to be registered."""
    facts = person_facts(row)
    identifiers = []
    if row.get("ma_cb"):
        identifiers.append(NewIdentifier("staff", str(row["ma_cb"])))
    if row.get("so_dinh_danh") and row["so_dinh_danh"] not in shared:
        identifiers.append(NewIdentifier("personal", str(row["so_dinh_danh"])))
    return NewPerson(identifiers=tuple(identifiers), **facts)


def packed(change: PersonChange) -> Row:
    """A change as it is stored for the undo."""

    def plain(facts: Any) -> Row:
        return {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in facts.items()}

    return {
        "person_id": str(change.person_id),
        "person": plain(change.person),
        "pupil": plain(change.pupil),
        "job": plain(change.job),
    }


def unpacked(item: Row) -> PersonChange:
    """A stored change."""

    def facts(part: Row) -> Row:
        return {k: read_date(v) or v if k.endswith(("_date", "_on")) else v for k, v in part.items()}

    return PersonChange(
        UUID(item["person_id"]), facts(item["person"]), facts(item["pupil"]), facts(item["job"])
    )
