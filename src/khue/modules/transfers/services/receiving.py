"""A parcel comes as a file from a school that runs another system (nhận gói hồ sơ bằng tệp).

Every signature is verified before anything is kept: of the parcel and of each transcript in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from khue.core.errors import Invalid, Refused
from khue.core.names import nfc
from khue.modules.people import api as people
from khue.modules.records import api as records
from khue.modules.transcripts import api as transcripts
from khue.modules.transfers import content, packing
from khue.modules.transfers.models import ReceivedParcel, Side, Transfer, TransferState
from khue.modules.transfers.services.requesting import REASON_LENGTH, require_office, step
from khue.rules import transfers as law
from khue.signing.report import Verdict

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.orgs import api as orgs
    from khue.modules.transfers.data import Parcel
    from khue.signing.report import Report


@dataclass(frozen=True, slots=True)
class FileFinding:
    """What verification says of one file of a parcel."""

    name: str
    verdict: str  # valid, uncertain
    sentence: str
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """A parcel that no signature speaks against: what it says and how sure it is."""

    parcel: Parcel
    files: tuple[tuple[str, bytes], ...]
    findings: tuple[FileFinding, ...]

    @property
    def certain(self) -> bool:
        """Whether every signature is trusted."""
        return all(one.verdict == Verdict.VALID.value for one in self.findings)


def examine(actor: Actor, *, school_id: UUID, file: bytes) -> Examined:
    """Read and verify a parcel; nothing is kept (`XFER-020` to `XFER-025`)."""
    school = require_office(actor, school_id)
    unpacked = packing.unpack(file)
    report, _ = records.verify_file(unpacked.record, actor.now)
    findings = [_finding(packing.RECORD, report)]
    # What is shown and imported is what the signatures cover, not what stands in the file.
    parcel = content.read_parcel(report.content)
    titles = {one.name: one.title for one in parcel.files}
    for name, data in unpacked.files:
        found, _ = records.verify_file(data, actor.now)
        findings.append(_finding(titles.get(name, name), found))
        _is_page(titles.get(name, name), found)
    _for_this_school(school, parcel)
    return Examined(parcel, unpacked.files, tuple(findings))


@transaction.atomic
def receive(actor: Actor, *, school_id: UUID, file: bytes, accept_doubt: str = "") -> Transfer:
    """Keep a verified parcel: from now on it waits for a class like a released transfer (nhận gói)."""
    school = require_office(actor, school_id)
    digest = hashlib.sha256(file).hexdigest()
    known = ReceivedParcel.objects.filter(school=school, digest=digest).select_related("transfer").first()
    if known is not None:
        raise Refused("XFER-025", day=f"{known.received_at:%d/%m/%Y}", number=known.transfer.code)
    examined = examine(actor, school_id=school_id, file=file)
    doubt = nfc(accept_doubt).strip()
    if not examined.certain and len(doubt) < REASON_LENGTH:
        worst = next(one for one in examined.findings if one.verdict != Verdict.VALID.value)
        raise Invalid("XFER-027", field="accept_doubt", finding=worst.sentence, length=REASON_LENGTH)
    transfer = _transfer(actor, school, examined.parcel)
    ReceivedParcel.objects.create(
        transfer=transfer, school=school, digest=digest, content=file, size=len(file),
        verdict=(Verdict.VALID if examined.certain else Verdict.UNCERTAIN).value,
        findings=[[one.name, one.verdict, one.sentence, list(one.signers)] for one in examined.findings],
        received_at=actor.now, received_by=actor.name,
    )  # fmt: skip
    step(actor, transfer, TransferState.RELEASED, school=school.pk, note=doubt)
    return transfer


def _transfer(actor: Actor, school: orgs.Unit, parcel: Parcel) -> Transfer:
    if Transfer.objects.filter(code=parcel.code).exists():
        raise Refused("XFER-025", day=parcel.made_on, number=parcel.code)
    pupil = known_pupil(parcel)
    if pupil is not None and people.PupilProfile.objects.filter(person=pupil, status="Đang học").exists():
        raise Refused("XFER-026", name=pupil.full_name)
    due = law.deadlines_on(actor.today, same_province=False)
    transfer = Transfer(
        code=parcel.code[:40], pupil=pupil, pupil_name=parcel.identity.name, from_name=parcel.place.school,
        to_school=school, to_name=school.name, same_province=False, grade=parcel.grade, level=parcel.level,
        reason=parcel.reason, state=TransferState.RELEASED, side=Side.TO, requested_at=actor.now,
        requested_by=actor.person_id, release_due=actor.today, released_at=actor.now,
        released_by=parcel.place.school, decision_due=law.due_on(actor.today, due.consent),
        placement_due=law.due_on(actor.today, due.consent + due.placement),
    )  # fmt: skip
    try:
        with transaction.atomic():
            transfer.save(force_insert=True)
    except IntegrityError as error:  # received twice at the same moment
        raise Refused("XFER-025", day=parcel.made_on, number=parcel.code) from error
    return transfer


def known_pupil(parcel: Parcel) -> Any:
    """The person whom the parcel names, if this installation knew her before: by the Ministry's code."""
    code = parcel.identity.ministry_code
    if not code:
        return None
    found = people.PersonIdentifier.objects.filter(
        scheme=people.IdentifierScheme.MINISTRY, lookup=code, valid_to__isnull=True
    ).select_related("person")
    return next((one.person for one in found), None)


def _finding(name: str, report: Report) -> FileFinding:
    if report.verdict is Verdict.INVALID:
        raise Refused("XFER-023", name=name, finding=report.conclusion.text)
    signers = tuple(
        f"{one.role_name}: {one.signer}" if one.role_name else one.signer for one in report.signatures
    )
    return FileFinding(name, report.verdict.value, report.conclusion.text, signers)


def _is_page(name: str, report: Report) -> None:
    """What is enclosed is a signed year of a transcript, nothing else."""
    try:
        transcripts.read_page(report.content)
    except (ValueError, SyntaxError, TypeError) as error:
        raise Refused("XFER-023", name=name, finding=report.conclusion.text) from error


def _for_this_school(school: orgs.Unit, parcel: Parcel) -> None:
    """A parcel for another school is refused where it says so by the Ministry's code."""
    if not parcel.to_code:
        return
    if not school.codes.filter(scheme="moet", value=parcel.to_code).exists():
        raise Refused("XFER-024", school=parcel.to_school)
