"""Transfers on paper: the parcel as people read it, and a refusal in writing (bản in, văn bản trả lời)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from khue.core.dates import VIETNAM
from khue.kit import paper
from khue.modules.transfers.content import read_parcel
from khue.modules.transfers.wording import column_name, value_shown

if TYPE_CHECKING:
    import datetime as dt

    from khue.modules.records.api import Printed
    from khue.modules.transfers.data import Parcel
    from khue.modules.transfers.models import Transfer
    from khue.signing.report import Report

PARCEL = Path(__file__).parent / "parcel.typ"
REFUSAL = Path(__file__).parent / "refusal.typ"
RELATIONS = {"father": "Cha", "mother": "Mẹ", "guardian": "Người giám hộ"}


def parcel_pdf(report: Report, printed: Printed) -> bytes:
    """A4 PDF of a signed parcel, from the verified bytes alone; the same record gives the same bytes."""
    parcel = read_parcel(report.content)
    identity = parcel.identity
    facts = [
        ("Họ và tên", identity.name), ("Giới tính", identity.sex), ("Ngày sinh", identity.born),
        ("Nơi sinh", identity.birth_place), ("Dân tộc", identity.ethnic), ("Quê quán", identity.home_town),
        ("Nơi ở", identity.address), ("Mã định danh", identity.ministry_code),
        ("Số đăng bộ", parcel.register_number), ("Lớp, năm học", f"{parcel.class_name}, {parcel.year}"),
        ("Tổ hợp môn", parcel.combination),
        *((RELATIONS.get(one.relation, one.relation), _relative(one)) for one in identity.relatives),
        ("Lí do chuyển", parcel.reason), ("Kế hoạch giáo dục cá nhân", parcel.plan),
    ]  # fmt: skip
    return paper.render(
        PARCEL,
        {
            "school": parcel.place.school, "commune": parcel.place.commune, "province": parcel.place.province,
            "to": parcel.to_school, "made": parcel.made_on, "code": parcel.code,
            "facts": [[name, text] for name, text in facts if text],
            "subjects": _subjects(parcel),
            "path": [[one.on, one.what, _detail(one)] for one in parcel.path],
            "files": [[one.title, one.digest] for one in parcel.files],
            "signatures": [
                [one.capacity or one.role_name, one.signer, _moment(one.claimed_time)]
                for one in report.signatures
            ],
            "digest": report.digest, "address": printed.address, "qr": printed.qr,
            "print-code": printed.print_code, "warning": printed.warning,
        },
        title=f"Hồ sơ chuyển trường {parcel.code}",
    )  # fmt: skip


def refusal_pdf(transfer: Transfer) -> bytes:
    """The refusal in writing: which request, why, by whom, and what the family can do."""
    day = transfer.decided_at.astimezone(VIETNAM) if transfer.decided_at else None
    return paper.render(
        REFUSAL,
        {
            "school": transfer.to_name if transfer.to_school_id else transfer.from_name,
            "pupil": transfer.pupil_name, "from": transfer.from_name, "to": transfer.to_name,
            "code": transfer.code, "reason": transfer.refusal, "by": transfer.decided_by,
            "applicant": transfer.applicant, "day": f"{day:%d/%m/%Y}" if day else "",
        },
        title=f"Trả lời đề nghị chuyển trường {transfer.code}",
    )  # fmt: skip


def _subjects(parcel: Parcel) -> list[list[Any]]:
    marks: dict[str, list[str]] = {}
    for one in parcel.marks:
        when = f" ({one.on})" if one.on else ""
        told = f"HK{one.term} {column_name(one.column)}: {value_shown(one.value) or '–'}{when}"
        marks.setdefault(one.subject, []).append(told)
    rows = [
        [one.name, *(value.replace(".", ",") for value in one.averages), "; ".join(marks.get(one.code, []))]
        for one in parcel.subjects
    ]
    if "" in marks:
        rows.append(["Rèn luyện, ngày nghỉ", "", "", "", "; ".join(marks[""])])
    return rows


def _relative(one: Any) -> str:
    return f"{one.name}, {one.occupation}" if one.occupation else one.name


def _detail(one: Any) -> str:
    return ", ".join(text for text in (one.detail, one.decision, one.school) if text)


def _moment(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if at else ""
