"""Reading single cells: marks, comments, dates, telephones, personal numbers, flags."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from khue.core.decimals import half_up
from khue.core.names import fold
from khue.sheets.data import ERROR, INFO, WARNING
from khue.sheets.workbook import Cell, as_text

_NUMBER = re.compile(r"[+-]?\d{1,6}(?:[.,]\d{1,12})?")
_DAY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})")
PASS_WORDS = {"đ": "Đ", "d": "Đ", "đạt": "Đ", "dat": "Đ", "cđ": "CĐ", "cd": "CĐ", "chưa đạt": "CĐ",
    "chua dat": "CĐ",
              "không đạt": "CĐ", "c.đ": "CĐ", "chưađạt": "CĐ"}  # fmt: skip
LARGEST = Decimal(10) ** 15  # larger numbers are no marks, years or personal numbers
TEN, HUNDRED = Decimal(10), Decimal(100)
PHONE_LENGTHS = {10, 11}
PERSONAL_LENGTH = 12


@dataclass(slots=True)
class Read:
    """What was read from a cell, and what there is to say about it."""

    value: Any = None
    kind: str = ""
    severity: str = ""
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def bad(self) -> bool:
        """Whether the cell may not be imported."""
        return self.severity == ERROR


def raw(cell: Cell) -> Any:
    """The value of a cell for a report: numbers as numbers, texts as they stand."""
    value = cell.value
    if isinstance(value, Decimal):
        if abs(value) > LARGEST:
            return str(value)
        return int(value) if value == value.to_integral_value() else float(value)  # for JSON only
    return as_text(value) if value is not None else cell.error or None


def is_empty(cell: Cell | None) -> bool:
    """Nothing to read: no cell, or blanks."""
    return cell is None or (not cell.error and not cell.formula and as_text(cell.value) == "")


def _trouble(cell: Cell) -> Read | None:
    if cell.error:
        return Read(None, "cell_error", ERROR, {"raw": cell.error})
    if cell.formula and as_text(cell.value) == "":
        return Read(None, "formula_without_value", ERROR)
    return None


def mark(cell: Cell | None) -> Read:
    """A mark from 0 to 10 as text with one decimal; never corrected silently."""
    if is_empty(cell) or cell is None:
        return Read()
    trouble = _trouble(cell)
    if trouble:
        return trouble
    value = cell.value
    if isinstance(value, dt.date):
        return Read(None, "mark_is_a_date", ERROR, _suggest(Decimal(f"{value.day}.{value.month}")))
    if isinstance(value, bool):
        return Read(None, "mark_not_a_number", ERROR, {"raw": raw(cell)})
    if isinstance(value, Decimal):
        return _ranged(value, raw(cell), cell)
    text = as_text(value)
    if _NUMBER.fullmatch(text):
        return _ranged(Decimal(text.replace(",", ".")), text, cell)
    trimmed = text.strip(" .,;:'`*")
    info: dict[str, Any] = {"raw": text}
    if trimmed != text and _NUMBER.fullmatch(trimmed):
        number = Decimal(trimmed.replace(",", "."))
        if 0 <= number <= TEN:
            info |= _suggest(number)
    return Read(None, "mark_not_a_number", ERROR, info)


def _suggest(number: Decimal) -> dict[str, Any]:
    return {"suggest": f"{half_up(number):.1f}"} if 0 <= number <= TEN else {}


def _ranged(number: Decimal, shown: Any, cell: Cell) -> Read:
    if not 0 <= number <= TEN:
        info: dict[str, Any] = {"raw": shown}
        if TEN < number <= HUNDRED and number == number.to_integral_value():
            info |= _suggest(number / TEN)
        return Read(None, "mark_out_of_range", ERROR, info)
    stored = half_up(number)
    text = f"{stored:.1f}"
    if stored != number:
        return Read(text, "mark_rounded", WARNING, {"raw": shown, "value": text})
    return Read(text, "cell_is_formula", INFO, {"value": text}) if cell.formula else Read(text)


def comment(cell: Cell | None) -> Read:
    """Đ or CĐ in any spelling."""
    if is_empty(cell) or cell is None:
        return Read()
    trouble = _trouble(cell)
    if trouble:
        return trouble
    text = as_text(cell.value)
    known = PASS_WORDS.get(text.lower()) or PASS_WORDS.get(re.sub(r"[\s.]", "", text.lower()))
    if known:
        return Read(known)
    if isinstance(cell.value, Decimal | dt.date) or _NUMBER.fullmatch(text):
        return Read(None, "score_in_comment_subject", ERROR, {"raw": raw(cell)})
    return Read(None, "comment_invalid", ERROR, {"raw": text})


def average(cell: Cell | None, *, words: bool) -> str | None:
    """A vendor's average or result as text, or nothing where it holds none."""
    if cell is None or cell.error:
        return None
    if words:
        return PASS_WORDS.get(as_text(cell.value).lower())
    text = as_text(cell.value).replace(",", ".")
    if isinstance(cell.value, Decimal):
        return f"{half_up(cell.value):.1f}"
    return f"{half_up(Decimal(text)):.1f}" if _NUMBER.fullmatch(text) else None


