"""Makes the school of `town`, by the same services that pages use; imported once its settings are named."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from django.utils import timezone

from khue.core.actor import Actor, Role, system_actor
from khue.modules.access import api as access
from khue.modules.gradebook import api as gradebook
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewPerson
from khue.modules.records import api as records
from khue.modules.records import demo_keys, trust
from khue.modules.schooling import api as schooling
from tests.cast import fill, make_school
from tests.journeys import town

if TYPE_CHECKING:
    from uuid import UUID

    from khue.modules.gradebook.api import Sheet

GIVEN = ("Bình", "Châu", "Đức", "Cường", "Ánh", "Dung", "Giang", "Hà", "Khôi", "Liên")
ROLES = {"Giáo viên": Role.TEACHER, "Hiệu trưởng": Role.PRINCIPAL, "Nhân viên": Role.CLERK}
AUGUST = 8


class Builder:
    """The school while it is made."""

    def __init__(self) -> None:
        self.now = timezone.localtime()
        self.system = system_actor("kiểm thử", self.now)
        first = self.now.year - (self.now.month < AUGUST)
        self.starts = dt.date(first, AUGUST, 1)
        self.term = 1 if self.now.month >= AUGUST else 2
        province = orgs.found_unit(self.system, kind="province", name="Tỉnh Lạng Sơn")
        commune = orgs.found_unit(self.system, kind="commune", name="Xã Lộc Bình", parent=province)
        self.school = make_school(town.SCHOOL, "20180001", "THCS", commune)
        self.year = schooling.open_year(
            self.system,
            code=f"{first}-{first + 1}",
            ends_on=dt.date(first + 1, 7, 31),
            term_starts=(self.starts, dt.date(first + 1, 1, 1)),
        )
        self.actors: dict[str, Actor] = {}
        self.classes: dict[str, schooling.SchoolClass] = {}

    def build(self) -> None:
        """People, keys, classes, marks, signatures."""
        self._people()
        self._keys()
        for name in town.OPEN:
            self._open(name, teacher="hoa", homeroom="dao")
            self._fill(name, "TOAN", gaps=name in town.GAPS)
        for teacher, subject in town.ON_TOKEN.items():
            for name in town.OPEN[:3]:
                self._teach(name, teacher, {subject})
                self._fill(name, subject)
        for name in (*town.RUNG, town.ISSUED, *town.TO_APPROVE):
            self._open(name, teacher="quy", homeroom="lan" if name in town.RUNG else "dao")
            self._fill(name)
            sheets = [sheet.id for sheet in self._sheets(name) if sheet.class_subject_id is not None]
            self._sign("quy", gradebook.SIGN_SHEET, sheets)
            if name not in town.RUNG:
                self._sign("dao", gradebook.SIGN_CLASS, [self.classes[name].id])
        self._sign("minh", gradebook.SIGN_SEAL, [self.classes[town.ISSUED].id])
        records.settle(timezone.now())

    def _people(self) -> None:
        since = self.starts - dt.timedelta(days=700)
        for username, (name, position) in town.PEOPLE.items():
            person = people.register_person(self.system, school_id=self.school.pk, person=NewPerson(name))
            people.employ(
                self.system, school_id=self.school.pk, person_id=person.pk, position=position, since=since
            )
            access.grant(
                self.system, person_id=person.pk, role=ROLES[position], unit_id=self.school.pk,
                source="kiểm thử",
            )  # fmt: skip
            access.create_account(
                self.system, unit_id=self.school.pk, person_id=person.pk, username=username,
                password=town.PASSWORD,
            )  # fmt: skip
            self.actors[username] = access.actor_for(person.pk, self.now)

    def _keys(self) -> None:
        """On the server for most; for the others a file, which a token or a service of the journey opens."""
        since = self.now - dt.timedelta(days=60)
        demo_keys.give_keys(
            self.now, since,
            people=[
                (actor.person_id, actor.name, f"CCCD:{town.NUMBERS[username]}")
                for username, actor in self.actors.items() if username not in town.ELSEWHERE
            ],
            schools=[(self.school.pk, self.school.name, f"MST:{town.TAX_CODE}")],
        )  # fmt: skip
        for username in town.ELSEWHERE:
            _keep_key(username, since)

    def _open(self, name: str, *, teacher: str, homeroom: str) -> None:
        row = schooling.open_class(
            self.system, school_id=self.school.pk, year=self.year, name=name, grade=int(name[0])
        )
        size = len(GIVEN) if name == town.ALIKE else 3
        pupils = people.register_people(
            self.system, school_id=self.school.pk,
            people=[
                NewPerson(f"Hoàng {given} {name}", birth_date=dt.date(2013, number + 1, 5), sex="Nam")
                for number, given in enumerate(GIVEN[:size])
            ],
        )  # fmt: skip
        people.admit_pupils(
            self.system, school_id=self.school.pk, pupils=[Admission(pupil.pk) for pupil in pupils]
        )
        members = [schooling.NewMember(pupil.pk, self.starts) for pupil in pupils]
        schooling.enroll_many(self.system, school_class_id=row.id, members=members)
        self.classes[name] = row
        self._teach(name, teacher, {"TOAN"} if name in town.OPEN else set())
        schooling.assign_homeroom(
            self.system, school_class_id=row.id, person_id=self.actors[homeroom].person_id, since=self.starts
        )
        gradebook.open_sheets(self.system, school_class_ids=[row.id])

    def _teach(self, name: str, teacher: str, codes: set[str]) -> None:
        """Some subjects of a class, or without codes all."""
        given = [
            schooling.Assignment(subject.id, self.actors[teacher].person_id)
            for subject in schooling.class_subjects(self.classes[name].id)
            if not codes or subject.subject.code in codes
        ]
        schooling.assign_teachers(self.system, school_id=self.school.pk, assignments=given, since=self.starts)

    def _sheets(self, name: str) -> list[Sheet]:
        return list(gradebook.sheets_of(self.classes[name].id, self.term).values())

    def _fill(self, name: str, only: str = "", *, gaps: bool = False) -> None:
        for sheet in self._sheets(name):
            subject = sheet.class_subject.subject.code if sheet.class_subject else ""
            if only in {"", subject}:
                fill(sheet, by=self.system, leave=1 if gaps else 0)

    def _sign(self, username: str, act: str, keys: list[UUID]) -> None:
        actor = access.actor_for(self.actors[username].person_id, timezone.now())
        subjects = [records.Subject(act, key, self.term) for key in keys]
        checked = records.check(actor, subjects=subjects, title="Ký", school_id=self.school.pk)
        if checked.left_out or checked.batch is None:
            raise checked.left_out[0].refusal
        records.start(actor, batch_id=checked.batch.id, token=checked.token)


def _keep_key(username: str, since: dt.datetime) -> None:
    """A key with a certificate of the demo's CA, as a file: RSA for the program that knows nothing else."""
    pki = trust.demo_pki()
    pair = pki.person(town.PEOPLE[username][0], f"CCCD:{town.NUMBERS[username]}", since)
    key, leaf = pair.key, x509.load_der_x509_certificate(pair.certificate)
    if username == town.RSA:
        key = rsa.generate_private_key(65537, 2048)
        told = [leaf.extensions.get_extension_for_class(x509.BasicConstraints)]
        told.append(leaf.extensions.get_extension_for_class(x509.KeyUsage))
        leaf = x509.load_der_x509_certificate(
            pki.authority().issue(
                leaf.subject, key.public_key(), [(one.value, one.critical) for one in told],
                valid_from=leaf.not_valid_before_utc, valid_to=leaf.not_valid_after_utc,
            )
        )  # fmt: skip
    issuing = x509.load_der_x509_certificate(pki.issuing)
    place = trust.folder(town.KEYS)
    place.mkdir(exist_ok=True)
    name = username.encode()
    data = pkcs12.serialize_key_and_certificates(name, key, leaf, [issuing], NoEncryption())
    (place / f"{username}.p12").write_bytes(data)
