"""Finding the header of a table by what it says: any order, wording, number of rows, grouped or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from khue.core.names import fold
from khue.sheets.workbook import Cell, Sheet, address, as_text

_WORD = re.compile(r"[a-z0-9]+")
NAME = {
    "ho va ten", "ho ten", "ho va ten hoc sinh", "ho ten hoc sinh", "ho va ten hs", "ho ten hs",
    "ten hoc sinh",
    "hoc sinh", "ho va ten can bo", "ho ten can bo", "ho va ten giao vien", "ho ten giao vien",
    "ho dem va ten",
    "ho ten can bo giao vien", "ho va ten can bo giao vien", "ho va ten cbgv", "ho ten cbgv",
    "ho va ten cbgvnv", "ten hs",
    "full name", "ho chu dem va ten", "ho va ten gv", "ho ten gv", "ho ten can bo giao vien nhan vien",
    "student name", "name of student", "hoc sinh ho va ten", "ho va ten nguoi hoc",
}  # fmt: skip
# «Họ và tên cán bộ», «Họ tên CBGVNV» …
NAME |= {
    f"{name} {who}"
    for name in ("ho va ten", "ho ten")
    for who in (
        "cb", "can bo", "gv", "nv", "cbgv", "cbgvnv", "cbql gv nv", "cb gv nv", "cbnv", "nhan vien",
        "nhan su", "vien chuc", "nguoi hoc", "can bo giao vien nhan vien", "cbql giao vien nhan vien",
    )
}  # fmt: skip
# A name in two columns: family and middle names, then the given name.
FAMILY = {
    "ho dem", "ho va dem", "ho va ten dem", "ho lot", "ho va ten lot", "ho ten dem", "ho", "ho chu dem",
    "ho va chu dem", "ho chu lot",
    "ho va chu lot", "ho va lot", "ho dem hoc sinh", "ho va ten dem hoc sinh", "ho va ten chu dem",
}  # fmt: skip
GIVEN = {"ten", "ten hoc sinh", "ten hs", "ten goi"}
# «Họ và tên: họ đệm» in one cell
_PREFIXED = re.compile(r"(?:ho va ten|ho ten)(?: hoc sinh| hs)? (?=ho |ten)")


def _part(text: str) -> str:
    """The part of a name a header means, where it names the whole before it."""
    return _PREFIXED.sub("", text, count=1)


def is_name(text: str) -> bool:
    """Whether a header means a person's name, whole or its first part."""
    return text in NAME or text in FAMILY or _part(text) in FAMILY


BANNER = (
    "nam hoc", "doc lap", "cong hoa", "so gd", "phong gd", "uy ban", "ubnd", "so giao duc", "bang diem",
    "danh sach",
    "bang tong hop", "mon hoc lop", "truong t", "thong tin nha truong",
)  # fmt: skip
DEPTH, SEARCH = 4, 60
_NUMBERING = re.compile(r"[(\[]?(?:\d{1,2}|[A-Za-zĐđ])[)\].]?|[(\[]?\d{1,2} ?[=+].*")
_SAYS = re.compile(r"[^:\d]{2,25}:\s*\S")
_GIVEN_WORD = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")


@lru_cache(maxsize=20_000)
def key(text: str) -> str:
    """Words of a header without accents, case or punctuation: «Ngày sinh (*)» is «ngay sinh»."""
    return " ".join(_WORD.findall(fold(text)))


@dataclass(slots=True)
class Column:
    """A column: the texts of its header from top to bottom, as keys and as written."""

    index: int
    path: tuple[str, ...]
    written: str
    row: int  # row of its lowest header text

    @property
    def leaf(self) -> str:
        """The lowest text."""
        return self.path[-1] if self.path else ""

    @property
    def group(self) -> str:
        """All above the lowest text."""
        return " / ".join(self.path[:-1])

    @property
    def whole(self) -> str:
        """The whole path."""
        return " / ".join(self.path)


@dataclass(slots=True)
class Header:
    """The header of a table: its columns, the first row of data."""

    sheet: Sheet
    top: int
    first: int
    columns: list[Column]
    anchor: int  # the column by which the table was found
    fields: dict[str, int] = field(default_factory=dict)
    shown: dict[int, tuple[str, ...]] = field(default_factory=dict)  # what stands over each column
    numbering: dict[int, str] = field(default_factory=dict)  # «(1) (2) (3)» below it

    def __post_init__(self) -> None:
        self.shown = {column.index: column.path for column in self.columns}
        _skip_numbers(self)
        _join_names(self)
        _join_births(self)

    def repeats(self, row: int) -> bool:
        """Whether a row among the data is the header again, whole or one of its rows."""
        said = ((column, self.sheet.text(row, column)) for column in self.sheet.rows.get(row, {}))
        texts = [(column, text) for column, text in said if text]
        if len(texts) > 1 and all(self.numbering.get(column) == text for column, text in texts):
            return True
        return all(key(text) in self.shown.get(column, ()) for column, text in texts if key(text))

    def unknown(self, used: Iterable[int]) -> list[Column]:
        """Columns with a header that nobody used."""
        taken = set(used)
        return [column for column in self.columns if column.index not in taken and column.path]

    def where(self, name: str, row: int) -> str:
        """Address of a field's cell in a row."""
        return address(row, self.fields[name])


