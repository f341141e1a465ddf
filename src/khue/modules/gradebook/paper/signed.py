"""The paper form of a signed document, rendered from its record file alone (bản thể hiện của hồ sơ đã ký)."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typst

from khue.core.dates import VIETNAM
from khue.modules.gradebook.signed import reading
from khue.modules.gradebook.slots import SlotKind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from khue.modules.gradebook.signed.reading import Column, Line, SectionTable
    from khue.modules.records.api import Printed
    from khue.signing.report import Report, SignatureReport

FOLDER = Path(__file__).parent
SIGN_TITLES = {"sheet": "GIÁO VIÊN BỘ MÔN", "summary": "GIÁO VIÊN CHỦ NHIỆM"}
_kept = threading.local()
WIDE = 9  # columns from which a section lies across the page
# What the law concluded of a pupil, in the columns that follow the subjects.
CONCLUSIONS = (
    ("level", "Kết quả học tập"), ("conduct", "Kết quả rèn luyện"), ("absences", "Số buổi nghỉ"),
    ("title", "Danh hiệu"), ("decision", "Kết luận"),
)  # fmt: skip


def signed_pdf(report: Report, printed: Printed) -> bytes:
    """A4 PDF of a verified record; the same record gives the same bytes."""
    data = json.dumps(data_of(report, printed), ensure_ascii=False)
    # Without tags, as in the book: many cells, and screens have the page.
    return cast("bytes", _compiler().compile(sys_inputs={"data": data}, timestamp=0, pdf_tags=False))


def _compiler() -> typst.Compiler:
    """The compiler of this thread, its fonts read once; it serves one document at a time."""
    if not hasattr(_kept, "compiler"):
        _kept.compiler = typst.Compiler(
            str(FOLDER / "record.typ"), root=str(FOLDER), font_paths=[str(FOLDER / "fonts")],
            ignore_system_fonts=True,
        )  # fmt: skip
    return _kept.compiler


def data_of(report: Report, printed: Printed) -> dict[str, Any]:
    """All texts of the print, from the verified bytes of the report."""
    record = reading.read(report.content)
    head = record.head
    names = {section.section_id: section.facts.get("name", "") for section in record.sections}
    return {
        "title": head.get("title", ""), "school": head.get("school", ""), "commune": head.get("commune", ""),
        "province": head.get("province", ""), "class": head.get("class", ""), "year": head.get("year", ""),
        "term": head.get("termName", ""), "version": head.get("version", "1"), "code": record.code,
        "digest": report.digest, "address": printed.address,
        "short": printed.address.rpartition("/")[2], "qr": printed.qr,
        "print-code": printed.print_code, "warning": printed.warning,
        "signatures": [_signature(one, names) for one in report.signatures],
        "sections": [_section(section, report.signatures) for section in record.sections],
    }  # fmt: skip


def _signature(one: SignatureReport, names: dict[str, str]) -> dict[str, Any]:
    return {
        "role": one.role_name, "section": names.get(one.section, ""), "name": one.signer,
        "capacity": one.capacity, "serial": one.serial, "time": _time(one.claimed_time),
        "proved": _time(one.best_time),
    }  # fmt: skip


def _section(section: SectionTable, signatures: Sequence[SignatureReport]) -> dict[str, Any]:
    columns = _columns(section)
    signed = [one for one in signatures if one.section == section.section_id]
    return {
        "name": section.facts.get("name", ""), "corrections": section.facts.get("corrections", "0"),
        "wide": len(columns) > WIDE, "columns": [
            {"key": key, "name": column.name, "text": column.kind == SlotKind.TEXT} for key, column in columns
        ],
        "lines": [_line(line, columns) for line in section.lines],
        "sign-title": SIGN_TITLES.get(section.kind, ""),
        "signers": [{"name": one.signer, "time": _time(one.claimed_time)} for one in signed],
    }  # fmt: skip


def _columns(section: SectionTable) -> list[tuple[str, Column]]:
    """The columns that somebody has something in, with a key each; conclusions of a summary after them."""
    found = [(f"{column.sheet}/{column.code}", column) for column in section.columns]
    if section.kind == "summary":
        found += [(f"@{code}", reading.Column(code, name, "conclusion")) for code, name in CONCLUSIONS]
    used = {key for line in section.lines for key, value in _values(line).items() if value}
    return [(key, column) for key, column in found if key in used]


def _values(line: Line) -> dict[str, str]:
    cells = {f"{sheet}/{code}": text for (sheet, code), text in line.cells.items()}
    return cells | {f"@{code}": line.facts.get(code, "") for code, _ in CONCLUSIONS}


def _line(line: Line, columns: list[tuple[str, Column]]) -> dict[str, Any]:
    values = _values(line)
    left = line.facts.get("left", "")
    shown = {
        key: text.replace(".", ",") if column.kind in {"mark", "result", "score"} else text
        for key, column in columns
        if (text := values.get(key, ""))
    }
    return {
        "n": line.facts.get("n", ""), "name": line.facts.get("name", ""), "cells": shown,
        "note": f"rời lớp từ {left}" if left else "",
    }  # fmt: skip


def _time(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if at else ""
