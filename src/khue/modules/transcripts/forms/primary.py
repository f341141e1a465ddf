"""Texts of a primary year (TT 27/2020; TT 30/2014 with TT 22/2016), in the numbered parts of the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from khue.modules.transcripts.forms.words import levels_in_words, mark
from khue.modules.transcripts.traits import OLD_REGIME, group_of

if TYPE_CHECKING:
    from khue.modules.transcripts.data import YearPage

TRAIT_PARTS = (
    ("2. Phẩm chất chủ yếu", "quality", "Phẩm chất"),
    ("3. Năng lực cốt lõi. 3.1. Năng lực chung", "general", "Năng lực"),
    ("3.2. Năng lực đặc thù", "specific", "Năng lực"),
)
OLD_TRAIT_PARTS = (("2. Năng lực", "general", "Năng lực"), ("3. Phẩm chất", "quality", "Phẩm chất"))
SUBJECTS = ("Môn học và hoạt động giáo dục", "Mức đạt được", "Điểm KTĐK", "Nhận xét")


def parts_of(page: YearPage) -> dict[str, Any]:
    """The year in its parts, and what stands above them."""
    old = page.regime == OLD_REGIME
    return {
        "body": [
            ("Lớp", page.class_name), ("Chiều cao", page.height), ("Cân nặng", page.weight),
            ("Số ngày nghỉ", page.absences), ("Có phép", page.absences_excused),
            ("Không phép", page.absences_unexcused),
        ],
        "parts": [
            _subjects(page),
            *(_traits(page, *part) for part in (OLD_TRAIT_PARTS if old else TRAIT_PARTS)),
            *_results(page, old=old),
        ],
    }  # fmt: skip


def _subjects(page: YearPage) -> dict[str, Any]:
    lines = sorted(page.subjects, key=lambda line: line.position)
    rows = [[line.name, line.year, mark(line.test), line.comment] for line in lines]
    return _part("1. Các môn học và hoạt động giáo dục", SUBJECTS, (52, 18, 18, 92), rows)


def _traits(page: YearPage, title: str, group: str, name: str) -> dict[str, Any]:
    """The traits with one comment beside all of them, or with their own where a page came so."""
    found = group_of(page.traits, group)
    rows = [[one.name, one.level, one.comment] for one in found.traits]
    part = _part(title, (name, "Mức đạt được", "Nhận xét"), (52, 18, 110), rows)
    return part | {"shared": found.comment is not None}


def _results(page: YearPage, *, old: bool) -> list[dict[str, Any]]:
    words = levels_in_words(page.regime)
    level = words.get(page.learning[2], page.learning[2])
    praise = "; ".join(text for text in (page.title, *page.awards) if text)
    found = [
        ("Đánh giá kết quả giáo dục", level), ("Khen thưởng", praise),
        ("Hoàn thành chương trình lớp học/chương trình tiểu học", page.completion or page.decision),
    ]  # fmt: skip
    # The older form has no level of the whole year.
    kept = [one for one in found if not (old and one[0].startswith("Đánh giá"))]
    parts = [_part(f"{number}. {title}", text=text) for number, (title, text) in enumerate(kept, 4)]
    return parts + ([_part("Nhận xét của giáo viên chủ nhiệm", text=page.comment)] if page.comment else [])


def _part(
    title: str,
    head: tuple[str, ...] = (),
    widths: tuple[int, ...] = (),
    rows: list[list[str]] | None = None,
    text: str = "",
) -> dict[str, Any]:
    return {"title": title, "head": head, "widths": widths, "rows": rows or [], "text": text, "shared": False}
