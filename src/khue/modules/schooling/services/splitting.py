"""Splitting a grade into classes: tried as often as one likes, then confirmed and undone as one act."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from khue.core.errors import Conflict, Refused
from khue.kit import audit, permissions
from khue.modules.people import api as people
from khue.modules.schooling import policy, split
from khue.modules.schooling.data import Newcomer, NewMember, RoomPlan
from khue.modules.schooling.models import ClassMembership, ClassSplit, SchoolClass, SplitState
from khue.modules.schooling.services import classes, combining, holding, pupils, rooming, withdrawing
from khue.modules.schooling.services.scope import load_school, within
from khue.rules.curriculum import level_of_grade

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from khue.core.actor import Actor
    from khue.modules.schooling.models import SchoolYear

FEW_NAMES = 5


@transaction.atomic
def draft_split(
    actor: Actor, *, school_id: UUID, year: SchoolYear, grade: int, newcomers: Sequence[Newcomer]
) -> ClassSplit:
    """Begin a split with classes proposed for these pupils and a first answer (chia thử)."""
    school = load_school(actor, school_id, policy.OPEN_CLASS)
    level = level_of_grade(grade)
    if level not in school.school.level_set():
        raise Refused("SCH-001", field="grade", grade=grade)
    rooms = rooming.proposed(school, year, grade, [one.combination for one in newcomers])
    row = ClassSplit(
        school=school, year=year, grade=grade, made_at=actor.now, made_by=actor.name[:200],
        pupils={str(one.pupil_id): _facts(one) for one in newcomers},
        rooms=[asdict(room) for room in rooms], rules=_stored(split.Rules()),
    )
    _recompute(row)
    if not row.pupils:
        raise Refused("SCH-039")
    row.save(force_insert=True)
    audit.record(
        actor, "schooling.split.drafted", subject=row, unit=school.pk,
        after={"grade": grade, "pupils": len(row.pupils), "classes": [room.name for room in rooms]},
    )
    return row


@transaction.atomic
def change_split(
    actor: Actor, *, split_id: UUID, seen: int, rooms: Sequence[RoomPlan] | None = None,
    rules: split.Rules | None = None, keep_by_hand: bool = True,
) -> ClassSplit:
    """Split anew by other classes, rules or another seed; what was moved by hand stays unless given up."""
    row = load_split(actor, split_id, seen=seen)
    if rooms is not None:
        checked = rooming.checked(row.school_id, row.year, row.grade, rooms)
        row.rooms = [asdict(room) for room in checked]
    if rules is not None:
        row.rules = _stored(rules)
    if not keep_by_hand:
        row.by_hand = {}
    _recompute(row)
    _save(row)
    return row


@transaction.atomic
def move_in_split(
    actor: Actor, *, split_id: UUID, seen: int, pupil_ids: Sequence[UUID], room: str
) -> ClassSplit:
    """Put these pupils into that class by hand; the others stay where they are (chuyển bằng tay)."""
    row = load_split(actor, split_id, seen=seen)
    keys = [str(key) for key in pupil_ids]
    if room not in {one["name"] for one in row.rooms} or not set(keys) <= row.places.keys():
        raise Conflict("SCH-035")
    row.places |= dict.fromkeys(keys, room)
    row.by_hand |= dict.fromkeys(keys, room)
    _save(row)
    return row


@transaction.atomic
def apply_split(actor: Actor, *, split_id: UUID, seen: int, since: dt.date) -> ClassSplit:
    """Open the classes that are new and put everybody into theirs, all of it or nothing (xếp lớp)."""
    row = load_split(actor, split_id, seen=seen)
    within(row.year, since, field="since")
    _refuse_moved_on(row)
    present = rooming.present_classes(row.school_id, row.year, row.grade)
    opened: list[str] = []
    placed: dict[str, list[str]] = {}
    for number, room in enumerate(row.rooms):
        members = [UUID(key) for key, name in row.places.items() if name == room["name"]]
        target = present.get(room["name"])
        if target is None:
            if not members and number:
                continue
            target = classes.open_class(
                actor, school_id=row.school_id, year=row.year, name=room["name"], grade=row.grade,
                electives=combining.subjects_of(room["combinations"]),
            )
            opened.append(str(target.id))
        if members:
            pupils.enroll_many(
                actor, school_class_id=target.id, members=[NewMember(key, since) for key in members]
            )
            combining.choose(actor, target, {key: row.pupils[str(key)]["combination"] for key in members})
            placed[str(target.id)] = [str(key) for key in members]
    row.undo = {"opened": opened, "placed": placed}
    row.state, row.applied_at = SplitState.APPLIED, actor.now
    _save(row)
    audit.record(
        actor, "schooling.split.applied", subject=row, unit=row.school_id,
        after={"seed": row.rules["seed"], "by_hand": len(row.by_hand), "since": since.isoformat()},
    )
    return row


@transaction.atomic
def undo_split(actor: Actor, *, split_id: UUID) -> ClassSplit:
    """Take the places and the classes back, as long as nobody in them has a mark (hoàn tác)."""
    row = load_split(actor, split_id, state=SplitState.APPLIED)
    opened = set(row.undo["opened"])
    for key, members in row.undo["placed"].items():
        ids = [UUID(member) for member in members]
        stays = ClassMembership.objects.filter(school_class=key, pupil__in=ids, valid_to__isnull=True)
        if stays.count() != len(ids):
            raise Refused("SCH-006")
        holding.ask_holders(actor, UUID(key), ids, whole=key in opened)
        combining.withdraw_choices(UUID(key), ids)
        withdrawing.withdraw_members(actor, school_class_id=UUID(key), pupil_ids=ids)
    for key in sorted(opened - row.undo["placed"].keys()):
        holding.ask_holders(actor, UUID(key), [], whole=True)
    withdrawing.withdraw_classes(actor, school_class_ids=[UUID(key) for key in sorted(opened)])
    row.state = SplitState.UNDONE
    _save(row)
    audit.record(actor, "schooling.split.undone", subject=row, unit=row.school_id)
    return row


@transaction.atomic
def drop_split(actor: Actor, *, split_id: UUID) -> None:
    """Throw a draft away; one that was undone stays, one that holds pupils is refused (`SCH-033`)."""
    rows = ClassSplit.objects.select_for_update(of=("self",)).filter(pk=split_id)
    row = permissions.visible(actor, policy.SPLIT, rows).first()
    if row is None or row.state == SplitState.UNDONE:
        return
    if row.state == SplitState.APPLIED:
        raise Conflict("SCH-033", state=SplitState(row.state).label)
    audit.record(actor, "schooling.split.dropped", subject=row, unit=row.school_id)
    row.delete()


def load_split(
    actor: Actor, split_id: UUID, *, seen: int | None = None, state: str = SplitState.DRAFT
) -> ClassSplit:
    """A split of a school in scope, locked; refused if it is past that state or somebody changed it."""
    rows = ClassSplit.objects.select_related("year", "school__school")
    row: ClassSplit = permissions.load(
        actor, rows, split_id, see=policy.SEE_SPLIT, do=policy.SPLIT, lock=True
    )
    if row.state != state:
        raise Conflict("SCH-033", state=SplitState(row.state).label)
    if seen is not None and row.version != seen:
        raise Conflict("SCH-035")
    return row


def rules_of(row: ClassSplit) -> split.Rules:
    """The rules as they were chosen."""
    stored: dict[str, Any] = dict(row.rules)
    together, apart = ([frozenset(group) for group in stored.pop(name)] for name in ("together", "apart"))
    return split.Rules(**stored, together=tuple(together), apart=tuple(apart))


def candidates_of(row: ClassSplit) -> list[split.Candidate]:
    """The pupils of a split as the rules see them, in the order of names."""
    persons = people.Person.objects.filter(pk__in=[UUID(key) for key in row.pupils])
    return [
        rooming.candidate(person, row.pupils[str(person.pk)]) for person in persons.order_by("sort_key", "id")
    ]


def rooms_of(row: ClassSplit) -> list[split.Room]:
    """The classes of a split with who is in them already; of an applied one, without its own pupils."""
    return rooming.rooms(row.school_id, row.year, row.grade, row.rooms, without=set(row.places))


def _recompute(row: ClassSplit) -> None:
    gone = {str(key) for key in _moved_on(row)}
    row.pupils = {key: facts for key, facts in row.pupils.items() if key not in gone}
    rooms = rooms_of(row)
    names = {room.key for room in rooms}
    row.by_hand = {key: name for key, name in row.by_hand.items() if key in row.pupils and name in names}
    candidates = candidates_of(row)
    row.places = split.split(candidates, rooms, rules_of(row), row.by_hand) if candidates else {}


def _moved_on(row: ClassSplit) -> set[UUID]:
    """Pupils of the draft who have a class of the year by now, or are no pupils of the school any more."""
    ids = [UUID(key) for key in row.pupils]
    here = people.PupilProfile.objects.filter(school=row.school_id, person__in=ids)
    placed = ClassMembership.objects.filter(
        pupil__in=ids, school_class__year=row.year_id, valid_to__isnull=True
    )
    found = set(ids) - set(here.values_list("person_id", flat=True))
    return found | set(placed.values_list("pupil_id", flat=True))


def _refuse_moved_on(row: ClassSplit) -> None:
    gone = _moved_on(row)
    if gone:
        names = list(people.names_of(gone).values())[:FEW_NAMES]
        raise Conflict("SCH-034", names=", ".join(names))


def _save(row: ClassSplit) -> None:
    row.version += 1
    row.save(
        update_fields=[
            "pupils", "rooms", "rules", "places", "by_hand", "undo", "state", "applied_at", "version",
        ]
    )  # fmt: skip


def _facts(one: Newcomer) -> dict[str, str]:
    kept = {name: value for name, value in asdict(one).items() if name != "pupil_id"}
    return kept | {"combination": combining.normal(one.combination)}


def _stored(rules: split.Rules) -> dict[str, Any]:
    plain = asdict(replace(rules, together=(), apart=()))
    groups: Mapping[str, tuple[frozenset[str], ...]] = {"together": rules.together, "apart": rules.apart}
    return plain | {name: [sorted(group) for group in found] for name, found in groups.items()}


def classes_of_split(row: ClassSplit) -> dict[str, SchoolClass]:
    """The classes of a split that exist, by name."""
    return rooming.present_classes(row.school_id, row.year, row.grade)
