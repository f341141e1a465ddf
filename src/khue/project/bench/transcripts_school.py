"""Run inside a child: a class on SQLite whose year is closed; prints what it measured as JSON."""

from __future__ import annotations

import gzip
import json
import sys
import time
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from khue.project.bench.parts import Result
from khue.project.bench.signing_school import School, Size, build, operations_of, spent
from khue.project.bench.transcripts import MILLI, MINUTE, PROVINCE

if TYPE_CHECKING:
    from khue.core.actor import Actor

FULL, QUICK = Size(5, 45, 0, 0), Size(2, 8, 0, 0)
MANY, FEW = Size(14, 43, 0, 0), Size(2, 8, 0, 0)  # of a principal
VISITS, ODD = 15, 20  # the page is asked so often; every so many pages have something to look at first
TERMS, YEAR, GOOD = (1, 2), 0, "8.5"
CORES = 2


def main() -> None:
    """Build, close, measure; arguments: «compose» or «digest», «full» or «quick»."""
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    size = QUICK if sys.argv[2] == "quick" else FULL
    if sys.argv[1] == "digest":
        results = digest(build(MANY if size is FULL else FEW))
    else:
        results = compose(*closed(size), size)
    print(json.dumps([result.to_json() for result in results]))  # noqa: T201 - read by the parent


def closed(size: Size) -> tuple[School, Actor]:
    """A class whose two terms and year are filled in and sealed, without signatures."""
    from django.utils import timezone  # noqa: PLC0415

    from khue.core.actor import system_actor  # noqa: PLC0415
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415
    from khue.modules.schooling import api as schooling  # noqa: PLC0415

    school = build(size)
    actor = system_actor("khue bench", timezone.now())
    for row in school.classes:
        pupils = [one.pupil_id for one in schooling.roster(row.id)]
        for term in TERMS:
            for sheet in gradebook.sheets_of(row.id, term).values():
                if term != 1:  # the school comes with a filled first term
                    # Nobody waits for the summer: the second term is good enough for all.
                    given = [
                        replace(one, value=GOOD) if one.value.endswith(".5") else one
                        for one in operations_of(sheet, pupils)
                    ]
                    gradebook.record_operations(actor, sheet_id=sheet.id, operations=given)
                if sheet.class_subject_id is not None:
                    gradebook.close_sheet(actor, sheet_id=sheet.id)
        for term in (*TERMS, YEAR):
            gradebook.close_class(actor, school_class_id=row.id, term=term)
            gradebook.seal_class(actor, school_class_id=row.id, term=term)
    return school, actor


def compose(school: School, actor: Actor, size: Size) -> list[Result]:
    """«Lập học bạ» of classes: composed from the gradebook with reasons, frozen, written.

    The first class is what a person waits for in a process that has just started; the others are what a
    worker needs that makes a province's.
    """
    from khue.modules.transcripts import api as transcripts  # noqa: PLC0415
    from khue.modules.transcripts.models import TranscriptPage  # noqa: PLC0415

    first, *others = school.classes
    with spent() as asked:
        began = time.process_time()
        made = transcripts.generate(actor, school_class_id=first.id)
        cold = time.process_time() - began
    _require_pages(len(made.new), size.pupils)
    busy = []
    for row in others:
        began = time.process_time()
        made = transcripts.generate(actor, school_class_id=row.id)
        busy.append(time.process_time() - began)
        _require_pages(len(made.new), size.pupils)
    with spent() as second:
        again = transcripts.generate(actor, school_class_id=first.id)
    _require_pages(len(again.new), 0)
    frozen = TranscriptPage.objects.filter(version__gt=0).count()
    _require_pages(frozen, size.pupils * len(school.classes))
    warm = median(busy) / size.pupils
    return [
        Result(
            f"composing and freezing {size.pupils} year pages, with reasons", asked.seconds, "s",
            "45 in ≤ 1 s", f"{cold:.2f} s of processor, {asked.queries} queries, on SQLite",
        ),
        Result(
            "one page in a worker that makes many classes", warm * MILLI, "ms", "",
            "of processor, with the database",
        ),
        Result(
            f"{PROVINCE:,} composed and frozen on {CORES} cores, reckoned", warm * PROVINCE / CORES / MINUTE,
            "min", "≤ 20 with signing",
        ),
        Result(
            "the same again, nothing has changed", second.seconds, "s", "", f"{second.queries} queries"
        ),
    ]  # fmt: skip


def _require_pages(there: int, wanted: int) -> None:
    if there != wanted:
        msg = f"not every pupil has a page: {there} instead of {wanted}"
        raise RuntimeError(msg)


def digest(school: School) -> list[Result]:
    """The page «Học bạ» of a principal when every transcript of the school waits for her."""
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    from khue.modules.access.api import Account  # noqa: PLC0415

    count, year = _waiting(school), school.classes[0].year.code
    account = Account.objects.create_user("bench", person_id=school.actors["principal"].person_id)
    client = Client(headers={"host": "localhost"})
    client.force_login(account)
    address = f"{reverse('transcripts:home')}?nam={year}"
    page = client.get(address).content
    if str(count) not in page.decode():
        msg = f"the page does not speak of {count} transcripts"
        raise RuntimeError(msg)
    times = []
    with spent() as asked:
        for _ in range(VISITS):
            began = time.perf_counter()
            client.get(address)
            times.append(time.perf_counter() - began)
    note = f"{asked.queries / VISITS:.0f} queries, best {min(times) * 1000:.0f} ms, on SQLite, in the process"
    return [
        Result(f"a principal's page for {count} transcripts, p50", median(times) * 1000, "ms",
               "600 in ≤ 300 ms", note),
        Result("the same, gzip", len(gzip.compress(page, 6)) / 1024, "KB", "≤ 40 KB",
               f"{len(page) / 1024:.0f} KB of HTML"),
    ]  # fmt: skip


def _waiting(school: School) -> int:
    """Every pupil has a page that all teachers have signed; the rows are put there as they would be."""
    from khue.modules.schooling import api as schooling  # noqa: PLC0415
    from khue.modules.transcripts.compose import pack  # noqa: PLC0415
    from khue.modules.transcripts.models import PageState, Transcript, TranscriptPage  # noqa: PLC0415
    from khue.project.bench.transcripts_pages import year_page  # noqa: PLC0415

    pages: list[TranscriptPage] = []
    day = school.actors["principal"].today
    for row in school.classes:
        for place, pupil in enumerate(schooling.roster(row.id), 1):
            number = len(pages) + 1
            transcript = Transcript(
                person_id=pupil.pupil_id,
                level="THCS",
                code=f"DO-{number}",
                opened_on=day,
                school_id=school.id,
            )
            content = pack(year_page("THCS", 6, number))
            pages.append(
                TranscriptPage(
                    transcript=transcript, person_id=pupil.pupil_id, school_id=school.id, school_class=row,
                    year=row.year, part=int(row.year.code[:4]), name=pupil.name, position=place,
                    state=PageState.HOMEROOM, version=1, content=content,
                    unusual=["corrections"] if number % ODD == 0 else [],
                )
            )  # fmt: skip
    Transcript.objects.bulk_create([page.transcript for page in pages])
    TranscriptPage.objects.bulk_create(pages)
    return len(pages)


if __name__ == "__main__":
    main()