def find_header(sheet: Sheet, is_anchor: Callable[[str], bool] | None = None) -> Header | None:
    """The header around the first cell that reads like «Họ và tên» (or what `is_anchor` accepts)."""
    accept = is_anchor or is_name
    for row in sheet.numbers()[:SEARCH]:
        hits = [column for column in sheet.rows[row] if accept(key(sheet.text(row, column)))]
        if hits:
            return _around(sheet, row, hits[0])
    return None


def _around(sheet: Sheet, row: int, anchor: int) -> Header:
    top = row
    while top > 0 and row - top < DEPTH - 1 and _is_group_row(sheet, top - 1, anchor):
        top -= 1
    bottom = row
    while bottom - top < DEPTH and _continues(sheet, bottom + 1, anchor, top):
        bottom += 1
    width = max(column for line in range(top, bottom + 1) for column in sheet.rows.get(line, {0: None})) + 1
    # one more: a given name may stand beside the last header
    columns = [_column(sheet, index, top, bottom) for index in range(width + 1)]
    return Header(sheet, top, bottom + 1, columns, anchor)


def _skip_numbers(header: Header) -> None:
    """Step over a row that only numbers the columns: «(1) (2) (3)», «A B C»."""
    sheet = header.sheet
    # Merged ranges may leave blank rows between the header and the numbers.
    row = next((number for number in sheet.numbers() if number >= header.first), header.first)
    texts = {column: text for column in sheet.rows.get(row, {}) if (text := sheet.text(row, column))}
    numbering = len(texts) > 2 and all(_NUMBERING.fullmatch(text) for text in texts.values())  # noqa: PLR2004
    if numbering and header.anchor in texts:
        header.first = row + 1
        header.numbering = texts


def _join_names(header: Header) -> None:
    """Put a name that stands in two columns into the first of them."""
    sheet = header.sheet
    first, second = _name_columns(header)
    if first is None or second is None:
        return
    first.path = (*(text for text in first.path[:-1] if text not in NAME), "ho va ten")
    second.path = ()
    for row in sheet.numbers():
        if row < header.first:
            continue
        given = sheet.rows[row].pop(second.index, None)
        text = "" if given is None else as_text(given.value)
        if text and not header.repeats(row):
            family = sheet.text(row, first.index)
            sheet.rows[row][first.index] = Cell(f"{family} {text}".strip())


BORN = {"ngay sinh", "ngay thang nam sinh", "sinh ngay", "ngay thang sinh"}


def _join_births(header: Header) -> None:
    """Put a birth date that stands in three columns into the first of them."""
    parts: dict[str, Column] = {}
    for column in header.columns:
        if len(column.path) > 1 and column.path[-2] in BORN and column.leaf in {"ngay", "thang", "nam"}:
            parts.setdefault(column.leaf, column)
    if len(parts) != 3:  # noqa: PLR2004 - day, month and year
        return
    day, month, year = parts["ngay"], parts["thang"], parts["nam"]
    day.path, month.path, year.path = ("ngay sinh",), (), ()
    sheet = header.sheet
    for row in sheet.numbers():
        if row >= header.first and not header.repeats(row):
            said = [sheet.text(row, column.index) for column in (day, month, year)]
            for column in (month, year):
                sheet.rows[row].pop(column.index, None)
            if any(said):
                sheet.rows[row][day.index] = Cell("/".join(text for text in said if text))


def _name_columns(header: Header) -> tuple[Column | None, Column | None]:
    """The columns of a name written in two parts, if it is."""
    for column in header.columns:
        if column.leaf in FAMILY or _part(column.leaf) in FAMILY:
            rest = header.columns[column.index + 1 :]
            return column, next((other for other in rest if _part(other.leaf) in GIVEN), None)
    names = [column for column in header.columns if column.leaf in NAME]
    name = next((column for column in names if set(column.path) <= NAME), names[0] if names else None)
    if name is None or name.index + 1 >= len(header.columns):
        return None, None
    after = header.columns[name.index + 1]
    if after.path and after.path != name.path:
        return None, None
    sheet = header.sheet
    rows = [row for row in sheet.numbers() if row >= header.first and sheet.text(row, name.index)]
    words = [row for row in rows if _GIVEN_WORD.fullmatch(sheet.text(row, after.index))]
    return (name, after) if len(words) * 2 > len(rows) else (None, None)