def whole_mark(cell: Cell | None) -> Read:
    """A primary test mark: whole, 0 to 10."""
    found = mark(cell)
    if found.value is None:
        return found
    number = Decimal(found.value) if found.kind != "mark_rounded" else Decimal("0.5")
    if number != number.to_integral_value():
        return Read(None, "mark_not_whole", ERROR, {"raw": raw(cell) if cell else None})
    return Read(int(number))


def letter(cell: Cell | None, allowed: dict[str, str]) -> Read:
    """One of a few letters, in any spelling."""
    if is_empty(cell) or cell is None:
        return Read()
    trouble = _trouble(cell)
    if trouble:
        return trouble
    text = as_text(cell.value)
    found = allowed.get(text.lower())
    return Read(found) if found else Read(None, "value_invalid", ERROR, {"raw": raw(cell)})


def date(
    cell: Cell | None, *, earliest: int = 1900, latest: int = 2100, century_of: int | None = None
) -> Read:
    """A day as ISO text; a bare year stays a year and is said."""
    if is_empty(cell) or cell is None:
        return Read()
    trouble = _trouble(cell)
    if trouble:
        return trouble
    value = cell.value
    if isinstance(value, dt.date):
        return _in_range(value, earliest, latest, raw(cell))
    if isinstance(value, Decimal):
        number = int(value)
        if value == number and earliest <= number <= latest:
            return Read(str(number), "date_partial", WARNING, {"raw": number, "value": str(number)})
        if value == number and 10_000 < number < 80_000:  # noqa: PLR2004 - a day serial of 1927 to 2119
            day = dt.date(1899, 12, 30) + dt.timedelta(days=number)
            return _in_range(day, earliest, latest, number)
        return Read(None, "date_invalid", ERROR, {"raw": raw(cell)})
    return _date_text(as_text(value), earliest, latest, century_of)


def _date_text(text: str, earliest: int, latest: int, century_of: int | None) -> Read:
    if re.fullmatch(r"\d{4}", text) and earliest <= int(text) <= latest:
        return Read(text, "date_partial", WARNING, {"raw": text, "value": text})
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", text)
    if iso:
        return _made(int(iso[1]), int(iso[2]), int(iso[3]), earliest, latest, text)
    found = _DAY.fullmatch(text)
    if not found:
        return Read(None, "date_invalid", ERROR, {"raw": text})
    day, month, year = int(found[1]), int(found[2]), int(found[3])
    if len(found[3]) == 4:  # noqa: PLR2004 - a full year
        return _made(year, month, day, earliest, latest, text)
    guess = century_of if century_of is not None else 2000 + year
    full = min((1900 + year, 2000 + year), key=lambda candidate: abs(candidate - guess))
    read = _made(full, month, day, earliest, latest, text)
    if read.value and not read.kind:
        return Read(read.value, "date_two_digit_year", WARNING, {"raw": text, "value": read.value})
    return read


