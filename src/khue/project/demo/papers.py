"""Last year's transcripts and the closed pages of registers, signed with the demo's keys (học bạ, khoá sổ).

The primary class 5A is signed and sealed, 7A too but for one transcript that thầy Minh has held back. 4A
waits for its principal, 6A for its teachers, cô Hoa and cô Lan among them; 8A and 9A have none yet: their
year is not closed. The registers of the cohorts whose year is closed are closed, too.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from khue.modules.records import api as records
from khue.modules.register import api as register
from khue.modules.register.signed.acts import CLOSE
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts.services.comments import sections_of
from khue.modules.transcripts.services.copies import NewCopy, issue_copy
from khue.project.demo import signing
from khue.project.demo.schools import moment, writing_as

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.people import api as people
    from khue.modules.transcripts.models import TranscriptPage
    from khue.project.demo.schools import School

WAITING = "Học sinh còn chờ kết quả kiểm tra lại trong hè."  # said only where somebody does
HELD_BACK = 1  # of 7A
COPY_LASTS = dt.timedelta(days=60)


def make_transcripts(lower: School, primary: School, first: int) -> None:
    """Transcripts of the year that begins in `first`, as far as they have come."""
    day = dt.date(first + 1, 6, 3)
    _approve(lower, _signed_by_teachers(lower, "7A", first, day)[HELD_BACK:], day)
    _approve(primary, _signed_by_teachers(primary, "5A", first, day), day)
    _signed_by_teachers(primary, "4A", first, day)
    _generate(lower, lower.classes["6A", first], day)


def _generate(school: School, key: UUID, day: dt.date) -> list[TranscriptPage]:
    transcripts.generate(writing_as(school.clerk, moment(day)), school_class_id=key)
    pages = transcripts.TranscriptPage.objects.filter(school_class=key, version__gt=0)
    return list(pages.order_by("position"))


def _signed_by_teachers(school: School, name: str, first: int, day: dt.date) -> list[TranscriptPage]:
    """Frozen, commented and signed by subject teachers and the homeroom teacher."""
    key = school.classes[name, first]
    row = schooling.class_of(key)
    pages = _generate(school, key, day)
    staff = {person.id: person for person in school.teachers}
    lead = schooling.homeroom_of(key, day)
    authors = dict.fromkeys(
        person for named in schooling.teachers_of(key, day).values() for person, _ in named
    )
    if lead is not None:
        authors.setdefault(lead.person_id)
    for person in authors:
        actor = writing_as(staff[person], moment(day, 9))
        transcripts.accept_proposals(actor, school_class_id=key)
        _sign_sections(actor, row, pages)
    if lead is not None:
        actor = writing_as(staff[lead.person_id], moment(day, 14))
        signing.sign(actor, transcripts.SIGN_YEAR, [page.id for page in pages], first, row.school_id)
    return pages


def _approve(school: School, pages: list[TranscriptPage], day: dt.date) -> None:
    head = signing.in_office(writing_as(school.principal, moment(day, 16)))
    subjects = [records.Subject(transcripts.APPROVE, page.id, page.part) for page in pages]
    signing.sign_subjects(head, subjects, school.unit.id)


def _sign_sections(actor: Actor, row: schooling.SchoolClass, pages: Iterable[TranscriptPage]) -> None:
    own = set(sections_of(actor, row))
    subjects = [
        records.Subject(transcripts.SIGN_SUBJECT, page.id, page.part, (("section", section),))
        for page in pages
        for section in page.sources
        if section in own
    ]
    if subjects:
        signing.sign_subjects(actor, subjects, row.school_id)


def close_registers(school: School, first: int, cohorts: Iterable[int]) -> None:
    """The principal closes the year of these cohorts' registers by signing."""
    books = register.RegisterBook.objects.filter(school=school.unit, first_year__in=list(cohorts))
    day = dt.date(first + 1, 6, 5)
    head = signing.in_office(writing_as(school.principal, moment(day)))
    why = (("accept_missing", WAITING),)
    subjects = [records.Subject(CLOSE, key, first, why) for key in books.values_list("id", flat=True)]
    signing.sign_subjects(head, subjects, school.unit.id)


def give_out_a_copy(school: School, clerk: people.Person, first: int, now: dt.datetime) -> None:
    """A family shares a transcript by a link that ends by itself."""
    row = transcripts.Transcript.objects.filter(
        pk__in=transcripts.TranscriptPage.objects.filter(
            school_class=school.classes["7A", first], state=transcripts.PageState.ISSUED
        ).values("transcript")
    ).order_by("id").first()  # fmt: skip
    if row is not None:
        purpose, whom = "Xét học bổng cho học sinh vùng cao", "Quỹ khuyến học tỉnh Lạng Sơn"
        asked = NewCopy(purpose, whom, (now + COPY_LASTS).date())
        issue_copy(writing_as(clerk, now), transcript_id=row.id, asked=asked)
