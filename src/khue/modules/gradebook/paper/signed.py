"""The paper form of a signed document, rendered from its record file alone (bản thể hiện của hồ sơ đã ký)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from khue.core.dates import VIETNAM
from khue.kit import paper
from khue.kit.paper.ruled import Cell, ruled
from khue.kit.paper.ruled import Column as Ruled
from khue.modules.gradebook.signed import reading
from khue.modules.gradebook.slots import SlotKind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from khue.modules.gradebook.signed.reading import Column, Line, SectionTable
    from khue.modules.records.api import Printed
    from khue.signing.report import Report, SignatureReport

TEMPLATE = Path(__file__).parent / "record.typ"
SIGN_TITLES = {"sheet": "GIÁO VIÊN BỘ MÔN", "summary": "GIÁO VIÊN CHỦ NHIỆM"}
ACROSS = {False: 182, True: 269}  # millimeters between the margins, upright and across
NUMBER, NAME = 7, 44  # millimeters of the first two columns
LONG, SMALL = 9, 7  # letters from which a text in a cell is set in 7 points
SIGNERS = (
    Ruled("Ký với tư cách", 50, left=True, size=8.5),
    Ruled("Người ký, số chứng thư", 57, left=True, size=8.5),
    Ruled("Thời gian ký", 30, left=True, size=8.5),
)  # fmt: skip
DECIMAL = {"mark", "result", "score"}
WIDE = 9  # columns from which a section lies across the page
# What the law concluded of a pupil, in the columns that follow the subjects.
CONCLUSIONS = (
    ("level", "Kết quả học tập"), ("conduct", "Kết quả rèn luyện"), ("absences", "Số buổi nghỉ"),
    ("title", "Danh hiệu"), ("decision", "Kết luận"),
)  # fmt: skip


def signed_pdf(report: Report, printed: Printed) -> bytes:
    """A4 PDF of a verified record; the same record gives the same bytes."""
    data = data_of(report, printed)
    return paper.render(TEMPLATE, data, title=data["title"])


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
        "signatures": ruled(SIGNERS, [_signature(one, names) for one in report.signatures], size=11),
        "sections": [_section(section, report.signatures) for section in record.sections],
    }  # fmt: skip


def _signature(one: SignatureReport, names: dict[str, str]) -> list[str | Cell]:
    shown = "\n".join(text for text in (names.get(one.section, ""), one.capacity) if text)
    proved = _time(one.best_time)
    return [
        Cell(one.role_name, note=shown), Cell(one.signer, bold=True, note=one.serial, fine=6.5),
        Cell(_time(one.claimed_time), note=f"chứng thực {proved}" if proved else "", fine=6.5),
    ]  # fmt: skip


def _section(section: SectionTable, signatures: Sequence[SignatureReport]) -> dict[str, Any]:
    columns = _columns(section)
    wide = len(columns) > WIDE
    signed = [one for one in signatures if one.section == section.section_id]
    return {
        "name": section.facts.get("name", ""), "corrections": section.facts.get("corrections", "0"),
        "wide": wide, "table": ruled(
            _ruled([column for _, column in columns], wide=wide),
            [_line(line, columns) for line in section.lines], size=8 if wide else 9,
        ),
        "sign-title": SIGN_TITLES.get(section.kind, ""),
        "signers": [{"name": one.signer, "time": _time(one.claimed_time)} for one in signed],
    }  # fmt: skip


def _ruled(columns: Sequence[Column], *, wide: bool) -> list[Ruled]:
    """Number and name, then the columns: they share the width that is left, texts get twice as much."""
    shares = [2 if column.kind == SlotKind.TEXT else 1 for column in columns]
    share = (ACROSS[wide] - NUMBER - NAME) / max(sum(shares), 1)
    return [Ruled("TT", NUMBER, size=8.5), Ruled("Họ và tên", NAME, left=True, size=8.5)] + [
        Ruled(column.name, share * count, left=count > 1, turned=wide and count == 1)
        for column, count in zip(columns, shares, strict=True)
    ]


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


def _line(line: Line, columns: list[tuple[str, Column]]) -> list[str | Cell]:
    values = _values(line)
    left = line.facts.get("left", "")
    name = line.facts.get("name", "")
    cells: list[str | Cell] = [
        line.facts.get("n", ""),
        Cell(name, note=f"rời lớp từ {left}") if left else name,
    ]
    for key, column in columns:
        text = values.get(key, "")
        if column.kind in DECIMAL:
            text = text.replace(".", ",")
        cells.append(Cell(text, size=SMALL) if len(text) > LONG else text)
    return cells


def _time(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if at else ""
