"""Books and numbers: a number is given once, under the lock of the school, and never again (số đăng bộ)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from khue.modules.register import years
from khue.modules.register.models import RegisterBook, RegisterEntry
from khue.rules import enrollment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.orgs import api as orgs
    from khue.modules.register.data import NewEntry

_NUMBER = re.compile(r"0*([1-9]\d{0,8})(?:\s*/\s*(TH|THCS|THPT))?", re.IGNORECASE)


def shown(number: int, level: str) -> str:
    """«12/THCS», as on the cover of a transcript."""
    return f"{number}/{level}"


def read(text: str, level: str) -> int | None:
    """The number that a list gives: «12», «0012», «12/THCS»; None if it is none of this level."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or (found[2] or level).upper() != level:
        return None
    return int(found[1])


def is_of_other_level(text: str, level: str) -> bool:
    """Whether a number was given in another level of the school, as «5/TH» to a pupil now in THCS."""
    found = _NUMBER.fullmatch(text.strip())
    return found is not None and found[2] is not None and found[2].upper() != level


def cohorts(school_id: UUID, items: Sequence[NewEntry]) -> list[int]:
    """The cohort each pupil is entered with: that of the grade where it is known, else of the admission.

    Whoever comes into grade 8 stands in the book of those who began grade 6 two years before.
    """
    unknown = [item.on for item in items if item.grade is None or item.year is None]
    admitted = years.years_of_admission(school_id, unknown)
    return [
        admitted[item.on] if item.grade is None or item.year is None
        else enrollment.cohort_of(item.level, item.grade, item.year)
        for item in items
    ]  # fmt: skip


def code_of(school_code: str, level: str, first_year: int) -> str:
    """«20180001HS2529»: the school, and the years from the first to the last of the cohort."""
    last = first_year + enrollment.years_of(level)
    return f"{school_code}HS{first_year % 100:02d}{last % 100:02d}"


def books_for(
    actor: Actor, school: orgs.Unit, wanted: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], RegisterBook]:
    """The books of these levels and cohorts, opened where there is none; the school is locked."""
    keys = sorted(set(wanted))
    found = {(book.level, book.first_year): book for book in RegisterBook.objects.filter(school=school)}
    missing = [key for key in keys if key not in found]
    if missing:
        code = (
            school.codes.filter(scheme="moet", valid_to__isnull=True).values_list("value", flat=True).first()
        )
        # A school with several levels has a book for each cohort of each: the level keeps codes apart.
        levels = set(school.school.level_set()) if hasattr(school, "school") else set()
        for level, first in missing:
            base = f"{code or ''}{level if len(levels) > 1 else ''}"
            found[level, first] = RegisterBook(
                school=school, level=level, first_year=first, code=code_of(base, level, first),
                opened_at=actor.now,
            )  # fmt: skip
        RegisterBook.objects.bulk_create([found[key] for key in missing])
    return {key: found[key] for key in keys}


def taken(books: Iterable[RegisterBook]) -> dict[tuple[object, int], str]:
    """Numbers given so far with who holds them, struck out ones included: (book, number) → name."""
    rows = RegisterEntry.objects.filter(book__in=[book.pk for book in books])
    return {(book, number): name for book, number, name in rows.values_list("book_id", "number", "name")}


def gaps(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers below the highest that were never given, as (first, last): no gap can be hidden."""
    found, expected = [], 1
    for number in sorted(numbers):
        if number > expected:
            found.append((expected, number - 1))
        expected = number + 1
    return found
