"""A closed school year of a class, for transcripts: its book, its kept results, corrections (sổ đã khoá)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Q

from khue.kit.prepared import Prepared
from khue.modules.gradebook.book import load_book
from khue.modules.gradebook.models import Correction, CorrectionState, FrozenResult, Phrase
from khue.modules.gradebook.services.closing import class_states

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from khue.modules.gradebook.book import ClassBook


@dataclass(frozen=True, slots=True)
class YearBook:
    """A class's book with what was kept when its terms, its year and its summer were sealed.

    `kept` by pupil and term (0 = year, 3 = after summer); `corrections` by class subject (None: the
    homeroom teacher's sheets) and pupil.
    """

    book: ClassBook
    kept: Mapping[tuple[UUID, int], FrozenResult]
    states: Mapping[int, str]
    corrections: Mapping[tuple[UUID | None, UUID], int]

    def is_sealed(self, term: int) -> bool:
        """Whether the principal has locked a term, the year or the summer, and nobody opened it again."""
        return self.states.get(term) == "sealed"


def year_book(school_class_id: UUID, *, pupil_ids: Iterable[UUID] | None = None) -> YearBook:
    """A class's year in a fixed number of queries, for all pupils or some."""
    wanted = None if pupil_ids is None else list(pupil_ids)
    book = load_book(school_class_id, pupil_ids=wanted)
    kept = FrozenResult.objects.filter(school_class=school_class_id)
    fixed = Correction.objects.filter(sheet__school_class=school_class_id, state=CorrectionState.APPLIED)
    if wanted is not None:
        kept, fixed = kept.filter(pupil__in=wanted), fixed.filter(pupil__in=wanted)
    states = class_states([school_class_id])
    counted = fixed.order_by().values_list("sheet__class_subject_id", "pupil_id").annotate(count=Count("id"))
    return YearBook(
        book,
        {(row.pupil_id, row.term): row for row in kept.order_by("version")},
        {term: state.state for (_, term), state in states.items()},
        {(subject, pupil): count for subject, pupil, count in counted},
    )


def kept_versions(school_class_id: UUID, pupil_id: UUID) -> dict[int, int]:
    """The newest version of each kept result of a pupil, by term: what a page was made from is compared."""
    return dict(_versions(school_class=school_class_id, pupil=pupil_id))


_versions: Prepared[tuple[int, int]] = Prepared(
    lambda school_class, pupil: FrozenResult.objects.filter(school_class=school_class, pupil=pupil)
    .order_by("version")
    .values_list("term", "version"),
    grows=True,
)


def phrases_by_band(
    school_id: UUID, level: str, person_id: UUID | None, *, slot: str = "remark"
) -> dict[str, list[str]]:
    """The bank for drafts, by band: a person's own phrases first, then the school's, then shipped.

    `slot` says for what: remarks, or a group of traits («traits-quality»).
    """
    shared = Q(school__isnull=True, person__isnull=True) | Q(school=school_id, person__isnull=True)
    mine = shared if person_id is None else shared | Q(person=person_id)
    rows = Phrase.objects.filter(mine, slot=slot, level__in=("", level)).order_by("position", "id")
    found: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda one: (one.person_id is None, one.school_id is None)):
        if row.band:
            found.setdefault(row.band, []).append(row.text)
    return found
