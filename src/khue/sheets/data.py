"""Values in and out of the import engine: what is asked, what is known, what was found."""

from __future__ import annotations

from typing import Any

import msgspec

ERROR, WARNING, INFO = "error", "warning", "info"


class ImportAs(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the person chose: kind of file and where it goes."""

    kind: str  # one of check.KINDS: school, pupils, gradebook …
    school: str = ""
    school_year: str = ""
    school_class: str = ""
    term: int = 0
    subject: str = ""
    moment: str = ""
    grades: str = ""
    order: str = ""  # intake: «names» to admit in the order of names, else of the list


class KnownSubject(msgspec.Struct, frozen=True):
    """A subject as a class learns it."""

    kind: str  # score, comment, level_THC
    ongoing: int


class KnownClass(msgspec.Struct, frozen=True):
    """A class of the school and year."""

    name: str
    grade: int
    level: str
    subjects: dict[str, KnownSubject] = {}


class KnownPupil(msgspec.Struct, frozen=True):
    """A pupil the school has."""

    ref: str  # the Ministry's code, or what stands for it
    name: str
    birth: str = ""  # ISO date, or a bare year
    class_name: str = ""
    software: str = ""
    personal: str = ""
    active: bool = True


class KnownStaff(msgspec.Struct, frozen=True):
    """A member of staff."""

    ref: str
    name: str
    subjects: tuple[str, ...] = ()
    birth: str = ""


class Place(msgspec.Struct, frozen=True):
    """A commune of today, or one of before 1/7/2025 with what became of it."""

    code: str
    name: str
    old: bool = False
    new_codes: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True):
    """What the program already knows of the school; empty for a first import."""

    school: str = ""
    school_name: str = ""
    school_year: str = ""
    levels: tuple[str, ...] = ()
    classes: tuple[KnownClass, ...] = ()
    pupils: tuple[KnownPupil, ...] = ()
    staff: tuple[KnownStaff, ...] = ()
    averages: dict[str, str] = {}  # «ref|SUBJECT» → average or result of term 1
    communes: tuple[Place, ...] = ()
    ethnic: dict[str, str] = {}  # written name → name in the list
    schools: dict[str, str] = {}  # code → name of every school, for files of several
    province: str = "Lạng Sơn"


class Look(msgspec.Struct, frozen=True):
    """What a file says of itself; empty where it does not say."""

    kind: str = ""
    school_name: str = ""
    school_code: str = ""
    year: str = ""
    term: int = 0
    school_class: str = ""
    grades: str = ""


class Limits(msgspec.Struct, frozen=True):
    """What a file may be; larger is refused before it is parsed."""

    file_bytes: int = 20 * 1024 * 1024
    inflated_bytes: int = 100 * 1024 * 1024
    entries: int = 2000
    rows: int = 20_000
    columns: int = 500
    cells: int = 1_000_000
    tags: int = 2_000_000  # XML tags of all parts that are read; a good workbook of a school has 200,000
    sheets: int = 250


class Finding(msgspec.Struct, omit_defaults=True):
    """Something to say about a cell or a row."""

    kind: str
    severity: str
    sheet: str = ""
    cell: str = ""
    ref: str = ""
    info: dict[str, Any] = {}

    def to_json(self) -> dict[str, Any]:
        """The finding with its details on one level."""
        found: dict[str, Any] = {"kind": self.kind, "severity": self.severity, "sheet": self.sheet}
        if self.cell:
            found["cell"] = self.cell
        if self.ref:
            found["ref"] = self.ref
        return found | self.info


class Table(msgspec.Struct):
    """Rows read from one sheet."""

    sheet: str
    table: str
    columns: list[str]
    rows: list[list[Any]]
    about: dict[str, Any] = {}  # subject, term, class …
    layout: dict[str, Any] = {}  # how the sheet looks, so that it can be written the same way

    def to_json(self) -> dict[str, Any]:
        """The table as the rows files have it."""
        head = {"sheet": self.sheet, "table": self.table}
        return head | self.about | {"columns": self.columns, "rows": self.rows}


class Doubt(msgspec.Struct):
    """A row that may mean several persons: it is left out until somebody decides."""

    kind: str
    sheet: str
    row: int
    cell: str
    who: str
    table: str
    columns: list[str]
    values: list[Any]
    candidates: list[str]  # refs


class FileReport(msgspec.Struct):
    """The outcome of checking one file."""

    outcome: str = "import"
    refusal: dict[str, Any] | None = None
    findings: list[Finding] = []
    tables: list[Table] = []
    doubts: list[Doubt] = []

    def settle(self) -> FileReport:
        """Set the outcome from the findings."""
        if self.refusal is not None:
            self.outcome, self.tables, self.doubts = "refuse", [], []
        elif any(item.severity == ERROR for item in self.findings):
            self.outcome = "import_partly"
        elif any(item.severity == WARNING for item in self.findings):
            self.outcome = "import_with_warnings"
        else:
            self.outcome = "import"
        return self

    def to_json(self, *, rows: bool = True) -> dict[str, Any]:
        """The report in the structure of the samples' truth."""
        answer: dict[str, Any] = {
            "outcome": self.outcome,
            "refusal": self.refusal,
            "warnings": [finding.to_json() for finding in self.findings],
        }
        if rows:
            answer["tables"] = [table.to_json() for table in self.tables]
        else:
            answer["tables"] = [
                {"sheet": table.sheet, "table": table.table, "rows": len(table.rows)} for table in self.tables
            ]
        return answer


class Refuse(Exception):
    """Nothing of this file may be imported."""

    def __init__(self, kind: str, **info: Any) -> None:
        super().__init__(kind)
        self.refusal: dict[str, Any] = {"kind": kind, **info}
