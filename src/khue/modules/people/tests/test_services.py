"""Registering, changing and withdrawing persons: the good way, each refusal, each denial."""

from __future__ import annotations

import datetime as dt

import pytest

from khue.core.actor import Role
from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.kit.crypto import unseal
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewIdentifier, NewPerson, PersonChange
from khue.modules.people.models import Employment, Guardianship, Person, PersonIdentifier, PupilProfile
from khue.modules.people.tests.factories import (
    NOW,
    SYSTEM,
    actor_with,
    make_pupil,
    make_staff,
    make_unit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return make_unit("Trường THCS Vân Thuỷ")


@pytest.fixture
def other_school():
    return make_unit("Trường THCS Hồng Phong")


@pytest.fixture
def thu(school):
    return actor_with(make_staff(school, "Vi Thị Thu", "Nhân viên"), (Role.CLERK, school))


@pytest.fixture
def hoa(school):
    return actor_with(make_staff(school, "Nông Thị Hoa"), (Role.TEACHER, school))


@pytest.fixture
def quang(other_school):
    return actor_with(make_staff(other_school, "Triệu Văn Quang"), (Role.CLERK, other_school))


def counts():
    tables = (Person, PersonIdentifier, PupilProfile, Employment, Guardianship, AuditEvent, OutboxEvent)
    return [table.objects.count() for table in tables]


def test_registering_writes_person_keys_sealed_number_audit_and_announcement(school, thu):
    new = NewPerson(
        "  Hoàng  Văn Đức ", birth_date=dt.date(2013, 5, 2), sex="nam",
        identifiers=(NewIdentifier("personal", "020213001234"), NewIdentifier("moet", "2012345678")),
    )
    person = people.register_person(thu, school_id=school.pk, person=new)
    person.refresh_from_db()
    assert (person.full_name, person.search_key, person.sex) == ("Hoàng Văn Đức", "hoang van duc", "Nam")
    sealed = person.identifiers.get(scheme="personal")
    assert "020213001234" not in sealed.value + sealed.lookup
    assert unseal(sealed.value) == "020213001234"
    event = AuditEvent.objects.get(action="people.person.registered", subject_id=str(person.pk))
    assert event.unit == school.pk
    assert "020213001234" not in str(event.after)
    assert OutboxEvent.objects.filter(name="PeopleRegistered", unit=school.pk).exists()


def test_many_are_registered_in_few_statements(school, thu, django_assert_max_num_queries):
    new = [NewPerson(f"Vi Văn {n}", identifiers=(NewIdentifier("moet", f"M{n}"),)) for n in range(200)]
    # SQLite takes 999 values a statement: 200 persons in four tables are 17 inserts.
    with django_assert_max_num_queries(28):
        rows = people.register_people(thu, school_id=school.pk, people=new)
        people.admit_pupils(thu, school_id=school.pk, pupils=[Admission(row.pk) for row in rows])
    assert PupilProfile.objects.filter(school=school).count() == 200


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewPerson("   "), "PEO-001"),
        (NewPerson("Vi Văn A", birth_date=dt.date(2090, 1, 1)), "PEO-002"),
        (NewPerson("Vi Văn A", birth_date=dt.date(1066, 1, 1)), "PEO-002"),
        (NewPerson("Vi Văn A", birth_text="mùa xuân"), "PEO-002"),
        (NewPerson("Vi Văn A", sex="Khác"), "PEO-007"),
        (NewPerson("Vi Văn A" * 40), "PEO-015"),
        (NewPerson("Vi Văn A", identifiers=(NewIdentifier("personal", "12"),)), "PEO-004"),
    ],
)
def test_unreadable_facts_are_refused_and_nothing_is_written(school, thu, new, code):
    before = counts()
    with pytest.raises(Invalid) as caught:
        people.register_people(thu, school_id=school.pk, people=[NewPerson("Lý Văn Tốt"), new])
    assert caught.value.code == code
    assert counts() == before


def test_an_identifier_of_somebody_else_is_refused(school, thu):
    make_pupil(school, "Vi Văn A", moet="M1", personal="020213001234")
    before = counts()
    for item in (NewIdentifier("moet", "M1"), NewIdentifier("personal", "020213001234")):
        with pytest.raises(Refused) as caught:
            people.register_person(
                thu, school_id=school.pk, person=NewPerson("Vi Văn B", identifiers=(item,))
            )
        assert caught.value.code == "PEO-003"
    twice = [NewPerson(name, identifiers=(NewIdentifier("moet", "M9"),)) for name in ("A", "B")]
    with pytest.raises(Refused, match="PEO-003"):
        people.register_people(thu, school_id=school.pk, people=twice)
    assert counts() == before


