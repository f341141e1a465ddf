"""Pupils come into the register: numbers, lists, coming back, refusals."""

from __future__ import annotations

import datetime as dt
import itertools
from random import Random

import pytest
from tests.cast import NOW, SYSTEM, World, make_pupils

from khue.core.errors import NotAllowed, NotFound, Refused
from khue.kit import outbox
from khue.kit.models import OutboxEvent
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewPerson
from khue.modules.register import api as register
from khue.modules.register import numbering
from khue.modules.register.data import NewEntry
from khue.modules.register.models import EntryState, RegisterBook, RegisterEntry, RegisterEvent

DAY = NOW.date()


def newcomer(world: World, name: str = "Chu Thị Én", number: str = "", **facts: object) -> people.Person:
    """A pupil admitted by list, with a number of the list's own."""
    person = people.register_person(SYSTEM, school_id=world.school.pk, person=NewPerson(name))
    admission = Admission(person.pk, {"register_number": number, **facts})
    people.admit_pupils(SYSTEM, school_id=world.school.pk, pupils=[admission])
    return person


def entered(world: World, number: str = "") -> register.RegisterEntry:
    """A newcomer in the book."""
    person = newcomer(world)
    return register.enter(
        world.thu, school_id=world.school.pk, person_id=person.pk, on=DAY, kind="admitted",
        facts={"number": number},
    )  # fmt: skip


@pytest.mark.django_db
def test_all_who_were_admitted_stand_in_the_books_of_their_cohorts(world: World) -> None:
    outbox.deliver()
    books = RegisterBook.objects.filter(school=world.school.pk).order_by("first_year")
    assert [book.code for book in books] == ["20180001HS2428", "20180001HS2529"]
    entries = list(RegisterEntry.objects.filter(book=books[1]).order_by("number"))
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert {entry.person_id for entry in entries} == set(world.pupils["6A"])
    assert all(entry.class_name == "6A" and entry.state == EntryState.STUDYING for entry in entries)
    assert [event.kind for event in entries[0].events.order_by("sequence")] == ["admitted", "class_placed"]
    profile = people.PupilProfile.objects.get(person=entries[0].person_id)
    assert profile.register_number == "1/THCS"
    assert list(register.verify_register()) == []


@pytest.mark.django_db
def test_a_second_delivery_changes_nothing(world: World) -> None:
    outbox.deliver()
    before = RegisterEvent.objects.count()
    OutboxEvent.objects.update(delivered_at=None)
    outbox.deliver()
    assert RegisterEvent.objects.count() == before


@pytest.mark.django_db
def test_who_enters_is_named_as_the_author_of_the_list(world: World) -> None:
    person = people.register_person(world.thu, school_id=world.school.pk, person=NewPerson("Chu Thị Én"))
    people.admit_pupils(world.thu, school_id=world.school.pk, pupils=[Admission(person.pk)])
    outbox.deliver()
    entry = register.entry_of(world.school.pk, person.pk)
    assert entry is not None
    event = entry.events.get(sequence=1)
    assert (event.author, event.author_name) == (world.thu.person_id, world.thu.name)


@pytest.mark.django_db
def test_a_number_of_a_list_is_kept_if_free(world: World) -> None:
    entry = entered(world, "0012")
    assert (entry.number, register.number_shown(entry)) == (12, "12/THCS")
    assert entered(world).number == 13


@pytest.mark.django_db
def test_a_number_that_is_taken_is_refused_by_name(world: World) -> None:
    entered(world, "12/THCS")
    other = newcomer(world, "Lò Văn Pao")
    before = RegisterEntry.objects.count()
    with pytest.raises(Refused) as refused:
        register.enter(
            world.thu, school_id=world.school.pk, person_id=other.pk, on=DAY, kind="admitted",
            facts={"number": "12"},
        )  # fmt: skip
    assert refused.value.code == "REG-001"
    assert refused.value.params == {"number": "12/THCS", "holder": "Chu Thị Én", "name": "Lò Văn Pao"}
    assert RegisterEntry.objects.count() == before


@pytest.mark.django_db
def test_a_taken_number_in_a_list_leaves_out_one_and_enters_the_others(world: World) -> None:
    first, second, third = (newcomer(world, f"Chu Thị {n}", "7") for n in ("Én", "Ong", "Ve"))
    items = [
        NewEntry(first.pk, DAY, number="7"), NewEntry(second.pk, DAY, number="7"), NewEntry(third.pk, DAY),
    ]  # fmt: skip
    made = register.enter_many(SYSTEM, school_id=world.school.pk, items=items)
    assert [entry.number for entry in made.entries] == [7, 8]
    assert [(left.person_id, left.code) for left in made.left_out] == [(second.pk, "REG-001")]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["mười hai", "12/TH", "0", "-3", "12.5"])
def test_a_number_that_cannot_be_read_is_refused(world: World, text: str) -> None:
    person = newcomer(world)
    with pytest.raises(Refused) as refused:
        register.enter(
            world.thu, school_id=world.school.pk, person_id=person.pk, on=DAY, kind="admitted",
            facts={"number": text},
        )  # fmt: skip
    assert refused.value.code == "REG-003"


@pytest.mark.django_db
def test_nobody_is_entered_twice(world: World) -> None:
    entry = entered(world)
    assert entry.person_id is not None
    with pytest.raises(Refused) as refused:
        register.enter(
            world.thu, school_id=world.school.pk, person_id=entry.person_id, on=DAY, kind="admitted"
        )
    assert refused.value.code == "REG-002"
    assert RegisterEvent.objects.filter(entry=entry).count() == 1


