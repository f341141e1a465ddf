"""Events of the register by exception: leaving, suspension, return, award, discipline, death (biến động)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from khue.core.errors import Invalid, KhueError, Refused
from khue.core.names import nfc
from khue.kit import audit, outbox, permissions
from khue.modules.people import api as people
from khue.modules.register import chain, placing, policy
from khue.modules.register.events import RegisterChanged
from khue.modules.register.models import EntryState, EventKind, RegisterEntry, RegisterEvent
from khue.rules import enrollment
from khue.rules.enrollment import Kind, State

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from khue.core.actor import Actor


@transaction.atomic
def record_event(
    actor: Actor,
    *,
    entry_id: UUID,
    kind: str,
    on: dt.date,
    decision: str = "",
    decision_on: dt.date | None = None,
    paper: str = "",
    data: Mapping[str, Any] | None = None,
) -> RegisterEvent:
    """Write that something happened to a pupil of the register; the rules of the register are asked."""
    entry = load_entry(actor, entry_id)
    event = chain.NewEvent(EventKind(kind), on, nfc(decision), decision_on, nfc(paper), dict(data or {}))
    check(actor, entry, event)
    after = enrollment.FLOW[Kind(kind)][1]
    before = [] if after is None or after in enrollment.PRESENT else placing.unheard(entry, on)
    return write(actor, [*before, (entry, event)])[-1]


def load_entry(actor: Actor, entry_id: UUID, do: str = policy.WRITE_ENTRY) -> RegisterEntry:
    """An entry of the actor's school, locked with its book loaded."""
    rows = RegisterEntry.objects.select_related("book")
    entry: RegisterEntry = permissions.load(actor, rows, entry_id, see=policy.SEE_ENTRY, do=do, lock=True)
    return entry


def check(actor: Actor, entry: RegisterEntry, event: chain.NewEvent) -> None:
    """Refuse what the rules of the register do not allow."""
    if entry.state == EntryState.VOID:
        raise Refused("REG-018", number=str(entry))
    check_paper(actor, event.decision_on)
    paper = bool(event.decision or event.paper)
    asked = enrollment.Asked(Kind(event.kind), event.on, actor.today, paper)
    before = enrollment.Before(State(entry.state), entry.state_on, _repeated(entry, asked.kind))
    why = enrollment.refusal(asked, before)
    if why:
        raise refused(why, asked, entry.name, before.state, entry.state_on)
    after = enrollment.state_after(before.state, asked.kind, event.data)
    if after in enrollment.PRESENT and before.state not in enrollment.PRESENT:
        _require_pupil(entry)


def _require_pupil(entry: RegisterEntry) -> None:
    """Refuse (`REG-005`) to take up again somebody who is a pupil of another school by now."""
    profile = people.PupilProfile.objects.filter(person=entry.person_id)
    school = profile.select_for_update(of=("self",)).values_list("school_id", flat=True).first()
    if school != entry.school_id:
        raise Refused("REG-005")


def check_paper(actor: Actor, decision_on: dt.date | None) -> None:
    """Refuse (`REG-019`) a paper of a day to come."""
    if decision_on is not None and decision_on > actor.today:
        raise Invalid("REG-019", field="decision_on", day=f"{decision_on:%d/%m/%Y}")


def refused(
    why: str, asked: enrollment.Asked, name: str, state: State, last: dt.date | None = None
) -> KhueError:
    """The refusal for a word of the rules."""
    event, day = str(EventKind(asked.kind.value).label), f"{asked.on:%d/%m/%Y}"
    now = str(EntryState(state.value).label) if state is not State.NEW else ""
    if why == "today":
        return Invalid("REG-012", field="on", day=day)
    if why == "order":
        return Invalid("REG-013", field="on", day=day, name=name, last=f"{last:%d/%m/%Y}" if last else "")
    if why == "paper":
        return Invalid("REG-014", field="decision", event=event)
    if why == "repeated":
        return Refused("REG-015", name=name, most=enrollment.most_repetitions())
    if why == "away":
        return Refused("REG-011", name=name, state=now)
    return Refused("REG-010", name=name, state=now, event=event)


def _repeated(entry: RegisterEntry, kind: Kind) -> int:
    """How often the pupil has repeated a year in this level, in any school of this database."""
    if kind is not Kind.REPEATED or entry.person_id is None:
        return 0
    rows = RegisterEvent.objects.filter(
        entry__person=entry.person_id, entry__book__level=entry.book.level, kind=EventKind.REPEATED
    )
    return rows.count()


def write(actor: Actor, news: Iterable[tuple[RegisterEntry, chain.NewEvent]]) -> list[RegisterEvent]:
    """Append checked events, log and announce them; entries are locked and of one school or of many."""
    made = chain.append(actor, news)
    groups: dict[tuple[UUID, str], list[UUID]] = {}
    for event in made:
        groups.setdefault((event.entry.school_id, event.kind), []).append(event.entry_id)
    for (school, kind), keys in groups.items():
        audit.record(
            actor, f"register.event.{kind}", subject=("register.RegisterEntry", keys[0]), unit=school,
            after={"entries": [str(key) for key in keys]},
        )  # fmt: skip
        outbox.announce(actor, RegisterChanged(school, kind, tuple(keys)), unit=school)
    return made