def test_old_software_codes_are_once_per_school_only(school, other_school):
    make_pupil(school, "Vi Văn A", software="HS01")
    make_pupil(other_school, "Vi Văn B", software="HS01")
    assert PersonIdentifier.objects.filter(lookup="HS01").count() == 2


def test_teachers_may_not_register_and_strangers_learn_nothing(school, hoa, quang):
    before = counts()
    with pytest.raises(NotAllowed):
        people.register_person(hoa, school_id=school.pk, person=NewPerson("Vi Văn A"))
    with pytest.raises(NotFound):
        people.register_person(quang, school_id=school.pk, person=NewPerson("Vi Văn A"))
    assert counts() == before


def test_a_change_is_logged_with_before_and_after(school, thu):
    pupil = make_pupil(school, "Vi Văn A")
    people.change_person(
        thu, person_id=pupil.pk,
        changes=PersonChange(pupil.pk, person={"full_name": "Vi Văn Ánh", "sex": "Nữ"},
                             pupil={"current_address": "Thôn Nà Chuông"}),
    )
    pupil.refresh_from_db()
    assert (pupil.full_name, pupil.search_key) == ("Vi Văn Ánh", "vi van anh")
    event = AuditEvent.objects.get(action="people.person.changed")
    assert (event.before, event.after) == ({"full_name": "Vi Văn A"}, {"full_name": "Vi Văn Ánh"})
    assert event.unit == school.pk
    of_pupil = AuditEvent.objects.get(action="people.pupil.changed")
    assert of_pupil.after == {"current_address": "Thôn Nà Chuông"}


def test_a_change_by_somebody_else_in_between_is_a_conflict(school, thu):
    pupil = make_pupil(school, "Vi Văn A")
    change = PersonChange(pupil.pk, person={"phone": "0912"})
    with pytest.raises(Conflict) as caught:
        people.change_person(thu, person_id=pupil.pk, changes=change, expected={"phone": "0333"})
    assert caught.value.code == "PEO-006"
    pupil.refresh_from_db()
    assert pupil.phone == ""
    people.change_person(thu, person_id=pupil.pk, changes=change, expected={"phone": ""})
    pupil.refresh_from_db()
    assert pupil.phone == "0912"


def test_only_the_office_changes_and_unknown_fields_are_refused(school, thu, hoa, quang):
    pupil = make_pupil(school, "Vi Văn A")
    change = PersonChange(pupil.pk, person={"full_name": "Vi Văn B"})
    with pytest.raises(NotAllowed):
        people.change_person(hoa, person_id=pupil.pk, changes=change)
    with pytest.raises(NotFound):
        people.change_person(quang, person_id=pupil.pk, changes=change)
    for bad in (PersonChange(pupil.pk, person={"id": "x"}), PersonChange(pupil.pk, job={"position": "x"})):
        with pytest.raises(Invalid, match="PEO-005"):
            people.change_person(thu, person_id=pupil.pk, changes=bad)
    pupil.refresh_from_db()
    assert pupil.full_name == "Vi Văn A"


def test_many_changes_in_few_statements_can_be_taken_back(school, thu, django_assert_max_num_queries):
    pupils = [make_pupil(school, f"Vi Văn {n}") for n in range(30)]
    changes = [PersonChange(row.pk, person={"sex": "Nam"}, pupil={"note": "x"}) for row in pupils]
    with django_assert_max_num_queries(14):
        undo = people.change_people(thu, school_id=school.pk, changes=changes)
    assert Person.objects.filter(sex="Nam").count() == 30
    people.change_people(thu, school_id=school.pk, changes=undo)
    assert not Person.objects.filter(sex="Nam").exists()
    assert not PupilProfile.objects.filter(note="x").exists()


def test_changing_many_refuses_a_stranger_among_them(school, other_school, thu):
    mine, foreign = make_pupil(school, "Vi Văn A"), make_pupil(other_school, "Vi Văn B")
    changes = [PersonChange(row.pk, person={"sex": "Nam"}) for row in (mine, foreign)]
    with pytest.raises(NotFound):
        people.change_people(thu, school_id=school.pk, changes=changes)
    assert not Person.objects.filter(sex="Nam").exists()


