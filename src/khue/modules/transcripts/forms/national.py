"""Rows of a transcript for the National Data Centre (dữ liệu học bạ số gửi TTDLQG, e-records.md 3.3, 3.4).

The tables are data (`tables/data_centre.toml`): fields, types, lengths, codes. Nothing is guessed: a field
whose code is not known is left out and named in the gaps. A child row carries an envelope of its own; its
`idbanghi` begins with that of its transcript and says the year, then the subject.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import xlsxwriter

from khue.core.dates import VIETNAM
from khue.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from khue.modules.transcripts.data import SubjectLine, Transcript, YearPage

Row = dict[str, Any]
NEW, UPDATE, CANCEL = "NEW", "UPDATE", "CANCEL"
EXEMPT = "EXEMPT"
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\Z")


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table."""

    type: str  # string, code, flag, integer, date, datetime
    length: int = 0  # 0: no limit is known
    required: bool = False
    values: tuple[str, ...] = ()


Fields = dict[str, Field]


@dataclass(frozen=True, slots=True)
class Entity:
    """A table of transcripts with its child tables."""

    name: str
    levels: tuple[str, ...]
    fields: Fields
    children: dict[str, Fields]


@dataclass(frozen=True, slots=True)
class Tables:
    """One version of the tables."""

    code: str
    version: str
    first_year: int
    last_year: int
    envelope: Fields
    entities: tuple[Entity, ...]
    codes: dict[str, dict[str, str]]
    promoted: frozenset[str]

    def entity(self, level: str) -> Entity:
        """The table for a level (`TRANS-110`)."""
        for one in self.entities:
            if level in one.levels:
                return one
        raise Invalid("TRANS-110", level=level)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a transcript (sự kiện): `version` only grows, whoever sends keeps it."""

    kind: str  # NEW, UPDATE, CANCEL
    version: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Export:
    """The rows of a transcript, and what had to be left out."""

    entity: str
    row: Row
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """Code lists of the installation by field: word → code, such as «Tày» → «02» for `dantoc`."""

    department: str = ""  # masogd
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@cache
def shipped() -> Tables:
    """The tables that come with the program."""
    return read_tables(files(__package__).joinpath("tables", "data_centre.toml").read_text(encoding="utf-8"))


def read_tables(text: str) -> Tables:
    """Tables from TOML; a file that is wrong is refused with what is wrong (`TRANS-111`)."""
    try:
        found = tomllib.loads(text)
        return Tables(
            found["code"], found["version"], found["first_year"], found["last_year"],
            _fields(found["envelope"]), tuple(_entity(one) for one in found["entities"].values()),
            found.get("codes", {}), frozenset(found["promoted"]["decisions"]),
        )  # fmt: skip
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("TRANS-111", reason=str(error)) from error


def _entity(row: Row) -> Entity:
    children = {name: _fields(fields) for name, fields in row["children"].items()}
    return Entity(row["name"], tuple(row["levels"]), _fields(row["fields"]), children)


def _fields(rows: Row) -> Fields:
    return {name: Field(**row | {"values": tuple(row.get("values", ()))}) for name, row in rows.items()}


def rows_of(
    transcript: Transcript, event: Event, lists: Lists | None = None, tables: Tables | None = None
) -> Export:
    """The rows of a transcript, checked against the tables."""
    if not transcript.pages:
        raise Invalid("TRANS-112", transcript=transcript.code)
    return _Writer(transcript, event, lists or Lists(), tables or shipped()).export()


def to_json(export: Export) -> bytes:
    """UTF-8 text, keys in the order of the tables; the same rows give the same bytes."""
    text = json.dumps({export.entity: [export.row]}, ensure_ascii=False, indent=1)
    return unicodedata.normalize("NFC", text).encode()


def to_xlsx(exports: list[Export], tables: Tables | None = None) -> bytes:
    """One worksheet for each table, all cells text; the same rows give the same bytes."""
    tables, stream = tables or shipped(), io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    try:
        moments = [one.row["thoigiancapnhat"] for one in exports]
        workbook.set_properties({"created": dt.datetime.fromisoformat(max(moments))} if moments else {})
        for entity in tables.entities:
            mine = [one.row for one in exports if one.entity == entity.name]
            if mine:
                _sheet(workbook, entity.name, [*tables.envelope, *entity.fields], mine)
                for child, fields in entity.children.items():
                    rows = [row for one in mine for row in one.get(child, ())]
                    _sheet(workbook, f"{entity.name}{child}", [*tables.envelope, *fields], rows)
    finally:
        workbook.close()
    return stream.getvalue()


def _sheet(workbook: Any, name: str, columns: list[str], rows: list[Row]) -> None:
    short = name.replace("thongtinsohocba", "")  # a worksheet's name has 31 characters at most
    sheet = workbook.add_worksheet(short)
    for column, title in enumerate(columns):
        sheet.write_string(0, column, title)
    for line, row in enumerate(rows, 1):
        for column, title in enumerate(columns):
            if title in row:
                sheet.write_string(line, column, str(row[title]))


def check(row: Row, fields: Fields, where: str) -> None:
    """A row by its table (`TRANS-113`): no unknown fields, nothing missing, types and lengths."""
    unknown = [name for name in row if name not in fields and not name.startswith("_")]
    missing = [name for name, one in fields.items() if one.required and row.get(name) in (None, "")]
    wrong = [name for name, value in row.items() if name in fields and not _fits(fields[name], value)]
    for names, why in ((unknown, "unknown"), (missing, "missing"), (wrong, "wrong")):
        if names:
            raise Invalid("TRANS-113", table=where, fields=", ".join(names), why=why)


def _fits(one: Field, value: object) -> bool:
    if one.type == "integer":
        return isinstance(value, int) and value > 0
    if one.type == "flag":
        return value in (0, 1)
    if not isinstance(value, str) or (one.length and len(value) > one.length):
        return False
    if one.values:
        return value in one.values
    if one.type == "datetime":
        return bool(_MOMENT.match(value))
    return bool(_DATE.match(value)) if one.type == "date" else True


class _Writer:
    """Composes the rows of one transcript and remembers what it had to leave out."""

    def __init__(self, transcript: Transcript, event: Event, lists: Lists, tables: Tables) -> None:
        self.transcript, self.event, self.lists, self.tables = transcript, event, lists, tables
        self.entity = tables.entity(transcript.level)
        self.gaps: dict[str, None] = {}
        self.primary = transcript.level == "TH"

    def export(self) -> Export:
        row = self._row(self.transcript.code, self.entity.fields, self._head())
        for name, fields in self.entity.children.items():
            row[name] = [self._row(key, fields, values) for key, values in self._children(name)]
        return Export(self.entity.name, row, tuple(self.gaps))

    def _row(self, key: str, fields: Fields, values: Row) -> Row:
        """A row with its envelope; fields without a value are left out, those of other tables too."""
        at = self.event.at.astimezone(VIETNAM)
        row: Row = {
            "idbanghi": key, "sukien": self.event.kind, "phienban": self.event.version,
            "thoigiancapnhat": f"{at:%Y-%m-%dT%H:%M:%S}", "ngaycapnhat": f"{at:%Y-%m-%d}",
        }  # fmt: skip
        row |= {name: values[name] for name in fields if values.get(name) not in (None, "")}
        check(row, self.tables.envelope | fields, self.entity.name)
        return row

    def _head(self) -> Row:
        newest = self.transcript.pages[-1]
        page, pupil = newest.page, newest.page.identity
        kin = {one.relation: one.name for one in pupil.relatives}
        office = next((one.capacity for one in newest.signatures if one.role == "principal"), "")
        return {
            "madinhdanhhocba": self.transcript.code, "masogd": self.lists.department,
            "matruong": page.place.school_code, "macaphoc": self._code("macaphoc", page.level),
            "mahocsinh": pupil.ministry_code, "hovaten": pupil.name,
            "gioitinh": self._code("gioitinh", pupil.sex), "dantoc": self._code("dantoc", pupil.ethnic),
            "quoctich": self._code("quoctich", pupil.nationality), "hotencha": kin.get("father", ""),
            "hotenme": kin.get("mother", ""), "hotennguoigiamho": kin.get("guardian", ""),
            "doituongchinhsach": self._code("doituongchinhsach", pupil.policy),
            "cokhuyettatkhongdanhgia": int(all(one.mode == EXEMPT for one in page.subjects)),
            "chucvugiamhieu": office, "diadanhphathanh": page.place.commune,
            "dahthanhctrinhtieuhoc": int(self.primary and page.completion.startswith("Hoàn thành")),
        }  # fmt: skip

    def _children(self, name: str) -> Iterator[tuple[str, Row]]:
        for issued in self.transcript.pages:
            page = issued.page
            key = f"{self.transcript.code}/{page.year}"
            if name == "_quatrinhhoctap":
                yield key, self._year(page)
            elif name == "_chungchi":
                for number, text in enumerate(page.certificates, 1):
                    yield f"{key}/CC{number}", {"loaichungchi": self._code("loaichungchi", text) or text}
            else:
                for line in page.subjects:
                    if line.mode != EXEMPT or line.year:
                        yield f"{key}/{line.code}", self._subject(line)

    def _year(self, page: YearPage) -> Row:
        promoted = int(page.decision_code in self.tables.promoted)
        # After the summer the result of the year is the one that replaced it (Điều 13, 14 TT 22).
        year = page.learning_after or page.learning[2]
        return {
            "makhoi": f"{page.grade:02d}", "duoclenlop": promoted, "dahthanhctrinhlophoc": promoted,
            "hocky1": page.learning[0], "hocky2": page.learning[1], "canam": year,
        }  # fmt: skip

    def _subject(self, line: SubjectLine) -> Row:
        year = line.retest or line.year
        return {
            "mamonhoc": self._code("mamonhoc", line.code) or line.code,
            "hocky1": line.term1, "hocky2": line.term2, "canam": year,
        }  # fmt: skip

    def _code(self, name: str, word: str) -> str:
        """The code of a word; without one the field is a gap."""
        known = {**self.tables.codes.get(name, {}), **self.lists.words.get(name, {})}
        if word and word not in known:
            self.gaps[f"{name}: {word}"] = None
        return known.get(word, "")
