"""Mark sheets of a class and term, whoever's program wrote them (bảng điểm chi tiết)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from khue.core.decimals import from_tenths, rounded_quotient, tenths
from khue.rules.curriculum import subject_name
from khue.sheets import values
from khue.sheets.banner import fits, read_banner
from khue.sheets.data import (
    ERROR,
    INFO,
    WARNING,
    FileReport,
    Finding,
    ImportAs,
    Known,
    KnownClass,
    Refuse,
    Table,
)
from khue.sheets.headers import NAME, Header, key
from khue.sheets.mark_columns import SIGNATURE, Columns
from khue.sheets.mark_sheets import (
    class_said,
    known_class,
    level_of,
    marks_in,
    subject_said,
    why_nothing,
)
from khue.sheets.pupils_known import Pupils, same_name
from khue.sheets.roll import code_in, may_be_name
from khue.sheets.values import Read
from khue.sheets.workbook import Book, address, as_text

SHIFTED = 3  # rows one off before the whole sheet is refused
FOOTER_LIMIT = 60  # texts below the last pupil that belong to the layout


@dataclass(slots=True)
class Line:
    """A row of a pupil before it is matched."""

    row: int
    code: str
    name: str
    birth: str


def check(book: Book, wanted: ImportAs, known: Known, report: FileReport) -> None:
    """Read all mark sheets of the file."""
    if wanted.school_class:
        known_class(wanted.school_class, known)  # before anything else: the class that was chosen must exist
    visible = [sheet for sheet in book.sheets if sheet.visible]
    tables = marks_in(visible, wanted, known)
    if not tables:
        raise Refuse(why_nothing(visible))
    for header, columns in tables:
        sheet = header.sheet
        banner = read_banner(sheet, header.top, level_of(wanted, known), known)
        fits(banner, wanted, known, sheet)
        named = wanted.school_class or class_said(sheet, banner, known)
        if not named:
            report.findings.append(Finding("class_unknown", ERROR, sheet.name, info={"raw": sheet.name}))
            continue
        school_class = known_class(named, known)
        code = subject_said(sheet, banner, wanted, known, level=school_class.level, alone=len(tables) == 1)
        if code is None and wanted.subject:
            continue  # a sheet of a subject that was not asked for
        if code is None or code not in school_class.subjects:
            info = {"subject": code} if code else {"raw": sheet.name}
            report.findings.append(Finding("subject_unknown", ERROR, sheet.name, info=info))
            continue
        term = wanted.term or (int(str(banner.term.value)) if banner.term else 0)
        _Sheet(header, columns, Place(school_class, code, term), known, report).run()
    if not report.tables and not any(finding.severity == ERROR for finding in report.findings):
        raise Refuse(why_nothing(visible))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sheet belongs: class, subject and term."""

    school_class: KnownClass
    code: str
    term: int


