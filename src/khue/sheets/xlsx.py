"""Reading xlsx with expat: no entities, no dense ranges, a cap on everything that is unpacked."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from typing import Any
from xml.parsers import expat

from khue.core.names import nfc
from khue.sheets.data import Limits, Refuse
from khue.sheets.workbook import Book, Cell, Sheet, Value, number_of

EPOCH = dt.date(1899, 12, 30)
EPOCH_1904 = dt.date(1904, 1, 1)
BUILTIN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_DATE_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_REF = re.compile(r"([A-Z]{1,3})(\d{1,7})")
MAX_SERIAL = 2_958_465  # 31/12/9999
STYLES = 65_536  # cell styles Excel itself can have
FAR = 1000  # cells beyond the limits that are overlooked
MERGES = 5000  # merged ranges that are kept; only those of headers matter
_PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


class _Archive:
    """The zip, with a budget for all that is unpacked."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self.zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise Refuse("file_damaged") from error
        total = sum(entry.file_size for entry in entries)
        if len(entries) > limits.entries or total > limits.inflated_bytes:
            raise Refuse("inflated_size_exceeded", inflated_mib=total // 1024**2)
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refuse("password_protected")
        self.names = {entry.filename.lstrip("/"): entry for entry in entries}
        if len(self.names) != len(entries):
            raise Refuse("file_damaged", why="duplicate_part")  # which of the two Excel shows nobody knows
        self.left, self.tags = limits.inflated_bytes, limits.tags

    def read(self, name: str) -> bytes:
        """One part, checked: sizes in the directory may lie."""
        try:
            with self.zip.open(self.names[name]) as stream:
                content = stream.read(self.left + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            OSError,
            RuntimeError,
        ) as error:
            raise Refuse("file_damaged") from error
        self.left -= len(content)
        if self.left < 0:
            raise Refuse("inflated_size_exceeded")
        self.tags -= content.count(b"<")  # counted before parsing: that costs next to nothing
        if self.tags < 0:
            raise Refuse("inflated_size_exceeded", why="tags")
        return content


def _parse(content: bytes, start: Any = None, end: Any = None, text: Any = None) -> None:
    parser = expat.ParserCreate(namespace_separator=None)
    parser.buffer_text = True
    parser.buffer_size = 65536

    def forbidden(*_: object) -> int:
        raise Refuse("dtd_forbidden")

    parser.StartDoctypeDeclHandler = forbidden
    parser.EntityDeclHandler = forbidden
    parser.ExternalEntityRefHandler = forbidden
    if start:
        parser.StartElementHandler = start
    if end:
        parser.EndElementHandler = end
    if text:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, ArithmeticError) as error:
        raise Refuse("file_damaged") from error


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1]


def _workbook_part(archive: _Archive) -> str:
    """The part that lists the sheets, wherever it stands."""
    if "xl/workbook.xml" in archive.names:
        return "xl/workbook.xml"
    if any(name.startswith(("word/", "ppt/")) for name in archive.names):
        raise Refuse("not_an_xlsx", looks_like="office")
    found = next((name for name in archive.names if name.endswith("workbook.xml")), "")
    if not found:
        raise Refuse("not_an_xlsx", looks_like="zip")
    return found


