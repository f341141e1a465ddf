"""Columns of each kind of sheet (cột của bảng điểm): which slots, what may stand in them.

Slots are names, not positions, and are what an operation addresses: tx1 … tx4 (ĐĐGtx), topic
(cụm chuyên đề), gk (ĐĐGgk), ck (ĐĐGck), remark; primary sheets have mid.* and end.* of the term
(giữa kì, cuối kì or cuối năm); the homeroom sheet has conduct, absences and remark.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from khue.core.decimals import parse_mark
from khue.core.errors import Invalid
from khue.core.names import nfc

if TYPE_CHECKING:
    from collections.abc import Sequence


class SlotKind(StrEnum):
    """What may stand in a cell."""

    MARK = "mark"  # 0-10, one decimal
    WHOLE = "whole"  # 0-10, whole (bài kiểm tra tiểu học)
    PASS = "pass"  # noqa: S105 - Đ / CĐ
    THC = "thc"  # T / H / C
    TDC = "tdc"  # T / Đ / C
    LEVEL = "level4"  # T / K / Đ / CĐ: rèn luyện
    COUNT = "count"  # buổi nghỉ
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Slot:
    """One editable column."""

    code: str
    kind: SlotKind
    label: str
    title: str
    group: str = ""
    required: bool = True
    periodic: bool = False  # ĐĐGgk, ĐĐGck: may be pending or zero without make-up


CHOICES: dict[SlotKind, dict[str, str]] = {
    SlotKind.PASS: {"đ": "Đ", "d": "Đ", "đạt": "Đ", "cđ": "CĐ", "cd": "CĐ", "chưa đạt": "CĐ"},
    SlotKind.THC: {"t": "T", "h": "H", "c": "C"},
    SlotKind.TDC: {"t": "T", "đ": "Đ", "d": "Đ", "c": "C"},
    SlotKind.LEVEL: {
        "t": "T",
        "tốt": "T",
        "k": "K",
        "khá": "K",
        "đ": "Đ",
        "d": "Đ",
        "đạt": "Đ",
        "cđ": "CĐ",
        "cd": "CĐ",
        "chưa đạt": "CĐ",
    },
}
TEXT_LIMIT = 1000
COUNT_LIMIT = 400


def clean(raw: str) -> str:
    """Text as it is kept: composed, trimmed, without control characters, which no database likes."""
    return "".join(char for char in nfc(raw) if char >= " ").strip()


def normalize(kind: SlotKind, raw: str) -> str:
    """The exact text stored for a typed value, or a refusal that says what may stand here."""
    text = clean(raw)
    if not text:
        return ""
    if kind is SlotKind.TEXT:
        if len(text) > TEXT_LIMIT:
            raise Invalid("GRADE-003", limit=TEXT_LIMIT)
        return text
    if kind is SlotKind.MARK:
        return f"{_mark(text):.1f}"
    if kind is SlotKind.WHOLE:
        mark = _mark(text)
        if mark != mark.to_integral_value():
            raise Invalid("GRADE-004", value=text)
        return str(int(mark))
    if kind is SlotKind.COUNT:
        if not text.isdigit() or int(text) > COUNT_LIMIT:
            raise Invalid("GRADE-005", value=text, limit=COUNT_LIMIT)
        return str(int(text))
    choice = CHOICES[kind].get(text.lower())
    if choice is None:
        allowed = ", ".join(dict.fromkeys(CHOICES[kind].values()))
        raise Invalid("GRADE-006", value=text, allowed=allowed)
    return choice


def _mark(text: str) -> Decimal:
    try:
        return parse_mark(text)
    except Invalid as error:
        raise Invalid("GRADE-002", value=text) from error


def shown(kind: SlotKind, value: str) -> str:
    """The text people see: marks with a comma, 10 and whole marks without decimals are kept short."""
    if kind is SlotKind.MARK and value:
        return value.replace(".", ",")
    return value


def on_paper(kind: SlotKind, state: str, value: str) -> str:
    """What a cell is in a file: a test without make-up counts as 0 or Chưa đạt (Điều 7 TT 22)."""
    if state == "ZERO_NO_MAKEUP":
        return "CĐ" if kind is SlotKind.PASS else "0.0"
    return value


def score_slots(ongoing: int, *, topic: bool) -> tuple[Slot, ...]:
    """Columns of a subject assessed with marks (khoản 3 Điều 5, Điều 6, 7 TT 22)."""
    slots = [
        Slot(f"tx{n}", SlotKind.MARK, f"TX{n}", f"Điểm đánh giá thường xuyên {n}", "ĐĐGtx")
        for n in range(1, ongoing + 1)
    ]
    if topic:
        slots.append(
            Slot("topic", SlotKind.MARK, "CĐ", "Cụm chuyên đề học tập", "ĐĐGtx", required=False)
        )
    slots += [
        Slot("gk", SlotKind.MARK, "ĐĐGgk", "Điểm đánh giá giữa kì", periodic=True),
        Slot("ck", SlotKind.MARK, "ĐĐGck", "Điểm đánh giá cuối kì", periodic=True),
        REMARK,
    ]
    return tuple(slots)


def comment_slots(ongoing: int) -> tuple[Slot, ...]:
    """Columns of a subject assessed with comments: Đạt or Chưa đạt."""
    slots = [
        Slot(f"tx{n}", SlotKind.PASS, f"TX{n}", f"Đánh giá thường xuyên {n}", "Thường xuyên")
        for n in range(1, ongoing + 1)
    ]
    return (
        *slots,
        Slot("gk", SlotKind.PASS, "Giữa kì", "Đánh giá giữa kì", periodic=True),
        Slot("ck", SlotKind.PASS, "Cuối kì", "Đánh giá cuối kì", periodic=True),
        REMARK,
    )


REMARK = Slot("remark", SlotKind.TEXT, "Nhận xét", "Nhận xét sự tiến bộ, ưu điểm, hạn chế", required=False)


def summer_slots(kind: str) -> tuple[Slot, ...]:
    """The one column of a re-assessment after the summer (Điều 14 TT 22)."""
    slot_kind = SlotKind.MARK if kind == "score" else SlotKind.PASS
    return (Slot("retest", slot_kind, "Đánh giá lại", "Kết quả đánh giá lại sau hè", required=False),)


def primary_slots(term: int, *, midterm_test: bool, endterm_test: bool) -> tuple[Slot, ...]:
    """Columns of a primary subject: level T/H/C and test mark at the two moments of the term."""
    moments = (
        ("mid", "Giữa kì", midterm_test),
        ("end", "Cuối kì" if term == 1 else "Cuối năm", endterm_test),
    )
    slots: list[Slot] = []
    for code, label, tested in moments:
        group = f"{label} {'I' if term == 1 else 'II'}" if code == "mid" or term == 1 else label
        slots.append(Slot(f"{code}.level", SlotKind.THC, "Mức", f"Mức đạt được {label.lower()}", group))
        if tested:
            slots.append(
                Slot(f"{code}.test", SlotKind.WHOLE, "Điểm", f"Điểm kiểm tra {label.lower()}", group)
            )
    return (*slots, REMARK)


def trait_slots(term: int, traits: Sequence[tuple[str, str]]) -> tuple[Slot, ...]:
    """Columns of qualities and competences at the two moments of the term (TT 27 Điều 6)."""
    last = "Cuối kì I" if term == 1 else "Cuối năm"
    moments = (("mid", "Giữa kì I" if term == 1 else "Giữa kì II"), ("end", last))
    return tuple(
        Slot(f"{moment}.{code}", SlotKind.TDC, name, f"{name}: {label.lower()}", label)
        for moment, label in moments
        for code, name in traits
    )


def homeroom_slots(level: str, term: int) -> tuple[Slot, ...]:
    """The homeroom teacher's columns: conduct (THCS, THPT), absences, remark."""
    conduct = Slot("conduct", SlotKind.LEVEL, "Rèn luyện", "Kết quả rèn luyện (Điều 8 TT 22)")
    if term == 3:  # noqa: PLR2004 - the summer
        return (
            Slot(
                "conduct", SlotKind.LEVEL, "RL sau hè", "Kết quả rèn luyện sau hè (Điều 13)", required=False
            ),
        )
    absences = (
        Slot("absent_excused", SlotKind.COUNT, "Nghỉ P", "Số buổi nghỉ có phép", "Ngày nghỉ"),
        Slot("absent_unexcused", SlotKind.COUNT, "Nghỉ K", "Số buổi nghỉ không phép", "Ngày nghỉ"),
    )
    return (*absences, REMARK) if level == "TH" else (conduct, *absences, REMARK)