@pytest.mark.django_db
def test_who_comes_back_to_the_school_keeps_the_number(world: World) -> None:
    entry = entered(world)
    assert entry.person_id is not None
    register.record_event(world.thu, entry_id=entry.id, kind="transferred_out", on=DAY, decision="12/GT")
    again = register.enter(
        world.thu, school_id=world.school.pk, person_id=entry.person_id, on=DAY, kind="transferred_in",
        decision="31/GT",
    )  # fmt: skip
    assert (again.id, again.number, again.state) == (entry.id, entry.number, "studying")
    kinds = [event.kind for event in again.events.order_by("sequence")]
    assert kinds == ["admitted", "transferred_out", "transferred_in"]
    assert list(register.verify_register()) == []


@pytest.mark.django_db
def test_a_transfer_needs_a_paper_and_a_day_that_has_come(world: World) -> None:
    person = newcomer(world)
    wishes = (("transferred_in", DAY, "REG-014"), ("admitted", DAY + dt.timedelta(1), "REG-012"))
    for kind, on, code in wishes:
        with pytest.raises(Exception, match=code):
            register.enter(world.thu, school_id=world.school.pk, person_id=person.pk, on=on, kind=kind)
    assert not RegisterEntry.objects.filter(person=person.pk).exists()


@pytest.mark.django_db
def test_strangers_find_nothing_and_teachers_may_not_enter(world: World) -> None:
    person = newcomer(world)
    with pytest.raises(NotFound):
        register.enter(world.quang, school_id=world.school.pk, person_id=person.pk, on=DAY, kind="admitted")
    with pytest.raises(NotAllowed):
        register.enter(world.son, school_id=world.school.pk, person_id=person.pk, on=DAY, kind="admitted")
    assert not RegisterEntry.objects.filter(person=person.pk).exists()


@pytest.mark.django_db
def test_a_pupil_of_another_school_is_not_entered_here(world: World) -> None:
    away = make_pupils(world.elsewhere, ("Lò Thị Xa",), 2098000001)[0]
    with pytest.raises(Refused) as refused:
        register.enter(world.thu, school_id=world.school.pk, person_id=away, on=DAY, kind="admitted")
    assert refused.value.code == "REG-005"


@pytest.mark.django_db
def test_a_struck_out_entry_keeps_its_number_for_ever(world: World) -> None:
    entry = entered(world)
    person = entry.person_id
    assert person is not None
    assert (
        register.void_entries(world.thu, school_id=world.school.pk, person_ids=[person], reason="Nhập nhầm")
        == 1
    )
    entry.refresh_from_db()
    assert (entry.state, entry.person_id, entry.name) == ("void", None, "Chu Thị Én")
    assert entered(world).number == entry.number + 1
    assert list(register.verify_register()) == []


@pytest.mark.django_db
def test_numbers_are_unique_and_never_used_again_whatever_the_lists_say(world: World) -> None:
    """Seeded: lists with and without numbers, some taken, some unreadable, strikings in between."""
    random = Random(2025)
    names = (f"Học Sinh {n}" for n in itertools.count(1))
    ever: dict[tuple[object, int], object] = {}
    for _ in range(12):
        people_of_list = [newcomer(world, next(names)) for _ in range(random.randrange(1, 7))]
        items = [
            NewEntry(
                one.pk, DAY, level="THCS", grade=random.choice((6, 7)), year=2025,
                number=random.choice(("", "", "{n}", "00{n}/THCS", "x")).format(n=random.randrange(1, 40)),
            )
            for one in people_of_list
        ]  # fmt: skip
        made = register.enter_many(SYSTEM, school_id=world.school.pk, items=items)
        assert len(made.entries) + len(made.left_out) == len(items)
        wanted = {item.person_id: item.number for item in items}
        for entry in made.entries:
            key = (entry.book_id, entry.number)
            assert key not in ever
            ever[key] = entry.id
            if wanted[entry.person_id]:  # type: ignore[index]
                assert entry.number == numbering.read(wanted[entry.person_id], "THCS")  # type: ignore[index]
        if made.entries and random.random() < 0.5:
            victim = random.choice(made.entries)
            register.void_entries(
                SYSTEM,
                school_id=world.school.pk,
                person_ids=[victim.person_id],
                reason="Nhầm",  # type: ignore[list-item]
            )
    stored = {(e.book_id, e.number): e.id for e in RegisterEntry.objects.filter(school=world.school.pk)}
    assert stored == ever
    assert list(register.verify_register()) == []


def test_gaps_are_named() -> None:
    assert numbering.gaps([1, 2, 5, 9]) == [(3, 4), (6, 8)]
    assert numbering.gaps([]) == []


@pytest.mark.django_db
def test_an_import_can_be_undone_after_its_pupils_were_entered(world: World) -> None:
    entry = entered(world)
    person = entry.person_id
    assert person is not None
    with pytest.raises(Refused):
        people.withdraw_people(SYSTEM, school_id=world.school.pk, person_ids=[person])
    register.void_entries(SYSTEM, school_id=world.school.pk, person_ids=[person], reason="Hoàn tác nhập")
    people.withdraw_people(SYSTEM, school_id=world.school.pk, person_ids=[person])
    assert not people.Person.objects.filter(pk=person).exists()
    assert RegisterEntry.objects.get(pk=entry.pk).name == "Chu Thị Én"
    assert list(register.verify_register()) == []
