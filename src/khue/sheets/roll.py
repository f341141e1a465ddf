"""The rows of a table of results that mean pupils, and what is said of rows that do not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from khue.sheets import values
from khue.sheets.data import ERROR, WARNING, FileReport, Finding, Known, KnownPupil
from khue.sheets.headers import NAME, Header, key
from khue.sheets.mark_columns import SIGNATURE
from khue.sheets.pupils_known import Pupils
from khue.sheets.workbook import address

if TYPE_CHECKING:
    from khue.sheets.workbook import Sheet


_CODE = re.compile(r"(?=[^\s]*\d)[\w./-]{4,24}")
_NO_NAME = re.compile(r"[\d()%<>:;=+/]")
_TOTALS = re.compile(
    r"(?:diem|trung binh|tong cong|tong (?:so|hop)|t[iy] le|so luong|thong ke|cao nhat|thap nhat|so bai"
    r"|si so|xep loai|chua dat|hoan thanh|chua hoan thanh|can co gang"
    r"|lop truong|gvbm|gvcn|bgh|ban giam hieu|p hieu truong|pho hieu truong)\b"
)


def code_in(text: str) -> str:
    """A pupil's code, or nothing where the cell holds a sentence («Danh sách này có 38 học sinh»)."""
    return text if _CODE.fullmatch(text) else ""


def may_be_name(text: str) -> bool:
    """Whether a text can be a person's name: «Tốt (8.0 - 10)», «Khá» and «0912…» below a table are none."""
    plain = key(text)
    return " " in text and not any((_NO_NAME.search(text), SIGNATURE.search(plain), _TOTALS.match(plain)))


@dataclass(slots=True)
class Line:
    """A row of a pupil that the school has."""

    row: int
    pupil: KnownPupil
    name: str
    code: str
    birth: str | None


@dataclass(slots=True)
class Roll:
    """A table of results: `fields` says where «name», «code», «birth» and «stt» stand."""

    header: Header
    fields: dict[str, int]
    known: Known
    report: FileReport
    there: set[str] = field(default_factory=set)
    rows: list[list[Any]] = field(default_factory=list)
    twice: set[str] = field(default_factory=set)

    @property
    def sheet(self) -> Sheet:
        """The sheet of the table."""
        return self.header.sheet

    def say(self, kind: str, severity: str, row: int, field_name: str, ref: str = "", **info: Any) -> None:
        """Note a finding about a cell."""
        column = self.fields.get(field_name)
        cell = "" if column is None else address(row, column)
        self.report.findings.append(Finding(kind, severity, self.sheet.name, cell, ref, info))

    def lines(self, class_name: str = "") -> Iterator[Line]:
        """Rows of known pupils; of others it is said why they are left out."""
        pupils = Pupils(self.known, class_name)
        data = [row for row in self.sheet.numbers() if row >= self.header.first]
        trusted = pupils.trusted(code_in(self._text(row, "code")) for row in data)
        for row in data:
            name = self._text(row, "name")
            code = code_in(self._text(row, "code"))
            birth = (
                values.date(self.sheet.cell(row, self.fields["birth"])).value
                if "birth" in self.fields
                else None
            )
            if not self._is_pupil(row, name, code, birth):
                continue
            match = pupils.find(code if trusted else "", name, birth or "")
            if match.problem or match.pupil is None:
                ref = match.pupil.ref if match.pupil else ""
                self.say(match.problem or "pupil_not_in_class", ERROR, row, "name", ref, ho_ten=name)
                self.there.add(ref)
            else:
                yield Line(row, match.pupil, name, code, birth)

    def belongs(self, line: Line, class_name: str) -> bool:
        """Whether the row stands in the pupil's own class."""
        pupil = line.pupil
        if pupil.class_name and pupil.class_name != class_name:
            other = pupil.class_name
            self.say(
                "pupil_in_other_class",
                ERROR,
                line.row,
                "name",
                pupil.ref,
                other_class=other,
                ho_ten=line.name,
            )
            return False
        self.there.add(pupil.ref)
        return True

    def keep(self, line: Line, row: list[Any], before: int) -> None:
        """Keep a pupil's row; of two that differ none is kept, what was said of the second is taken back."""
        earlier = next((kept for kept in self.rows if kept[1] == line.pupil.ref), None)
        if earlier is None and line.pupil.ref not in self.twice:
            self.rows.append(row)
            return
        del self.report.findings[before:]
        if earlier is not None and earlier[1:] != row[1:]:
            self.say("pupil_duplicate_row", ERROR, line.row, "name", line.pupil.ref, ho_ten=line.name)
            self.rows.remove(earlier)
            self.twice.add(line.pupil.ref)

    def missing(self, classes: set[str]) -> None:
        """Name the pupils of these classes who have no row."""
        for pupil in self.known.pupils:
            if pupil.active and pupil.class_name in classes and pupil.ref not in self.there:
                info = {"ho_ten": pupil.name}
                finding = Finding("pupil_missing_in_file", WARNING, self.sheet.name, "", pupil.ref, info)
                self.report.findings.append(finding)

    def _text(self, row: int, field_name: str) -> str:
        return self.sheet.text(row, self.fields[field_name]) if field_name in self.fields else ""

    def _is_pupil(self, row: int, name: str, code: str, birth: str | None) -> bool:
        plain = key(name)
        if not plain or plain in NAME or self.header.repeats(row):
            return False
        if code or birth:
            return bool(code) or not SIGNATURE.search(plain)
        return may_be_name(name) and self._text(row, "stt").replace(".", "").isdigit()
