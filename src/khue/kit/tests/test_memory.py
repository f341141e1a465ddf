"""What a row answers by itself is what the database would say; what it cannot tell it leaves open."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from khue.kit import memory
from khue.kit.models import AuditEvent, OutboxEvent

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 3, 7, 30, tzinfo=dt.UTC)
UNITS = [UUID(int=number) for number in range(1, 4)]

leaves = st.one_of(
    st.tuples(st.just("unit"), st.sampled_from(UNITS)),
    st.tuples(st.just("unit__in"), st.lists(st.sampled_from(UNITS), max_size=3)),
    st.tuples(st.just("unit__isnull"), st.booleans()),
    st.tuples(st.just("action"), st.sampled_from(["a", "b", ""])),
    st.tuples(st.just("action__in"), st.lists(st.sampled_from(["a", "b"]), max_size=2)),
)


def joined(parts: st.SearchStrategy[Q]) -> st.SearchStrategy[Q]:
    return st.one_of(
        st.tuples(parts, parts).map(lambda pair: pair[0] & pair[1]),
        st.tuples(parts, parts).map(lambda pair: pair[0] | pair[1]),
        parts.map(lambda q: ~q),
    )


conditions = st.recursive(leaves.map(lambda leaf: Q(**dict([leaf]))), joined, max_leaves=6)


class Agreement(TestCase):
    """Any condition of what is understood, over any row."""

    @given(q=conditions, unit=st.none() | st.sampled_from(UNITS), action=st.sampled_from(["a", "b"]))
    def test_memory_and_database_say_the_same(self, q: Q, unit: UUID | None, action: str) -> None:
        row = AuditEvent.objects.create(
            at=AT, action=action, unit=unit, subject_type="x", subject_id="x"
        )
        assert memory.holds(row, q) is AuditEvent.objects.filter(pk=row.pk).filter(q).exists()


@pytest.mark.parametrize(
    "q",
    [
        Q(action__contains="a"),
        Q(action=F("subject_type")),
        Q(at=AT.isoformat()),
        Q(unit=str(UNITS[0])),
        Q(unit__in=OutboxEvent.objects.values("unit")),
        Q(no_such_field=1),
        Q(action="a") ^ Q(action="b"),
        ~Q(action__contains="a"),
        Q(action="a") & Q(action__contains="a"),
    ],
)
def test_what_only_the_database_can_tell_is_left_open(q: Q) -> None:
    row = AuditEvent(at=AT, action="a", unit=UNITS[0], subject_type="x", subject_id="x")
    assert memory.holds(row, q) is None


def test_one_part_can_decide_for_all() -> None:
    row = AuditEvent(at=AT, action="a", subject_type="x", subject_id="x")
    unknown = Q(action__contains="a")
    assert memory.holds(row, Q(action="a") | unknown) is True
    assert memory.holds(row, Q(action="b") & unknown) is False


def test_a_path_is_followed_only_as_far_as_it_is_loaded() -> None:
    kind = ContentType.objects.get_for_model(AuditEvent)
    row = Permission(content_type_id=kind.pk, codename="x")
    assert memory.holds(row, Q(content_type=kind.pk)) is True
    assert memory.holds(row, Q(content_type__app_label="kit")) is None
    row.content_type = kind
    assert memory.holds(row, Q(content_type__app_label="kit")) is True
    assert memory.holds(Permission(codename="x"), Q(content_type__app_label="kit")) is False
