"""Certificates: registered, chosen for an act, checked before each signature, ended (chứng thư số)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from django.db import IntegrityError, transaction

from khue.core.errors import Invalid, KhueError, NotFound, Refused
from khue.core.names import fold
from khue.kit import audit, permissions
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.records import policy, providers, trust
from khue.modules.records.content import digest_of
from khue.modules.records.models import ON_SERVER, Certificate, Provider
from khue.signing.report import Indication
from khue.signing.signers.handles import without_root
from khue.signing.trust import certificates as x509

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.records.acts import Wanted


@transaction.atomic
def register(
    actor: Actor, *, provider: str, content: bytes, chain: Sequence[bytes] = (), provider_key: str = "",
    school_id: UUID | None = None,
) -> Certificate:  # fmt: skip
    """Register a certificate for oneself, or for a school as its seal (đăng ký chứng thư số).

    The name in a person's certificate must be the person's, and the number where it is known; a school's
    must be an organization's. A key on the server is a school's: no phone asks before it signs.
    """
    content, *more = _der(content)
    chain = (*chain, *more)
    facts, identity = x509.facts_of(content), x509.identity_of(content)
    person = None
    if school_id is None:
        person = people.Person.objects.filter(pk=actor.person_id).first()
        if person is None:
            raise NotFound("KIT-001")
        _require_own(person, identity)
        if Provider(provider) in ON_SERVER and provider != Provider.DEMO:
            raise Refused("REC-047")
    else:
        school = permissions.load(
            actor, orgs.Unit.objects.all(), school_id, see=policy.REGISTER_SEAL, do=policy.REGISTER_SEAL
        )
        if not identity.organization or fold(identity.name) != fold(school.name):
            raise Refused("REC-004", name=identity.name)
    fingerprint = digest_of(content)
    if Certificate.objects.filter(fingerprint=fingerprint, ended_at__isnull=True).exists():
        raise Refused("REC-005")
    row = Certificate(
        person=person, school_id=school_id, provider=Provider(provider), provider_key=provider_key,
        name=identity.name, identifier=next(iter(identity.identifiers), ""),
        issuer=facts.issuer_name, serial=x509.serial_of(content),
        not_before=facts.not_before, not_after=facts.not_after,
        content=content, chain=[base64.b64encode(item).decode("ascii") for item in chain],
        fingerprint=fingerprint, registered_at=actor.now,
    )  # fmt: skip
    require_good(actor, row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:  # sent twice at the same moment
        raise Refused("REC-005") from error
    audit.record(
        actor,
        "records.certificate.registered",
        subject=row,
        unit=school_id,
        after={"name": row.name, "serial": row.serial, "issuer": row.issuer, "provider": row.provider},
    )
    return row


def _require_own(person: people.Person, identity: x509.Identity) -> None:
    """The name must be the person's, and the number too where it is known here: names are not unique."""
    numbers = [one.partition(":")[2] for one in identity.identifiers if one.startswith("CCCD:")]
    strange = any(people.bears_number(person.id, number) is False for number in numbers)
    if identity.organization or fold(identity.name) != fold(person.full_name) or strange:
        raise Refused("REC-004", name=identity.name)


@transaction.atomic
def register_offered(
    actor: Actor, *, provider: str, number: str, school_id: UUID | None = None
) -> list[Certificate]:
    """Register what a signing service holds for a number, where the name is right (lấy chứng thư).

    The service is asked for a number that anybody could type; the names decide what is taken.
    """
    digits = "".join(char for char in number if char.isdigit() or char == "-")
    found: list[Certificate] = []
    refusal: KhueError = Refused("REC-001")
    for offer in providers.offered(provider, digits, of_school=school_id is not None):
        try:
            with transaction.atomic():
                row = register(
                    actor, provider=provider, content=offer.certificate, chain=offer.chain,
                    provider_key=offer.key, school_id=school_id,
                )  # fmt: skip
                found.append(row)
        except KhueError as error:
            refusal = error
    if not found:
        raise refusal
    return found


def _der(content: bytes) -> list[bytes]:
    """Certificates as DER, from DER or PEM; the leaf first, then its intermediates, without a root."""
    if not content.lstrip().startswith(b"-----BEGIN"):
        return [content]
    try:
        found = [one.public_bytes(Encoding.DER) for one in load_pem_x509_certificates(content)]
    except ValueError as error:
        raise Invalid("REC-007", field="certificate") from error
    if not found:
        raise Invalid("REC-007", field="certificate")
    return [found[0], *without_root(found[1:])]


@transaction.atomic
def end(actor: Actor, *, certificate_id: UUID) -> Certificate:
    """Stop using a certificate: lost token, changed school (ngừng dùng chứng thư)."""
    row = permissions.load(
        actor, Certificate.objects.all(), certificate_id, see=policy.SEE_CERTIFICATE, lock=True
    )
    if row.ended_at is None:
        row.ended_at = actor.now
        row.save(update_fields=["ended_at"])
        audit.record(actor, "records.certificate.ended", subject=row, unit=row.school_id)
    return row


def of_person(person_id: UUID | None, now: dt.datetime) -> list[Certificate]:
    """The certificates with which a person may sign now, the newest first."""
    return [row for row in Certificate.objects.filter(person=person_id) if row.is_usable(now)]


def of_school(school_id: UUID, now: dt.datetime) -> list[Certificate]:
    """The certificates with which a school may seal now, the newest first."""
    return [row for row in Certificate.objects.filter(school=school_id) if row.is_usable(now)]


def usable(actor: Actor, wanted: Wanted, certificate_id: UUID | None) -> Certificate:
    """The certificate for an act: the one that was chosen, else the newest that may sign now."""
    if wanted.signer == "school":
        found, code = of_school(wanted.document.school_id, actor.now), "REC-006"
    else:
        found, code = of_person(actor.person_id, actor.now), "REC-001"
    if certificate_id is not None:
        found = [row for row in found if row.id == certificate_id]
    if not found:
        raise Refused(code)
    require_good(actor, found[0])
    return found[0]


def require_good(actor: Actor, certificate: Certificate) -> None:
    """Refuse a certificate that is ended, out of its time, revoked, or does not lead to a root."""
    early = certificate.ended_at is None and actor.now < certificate.not_before  # judged below, by its dates
    if not certificate.is_usable(actor.now) and not early:
        until = certificate.ended_at or certificate.not_after
        raise Refused("REC-002", name=certificate.name, until=f"{until:%d/%m/%Y}")
    fact = trust.current().judge(
        bytes(certificate.content), certificate.intermediates, at=actor.now, proved=False
    )
    # Not knowable here and now (a status server that is down) does not stop signing; the report says so.
    if fact.indication is Indication.FAILED or fact.trusted is False:
        reason = fact.findings[0] if fact.findings else fact.sub.value
        raise Refused("REC-003", name=certificate.name, reason=reason)