def read_xlsx(data: bytes, limits: Limits) -> Book:
    """The workbook in a zip of XML parts."""
    archive = _Archive(data, limits)
    workbook = _workbook_part(archive)
    folder = workbook.rsplit("/", 1)[0] + "/" if "/" in workbook else ""
    about: list[tuple[str, str, bool]] = []
    flags = {"date1904": False}

    def on_workbook(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "sheet":
            key = next((v for k, v in attributes.items() if _local(k) == "id"), "")
            visible = attributes.get("state", "visible") == "visible"
            about.append((attributes.get("name", ""), key, visible))
        elif local == "workbookPr":
            flags["date1904"] = attributes.get("date1904", "0") in {"1", "true"}

    _parse(archive.read(workbook), on_workbook)
    if len(about) > limits.sheets:
        raise Refuse("inflated_size_exceeded", sheets=len(about))
    targets = _targets(archive, f"{folder}_rels/{workbook.rsplit('/', 1)[-1]}.rels")
    shared = _shared_strings(archive, folder)
    dates = _date_styles(archive, folder)
    epoch = EPOCH_1904 if flags["date1904"] else EPOCH
    sheets = []
    for title, key, visible in about:
        target = targets.get(key, "")
        path = target.lstrip("/") if target.startswith("/") else folder + target
        if path not in archive.names or "worksheet" not in path:
            continue
        sheet = Sheet(nfc(title), visible)
        _read_sheet(archive.read(path), sheet, shared, dates, epoch, limits)
        sheets.append(sheet)
    if not sheets:
        raise Refuse("file_damaged")
    return Book(sheets, "xlsx")


def _targets(archive: _Archive, path: str) -> dict[str, str]:
    """Where the parts stand that the workbook names by key."""
    targets: dict[str, str] = {}

    def on_relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    if path in archive.names:
        _parse(archive.read(path), on_relation)
    return targets


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
    """Excel writes control characters as `_x000D_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Strings:
    """Handlers of the shared strings; readings beside the text (phonetic) are left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.parts: list[str] = []
        self.text_now = self.phonetic = False

    def start(self, name: str, _: dict[str, str]) -> None:
        """An element begins."""
        local = _local(name)
        if local == "si":
            self.parts.clear()
        elif local == "rPh":
            self.phonetic = True
        elif local == "t":
            self.text_now = not self.phonetic

    def end(self, name: str) -> None:
        """An element ends; with `si` the string is complete."""
        local = _local(name)
        if local == "si":
            self.found.append(_unescaped("".join(self.parts)))
        elif local == "rPh":
            self.phonetic = False
        elif local == "t":
            self.text_now = False

    def text(self, data: str) -> None:
        """Characters inside a string."""
        if self.text_now:
            self.parts.append(data)


def _shared_strings(archive: _Archive, folder: str) -> list[str]:
    path = folder + "sharedStrings.xml"
    strings = _Strings()
    if path in archive.names:
        _parse(archive.read(path), strings.start, strings.end, strings.text)
    return strings.found


def _date_styles(archive: _Archive, folder: str) -> list[bool]:
    """Whether each cell style shows a date."""
    path = folder + "styles.xml"
    if path not in archive.names:
        return []
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = {"xfs": False}

    def start(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "numFmt":
            codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif local == "cellXfs":
            inside["xfs"] = True
        elif local == "xf" and inside["xfs"] and len(styles) < STYLES:
            styles.append(int(attributes.get("numFmtId", "0")))

    def end(name: str) -> None:
        if _local(name) == "cellXfs":
            inside["xfs"] = False

    _parse(archive.read(path), start, end)

    def is_date(key: int) -> bool:
        if key in BUILTIN_DATES:
            return True
        code = _DATE_CODE.sub("", codes.get(key, "")).lower()
        return any(letter in code for letter in "dy") or set(code) == {"m"}

    dates = {key: is_date(key) for key in set(styles)}
    return [dates[key] for key in styles]


class _Reader:
    """Handlers of one worksheet; keeps only cells with something in them."""

    def __init__(
        self, sheet: Sheet, shared: list[str], dates: list[bool], epoch: dt.date, limits: Limits
    ) -> None:
        self.sheet, self.shared, self.dates, self.epoch, self.limits = sheet, shared, dates, epoch, limits
        self.row = -1
        self.column = -1
        self.kind = ""
        self.date = False
        self.formula = False
        self.value: list[str] = []
        self.take = False
        self.count = self.far = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        local = _local(name)
        if local == "c":
            self._cell(attributes)
        elif local == "v" or (local == "t" and self.kind == "inlineStr"):
            self.take = True
        elif local == "f":
            self.formula = True
        elif local == "row":
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isdigit() else self.row + 1
            self.column = -1
            if attributes.get("hidden") in {"1", "true"}:
                self.sheet.hidden_rows.add(self.row)
        elif local == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif local == "col" and attributes.get("hidden") in {"1", "true"}:
            if len(self.sheet.hidden_columns) >= self.limits.columns:
                return
            low, high = int(attributes.get("min", "1")), int(attributes.get("max", "1"))
            self.sheet.hidden_columns.update(range(low - 1, min(high, self.limits.columns)))

    def _cell(self, attributes: dict[str, str]) -> None:
        found = _REF.fullmatch(attributes.get("r", ""))
        if found:
            column = 0
            for letter in found[1]:
                column = column * 26 + ord(letter) - 64
            self.column, self.row = column - 1, int(found[2]) - 1
        else:
            self.column += 1
        self.kind = attributes.get("t", "n")
        style = attributes.get("s", "")
        self.date = style.isdigit() and int(style) < len(self.dates) and self.dates[int(style)]
        self.formula, self.take = False, False
        self.value.clear()

    def _merge(self, ref: str) -> None:
        if len(self.sheet.merges) >= MERGES:
            return
        ends = [_REF.fullmatch(part) for part in ref.split(":")]
        if len(ends) == 2 and all(ends):  # noqa: PLR2004 - two corners
            spots = []
            for found in ends:
                column = 0
                for letter in found[1]:  # type: ignore[index]
                    column = column * 26 + ord(letter) - 64
                spots.append((int(found[2]) - 1, column - 1))  # type: ignore[index]
            self.sheet.merges.append((*spots[0], *spots[1]))

    def text(self, data: str) -> None:
        """Characters inside a value."""
        if self.take:
            self.value.append(data)

    def end(self, name: str) -> None:
        """An element ends; with `c` the cell is complete."""
        local = _local(name)
        if local in {"v", "t"}:
            self.take = False
            return
        if local != "c":
            return
        text = "".join(self.value)
        if not text and not self.formula:
            return
        if self.row >= self.limits.rows or self.column >= self.limits.columns:
            self.far += 1  # a stray cell far away is not part of any table, many are one too large
            if self.far > FAR:
                raise Refuse("inflated_size_exceeded", rows=self.limits.rows, columns=self.limits.columns)
            return
        cell = self._made(text)
        if cell is not None:
            self.count += 1
            if self.count > self.limits.cells:
                raise Refuse("inflated_size_exceeded", cells=self.limits.cells)
            self.sheet.rows.setdefault(self.row, {})[self.column] = cell

    def _made(self, text: str) -> Cell | None:
        kind, formula = self.kind, self.formula
        if kind == "s":
            value: Value = self._shared(text)
            return Cell(value, formula) if value else None
        if kind in {"str", "inlineStr"}:
            return Cell(text, formula) if text or formula else None
        if kind == "e":
            return Cell(None, formula, error=text)
        if kind == "b":
            return Cell(text in {"1", "true"}, formula)
        if text == "":
            return Cell(None, formula)
        if kind == "d":
            return Cell(_iso(text), formula)
        return Cell(self._numeric(text), formula)

    def _shared(self, text: str) -> str:
        """A shared string; one that is not there would leave a cell out without a word."""
        if text.isascii() and text.isdigit() and len(text) < len("1000000000"):
            number = int(text)
            if number < len(self.shared):
                return self.shared[number]
        raise Refuse("file_damaged", why="shared_string")

    def _numeric(self, text: str) -> Value:
        """A number or, by its style, a date; what is neither stays text."""
        if not _PLAIN_NUMBER.fullmatch(text):
            return text
        number = number_of(text)
        if not number.is_finite():
            return text
        if self.date and 0 < number < MAX_SERIAL:
            try:
                return self.epoch + dt.timedelta(days=int(number))
            except OverflowError:
                return text
        return number


def _iso(text: str) -> Value:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return text


def _read_sheet(
    content: bytes, sheet: Sheet, shared: list[str], dates: list[bool], epoch: dt.date, limits: Limits
) -> None:
    reader = _Reader(sheet, shared, dates, epoch, limits)
    _parse(content, reader.start, reader.end, reader.text)
