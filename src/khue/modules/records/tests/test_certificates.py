"""Certificates: registered by whom they name, refused when they are not good, ended, never deleted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.cast import NOW, SYSTEM, World, make_actor, make_staff
from tests.signers import Signers
from tests.unchanged import refused, unchanged

from khue.core.actor import Actor, Role
from khue.core.errors import Invalid, NotFound, Refused
from khue.kit.errors import sentence
from khue.kit.models import AuditEvent
from khue.modules.records import proof, queries, trust
from khue.modules.records.models import Certificate
from khue.modules.records.services import certificates
from khue.modules.records.tests.acts import PAGE, Desk, document_of, pages
from khue.signing.demo.pki import DemoPki, KeyPair
from khue.signing.report import Verdict
from khue.signing.trust.anchors import OFFICIAL, Anchor, AnchorSets
from khue.signing.trust.revocation import Revocations

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def pki(signers: Signers) -> DemoPki:
    found = trust.demo_pki()
    assert found is not None
    return found


def register(actor: Actor, pair: KeyPair, **more: Any) -> Certificate:
    return certificates.register(
        actor, provider=more.pop("provider", "agent"), content=pair.certificate, chain=pair.chain, **more
    )


def test_one_registers_ones_own(world: World, pki: DemoPki) -> None:
    pair = pki.person("Nông Thị Hoa", "CCCD:020199000001", NOW - DAY, NOW + 400 * DAY)
    row = register(world.hoa, pair, provider_key="khoá 1")
    assert (row.person_id, row.school_id, row.name) == (world.hoa.person_id, None, "Nông Thị Hoa")
    assert (row.identifier, row.provider_key, row.ended_at) == ("CCCD:020199000001", "khoá 1", None)
    assert (row.not_before, row.not_after) == (NOW - DAY, NOW + 400 * DAY)
    assert bytes(row.content) == pair.certificate
    assert row.intermediates == pair.chain
    event = AuditEvent.objects.get(action="records.certificate.registered")
    assert event.after["serial"] == row.serial
    newest, *_ = certificates.of_person(world.hoa.person_id, NOW)
    assert newest.id == row.id
    assert queries.identifiers_of([world.hoa.person_id], NOW) == {world.hoa.person_id: "CCCD:020199000001"}


def test_how_a_name_is_written_does_not_matter(world: World, pki: DemoPki) -> None:
    pair = pki.person("NONG THI HOA", "CCCD:020199000001", NOW - DAY)
    assert register(world.hoa, pair).name == "NONG THI HOA"


def test_a_file_may_be_text_and_bring_its_intermediates(world: World, pki: DemoPki) -> None:
    pair = pki.person("Nông Thị Hoa", "CCCD:020199000001", NOW - DAY)
    parts = (pair.certificate, *pair.chain, pki.root)
    text = b"".join(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM) for one in parts)
    row = certificates.register(world.hoa, provider="agent", content=b"\n" + text)
    assert (bytes(row.content), row.intermediates) == (pair.certificate, pair.chain)


@pytest.mark.parametrize(
    "name", ["Lý Thị Lan", "Nông Thị Hải", "Nông Thị Hoa Mai", "Thị Hoa", "Trường THCS Khe Vàng"]
)
def test_nobody_registers_the_certificate_of_another(world: World, pki: DemoPki, name: str) -> None:
    pair = pki.person(name, "CCCD:020199000001", NOW - DAY)
    with refused(Refused, "REC-004") as refusal:
        register(world.hoa, pair)
    assert refusal.value.params == {"name": name}


def test_a_person_is_no_school_and_a_school_no_person(world: World, pki: DemoPki) -> None:
    school = pki.school("Nông Thị Hoa", "MST:4900123456", NOW - DAY)
    with refused(Refused, "REC-004"):
        register(world.hoa, school)
    person = pki.person(world.school.name, "CCCD:020199000001", NOW - DAY)
    with refused(Refused, "REC-004"):
        register(world.minh, person, school_id=world.school.pk)
    other = pki.school(world.elsewhere.name, "MST:4900123457", NOW - DAY)
    with refused(Refused, "REC-004"):
        register(world.minh, other, school_id=world.school.pk)


def test_who_registers_a_seal(world: World, pki: DemoPki) -> None:
    pair = pki.school(world.school.name, "MST:4900123456", NOW - DAY)
    for actor in (world.hoa, world.lan, world.thu, world.son, world.quang):
        with refused(NotFound, "KIT-001"):
            register(actor, pair, school_id=world.school.pk)
    elsewhere = make_actor(make_staff(world.elsewhere, "Mông Văn Không"), (Role.PRINCIPAL, world.elsewhere))
    with refused(NotFound, "KIT-001"):
        register(elsewhere, pair, school_id=world.school.pk)
    technician = make_actor(make_staff(world.school, "Chu Văn Kĩ"), (Role.IT_STAFF, world.school))
    row = register(technician, pair, school_id=world.school.pk)
    assert (row.person_id, row.school_id) == (None, world.school.pk)


def test_it_is_registered_once_at_a_time(world: World, pki: DemoPki) -> None:
    pair = pki.person("Nông Thị Hoa", "CCCD:020199000001", NOW - DAY)
    row = register(world.hoa, pair)
    with refused(Refused, "REC-005"):
        register(world.hoa, pair)
    namesake = make_actor(make_staff(world.school, "Nông Thị Hoa"), (Role.TEACHER, world.school))
    with refused(Refused, "REC-005"):
        register(namesake, pair)
    certificates.end(world.hoa, certificate_id=row.id)
    assert register(world.hoa, pair).id != row.id
    assert Certificate.objects.filter(fingerprint=row.fingerprint).count() == 2  # the old row stays


@pytest.mark.parametrize(
    ("dates", "code", "told"),
    [
        pytest.param((-400, -1), "REC-002", "14/12/2025", id="expired"),
        pytest.param((1, 400), "REC-003", "chỉ có hiệu lực từ 16/12/2025", id="not yet valid"),
    ],
)
def test_only_while_it_is_valid(
    world: World, pki: DemoPki, dates: tuple[int, int], code: str, told: str
) -> None:
    start, end = (NOW + number * DAY for number in dates)
    pair = pki.person("Nông Thị Hoa", "CCCD:020199000001", start, end)
    with refused(Refused, code) as refusal:
        register(world.hoa, pair)
    assert told in sentence(refusal.value.code, refusal.value.params)


def test_a_revoked_one_and_one_of_nobody_we_trust_are_refused(world: World, signers: Signers) -> None:
    hoa = signers.certificates["hoa"]
    certificates.end(world.hoa, certificate_id=hoa.id)
    signers.revoke("hoa", NOW - DAY)
    with refused(Refused, "REC-003") as refusal:
        certificates.register(
            world.hoa, provider="agent", content=bytes(hoa.content), chain=hoa.intermediates
        )
    assert "thu hồi" in sentence(refusal.value.code, refusal.value.params)
    stranger = DemoPki.create(NOW).person("Nông Thị Hoa", "CCCD:020199000001", NOW - DAY)
    with refused(Refused, "REC-003"):
        register(world.hoa, stranger)
    certificate_of_an_authority = DemoPki.create(NOW).issuing
    with refused(Refused):
        certificates.register(world.hoa, provider="agent", content=certificate_of_an_authority)


@pytest.mark.parametrize("official", [True, False], ids=["roots are there", "no root was put in"])
def test_a_test_certificate_outside_the_demo(
    world: World, pki: DemoPki, settings: Any, monkeypatch: pytest.MonkeyPatch,
    official: bool,
) -> None:
    """Where no official root was ever put in nothing is knowable: one may sign, but nothing is certain."""
    other = DemoPki.create(NOW).root
    roots = tuple(Anchor(name, other) for name in OFFICIAL)
    sets = AnchorSets(roots) if official else AnchorSets(empty=OFFICIAL)
    pair = pki.person("Nông Thị Hoa", "CCCD:020199000001", NOW - DAY)
    settings.KHUE_DEMO = False
    monkeypatch.setattr(trust, "load_anchors", lambda _: sets)
    trust.forget()
    if official:
        with refused(Refused, "REC-003"):
            register(world.hoa, pair)
    else:
        row = register(world.hoa, pair)
        fact = trust.current().judge(bytes(row.content), row.intermediates, at=NOW, proved=False)
        assert fact.trusted is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"xin chao", b"\x30\x82\x01\x00", b"-----BEGIN", b"\x00" * 2000,
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
)  # fmt: skip
def test_what_is_no_certificate_is_refused(world: World, pki: DemoPki, content: bytes) -> None:
    with refused(Invalid) as refusal:
        certificates.register(world.hoa, provider="agent", content=content)
    assert sentence(refusal.value.code, refusal.value.params)


def test_only_persons_register(world: World, pki: DemoPki) -> None:
    with refused(NotFound, "KIT-001"):
        register(SYSTEM, pki.person("kiểm thử", "CCCD:020199000001", NOW - DAY))


def test_who_ends_a_certificate(world: World, signers: Signers) -> None:
    hoa, school = signers.certificates["hoa"], signers.certificates["school"]
    for actor in (world.lan, world.minh, world.thu, world.son, world.quang):
        with refused(NotFound, "KIT-001"):
            certificates.end(actor, certificate_id=hoa.id)
    for actor in (world.hoa, world.lan, world.son, world.quang):
        with refused(NotFound, "KIT-001"):
            certificates.end(actor, certificate_id=school.id)
    assert certificates.end(world.hoa, certificate_id=hoa.id).ended_at == NOW
    with unchanged():
        certificates.end(world.at(world.hoa, NOW + DAY), certificate_id=hoa.id)
    assert certificates.of_person(world.hoa.person_id, NOW) == []
    assert certificates.end(world.minh, certificate_id=school.id).ended_at == NOW
    assert queries.school_identifier(world.school.pk, NOW) == ""


def test_the_newest_that_may_sign_is_taken_unless_one_is_chosen(
    world: World, signers: Signers, pki: DemoPki, desk: Desk
) -> None:
    old = signers.certificates["lan"]
    new = certificates.register(
        world.lan, provider="agent",
        content=pki.person("Lý Thị Lan", "CCCD:020199000002", NOW - DAY).certificate, chain=(pki.issuing,),
    )  # fmt: skip
    assert [row.id for row in certificates.of_person(world.lan.person_id, NOW)] == [new.id, old.id]
    checked = signers.check(world.lan, PAGE, *pages(1))
    assert checked.batch is not None
    assert checked.batch.certificate_id == new.id
    certificates.end(world.lan, certificate_id=new.id)
    desk.authors.clear()  # the page names its author by the number of the certificate
    checked = signers.check(world.lan, PAGE, *pages(1))
    assert checked.batch is not None
    assert checked.batch.certificate_id == old.id


def test_lists_that_are_not_there_do_not_stop_anybody(
    world: World, signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was revoked is not known: she signs, and the report says that it is not certain."""
    monkeypatch.setattr(Revocations, "add_crl", lambda self, data: None)
    trust.forget()
    signers.sign(world.lan, PAGE, *pages(1))
    assert proof.verified(document_of(pages()[0])).verdict is Verdict.UNCERTAIN