def _is_group_row(sheet: Sheet, row: int, anchor: int) -> bool:
    """A row above the names that holds groups of columns, not a title of the sheet."""
    texts = [key(sheet.text(row, column)) for column in sheet.rows.get(row, {})]
    texts = [text for text in texts if text]
    if len(texts) < 2 or any(part in text for text in texts for part in BANNER):  # noqa: PLR2004 - a lone title
        return False
    if any(_SAYS.match(sheet.text(row, column)) for column in sheet.rows[row]):
        return False  # «Lớp: 6A», «Sĩ số: 38» stand above the table, not in it
    if sum(text.startswith(("mon ", "lop ")) and "hoat dong" not in text for text in texts) == 1:
        return False
    return not any(
        top <= row <= bottom and left <= anchor <= right and left != right
        for top, left, bottom, right in sheet.merges
        if top == bottom
    )


def _continues(sheet: Sheet, row: int, anchor: int, top: int) -> bool:
    """A further header row: names empty, other cells short texts or column numbers."""
    cells = sheet.rows.get(row)
    below = key(sheet.text(row, anchor))
    if not cells or below:
        return below in FAMILY
    merged = any(
        m_top <= row <= m_bottom and m_top >= top and left <= anchor <= right
        for m_top, left, m_bottom, right in sheet.merges
    )
    texts = [sheet.text(row, column) for column in cells]
    if merged:
        return True
    first_column = min(cells)
    counted = [sheet.text(row, column) for column in sorted(cells)] == [str(n + 1) for n in range(len(texts))]
    if first_column < anchor and sheet.text(row, first_column).isdigit() and len(texts) > 3 and not counted:  # noqa: PLR2004
        return False
    return all(len(text) < 60 for text in texts) and any(not _is_value(text) for text in texts)  # noqa: PLR2004


def _is_value(text: str) -> bool:
    return bool(re.fullmatch(r"[\d.,/ -]+", text)) and not text.isdigit()


def _column(sheet: Sheet, index: int, top: int, bottom: int) -> Column:
    path: list[str] = []
    written, row = "", top
    for line in range(top, bottom + 1):
        text = _header_text(sheet, line, index, bottom)
        if text and (not path or key(text) != path[-1]):
            path.append(key(text))
            written, row = text, line
    return Column(index, tuple(path), written, row)


def _header_text(sheet: Sheet, row: int, column: int, bottom: int) -> str:
    own = sheet.text(row, column)
    if own:
        return own
    for top, left, low, right in sheet.merges:
        if top <= row <= low and left <= column <= right:
            return sheet.text(top, left)
    # No merged range says so: a blank above a lower header belongs to the group on its left.
    if row < bottom and any(sheet.text(line, column) for line in range(row + 1, bottom + 1)):
        covered = any(top <= row <= low and left <= column <= right for top, left, low, right in sheet.merges)
        back = column - 1
        while back >= 0 and not covered:
            text = sheet.text(row, back)
            if text:
                if any(top <= row <= low and left <= back <= right for top, left, low, right in sheet.merges):
                    return ""  # the neighbor's range is known and does not reach here
                below = any(sheet.text(line, back) for line in range(row + 1, bottom + 1))
                return text if below else ""
            back -= 1
    return ""


Matcher = Callable[[Column], bool]


def assign(header: Header, matchers: Mapping[str, Matcher]) -> dict[str, int]:
    """Give each field its first matching column; a column serves one field."""
    taken: set[int] = set()
    for name, matches in matchers.items():
        for column in header.columns:
            if column.index not in taken and column.path and matches(column):
                header.fields[name] = column.index
                taken.add(column.index)
                break
    return header.fields


def one_of(*texts: str) -> Matcher:
    """The lowest text, or the whole path, is one of these."""
    wanted = {key(text) for text in texts}
    return lambda column: column.leaf in wanted or column.whole in wanted


_LINK = re.compile(r"^(?:cua|theo|ve|la|cac) | (?:cua|theo|ve|la|thong tin|hs|hoc sinh)$")


def under(groups: Iterable[str], leaves: Iterable[str], joined: Iterable[str] = ()) -> Matcher:
    """A lower text below a group («Cha / Họ và tên»), or both in one text («Họ tên cha», «Cha: họ tên»)."""
    tops, lows, whole = {key(g) for g in groups}, {key(t) for t in leaves}, {key(t) for t in joined}

    def matches(column: Column) -> bool:
        if column.leaf in whole:
            return True
        if column.leaf in lows and any(part in tops for part in column.path[:-1]):
            return True
        return any(rest in lows for rest in _rests(column.leaf, tops))

    return matches


def _rests(text: str, tops: set[str]) -> Iterable[str]:
    """What a text says besides the group it names at its beginning or end."""
    for top in tops:
        for rest in (text.removeprefix(top + " "), text.removesuffix(" " + top)):
            if rest != text:
                yield rest
                yield _LINK.sub("", rest)