class _Sheet:
    """One mark sheet on its way to a table."""

    def __init__(
        self, header: Header, columns: Columns, place: Place, known: Known, report: FileReport
    ) -> None:
        self.sheet, self.header, self.columns, self.known, self.report = (
            header.sheet, header, columns, known, report
        )  # fmt: skip
        school_class, self.code, self.term = place.school_class, place.code, place.term
        self.school_class, self.subject = school_class, school_class.subjects[place.code]
        subject = self.subject
        self.words = subject.kind == "comment"
        self.pupils = Pupils(known, school_class.name)
        self.seen: dict[str, tuple[int, list[Any]]] = {}
        self.stopped: set[str] = set()
        self.rows: list[list[Any]] = []
        self.last = 0  # the row of the last pupil: what stands below is the signatures

    def run(self) -> None:
        """Match rows, read marks, compare averages."""
        self._unknown_columns()
        self._missing_columns()
        lines = self._lines()
        self.last = max((line.row for line in lines), default=self.header.first - 1)
        if not self.pupils.trusted(line.code for line in lines):
            lines = [replace(line, code="") if line.name else line for line in lines]
        self._row_shift(lines)
        for line in lines:
            self._row(line)
        self._missing(lines)
        fields = ["r", "ref", "tx", "gk", "ck"]
        if self.columns.topic is not None:
            fields.append("cd")
        fields += ["kq_file", "kq"] if self.words else ["tb_file", "tb"]
        fields.append("nx")
        if self.columns.year is not None:
            fields += ["cn_file", "cn"]
        about = {
            "subject": self.code, "subject_name": subject_name(self.school_class.level, self.code),
            "term": self.term, "class": self.school_class.name,
            "assessment": "comment" if self.words else "score", "tx_needed": self.subject.ongoing,
        }  # fmt: skip
        self.report.tables.append(Table(self.sheet.name, "marks", fields, self.rows, about, self._layout()))

    def say(self, kind: str, severity: str, row: int, column: int | None, ref: str = "", **info: Any) -> None:
        """Note a finding."""
        cell = address(row, column) if column is not None else ""
        self.report.findings.append(Finding(kind, severity, self.sheet.name, cell, ref, info))

    def _unknown_columns(self) -> None:
        c = self.columns
        used = {
            c.name,
            c.code,
            c.birth,
            c.stt,
            *c.ongoing,
            c.midterm,
            c.final,
            c.term,
            c.year,
            c.topic,
            c.remark,
        }
        for column in self.header.unknown(index for index in used if index is not None):
            self.say("unknown_column", INFO, column.row, column.index, header=column.written)

    def _missing_columns(self) -> None:
        """Say that the table has no midterm or final marks yet (bảng điểm giữa kì)."""
        for name, column in (("gk", self.columns.midterm), ("ck", self.columns.final)):
            if column is None:
                finding = Finding("mark_missing", WARNING, self.sheet.name, info={"field": name})
                self.report.findings.append(finding)

    def _lines(self) -> list[Line]:
        """Rows that mean a pupil: not blank, not a repeated header, not the signatures."""
        c, sheet = self.columns, self.sheet
        found = []
        for row in sheet.numbers():
            if row < self.header.first:
                continue
            name = sheet.text(row, c.name)
            if key(name) in NAME or self.header.repeats(row):
                continue
            code = code_in(sheet.text(row, c.code)) if c.code is not None else ""
            birth = self._birth(row)
            if not name and not code:
                if self._is_orphan(row):
                    self.say("marks_without_pupil", ERROR, row, c.name)
                continue
            if not code and (not birth or SIGNATURE.search(key(name))) and not self._is_named(row, name):
                continue
            found.append(Line(row, code, name, birth))
            if row in sheet.hidden_rows:
                self.say("hidden_rows", INFO, row, c.name)
        return found

    def _is_named(self, row: int, name: str) -> bool:
        """Whether a row without code and birth date is a pupil's: a name with a number or marks beside it."""
        c, known = self.columns, self.pupils.named(name)
        if c.stt is not None:
            return bool(known or may_be_name(name)) and _counts(self.sheet.text(row, c.stt))
        ours = any(pupil.class_name == self.school_class.name for pupil in known)
        return ours or (may_be_name(name) and self._has_marks(row))

    def _is_orphan(self, row: int) -> bool:
        """Marks beside which nothing is written: no totals, no shares, no signatures."""
        marks = {column for _, column in self.columns.marks()}
        beside = [self.sheet.text(row, column) for column in self.sheet.rows[row] if column not in marks]
        return self._has_marks(row) and not any(re.search(r"[^\W\d_]", text) for text in beside)

    def _birth(self, row: int) -> str:
        if self.columns.birth is None:
            return ""
        read = values.date(self.sheet.cell(row, self.columns.birth))
        return read.value or ""

    def _has_marks(self, row: int) -> bool:
        reader = values.comment if self.words else values.mark
        return any(reader(self.sheet.cell(row, column)).value for _, column in self.columns.marks())

    def _row_shift(self, lines: list[Line]) -> None:
        """Codes one row off from the names: refuse the sheet, say where it begins."""
        off: list[int] = []
        for number, line in enumerate(lines):
            pupil = self.pupils.by_code.get(line.code)
            if pupil is None or not line.name or same_name(line.name, pupil.name):
                continue
            near = [lines[n].name for n in (number - 1, number + 1) if 0 <= n < len(lines)]
            if any(same_name(name, pupil.name) for name in near):
                off.append(number)
        mismatched = sum(
            1
            for line in lines
            if (pupil := self.pupils.by_code.get(line.code))
            and line.name
            and not same_name(line.name, pupil.name)
        )
        if len(off) >= SHIFTED and len(off) * 2 >= mismatched:
            column = self.columns.code if self.columns.code is not None else self.columns.name
            raise Refuse("row_shift", sheet=self.sheet.name, first_cell=address(lines[off[0]].row, column))
        self._births_shifted(lines)

    def _births_shifted(self, lines: list[Line]) -> None:
        """The same, told by the birth dates where there are no codes."""
        off: list[int] = []
        wrong: list[int] = []
        for number, line in enumerate(lines):
            same = self.pupils.named(line.name)
            if (
                line.code in self.pupils.by_code
                or len(same) != 1
                or not line.birth
                or same[0].birth in {"", line.birth}
            ):
                continue
            wrong.append(number)
            near = [lines[n].birth for n in (number - 1, number + 1) if 0 <= n < len(lines)]
            if same[0].birth in near:
                off.append(number)
        if len(off) >= SHIFTED and len(off) * 2 >= len(wrong) and self.columns.birth is not None:
            spot = address(lines[wrong[0]].row, self.columns.birth)
            raise Refuse("row_shift", sheet=self.sheet.name, first_cell=spot)

    def _row(self, line: Line) -> None:
        match = self.pupils.find(line.code, line.name, line.birth)
        c = self.columns
        if match.problem:
            ref = match.pupil.ref if match.pupil else ""
            self.say(match.problem, ERROR, line.row, c.name, ref, ho_ten=line.name)
            if match.pupil:
                self.stopped.add(match.pupil.ref)
            elif match.problem == "pupil_ambiguous":
                self.stopped.update(p.ref for p in self.pupils.named(line.name))
            return
        pupil = match.pupil
        if pupil is None:
            return
        if pupil.class_name and pupil.class_name != self.school_class.name:
            self.say(
                "pupil_in_other_class",
                ERROR,
                line.row,
                c.name,
                pupil.ref,
                other_class=pupil.class_name,
                ho_ten=line.name,
            )
            return
        before = len(self.report.findings)
        row = self._read(line.row, pupil.ref)
        earlier = self.seen.get(pupil.ref)
        if earlier is None:
            self.seen[pupil.ref] = (len(self.rows), row)
            self.rows.append(row)
            return
        del self.report.findings[before:]
        if earlier[1][1:] != row[1:]:
            self.say("pupil_duplicate_row", ERROR, line.row, c.name, pupil.ref, ho_ten=line.name)
            self.rows = [kept for kept in self.rows if kept[1] != pupil.ref]
            self.stopped.add(pupil.ref)

    def _read(self, row: int, ref: str) -> list[Any]:
        """The marks of a row and what is to be said about them."""
        c = self.columns
        read: dict[str, Read] = {}
        reader = values.comment if self.words else values.mark
        for name, column in c.marks():
            found = reader(self.sheet.cell(row, column))
            read[name] = found
            if found.kind:
                self.say(found.kind, found.severity, row, column, ref, field=name, **found.info)
        ongoing = [read[f"tx{number}"].value for number in range(len(c.ongoing))]
        while ongoing and ongoing[-1] is None:
            ongoing.pop()
        midterm, final = _value(read, "gk"), _value(read, "ck")
        vendor = values.average(self._cell(row, c.term), words=self.words)
        vendor_year = values.average(self._cell(row, c.year), words=self.words)
        bad = any(item.bad for item in read.values())
        ours = self._result(row, ref, ongoing, midterm, final, _value(read, "cd"), bad=bad)
        if ours is not None and vendor is not None and ours != vendor:
            kind = "result_mismatch" if self.words else "average_mismatch"
            self.say(kind, WARNING, row, c.term, ref, file=vendor, correct=ours)
        remark = values.text(self._cell(row, c.remark)).value
        out: list[Any] = [row + 1, ref, ongoing, midterm, final]
        if c.topic is not None:
            out.append(_value(read, "cd"))
        out += [vendor, ours, remark]
        if c.year is not None:
            year = self._year(ref, ours)
            if year is not None and vendor_year is not None and year != vendor_year:
                kind = "result_mismatch" if self.words else "year_average_mismatch"
                self.say(kind, WARNING, row, c.year, ref, file=vendor_year, correct=year)
            out += [vendor_year, year]
        return out

    def _cell(self, row: int, column: int | None) -> Any:
        return None if column is None else self.sheet.cell(row, column)

    def _result(
        self,
        row: int,
        ref: str,
        ongoing: list[str | None],
        midterm: str | None,
        final: str | None,
        topic: str | None,
        *,
        bad: bool,
    ) -> str | None:
        """The term's average or result; none where something is missing, and then it is said."""
        c, needed = self.columns, self.subject.ongoing
        done = [item for item in ongoing if item is not None]
        if not done and midterm is None and final is None and not bad:
            spot = c.midterm if c.midterm is not None else c.name
            self.say("row_without_marks", INFO, row, spot, ref)
            return None
        if bad:
            return None
        complete = True
        if len(done) < needed:
            empty = next((n for n in range(needed) if n >= len(ongoing) or ongoing[n] is None), needed - 1)
            spot = c.ongoing[empty] if empty < len(c.ongoing) else (c.ongoing[-1] if c.ongoing else c.name)
            self.say("tx_too_few", WARNING, row, spot, ref, found=len(done), needed=needed)
            complete = False
        elif len(done) > needed:
            extra = [n for n, item in enumerate(ongoing) if item is not None][needed]
            self.say("tx_too_many", WARNING, row, c.ongoing[extra], ref, found=len(done), needed=needed)
            complete = False
        for name, value, column in (("gk", midterm, c.midterm), ("ck", final, c.final)):
            if value is None:
                if column is not None:  # a column that is not there is said once, not of each pupil
                    self.say("mark_missing", WARNING, row, column, ref, field=name)
                complete = False
        if not complete or midterm is None or final is None:
            return None
        if self.words:
            return "Đ" if all(item == "Đ" for item in (*done, midterm, final)) else "CĐ"
        marks = [tenths(Decimal(item)) for item in done] + ([tenths(Decimal(topic))] if topic else [])
        total = sum(marks) + 2 * tenths(Decimal(midterm)) + 3 * tenths(Decimal(final))
        return str(from_tenths(rounded_quotient(total, len(marks) + 5)))

    def _year(self, ref: str, ours: str | None) -> str | None:
        if ours is None or self.words:
            return ours
        first = self.known.averages.get(f"{ref}|{self.code}")
        if first is None:
            return None
        return str(from_tenths(rounded_quotient(tenths(Decimal(first)) + 2 * tenths(Decimal(ours)), 3)))

    def _missing(self, lines: list[Line]) -> None:
        there = set(self.seen) | self.stopped
        if not lines:
            return
        for pupil in self.pupils.in_class:
            if pupil.active and pupil.ref not in there:
                self.report.findings.append(
                    Finding(
                        "pupil_missing_in_file",
                        WARNING,
                        self.sheet.name,
                        "",
                        pupil.ref,
                        {"ho_ten": pupil.name},
                    )
                )

    def _layout(self) -> dict[str, Any]:
        """How the sheet looks, so that it can be written the same way again."""
        c = self.columns
        fields: dict[str, int] = {f"tx{number + 1}": column for number, column in enumerate(c.ongoing)}
        named = {
            "stt": c.stt, "code": c.code, "name": c.name, "birth": c.birth, "gk": c.midterm, "ck": c.final,
            "topic": c.topic, "term": c.term, "year": c.year, "remark": c.remark,
        }  # fmt: skip
        fields |= {name: column for name, column in named.items() if column is not None}
        banner = [
            [row, column, self.sheet.text(row, column)]
            for row in self.sheet.numbers()
            if row < self.header.first
            for column in sorted(self.sheet.rows[row])
            if self.sheet.text(row, column)
        ]
        merges = [list(m) for m in self.sheet.merges if m[2] < self.header.first]
        footer = [
            [row - self.last - 1, column, self.sheet.text(row, column)]
            for row in self.sheet.numbers()
            if row > self.last
            for column in sorted(self.sheet.rows[row])
            if self.sheet.text(row, column)
        ][:FOOTER_LIMIT]
        sample = [
            cell.value for row in self.sheet.numbers() if row >= self.header.first
            for _, column in c.marks() if (cell := self.sheet.cell(row, column)) is not None
        ][:40]  # fmt: skip
        comma = (
            sum(1 for value in sample if isinstance(value, str) and "," in as_text(value)) * 2
            > len(sample)
            > 0
        )
        return {
            "sheet": self.sheet.name, "banner": banner, "merges": merges, "first": self.header.first,
            "columns": fields, "hidden": sorted(self.sheet.hidden_columns), "comma": comma,
            "footer": footer, "order": len(self.report.tables),
        }  # fmt: skip


def _counts(text: str) -> bool:
    """Whether a text is a running number: «3», «3.»."""
    return text.replace(".", "").isdigit()


def _value(read: dict[str, Read], name: str) -> Any:
    return read[name].value if name in read else None
