"""Transcripts are opened, and files of other schools are kept as they came (mở, nhận học bạ)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.dates import VIETNAM
from khue.core.errors import Invalid, Refused
from khue.core.names import fold
from khue.kit import audit, outbox, permissions
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.records import api as records
from khue.modules.transcripts import content, policy
from khue.modules.transcripts.events import FileReceived
from khue.modules.transcripts.models import ReceivedFile, Transcript
from khue.signing.report import Verdict

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.transcripts.data import YearPage
    from khue.signing.report import Report


def open_transcripts(
    actor: Actor, *, school_id: UUID, level: str, person_ids: Iterable[UUID]
) -> dict[UUID, Transcript]:
    """The transcripts of these pupils in a level; who has none gets one. The caller has authorized."""
    wanted = list(person_ids)
    rows = Transcript.objects.filter(person__in=wanted, level=level)
    found = {row.person_id: row for row in rows}
    new = [
        Transcript(
            person_id=key, level=level, code=records.new_code(), opened_on=actor.today, school_id=school_id
        )
        for key in wanted
        if key not in found
    ]
    Transcript.objects.bulk_create(new)
    moved = [row for row in found.values() if row.school_id != school_id]
    if moved:
        Transcript.objects.filter(pk__in=[row.id for row in moved]).update(school=school_id)
    return found | {row.person_id: row for row in new}


@transaction.atomic
def keep_file(actor: Actor, *, school_id: UUID, person_id: UUID, file: bytes) -> ReceivedFile:
    """Keep a signed year page of another school byte for byte, after verifying it (nhận tệp học bạ).

    The pupil keeps the code of her transcript. The same file again changes nothing.
    """
    schools = orgs.Unit.objects.filter(kind="school")
    permissions.load(actor, schools, school_id, see=policy.RECEIVE, lock=True)
    report, _ = records.verify_file(file, actor.now)
    if report.verdict is Verdict.INVALID:
        raise Refused("TRANS-017", finding=report.conclusion)
    page, said = _read(report.content)
    person = people.Person.objects.get(pk=person_id)
    _same_pupil(person, page)
    kept = ReceivedFile.objects.filter(digest=report.digest).first()
    if kept is not None:
        return kept
    transcript = _transcript(actor, person, page, school_id)
    row = ReceivedFile.objects.create(
        transcript=transcript, person=person, school_id=school_id, year=page.year, record_code=said["code"],
        version=int(said["version"]), digest=report.digest, content=file, verdict=report.verdict.value,
        signatures=_signatures(report), received_at=actor.now, received_by=actor.name,
    )  # fmt: skip
    audit.record(
        actor, "transcripts.file.received", subject=row, unit=school_id,
        after={"year": page.year, "digest": report.digest},
    )  # fmt: skip
    outbox.announce(actor, FileReceived(row.id, person_id, report.digest), unit=school_id)
    return row


def _transcript(actor: Actor, person: people.Person, page: YearPage, school_id: UUID) -> Transcript:
    """The pupil's transcript of that level; a new one takes over the code of the file."""
    found = Transcript.objects.filter(person=person, level=page.level).first()
    if found is not None:
        return found
    # The code is another row's where one child stands here twice; the file keeps its own.
    taken = Transcript.objects.filter(code=page.transcript).exists()
    code = records.new_code() if taken else page.transcript
    return Transcript.objects.create(
        person=person, level=page.level, code=code, opened_on=actor.today, school_id=school_id
    )


def _read(verified: bytes) -> tuple[YearPage, dict[str, str]]:
    try:
        return content.read_record(verified)
    except (ValueError, SyntaxError, KeyError) as error:
        raise Invalid("TRANS-016", field="file") from error


def _same_pupil(person: people.Person, page: YearPage) -> None:
    """The file is of this pupil: by the Ministry's code, else by name and day of birth."""
    codes = people.PersonIdentifier.objects.filter(person=person, scheme="moet")
    known = set(codes.values_list("value", flat=True))
    own = page.identity
    if own.ministry_code and own.ministry_code in known:
        return
    if fold(own.name) != fold(person.full_name) or own.born != person.birth_shown:
        raise Refused("TRANS-018", name=own.name, born=own.born)


def _signatures(report: Report) -> list[list[str]]:
    return [
        [one.role, one.section, one.signer, one.capacity, _moment(one.best_time or one.claimed_time)]
        for one in report.signatures
    ]


def _moment(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if at else ""
