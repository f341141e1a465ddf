"""One engine for lists and checks: they agree for any grants, and nothing is open by default."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from khue.core.actor import Actor, GrantFact, Role, system_actor
from khue.core.dates import VIETNAM
from khue.core.errors import NotAllowed, NotFound
from khue.core.ids import uuid7
from khue.kit import permissions
from khue.kit.models import AuditEvent
from khue.kit.permissions import Action, holds, relation

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2025, 12, 15, 8, 0, tzinfo=VIETNAM)
UNITS = [UUID(int=number) for number in range(1, 8)]  # a tree: unit n is below unit n // 2
SEE, DO, OPEN = "kit.test.see", "kit.test.do", "kit.test.open_only"


def below(unit: UUID) -> set[UUID]:
    return {other for other in UNITS if any(other.int >> steps == unit.int for steps in range(3))}


def own(actor: Actor) -> Q | None:
    return Q(actor_person=actor.person_id) if actor.person_id else None


@pytest.fixture(autouse=True)
def small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of seven units and three actions on rows of the log."""
    monkeypatch.setattr(permissions, "_ACTIONS", dict(permissions.actions()))
    monkeypatch.setattr(
        permissions, "_subtree", [lambda units, day: sorted(set().union(*map(below, units)))]
    )
    teacher = holds(Role.TEACHER, Role.PRINCIPAL, unit="unit")
    permissions.register(Action(SEE, "Xem", (teacher, relation("own", "Do mình làm.", own))))
    permissions.register(Action(DO, "Sửa", (holds(Role.PRINCIPAL, unit="unit"),)))
    condition = Q(action="open")
    permissions.register(Action(OPEN, "Ghi", (teacher,), condition, "Còn mở."))


def actor(*grants: tuple[Role, UUID], person: UUID | None = None) -> Actor:
    facts = tuple(GrantFact(uuid7(), role, unit) for role, unit in grants)
    return Actor(person or uuid7(), "ai đó", NOW.date(), NOW, facts)


def row(unit: UUID, person: UUID | None = None, action: str = "open") -> AuditEvent:
    return AuditEvent.objects.create(
        at=NOW, action=action, actor_person=person, unit=unit, subject_type="x", subject_id="x"
    )


GRANTS = st.lists(
    st.tuples(st.sampled_from([Role.TEACHER, Role.PRINCIPAL, Role.CLERK]), st.sampled_from(UNITS)), max_size=4
)


@pytest.mark.usefixtures("small_world")
class Agreement(TestCase):
    """For any grants, lists, checks, loads and explanations say the same."""

    @given(grants=GRANTS, rows=st.lists(st.tuples(st.sampled_from(UNITS), st.booleans()), max_size=6))
    def test_a_list_and_a_check_cannot_disagree(
        self, grants: list[tuple[Role, UUID]], rows: list[tuple[UUID, bool]]
    ) -> None:
        me = actor(*grants)
        made = [row(unit, me.person_id if mine else None) for unit, mine in rows]
        everything = AuditEvent.objects.all()
        for action, roles in ((SEE, {Role.TEACHER, Role.PRINCIPAL}), (DO, {Role.PRINCIPAL})):
            listed = set(permissions.visible(me, action, everything).values_list("pk", flat=True))
            reach = set().union(*(below(unit) for role, unit in grants if role in roles))
            for item in made:
                expected = item.unit in reach or (action == SEE and item.actor_person == me.person_id)
                assert (item.pk in listed) == expected
                assert permissions.can(me, action, item) == expected
                said = [outcome.granted for outcome in permissions.explain(me, action, item)]
                assert any(said) == expected
            assert listed <= {item.pk for item in made}


def test_strangers_find_nothing_and_who_sees_but_may_not_is_told(
    django_assert_num_queries: object,
) -> None:
    item = row(UNITS[3])
    rows = AuditEvent.objects.all()
    with pytest.raises(NotFound) as missing:
        permissions.load(actor((Role.TEACHER, UNITS[2])), rows, item.pk, see=SEE, do=DO)
    assert missing.value.code == "KIT-001"
    with pytest.raises(NotFound):
        permissions.load(actor((Role.PRINCIPAL, UNITS[0])), rows, uuid7(), see=SEE, do=DO)
    with pytest.raises(NotAllowed) as denied:
        permissions.load(actor((Role.TEACHER, UNITS[1])), rows, item.pk, see=SEE, do=DO)
    assert denied.value.params == {"action": "Sửa"}
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = permissions.load(actor((Role.PRINCIPAL, UNITS[0])), rows, item.pk, see=SEE, do=DO)
    assert found == item


def test_nobody_may_anything_by_default() -> None:
    item = row(UNITS[0])
    nobody = actor()
    assert not permissions.can(nobody, SEE, item)
    assert not permissions.visible(nobody, SEE, AuditEvent.objects.all()).exists()
    with pytest.raises(KeyError):
        permissions.can(nobody, "kit.test.unknown", item)


def test_a_condition_binds_everybody_even_the_system() -> None:
    opened, closed = row(UNITS[0]), row(UNITS[0], action="closed")
    system = system_actor("kiểm thử", NOW)
    teacher = actor((Role.TEACHER, UNITS[0]))
    for who in (teacher, system):
        assert permissions.can(who, OPEN, opened)
        assert not permissions.can(who, OPEN, closed)
    assert permissions.can(system, SEE, closed)
    with pytest.raises(NotAllowed):
        permissions.load(system, AuditEvent.objects.all(), closed.pk, see=SEE, do=OPEN)
    said = permissions.explain(teacher, OPEN, closed)
    assert [(item.rule, item.granted) for item in said] == [
        ("role:principal,teacher@unit".replace(",", ", "), True), ("condition", False),
    ]  # fmt: skip


def test_an_action_has_one_meaning() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        permissions.register(Action(SEE, "Nghĩa khác", ()))


def test_a_large_subtree_stays_in_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [uuid7() for _ in range(40)]
    monkeypatch.setattr(permissions, "_subtree", [lambda units, day: many])
    assert permissions.units_below(actor((Role.TEACHER, UNITS[0])), (UNITS[0],)) is many
    few = many[:5]
    monkeypatch.setattr(permissions, "_subtree", [lambda units, day: few])
    assert permissions.units_below(actor((Role.TEACHER, UNITS[0])), (UNITS[0],)) == few
