"""Keys for the demo and the tests: a PKI of its own, a certificate for each person and school (khoá thử).

Nothing of it works outside demo mode: its root is the set TEST, and the provider «demo» is refused.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from django.conf import settings

from khue.core.ids import uuid7
from khue.modules.records import providers, trust
from khue.modules.records.content import digest_of
from khue.modules.records.models import Certificate, Provider
from khue.signing.demo.pki import DemoPki
from khue.signing.signers.pkcs12 import Pkcs12Signer
from khue.signing.trust import certificates as x509

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from uuid import UUID

    from khue.signing.demo.pki import KeyPair

ROUNDS = 1000  # of the key derivation: the file stands beside the secret that opens it


def make_pki(now: dt.datetime) -> DemoPki:
    """The demo's PKI, made once in the data folder."""
    place = trust.folder(trust.DEMO_FOLDER)
    if not (place / "pki.json").is_file():
        pki = DemoPki.create(now)
        pki.tsa()
        pki.ocsp_responder()
        pki.save(place, settings.SECRET_KEY)
    trust.forget()
    providers.forget()
    found = trust.demo_pki()
    if found is None:
        msg = "demo keys exist in demo mode only"
        raise ValueError(msg)
    return found


def give_keys(
    now: dt.datetime, since: dt.datetime, *, people: Iterable[tuple[UUID, str, str]] = (),
    schools: Iterable[tuple[UUID, str, str]] = (),
) -> list[Certificate]:  # fmt: skip
    """Keys and registered certificates for people (id, name, «CCCD:…») and schools (id, name, «MST:…»)."""
    pki = make_pki(now)
    place = trust.folder(providers.DEMO_KEYS)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    rows = [_row(pki.person(name, number, since), now, since, person_id=key) for key, name, number in people]
    rows += [
        _row(pki.school(name, number, since), now, since, school_id=key) for key, name, number in schools
    ]
    Certificate.objects.bulk_create(rows)
    return rows


def _row(pair: KeyPair, now: dt.datetime, since: dt.datetime, **owner: UUID) -> Certificate:
    fingerprint = digest_of(pair.certificate)
    place = trust.folder(providers.DEMO_KEYS) / f"{fingerprint}.p12"
    place.write_bytes(pair.pkcs12(settings.SECRET_KEY, rounds=ROUNDS))
    facts, identity = x509.facts_of(pair.certificate), x509.identity_of(pair.certificate)
    return Certificate(
        id=uuid7(), provider=Provider.DEMO, provider_key=Pkcs12Signer.name, name=identity.name,
        identifier=identity.identifiers[0], issuer=facts.issuer_name, serial=x509.serial_of(pair.certificate),
        not_before=facts.not_before, not_after=facts.not_after, content=pair.certificate,
        chain=[base64.b64encode(item).decode("ascii") for item in pair.chain], fingerprint=fingerprint,
        registered_at=since, **owner,
    )  # fmt: skip
