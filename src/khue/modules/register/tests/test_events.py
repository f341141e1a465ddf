"""Events by exception: what may follow what, each refusal, and a change of civil status."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from tests.cast import NOW, World

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound, Refused
from khue.kit import outbox
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange
from khue.modules.register import api as register
from khue.modules.register.models import RegisterEntry, RegisterEvent
from khue.modules.register.tests.acts import kinds, refused
from khue.rules import enrollment

pytestmark = pytest.mark.django_db
DAY = NOW.date()
Happen = Callable[..., RegisterEvent]


@pytest.fixture
def happen(world: World, entries: list[RegisterEntry]) -> Happen:
    """Chị Thu writes something about the first pupil of the book."""

    def write(kind: str, on: dt.date = DAY, paper: str = "12/QĐ", **more: object) -> RegisterEvent:
        return register.record_event(
            world.thu, entry_id=entries[0].id, kind=kind, on=on, decision=paper, **more
        )  # type: ignore[arg-type]

    return write


def test_a_pupil_leaves_and_comes_back(happen: Happen, entries: list[RegisterEntry]) -> None:
    for kind in ("suspended", "returned", "dropped_out", "returned", "transferred_out"):
        happen(kind)
    assert kinds(entries[0])[2:] == ["suspended", "returned", "dropped_out", "returned", "transferred_out"]
    entries[0].refresh_from_db()
    assert (entries[0].state, entries[0].history_length) == ("transferred", 7)
    assert list(register.verify_register()) == []


@pytest.mark.parametrize(
    ("before", "kind", "kwargs", "error", "code"),
    [
        (["transferred_out"], "transferred_out", {}, Refused, "REG-010"),
        ([], "returned", {}, Refused, "REG-011"),
        (["transferred_out"], "returned", {}, Refused, "REG-011"),
        (["deceased"], "award", {}, None, ""),
        (["deceased"], "deceased", {}, Refused, "REG-010"),
        ([], "admitted", {}, Refused, "REG-010"),
        (["suspended"], "promoted", {}, Refused, "REG-010"),
        ([], "suspended", {"on": DAY + dt.timedelta(days=1)}, Invalid, "REG-012"),
        ([], "suspended", {"on": DAY.replace(year=2020)}, Invalid, "REG-013"),
        ([], "suspended", {"paper": " "}, Invalid, "REG-014"),
        ([], "award", {"paper": ""}, Invalid, "REG-014"),
        ([], "award", {"decision_on": DAY + dt.timedelta(days=1)}, Invalid, "REG-019"),
        (["repeated", "repeated", "repeated"], "repeated", {}, Refused, "REG-015"),
        (["voided"], "award", {}, Refused, "REG-018"),
    ],
)
def test_what_may_not_follow_is_refused_and_nothing_changes(
    happen: Happen, before: list[str], kind: str, kwargs: dict[str, object],
    error: type[KhueError] | None, code: str,
) -> None:  # fmt: skip
    for one in before:
        happen(one)
    if error is None:
        assert happen(kind, **kwargs).sequence
        return
    with refused(error, code):
        happen(kind, **kwargs)


def test_how_often_a_year_may_be_repeated_is_data() -> None:
    assert enrollment.most_repetitions() == 3
    asked = enrollment.Asked(enrollment.Kind.REPEATED, DAY, DAY, has_paper=True)
    for times, why in ((2, ""), (3, "repeated"), (4, "repeated")):
        before = enrollment.Before(enrollment.State.STUDYING, None, times)
        assert enrollment.refusal(asked, before) == why


def test_each_kind_leads_somewhere_and_follows_something() -> None:
    assert set(enrollment.FLOW) == set(enrollment.Kind)
    assert all(follows for follows, _ in enrollment.FLOW.values())
    assert enrollment.NEEDS_PAPER.issubset(enrollment.Kind)


@pytest.mark.parametrize(
    ("level", "grade", "decision", "kind"),
    [
        ("THCS", 6, "LEN_LOP", "promoted"), ("THCS", 9, "LEN_LOP_SAU_HE", "completed"),
        ("THCS", 6, "O_LAI_LOP", "repeated"), ("THPT", 12, "LEN_LOP", "completed"),
        ("TH", 4, "HOAN_THANH_CT_LOP_HOC", "promoted"), ("TH", 5, "HOAN_THANH_CT_TIEU_HOC", "completed"),
        ("THCS", 6, "REN_LUYEN_HE", None), ("TH", 3, "HIEU_TRUONG_QUYET_DINH", None), ("TH", 3, "", None),
    ],
)  # fmt: skip
def test_what_a_decision_means(level: str, grade: int, decision: str, kind: str | None) -> None:
    assert enrollment.result_of(level, grade, decision) == kind


def test_who_may_write(world: World, entries: list[RegisterEntry]) -> None:
    key = entries[0].id
    for actor, kind in ((world.quang, NotFound), (world.hoa, NotFound), (world.lan, NotAllowed)):
        with refused(kind, "KIT-001" if kind is NotFound else "KIT-002"):
            register.record_event(actor, entry_id=key, kind="award", on=DAY, decision="1/QĐ")
    for actor in (world.minh, world.thu):
        register.record_event(actor, entry_id=key, kind="award", on=DAY, decision="1/QĐ")


def test_events_cannot_be_edited_or_deleted(entries: list[RegisterEntry]) -> None:
    event = entries[0].events.order_by("sequence")[0]
    wishes: list[Callable[[], object]] = [
        lambda: RegisterEvent.objects.filter(pk=event.pk).update(decision="khác"),
        lambda: RegisterEvent.objects.filter(pk=event.pk).delete(),
    ]
    for wish in wishes:
        with pytest.raises(DatabaseError), transaction.atomic():
            wish()
    assert RegisterEvent.objects.get(pk=event.pk).decision == ""


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("number", 900, "seed"), ("facts", {"full_name": "Ai đó"}, "seed"), ("state", "left", "said"),
        ("now", {"full_name": "Ai đó"}, "said"), ("history_length", 9, "head"), ("name", "Ai đó", "said"),
    ],
)  # fmt: skip
def test_what_was_changed_behind_everybody_is_found(
    entries: list[RegisterEntry], field: str, value: object, what: str
) -> None:
    RegisterEntry.objects.filter(pk=entries[0].pk).update(**{field: value})
    found = list(register.verify_register())
    assert [broken.what for broken in found] == [what]
    assert found[0].book == "20180001HS2529"


def test_a_civil_change_keeps_old_and_new(world: World, entries: list[RegisterEntry]) -> None:
    entry = entries[0]
    old = entry.name
    event = register.change_civil_status(
        world.thu, entry_id=entry.id, paper="Trích lục 45/TLCC", paper_on=DAY,
        changes={"full_name": "Lý Tiến Bằng", "birth": dt.date(2014, 2, 1), "ethnic_code": "Tày"},
    )  # fmt: skip
    assert event.data["changes"]["full_name"] == [old, "Lý Tiến Bằng"]
    assert event.data["changes"]["birth"][1] == "2014-02-01"
    person = people.Person.objects.get(pk=entry.person_id)
    assert (person.full_name, person.birth_date) == ("Lý Tiến Bằng", dt.date(2014, 2, 1))
    entry.refresh_from_db()
    assert (entry.name, entry.facts["full_name"]) == ("Lý Tiến Bằng", old)
    outbox.deliver()  # the announcement of the people module finds nothing left to write
    assert kinds(entry)[-1] == "civil_change"
    assert list(register.verify_register()) == []


def test_refusals_of_a_civil_change(world: World, entries: list[RegisterEntry]) -> None:
    entry = entries[0]

    def change(changes: dict[str, object], paper: str = "45/TLCC", on: dt.date | None = DAY) -> None:
        register.change_civil_status(world.thu, entry_id=entry.id, changes=changes, paper=paper, paper_on=on)

    with refused(Invalid, "REG-014"):
        change({"full_name": "Khác"}, paper="")
    with refused(Invalid, "REG-014"):
        change({"full_name": "Khác"}, on=None)
    with refused(Invalid, "REG-016"):
        change({"contact_phone": "0912"})
    with refused(Refused, "REG-017"):
        change({"full_name": entry.name})
    with refused(Invalid, "PEO-007"):
        change({"sex": "khác"})
    with refused(NotFound, "KIT-001"):
        register.change_civil_status(
            world.quang, entry_id=entry.id, changes={"full_name": "Khác"}, paper="1", paper_on=DAY
        )


def test_facts_changed_without_a_paper_are_written_as_a_correction(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry = entries[1]
    assert entry.person_id is not None
    change = PersonChange(
        entry.person_id, person={"full_name": "Hoàng Ngọc Chu"}, pupil={"religion": "Không"}
    )
    people.change_person(world.thu, person_id=entry.person_id, changes=change)
    outbox.deliver()
    event = entry.events.order_by("-sequence")[0]
    assert (event.kind, event.author_name) == ("corrected", world.thu.name)
    assert set(event.data["changes"]) == {"full_name", "religion"}
    entry.refresh_from_db()
    assert entry.name == "Hoàng Ngọc Chu"
    assert list(register.verify_register()) == []
