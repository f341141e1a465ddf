"""Run inside a child: a class on SQLite whose year is closed; prints what it measured as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from khue.project.bench.parts import Result
from khue.project.bench.signing_school import School, Size, build, operations_of, spent

if TYPE_CHECKING:
    from khue.core.actor import Actor

FULL, QUICK = Size(1, 45, 0, 0), Size(1, 8, 0, 0)
TERMS, YEAR, GOOD = (1, 2), 0, "8.5"


def main() -> None:
    """Build, close, measure; arguments: «compose» or «digest», «full» or «quick»."""
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    size = QUICK if sys.argv[2] == "quick" else FULL
    school, actor = closed(size)
    results = compose(school, actor, size)
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
    """«Lập học bạ» of a class: composed from the gradebook with reasons, frozen, written."""
    from khue.modules.transcripts import api as transcripts  # noqa: PLC0415
    from khue.modules.transcripts.models import TranscriptPage  # noqa: PLC0415

    (row,) = school.classes
    with spent() as first:
        made = transcripts.generate(actor, school_class_id=row.id)
    with spent() as second:
        again = transcripts.generate(actor, school_class_id=row.id)
    frozen = TranscriptPage.objects.filter(school_class=row.id, version__gt=0).count()
    if (len(made.new), len(again.new), frozen) != (size.pupils, 0, size.pupils):
        msg = f"not every pupil has a page: {len(made.new)} of {size.pupils}"
        raise RuntimeError(msg)
    return [
        Result(
            f"composing and freezing {size.pupils} year pages, with reasons", first.seconds, "s",
            "45 in ≤ 1 s", f"{first.queries} queries, on SQLite",
        ),
        Result(
            "the same again, nothing has changed", second.seconds, "s", "", f"{second.queries} queries"
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
