"""Whatever two schools do with their pupils, in any order: the registers never lose, rewrite or contradict.

Sequences are drawn from a seed. Announcements are delivered in between, later, and twice; nothing is
delivered by itself, because a test's transaction never commits.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from khue.core.actor import Actor, Role
from khue.core.dates import Period
from khue.core.errors import KhueError
from khue.kit import outbox
from khue.kit.models import OutboxEvent
from khue.modules.importing.kinds import pupils as imported
from khue.modules.importing.kinds.staff import packed
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewPerson, PersonChange
from khue.modules.register import api as register
from khue.modules.register.models import RegisterClosing, RegisterEntry, RegisterEvent
from khue.modules.schooling import api as schooling
from khue.modules.transfers import api as transfers
from khue.modules.transfers.data import Elsewhere
from khue.modules.transfers.models import Transfer, TransferStep
from tests.cast import World, make_actor, make_class, make_staff

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

pytestmark = pytest.mark.django_db
STEPS = 40
TRIES = 4  # a step that is refused gives way to another
SUMMER = 33  # the step after which the year is over
DAY = dt.timedelta(days=1)
WHY = "Gia đình chuyển nơi ở"
PRESENT = {register.EntryState.STUDYING.value, register.EntryState.SUSPENDED.value}
# What a refused step could have written.
WATCHED: tuple[Any, ...] = (
    register.RegisterBook, RegisterEntry, RegisterEvent, RegisterClosing, people.Person, people.PupilProfile,
    people.PersonIdentifier, schooling.ClassMembership, Transfer, TransferStep, OutboxEvent,
)  # fmt: skip
BY_HAND = ("dropped_out", "suspended", "returned", "transferred_out", "transferred_in", "award", "deceased")


@dataclass(slots=True)
class Undoable:
    """What an import wrote, as its undo needs it."""

    school: UUID
    data: dict[str, Any]


@dataclass(slots=True)
class Town:
    """Two schools, their offices, what was done so far and what must hold of it."""

    world: World
    draw: random.Random
    now: dt.datetime
    offices: dict[UUID, tuple[Actor, Actor]]  # school → clerk, principal
    classes: dict[UUID, list[schooling.SchoolClass]]
    pupils: list[UUID]
    imports: list[Undoable] = field(default_factory=list)
    away: dict[tuple[UUID, UUID], str] = field(default_factory=dict)  # (school, pupil) → as a paper says
    events: dict[UUID, tuple[Any, ...]] = field(default_factory=dict)
    numbers: dict[tuple[UUID, int], UUID] = field(default_factory=dict)
    rows: list[list[tuple[Any, ...]]] = field(default_factory=list)
    named: int = 0
    done: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    # -- who and where

    @property
    def today(self) -> dt.date:
        return self.now.date()

    def pupil(self) -> UUID:
        return self.draw.choice(self.pupils)

    def school(self) -> UUID:
        return self.draw.choice(list(self.offices))

    def home(self, pupil: UUID) -> UUID:
        """Where the pupil's file is; sometimes the other school, which should be refused."""
        profile = people.PupilProfile.objects.filter(person=pupil).first()
        if profile is None or self.draw.random() < 0.15:
            return self.school()
        return profile.school_id

    def clerk(self, school: UUID) -> Actor:
        return self.world.at(self.offices[school][0], self.now)

    def head(self, school: UUID) -> Actor:
        return self.world.at(self.offices[school][1], self.now)

    def day(self) -> dt.date:
        return self.today - self.draw.choice((0, 0, 0, 1, 4)) * DAY

    def entry(self, school: UUID, pupil: UUID) -> RegisterEntry:
        found = register.entry_of(school, pupil)
        if found is None:
            raise LookupError
        return found

    def open_transfer(self, *states: str) -> Transfer:
        rows = list(Transfer.objects.filter(state__in=states).order_by("id"))
        if not rows:
            raise LookupError
        return self.draw.choice(rows)

    def new_name(self) -> str:
        self.named += 1
        return f"Bế Thị {chr(65 + self.named % 26)}{self.named}"

    # -- steps

    def admit(self) -> None:
        self._admit(self.school())

    def _admit(self, school: UUID) -> UUID:
        actor = self.clerk(school)
        new = NewPerson(self.new_name(), birth_date=dt.date(2014, 3, 5), sex="Nữ")
        row = people.register_person(actor, school_id=school, person=new)
        people.admit_pupils(actor, school_id=school, pupils=[Admission(row.pk)])
        self.pupils.append(row.pk)
        return row.pk

    def place(self) -> None:
        placed = {stay.pupil_id for stay in schooling.ClassMembership.objects.filter(valid_to__isnull=True)}
        pupil = self.draw.choice([key for key in self.pupils if key not in placed] or self.pupils)
        school = self.home(pupil)
        row = self.draw.choice(self.classes[school])
        schooling.enroll(self.clerk(school), school_class_id=row.id, pupil_id=pupil, since=self.day())
        self.away.pop((school, pupil), None)

    def _stay(self) -> schooling.ClassMembership:
        rows = schooling.ClassMembership.objects.filter(valid_to__isnull=True, pupil__in=self.pupils)
        return self.draw.choice(list(rows.order_by("id")))

    def move(self) -> None:
        stay = self._stay()
        to = self.draw.choice(self.classes[stay.school_id])
        schooling.move_class(
            self.clerk(stay.school_id), school_class_id=stay.school_class_id, pupil_id=stay.pupil_id,
            to_class_id=to.id, on=self.day(),
        )  # fmt: skip
        self.away.pop((stay.school_id, stay.pupil_id), None)

    def leave(self) -> None:
        stay = self._stay()
        status = self.draw.choice(("Thôi học", "Bảo lưu", "Chuyển đi"))
        schooling.leave_class(
            self.clerk(stay.school_id), school_class_id=stay.school_class_id, pupil_id=stay.pupil_id,
            on=self.day(), status=status,
        )  # fmt: skip
        self.away.pop((stay.school_id, stay.pupil_id), None)

    def by_hand(self) -> None:
        pupil, kind = self.pupil(), self.draw.choice(BY_HAND[: 6 + (self.draw.random() < 0.1)])
        school = self.draw.choice((self.home(pupil), self.school()))
        entry = self.entry(school, pupil)
        register.record_event(
            self.clerk(school), entry_id=entry.id, kind=kind, on=self.day(), decision="7/QĐ",
            decision_on=self.today,
        )  # fmt: skip
        entry.refresh_from_db()
        if kind != "award":
            self.away.pop((school, pupil), None)
        if entry.state != "studying":
            self.away[school, pupil] = entry.state

    def strike_out(self) -> None:
        pupil = self.pupil()
        school = self.home(pupil)
        register.void_entries(self.clerk(school), school_id=school, person_ids=[pupil], reason="Ghi nhầm")
        self.away.pop((school, pupil), None)

    def enter(self) -> None:
        pupil = self.pupil()
        school = self.home(pupil)
        kind = self.draw.choice(("admitted", "transferred_in"))
        register.enter(
            self.clerk(school), school_id=school, person_id=pupil, on=self.day(), kind=kind, decision="8/QĐ"
        )
        self.away.pop((school, pupil), None)

    def civil(self) -> None:
        pupil = self.pupil()
        school = self.home(pupil)
        register.change_civil_status(
            self.clerk(school), entry_id=self.entry(school, pupil).id, paper="45/TLCC", paper_on=self.today,
            changes={"full_name": self.new_name()},
        )  # fmt: skip

    def code(self) -> None:
        pupil = self.pupil()
        school = self.home(pupil)
        value = str(2030000000 + self.draw.randrange(10**6))
        people.add_identifier(
            self.clerk(school), school_id=school, person_id=pupil, scheme="moet", value=value
        )

    def phone(self) -> None:
        pupil = self.pupil()
        change = PersonChange(pupil, pupil={"contact_phone": f"09{self.draw.randrange(10**8):08d}"})
        people.change_person(self.clerk(self.home(pupil)), person_id=pupil, changes=change)

    def ask(self) -> None:
        pupil = self.pupil()
        school = self.home(pupil)
        to = self.draw.choice([*self.offices, None])
        transfers.request_leaving(
            self.clerk(school), person_id=pupil, reason=WHY, to_school_id=to,
            elsewhere=Elsewhere("Trường THCS Chợ Chu"),
        )  # fmt: skip

    def come(self) -> None:
        person = people.Person.objects.get(pk=self.pupil())
        code = person.identifiers.filter(scheme="moet", valid_to__isnull=True).first()
        to = self.school()
        transfers.request_coming(
            self.clerk(to), to_school_id=to, ministry_code=code.value if code else "0", reason=WHY,
            name=person.full_name, born=person.birth_date or self.today,
        )  # fmt: skip

    def release(self) -> None:
        row = self.open_transfer("requested")
        transfers.release(self.head(row.origin), transfer_id=row.id)

    def accept(self) -> None:
        row = self.open_transfer("released")
        if row.to_school_id is None:
            transfers.hand_over(self.clerk(row.origin), transfer_id=row.id, received_by="bố")
        else:
            to = self.draw.choice(self.classes[row.destination])
            transfers.accept(
                self.clerk(row.destination), transfer_id=row.id, school_class_id=to.id, on=self.day()
            )
        for school in self.offices:
            self.away.pop((school, row.who), None)

    def close_transfer(self) -> None:
        row = self.open_transfer("requested", "released", "accepted")
        if self.draw.random() < 0.5:
            transfers.refuse(self.head(row.origin), transfer_id=row.id, reason="Trường đã đủ học sinh.")
        else:
            transfers.withdraw(self.clerk(row.origin), transfer_id=row.id)

    def close_year(self) -> None:
        book = self.draw.choice(list(register.RegisterBook.objects.order_by("id")))
        year = self.draw.choice((2025, 2025, 2026))
        register.close_book(
            self.head(book.school_id), book_id=book.id, year=year, accept_missing="Còn ở sổ giấy."
        )

    def bring(self) -> None:
        """A list brings a pupil with a place, moves one, or says that one has left."""
        with transaction.atomic():
            self._bring()

    def _bring(self) -> None:
        stay = self._stay()
        school, key, pupil = stay.school_id, stay.school_class_id, stay.pupil_id
        actor, data = self.clerk(school), {"pupils": [], "changed": [], "placed": {}, "ended": {}}
        to = self.draw.choice(self.classes[school])
        what = self.draw.choice(("new", "leave", "move"))
        if what == "new":
            new = self._admit(school)
            schooling.enroll(actor, school_class_id=to.id, pupil_id=new, since=self.today)
            data |= {"pupils": [str(new)], "placed": {str(to.id): [str(new)]}}
        elif what == "leave":
            schooling.leave_class(
                actor, school_class_id=key, pupil_id=pupil, on=self.today, status="Thôi học"
            )
            data["ended"] = {str(key): {str(pupil): ["", stay.status]}}
            data["changed"] = [packed(PersonChange(pupil, pupil={"status": "Đang học"}))]
        else:
            schooling.move_class(actor, school_class_id=key, pupil_id=pupil, to_class_id=to.id, on=self.today)
            data["ended"] = {str(key): {str(pupil): ["", stay.status]}}
            data["placed"] = {str(to.id): [str(pupil)]}
        self.imports.append(Undoable(school, data))
        self.away.pop((school, pupil), None)

    def undo(self) -> None:
        if not self.imports:
            raise LookupError
        run = self.draw.choice(self.imports)
        with transaction.atomic():  # as the undo of a run has it
            imported.undo(self.clerk(run.school), run.school, run.data)
        self.imports.remove(run)
        for ended in run.data["ended"].values():
            for pupil in ended:
                self.away = {key: value for key, value in self.away.items() if str(key[1]) != pupil}

    def deliver(self) -> None:
        outbox.deliver(self.draw.choice((1, 3, 500)))

    def deliver_again(self) -> None:
        """What a worker delivered before it died comes once more."""
        done = list(
            OutboxEvent.objects.filter(delivered_at__isnull=False, attempts__gt=0).order_by("-id")[:40]
        )
        again = self.draw.sample(done, min(5, len(done)))
        OutboxEvent.objects.filter(pk__in=[row.pk for row in again]).update(delivered_at=None)
        outbox.deliver()


