"""Plausible results for invented pupils, in whole tenths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from random import Random

    from khue.modules.gradebook.slots import Slot

GOOD, FAIR, WEAK = 80, 65, 50
PHRASES = (  # from which mark on
    (GOOD, "Hiểu bài nhanh, cần trình bày cẩn thận hơn."),
    (FAIR, "Chăm chỉ, tiến bộ đều."),
    (WEAK, "Nắm được kiến thức cơ bản, cần luyện thêm."),
    (0, "Còn hổng kiến thức, cần ôn lại cùng thầy cô."),
)
REMARKS = ("Ngoan, hoà đồng với bạn.", "Còn rụt rè, cần mạnh dạn phát biểu.", "Tích cực việc chung của lớp.")


@dataclass(frozen=True, slots=True)
class Ability:
    """How an invented pupil does: usual mark in tenths, a weak subject, absences, conduct."""

    usual: int
    weak: int = 0
    weak_subject: int = -1
    absent: int = 1
    conduct: str = ""

    @classmethod
    def of(cls, random: Random) -> Self:
        """An ordinary pupil: most between 5.5 and 8.5."""
        return cls(sum(random.randint(10, 19) for _ in range(5)), absent=random.choice((0, 0, 1, 2, 3)))

    def mark(self, subject: int, random: Random) -> int:
        """A mark in tenths, in halves of a point."""
        middle = self.weak if subject == self.weak_subject else self.usual
        value = middle + random.choice((-10, -5, 0, 0, 5, 10))
        return max(20 if middle < WEAK else 35, min(100, value // 5 * 5))


def mark_for(slot: Slot, ability: Ability, subject: int, random: Random) -> str:
    """A value that may stand in this column."""
    tenths = ability.mark(subject, random)
    kind = slot.kind.value
    if kind == "mark":
        return f"{tenths // 10}.{tenths % 10}"
    if kind == "whole":
        return str(max(5, (tenths + 5) // 10))
    if kind == "pass":
        return "Đ"
    if kind == "thc":
        return "T" if tenths >= GOOD else "H"
    if kind == "tdc":
        return "T" if tenths >= FAIR else "Đ"
    if kind == "text" and random.randrange(4) == 0:
        return next(text for least, text in PHRASES if tenths >= least)
    return ""


def homeroom_value(slot: Slot, ability: Ability, term: int, random: Random) -> str:
    """Conduct and absences; the same pupil behaves alike in both terms."""
    if slot.kind.value == "level4":
        return ability.conduct or ("T" if ability.usual >= FAIR else "K" if ability.usual >= WEAK else "Đ")
    if slot.code == "absent_excused":
        return str(ability.absent)
    if slot.code == "absent_unexcused":
        return str(1 if ability.absent > 10 and term == 1 else 0)  # noqa: PLR2004 - a pupil often absent
    return random.choice(REMARKS) if slot.kind.value == "text" and random.randrange(6) == 0 else ""
