"""The actor: roles over units, emergencies, the system; refusals that carry codes."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from khue.core.actor import Actor, ActorKind, GrantFact, Role, system_actor
from khue.core.dates import VIETNAM
from khue.core.errors import Invalid, KhueError, Refused

NOW = dt.datetime(2025, 12, 15, 8, 0, tzinfo=VIETNAM)


def test_units_of_a_role_are_named_once() -> None:
    school, other = uuid4(), uuid4()
    grants = tuple(
        GrantFact(uuid4(), role, unit)
        for role, unit in ((Role.TEACHER, school), (Role.CLERK, school), (Role.TEACHER, other))
    )
    actor = Actor(uuid4(), "Nông Thị Hoa", NOW.date(), NOW, grants)
    assert actor.units_with(Role.TEACHER, Role.CLERK) == (school, other)
    assert actor.holds(Role.CLERK)
    assert not actor.holds(Role.PRINCIPAL)
    assert actor.emergency_reason == ""


def test_an_emergency_shows_its_reason() -> None:
    grant = GrantFact(uuid4(), Role.EMERGENCY_READER, uuid4(), "Mất học bạ")
    assert Actor(uuid4(), "Vi Thị Thu", NOW.date(), NOW, (grant,)).emergency_reason == "Mất học bạ"


def test_the_system_is_nobody_and_holds_nothing() -> None:
    system = system_actor("nhập dữ liệu", NOW)
    assert (system.kind, system.person_id, system.grants) == (ActorKind.SYSTEM, None, ())
    assert system.today == dt.date(2025, 12, 15)


def test_actors_are_equal_by_what_they_are_not_by_what_they_remember() -> None:
    one, two = system_actor("x", NOW), system_actor("x", NOW)
    one.cache["seen"] = 1
    assert one == two


def test_a_refusal_carries_code_field_and_parameters() -> None:
    refusal = Invalid("CORE-001", field="mark", value="x")
    assert (refusal.code, refusal.field, refusal.params) == ("CORE-001", "mark", {"value": "x"})
    assert str(refusal) == "CORE-001(value=x)"
    assert str(Refused("CORE-002")) == "CORE-002"
    assert isinstance(refusal, KhueError)
