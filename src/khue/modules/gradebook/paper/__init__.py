"""The class gradebook on paper: A4 PDF in the parts of the ministry's forms (assessment.md 4.3).

THCS and THPT: sổ theo dõi và đánh giá học sinh (theo lớp học); primary: bảng tổng hợp kết quả đánh
giá giáo dục của lớp. Each part of a form has a module that gathers its texts; `book.typ` sets them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import translation

from khue.kit import paper
from khue.modules.gradebook.paper import common, pupils, secondary
from khue.modules.gradebook.paper import primary as primary_pages
from khue.modules.gradebook.results import PRIMARY

if TYPE_CHECKING:
    import datetime as dt

    from khue.modules.gradebook.book import ClassBook

TEMPLATE = Path(__file__).parent / "book.typ"


def book_pdf(book: ClassBook, day: dt.date) -> bytes:
    """The whole book of a class as PDF; the same data give the same bytes."""
    data = book_data(book, day)
    title = f"{data['title']}, lớp {data['class']}, năm học {data['year']}"
    return paper.render(TEMPLATE, data, title=title)


def book_data(book: ClassBook, day: dt.date) -> dict[str, Any]:
    """All texts of the book, in the order of its pages; a form of the state is always in Vietnamese."""
    with translation.override("vi"):
        return _book_data(book, day)


def _book_data(book: ClassBook, day: dt.date) -> dict[str, Any]:
    is_primary = book.school_class.regime in PRIMARY
    corrections = common.corrections_of(book)
    data: dict[str, Any] = {
        "primary": is_primary,
        **common.cover(book, day, is_primary=is_primary),
        "attendance": pupils.attendance(book),
        "absences": pupils.absence_totals(book),
        "acts": common.acts(book),
        "corrections": common.correction_lines(book, corrections),
    }
    if is_primary:
        return data | {"moments": primary_pages.moments(book), "year_table": primary_pages.year(book)}
    return data | {
        "pupils": pupils.register(book, day),
        "sheets": secondary.sheets(book, day, corrections),
        "summaries": [secondary.summary(book, term) for term in (1, 2, 0)],
        "decisions": secondary.decisions(book),
        "counts": secondary.counts(book),
        "months": pupils.months(book),
    }