def _made(year: int, month: int, day: int, earliest: int, latest: int, shown: str) -> Read:
    try:
        return _in_range(dt.date(year, month, day), earliest, latest, shown)
    except ValueError:
        pass
    try:
        swapped = dt.date(year, day, month)
    except ValueError:
        return Read(None, "date_invalid", ERROR, {"raw": shown})
    return Read(None, "date_invalid", ERROR, {"raw": shown, "suggest": swapped.isoformat()})


def _in_range(day: dt.date, earliest: int, latest: int, shown: Any) -> Read:
    if not earliest <= day.year <= latest:
        return Read(day.isoformat(), "date_out_of_range", WARNING, {"raw": shown, "value": day.isoformat()})
    return Read(day.isoformat())


def phone(cell: Cell | None) -> Read:
    """A telephone number as text; a zero that Excel swallowed is put back and said."""
    if is_empty(cell) or cell is None:
        return Read()
    trouble = _trouble(cell)
    if trouble:
        return trouble
    if isinstance(cell.value, Decimal):
        digits = str(int(cell.value))
        if len(digits) + 1 in PHONE_LENGTHS and not digits.startswith("0"):
            restored = "0" + digits
            return Read(restored, "leading_zero_restored", WARNING, {"raw": raw(cell), "value": restored})
    text = as_text(cell.value)
    digits = re.sub(r"[\s.\-()]", "", text)
    if digits.startswith("+84"):
        digits = "0" + digits[3:]
    if re.fullmatch(r"0\d{9,10}", digits):
        return Read(digits)
    if re.fullmatch(r"[1-9]\d{8}", digits):
        return Read("0" + digits, "leading_zero_restored", WARNING, {"raw": text, "value": "0" + digits})
    return Read(text, "phone_invalid", WARNING, {"raw": text})


def personal_id(cell: Cell | None) -> Read:
    """A personal number of 12 digits as text; lost zeros are put back and said."""
    if is_empty(cell) or cell is None:
        return Read()
    trouble = _trouble(cell)
    if trouble:
        return trouble
    if isinstance(cell.value, Decimal):
        digits = str(int(cell.value))
        if PERSONAL_LENGTH - 2 <= len(digits) < PERSONAL_LENGTH:
            restored = digits.zfill(PERSONAL_LENGTH)
            return Read(restored, "leading_zero_restored", WARNING, {"raw": raw(cell), "value": restored})
    text = re.sub(r"[\s.'`]", "", as_text(cell.value))
    if re.fullmatch(r"\d{12}", text):
        return Read(text)
    return Read(None, "personal_id_invalid", ERROR, {"raw": raw(cell)})


_YES = {"x", "co", "yes", "true", "1", "dung", "v"}
_NO = {"", "khong", "no", "false", "0", "k"}


def flag(cell: Cell | None) -> Read:
    """A tick: x, Có, 1 … or nothing."""
    text = "" if cell is None else fold(as_text(cell.value)).strip()
    if text in _YES:
        return Read(True)
    if text in _NO:
        return Read(False)
    return Read(None, "value_invalid", ERROR, {"raw": raw(cell) if cell else None})


def number(cell: Cell | None) -> Read:
    """A whole number such as a year or a count."""
    if is_empty(cell) or cell is None:
        return Read()
    trouble = _trouble(cell)
    if trouble:
        return trouble
    if (
        isinstance(cell.value, Decimal)
        and cell.value == cell.value.to_integral_value()
        and cell.value < LARGEST
    ):
        return Read(int(cell.value))
    text = re.sub(r"[\s.]", "", as_text(cell.value))
    if text.isdigit():
        return Read(int(text))
    counted = re.findall(r"\d+", text)
    if len(counted) == 1:  # «20 cái»
        info = {"raw": raw(cell), "value": int(counted[0])}
        return Read(int(counted[0]), "number_in_text", WARNING, info)
    return Read(None, "value_invalid", ERROR, {"raw": raw(cell)})


def text(cell: Cell | None) -> Read:
    """Clean text, or nothing."""
    if is_empty(cell) or cell is None:
        return Read()
    trouble = _trouble(cell)
    return trouble or Read(as_text(cell.value) or None)
