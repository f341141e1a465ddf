"""Certificates are registered by those whose names and numbers they bear; a school's key may be a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from tests.cast import NOW, World
from tests.signers import SINCE, Signers

from khue.core.errors import NotFound, Refused
from khue.modules.gradebook.tests.acts import fill_term
from khue.modules.people import api as people
from khue.modules.records import proof, providers, trust
from khue.modules.records.models import Certificate, DocumentState, Provider
from khue.modules.records.services import certificates
from khue.signing.report import Verdict

NUMBER, OTHER = "020199000001", "020199000002"
FILE = '[pkcs12."4900123456"]\nfile = "con-dau.p12"\npassword_file = "{password}"\n'


@pytest.fixture
def person_number(world: World) -> None:
    """Cô Hoa's personal number is known here."""
    people.add_identifier(
        world.thu, person_id=world.hoa.person_id, school_id=world.school.pk,
        scheme="personal", value=NUMBER,
    )  # fmt: skip


def registered(actor: Any, certificate: bytes, **more: Any) -> Certificate:
    return certificates.register(actor, provider=more.pop("provider", "agent"), content=certificate, **more)


@pytest.mark.usefixtures("person_number")
def test_a_namesake_cannot_register_my_certificate(world: World, signers: Signers) -> None:
    pki = trust.demo_pki()
    assert pki is not None
    namesake = pki.person(world.hoa.name, f"CCCD:{OTHER}", SINCE)
    before = Certificate.objects.count()
    with pytest.raises(Refused) as refusal:
        registered(world.hoa, namesake.certificate)
    assert (refusal.value.code, Certificate.objects.count()) == ("REC-004", before)
    own = pki.person(world.hoa.name, f"CCCD:{NUMBER}", SINCE)
    assert registered(world.hoa, own.certificate).identifier == f"CCCD:{NUMBER}"


def test_a_person_has_no_key_on_the_server(world: World, signers: Signers) -> None:
    pki = trust.demo_pki()
    assert pki is not None
    pair = pki.person(world.hoa.name, f"CCCD:{NUMBER}", SINCE)
    with pytest.raises(Refused) as refusal:
        registered(world.hoa, pair.certificate, provider="pkcs12")
    assert refusal.value.code == "REC-047"


def test_a_school_seals_with_a_key_file(world: World, signers: Signers, tmp_path: Path) -> None:
    pki = trust.demo_pki()
    assert pki is not None
    pair = pki.school(world.school.name, "MST:4900123456", SINCE)
    (tmp_path / "password").write_text("mật khẩu của dấu\n", encoding="utf-8")
    trust.folder("con-dau.p12").write_bytes(pair.pkcs12("mật khẩu của dấu", rounds=100))
    trust.folder(providers.FILE).write_text(FILE.format(password=tmp_path / "password"), encoding="utf-8")
    certificates.end(world.minh, certificate_id=signers.certificates["school"].id)
    with pytest.raises(NotFound):  # a teacher does not even see that a school could have one
        certificates.register_offered(
            world.hoa, provider="pkcs12", number="4900123456", school_id=world.school.pk
        )
    (row,) = certificates.register_offered(
        world.minh, provider="pkcs12", number="4900123456", school_id=world.school.pk
    )
    assert (row.provider, row.school_id) == (Provider.PKCS12, world.school.pk)
    fill_term(world)
    document = signers.sign_class()
    assert document.state == DocumentState.ISSUED
    assert proof.verified(document).verdict is Verdict.VALID
    assert row.registered_at == NOW
    assert settings.KHUE_DEMO
