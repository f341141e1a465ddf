"""Classes a pupil came into and left become events of the register (xếp lớp, chuyển lớp, rời lớp).

Each event names the stay that it was made from, so that nothing is written twice.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from khue.core.names import fold
from khue.modules.register import chain
from khue.modules.register.models import EventKind, RegisterEntry, RegisterEvent
from khue.modules.schooling import api as schooling
from khue.rules import enrollment
from khue.rules.enrollment import Kind, State

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

MOVED = "chuyen lop"
ATTENDING = frozenset({"dang hoc", "chuyen den", "chuyen den ky", "chuyen den trong he"})
# How a status of the Ministry's list begins → what it means in the register.
LEAVING = (
    ("chuyen di", EventKind.TRANSFERRED_OUT), ("da chuyen di", EventKind.TRANSFERRED_OUT),
    ("chuyen truong", EventKind.TRANSFERRED_OUT), ("nghi hoc", EventKind.SUSPENDED),
    ("bao luu", EventKind.SUSPENDED), ("qua doi", EventKind.DECEASED), ("thoi hoc", EventKind.DROPPED_OUT),
    ("bo hoc", EventKind.DROPPED_OUT),
)  # fmt: skip


@dataclass(slots=True)
class Known:
    """What the events of an entry say was taken over already."""

    placed: dict[str, str] = field(default_factory=dict)  # stay → class
    left: set[str] = field(default_factory=set)  # stays whose end is written
    undone: set[str] = field(default_factory=set)
    since: UUID | None = None  # of the last event that said where the pupil is
    by_paper: bool = False  # whether an office wrote that event, with a paper

    def heard_of(self, stay: schooling.ClassMembership) -> bool:
        """Whether a stay was there before the last event was written: it cannot say what came after."""
        return self.since is not None and stay.id < self.since


class Draft:
    """Events that one entry gets, with the state that each would find."""

    def __init__(self, entry: RegisterEntry) -> None:
        self.entry = entry
        self.state = State(entry.state)
        self.made: list[chain.NewEvent] = []
        self.is_as_it_was = True  # no event of the draft says where the pupil is

    def add(self, kind: EventKind, on: dt.date, **data: Any) -> bool:
        """Add an event if it may follow; False if it may not."""
        flow = Kind(kind.value)
        if self.state not in enrollment.FLOW[flow][0]:
            return False
        self.made.append(chain.NewEvent(kind, on, data=data))
        after = enrollment.state_after(self.state, flow, data)
        self.is_as_it_was = self.is_as_it_was and after is self.state
        self.state = after
        return True


def stays_of(school_id: UUID, ids: Sequence[UUID]) -> defaultdict[UUID, list[schooling.ClassMembership]]:
    """The stays of pupils in classes of a school, in the order of time."""
    rows = schooling.ClassMembership.objects.filter(school=school_id, pupil__in=ids)
    found: defaultdict[UUID, list[schooling.ClassMembership]] = defaultdict(list)
    for row in rows.select_related("school_class__year").order_by("valid_from", "id"):
        found[row.pupil_id].append(row)
    return found


def known_of(entries: Sequence[RegisterEntry]) -> defaultdict[UUID, Known]:
    """What these entries have taken over already."""
    found: defaultdict[UUID, Known] = defaultdict(Known)
    rows = RegisterEvent.objects.filter(entry__in=[entry.id for entry in entries]).order_by("sequence")
    names = ("id", "entry_id", "kind", "data", "decision", "paper")
    for key, entry, kind, data, decision, paper in rows.values_list(*names):
        known = found[entry]
        if Kind(kind) in enrollment.DATED or data.get("state"):
            known.since, known.by_paper = key, bool(decision or paper)
        if data.get("stay"):
            known.placed[data["stay"]] = data.get("class", "")
        if data.get("left"):
            known.left.add(data["left"])
        if data.get("undone"):
            known.undone.add(data["undone"])
            known.placed.pop(data["undone"], None)
        if data.get("back"):
            known.left.discard(data["back"])
    return found


def unheard(entry: RegisterEntry, on: dt.date) -> list[tuple[RegisterEntry, chain.NewEvent]]:
    """Classes that a pupil came into until a day and that nobody has announced yet (chưa kịp báo).

    Whoever leaves is no pupil of the school any more when the announcement comes: they are written first.
    """
    if entry.person_id is None or State(entry.state) not in enrollment.PRESENT:
        return []
    stays = stays_of(entry.school_id, [entry.person_id])[entry.person_id]
    mine = [stay for stay in stays if stay.valid_from <= on and stay.school_class.level == entry.book.level]
    draft = Draft(entry)
    add_places(draft, mine, known_of([entry])[entry.id], only_came=True)
    return [(entry, event) for event in draft.made]


def add_places(
    draft: Draft, stays: Sequence[schooling.ClassMembership], known: Known, *, only_came: bool = False
) -> None:
    """Classes a pupil came into and left; a stay that was taken back is said to be undone."""
    before: schooling.ClassMembership | None = None
    there = {stay.id.hex for stay in stays}
    gone = [key for key in known.placed if key not in there]
    for key in gone:
        remaining = stays[-1].school_class.name if stays else ""
        draft.add(
            EventKind.CORRECTED, draft.entry.state_on, undone=key, class_now=remaining,
            note=known.placed[key],
        )  # fmt: skip
    for stay in stays:
        key = stay.id.hex
        if key not in known.placed:
            _placed(draft, stay, before, late=known.heard_of(stay))
        if only_came:
            pass
        elif stay.valid_to is None and key in known.left:
            draft.add(EventKind.CORRECTED, stay.valid_from, back=key, state=State.STUDYING.value)
        elif stay.valid_to is not None and key not in known.left:
            _left(draft, stay)
        before = stay


def _placed(
    draft: Draft, stay: schooling.ClassMembership, before: schooling.ClassMembership | None, *, late: bool
) -> None:
    """A class says that the pupil attends, unless the pupil left after coming into it."""
    school_class = stay.school_class
    data = {
        "stay": stay.id.hex, "class": school_class.name, "grade": school_class.grade,
        "year": school_class.year.code,
    }  # fmt: skip
    if draft.state in {State.LEFT, State.SUSPENDED} and not (late and draft.is_as_it_was):
        draft.add(EventKind.RETURNED, stay.valid_from)
    same_year = before is not None and before.school_class.year_id == school_class.year_id
    if before is not None and same_year and fold(before.status) == MOVED:
        draft.add(EventKind.CLASS_MOVED, stay.valid_from, **data, **{"from": before.school_class.name})
    else:
        draft.add(EventKind.CLASS_PLACED, stay.valid_from, **data)


def _left(draft: Draft, stay: schooling.ClassMembership) -> None:
    status = fold(stay.status)
    if stay.valid_to is None or status == MOVED or status.startswith("hoan thanh") or status in ATTENDING:
        return
    draft.add(_meaning(status), stay.valid_to, left=stay.id.hex, reason=stay.status)


def _meaning(status: str) -> EventKind:
    """What a status says; one that no list knows is «left»."""
    return next((kind for start, kind in LEAVING if status.startswith(start)), EventKind.DROPPED_OUT)
