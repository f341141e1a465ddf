"""Columns of each kind of sheet (cột của bảng điểm): which slots, what may stand in them.

Slots are names, not positions, and are what an operation addresses: tx1 … tx4 (ĐĐGtx), topic
(cụm chuyên đề), gk (ĐĐGgk), ck (ĐĐGck), remark; primary sheets have mid.* and end.* of the term
(giữa kì, cuối kì or cuối năm); the homeroom sheet has conduct, absences and remark.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop as _

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
SHORT = 16  # what is no longer than this is remembered
COUNT_LIMIT = 400


def clean(raw: str) -> str:
    """Text as it is kept: composed, trimmed, without control characters, which no database likes."""
    return "".join(char for char in nfc(raw) if char >= " ").strip()


def normalize(kind: SlotKind, raw: str) -> str:
    """The exact text stored for a typed value, or a refusal that says what may stand here."""
    short = kind is not SlotKind.TEXT and len(raw) <= SHORT
    return _known(kind, raw) if short else _normalized(kind, raw)


def _normalized(kind: SlotKind, raw: str) -> str:
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


_known = lru_cache(maxsize=1024)(_normalized)  # a mark says nothing of whose it is; a remark is not kept


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
        Slot(f"tx{n}", SlotKind.MARK, f"TX{n}", f"{ONGOING_MARK} {n}", _("ĐĐGtx"))
        for n in range(1, ongoing + 1)
    ]
    if topic:
        slots.append(
            Slot("topic", SlotKind.MARK, TOPIC, _("Cụm chuyên đề học tập"), _("ĐĐGtx"), required=False)
        )
    slots += [
        Slot("gk", SlotKind.MARK, _("ĐĐGgk"), _("Điểm đánh giá giữa kì"), periodic=True),
        Slot("ck", SlotKind.MARK, _("ĐĐGck"), _("Điểm đánh giá cuối kì"), periodic=True),
        REMARK,
    ]
    return tuple(slots)


def comment_slots(ongoing: int) -> tuple[Slot, ...]:
    """Columns of a subject assessed with comments: Đạt or Chưa đạt."""
    slots = [
        Slot(f"tx{n}", SlotKind.PASS, f"TX{n}", f"{ONGOING} {n}", _("Thường xuyên"))
        for n in range(1, ongoing + 1)
    ]
    return (
        *slots,
        Slot("gk", SlotKind.PASS, _("Giữa kì"), _("Đánh giá giữa kì"), periodic=True),
        Slot("ck", SlotKind.PASS, _("Cuối kì"), _("Đánh giá cuối kì"), periodic=True),
        REMARK,
    )


ONGOING_MARK, ONGOING = _("Điểm đánh giá thường xuyên"), _("Đánh giá thường xuyên")
TOPIC = "CĐ"  # as on paper, in any language
REMARK = Slot(
    "remark", SlotKind.TEXT, _("Nhận xét"), _("Nhận xét sự tiến bộ, ưu điểm, hạn chế"), required=False
)


def summer_slots(kind: str) -> tuple[Slot, ...]:
    """The one column of a re-assessment after the summer (Điều 14 TT 22)."""
    slot_kind = SlotKind.MARK if kind == "score" else SlotKind.PASS
    return (Slot("retest", slot_kind, _("Đánh giá lại"), _("Kết quả đánh giá lại sau hè"), required=False),)


# Primary assessment has two moments in a term (TT 27 Điều 6, 7).
MOMENTS = {
    (1, "mid"): _("Giữa kì I"), (1, "end"): _("Cuối kì I"),
    (2, "mid"): _("Giữa kì II"), (2, "end"): _("Cuối năm"),
}  # fmt: skip
_INSIDE = (_("giữa kì I"), _("cuối kì I"), _("giữa kì II"), _("cuối năm"))  # in a title, after a trait
MIDTERM_TITLES = (_("Mức đạt được giữa kì"), _("Điểm kiểm tra giữa kì"))
TERM_END_TITLES = (_("Mức đạt được cuối kì"), _("Điểm kiểm tra cuối kì"))
YEAR_END_TITLES = (_("Mức đạt được cuối năm"), _("Điểm kiểm tra cuối năm"))


def primary_slots(term: int, *, midterm_test: bool, endterm_test: bool) -> tuple[Slot, ...]:
    """Columns of a primary subject: level T/H/C and test mark at the two moments of the term."""
    last = TERM_END_TITLES if term == 1 else YEAR_END_TITLES
    moments = (
        ("mid", MOMENTS[term, "mid"], MIDTERM_TITLES, midterm_test),
        ("end", MOMENTS[term, "end"], last, endterm_test),
    )
    slots: list[Slot] = []
    for code, group, (level, test), tested in moments:
        slots.append(Slot(f"{code}.level", SlotKind.THC, _("Mức"), level, group))
        if tested:
            slots.append(Slot(f"{code}.test", SlotKind.WHOLE, _("Điểm"), test, group))
    return (*slots, REMARK)


def trait_slots(term: int, traits: Sequence[tuple[str, str]]) -> tuple[Slot, ...]:
    """Columns of qualities and competences at the two moments of the term (TT 27 Điều 6)."""
    moments = (("mid", MOMENTS[term, "mid"]), ("end", MOMENTS[term, "end"]))
    return tuple(
        Slot(f"{moment}.{code}", SlotKind.TDC, name, f"{name}: {label[:1].lower()}{label[1:]}", label)
        for moment, label in moments
        for code, name in traits
    )


# After the year of primary: additional assessment, then the principal decides (Điều 11 TT 27).
SUPPORT = (
    Slot(
        "support", SlotKind.PASS, _("ĐG bổ sung"),
        _("Đánh giá bổ sung sau khi được giúp đỡ (Đ: Hoàn thành; CĐ: Chưa hoàn thành)"), required=False,
    ),
    Slot(
        "promoted", SlotKind.PASS, _("HT quyết định"),
        _("Hiệu trưởng quyết định lên lớp (Đ: lên lớp; CĐ: chưa lên lớp)"), required=False,
    ),
)  # fmt: skip


def homeroom_slots(level: str, term: int) -> tuple[Slot, ...]:
    """The homeroom teacher's columns: conduct (THCS, THPT), absences, remark."""
    conduct = Slot("conduct", SlotKind.LEVEL, _("Rèn luyện"), _("Kết quả rèn luyện (Điều 8 TT 22)"))
    if term == 3 and level == "TH":  # noqa: PLR2004 - the summer
        return SUPPORT
    if term == 3:  # noqa: PLR2004 - the summer
        return (
            Slot(
                "conduct", SlotKind.LEVEL, _("RL sau hè"), _("Kết quả rèn luyện sau hè (Điều 13)"),
                required=False,
            ),
        )
    absences = (
        Slot("absent_excused", SlotKind.COUNT, _("Nghỉ P"), _("Số buổi nghỉ có phép"), _("Ngày nghỉ")),
        Slot("absent_unexcused", SlotKind.COUNT, _("Nghỉ K"), _("Số buổi nghỉ không phép"), _("Ngày nghỉ")),
    )
    return (*absences, REMARK) if level == "TH" else (conduct, *absences, REMARK)