WEIGHTS: dict[str, int] = {
    "admit": 2, "place": 5, "move": 4, "leave": 2, "by_hand": 5, "strike_out": 1, "enter": 2, "civil": 2,
    "code": 2, "phone": 3, "ask": 5, "come": 3, "release": 8, "accept": 8, "close_transfer": 1,
    "close_year": 1, "bring": 4, "undo": 3, "deliver": 6, "deliver_again": 4,
}  # fmt: skip


def rows() -> list[list[tuple[Any, ...]]]:
    return [list(model._default_manager.order_by("pk").values_list()) for model in WATCHED]


def take(town: Town, name: str) -> bool:
    """One step: it is done, or refused without a trace."""
    before, kept = town.rows, list(town.pupils)
    step: Callable[[], None] = getattr(town, name)
    try:
        step()
    except (KhueError, LookupError):
        town.pupils = kept
        assert rows() == before, f"{name} was refused and left a trace"
        return False
    town.done[name] += 1
    town.rows = rows()
    there = set(people.Person.objects.filter(pk__in=town.pupils).values_list("pk", flat=True))
    town.pupils = [key for key in town.pupils if key in there]
    return True


def holds(town: Town) -> None:
    """What must hold of both registers at any moment."""
    events = {row[0]: row for row in RegisterEvent.objects.values_list()}
    for key, row in town.events.items():
        assert events.get(key) == row, "an event was lost or rewritten"
    town.events = events
    entries = list(RegisterEntry.objects.select_related("book"))
    numbers = {(entry.book_id, entry.number): entry.id for entry in entries}
    assert len(numbers) == len(entries)
    assert {key: numbers.get(key) for key in town.numbers} == town.numbers, "a number was given twice"
    town.numbers = numbers
    assert list(register.verify_register()) == []
    one_class_a_day()
    here: defaultdict[UUID, list[RegisterEntry]] = defaultdict(list)
    for entry in entries:
        if entry.state in PRESENT and entry.person_id is not None:
            here[entry.person_id].append(entry)
    profiles = dict(people.PupilProfile.objects.values_list("person_id", "school_id"))
    for person, found in here.items():
        assert len(found) == 1, "present in two registers"
        assert profiles[person] == found[0].school_id, "file and register name two schools"
    for (school, pupil), state in town.away.items():
        entry = register.entry_of(school, pupil)
        assert entry is None or entry.state == state, "came back without anybody saying so"