def test_a_new_identifier_ends_the_old_one_and_stays_out_of_the_log(school, thu):
    pupil = make_pupil(school, "Vi Văn A", personal="020213001234")
    row = people.add_identifier(
        thu, school_id=school.pk, person_id=pupil.pk, scheme="personal", value="020213009999"
    )
    assert row is not None
    held = pupil.identifiers.filter(valid_to__isnull=True)
    assert [unseal(item.value) for item in held] == ["020213009999"]
    event = AuditEvent.objects.get(action="people.identifier.added")
    assert event.after == {"scheme": "personal"}
    again = people.add_identifier(
        thu, school_id=school.pk, person_id=pupil.pk, scheme="personal", value="020213009999"
    )
    assert again is None


def test_pupils_are_admitted_once(school, other_school, thu, quang):
    pupil = make_pupil(other_school, "Vi Văn A")
    with pytest.raises(Refused) as caught:
        people.admit_pupil(thu, school_id=school.pk, person_id=pupil.pk)
    # The clerk here may not know where the child is.
    assert caught.value.params["school"] == "một trường khác"
    with pytest.raises(Refused) as caught:
        people.admit_pupil(quang, school_id=other_school.pk, person_id=pupil.pk)
    assert caught.value.params["school"] == other_school.name


def test_a_position_begins_once_and_ends_with_a_day(school, thu, hoa):
    teacher = make_staff(school, "Lý Thị Lan")
    with pytest.raises(Refused, match="PEO-008"):
        people.employ(thu, school_id=school.pk, person_id=teacher.pk, position="Giáo viên", since=NOW.date())
    job = teacher.employments.get()
    with pytest.raises(Refused, match="PEO-009"):
        people.end_employment(thu, employment_id=job.pk, on=job.valid_from)
    with pytest.raises(NotFound):  # a teacher does not see colleagues' files
        people.end_employment(hoa, employment_id=job.pk, on=NOW.date())
    people.end_employment(thu, employment_id=job.pk, on=NOW.date(), reason="Nghỉ hưu")
    job.refresh_from_db()
    assert job.valid_to == NOW.date()
    with pytest.raises(Refused, match="PEO-014"):
        people.end_employment(thu, employment_id=job.pk, on=NOW.date())


def test_guardians_are_linked_once_and_by_the_office(school, thu, hoa, quang):
    pupil, mother = make_pupil(school, "Vi Văn A"), make_staff(school, "Hà Thị Mẹ")
    for actor, kind in ((hoa, NotAllowed), (quang, NotFound)):
        with pytest.raises(kind):
            people.link_guardian(actor, child_id=pupil.pk, guardian_id=mother.pk, relation="mother")
    with pytest.raises(Invalid, match="PEO-016"):
        people.link_guardian(thu, child_id=pupil.pk, guardian_id=mother.pk, relation="aunt")
    with pytest.raises(Refused, match="PEO-012"):
        people.link_guardian(thu, child_id=pupil.pk, guardian_id=pupil.pk, relation="mother")
    people.link_guardian(thu, child_id=pupil.pk, guardian_id=mother.pk, relation="mother")
    with pytest.raises(Refused, match="PEO-013"):
        people.link_guardian(thu, child_id=pupil.pk, guardian_id=mother.pk, relation="mother")


def test_withdrawing_undoes_a_registration_but_not_when_something_depends(school, thu, quang):
    pupil = make_pupil(school, "Vi Văn A", moet="M1")
    placeless = people.register_person(SYSTEM, school_id=school.pk, person=NewPerson("Vi Văn B"))
    with pytest.raises(NotFound):
        people.withdraw_people(quang, school_id=school.pk, person_ids=[pupil.pk])
    with pytest.raises(Refused, match="PEO-010"):
        people.withdraw_people(quang, school_id=quang.grants[0].unit_id, person_ids=[pupil.pk])
    assert people.withdraw_people(thu, school_id=school.pk, person_ids=[pupil.pk, placeless.pk]) == 2
    assert not Person.objects.filter(pk__in=[pupil.pk, placeless.pk]).exists()
    from khue.modules.access.models import Account

    bound = make_pupil(school, "Vi Văn C")
    Account.objects.create_user("vanc", person=bound)
    before = counts()
    with pytest.raises(Refused, match="PEO-010"):
        people.withdraw_people(thu, school_id=school.pk, person_ids=[bound.pk])
    assert counts() == before