def one_class_a_day() -> None:
    stays: defaultdict[UUID, list[Period]] = defaultdict(list)
    for stay in schooling.ClassMembership.objects.select_related("school_class__year"):
        end = stay.school_class.year.ends_on
        stays[stay.pupil_id].append(Period(stay.valid_from, min(stay.valid_to or end, end)))
    for found in stays.values():
        assert not any(one.overlaps(other) for one, other in combinations(found, 2)), "in two classes"


@pytest.fixture
def town(world: World, request: pytest.FixtureRequest) -> Town:
    here, there = world.school, world.elsewhere
    duyen = make_actor(make_staff(there, "Hứa Thị Duyên", "Nhân viên"), (Role.CLERK, there))
    tam = make_actor(make_staff(there, "Đàm Văn Tâm", "Hiệu trưởng"), (Role.PRINCIPAL, there))
    classes = {
        here.pk: [world.classes["6A"], make_class(here, world.year, "6B", 6, [])],
        there.pk: [make_class(there, world.year, name, 6, []) for name in ("6X", "6Y")],
    }
    offices = {here.pk: (world.thu, world.minh), there.pk: (duyen, tam)}
    found = Town(
        world,
        random.Random(request.param),
        world.thu.now,
        offices,
        classes,
        world.pupils["6A"][:4],
    )
    outbox.deliver()
    found.rows = rows()
    return found


@pytest.mark.parametrize("town", range(4), indirect=True)
def test_no_order_of_events_breaks_the_registers(town: Town, settings: Any, caplog: Any) -> None:
    settings.KHUE_SIGNING = "optional"
    names, weights = list(WEIGHTS), list(WEIGHTS.values())
    trail: list[str] = []
    for number in range(STEPS):
        town.now += town.draw.choice((0, 0, 1, 2)) * DAY
        if number == SUMMER:
            town.now = max(town.now, dt.datetime(2026, 6, 3, 8, tzinfo=town.now.tzinfo))
        tried = town.draw.choices(names, weights, k=TRIES)
        try:
            trail.append(next((name for name in tried if take(town, name)), ""))
            holds(town)
        except AssertionError as error:
            pytest.fail(f"{error} after {trail[-12:]}")
    outbox.deliver()
    holds(town)
    assert not OutboxEvent.objects.filter(delivered_at__isnull=True).exists()
    assert not [line for line in caplog.records if "failed" in line.message]
    assert len(town.done) > 10
