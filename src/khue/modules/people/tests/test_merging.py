"""Temporary and real codes, two rows of one child: brought together, found by both, taken apart again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from tests.cast import SYSTEM, World, make_actor, make_staff, sign_in
from tests.fixtures import Race

from khue.core.actor import Role
from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.core.ids import short
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.people import api as people
from khue.modules.people.data import Admission, MatchRow, NewIdentifier, NewPerson
from khue.modules.people.models import IdentifierMerge, PersonIdentifier

BORN = dt.date(2014, 3, 5)


def child(world: World, name: str, **codes: str):
    """A pupil with these codes."""
    new = NewPerson(
        name, birth_date=BORN,
        identifiers=tuple(
            NewIdentifier(scheme, value, world.school.pk if scheme == "software" else None)
            for scheme, value in codes.items()
        ),
    )
    person = people.register_person(SYSTEM, school_id=world.school.pk, person=new)
    people.admit_pupils(SYSTEM, school_id=world.school.pk, pupils=[Admission(person.pk)])
    return person


def held(person, *, ended: bool = False) -> dict[str, str]:
    rows = PersonIdentifier.objects.filter(person=person, valid_to__isnull=not ended)
    return dict(rows.values_list("scheme", "lookup"))


def found(world: World, code: str):
    return {card.person_id for card in people.find_people(world.thu, code)}


def state():
    return [
        sorted(PersonIdentifier.objects.values_list("id", "person", "valid_to")),
        IdentifierMerge.objects.count(), AuditEvent.objects.count(), OutboxEvent.objects.count(),
    ]  # fmt: skip


def test_a_temporary_code_follows_the_personal_number_and_tells_nothing_of_it() -> None:
    code = people.temporary_code("020213001234")
    assert code == people.temporary_code("020213001234")
    assert code != people.temporary_code("020213001235")
    assert "0202" not in code
    assert len({people.temporary_code() for _ in range(50)}) == 50
    assert all(len(people.temporary_code()) == 11 for _ in range(5))


def test_the_real_code_ends_the_temporary_one_and_both_find_the_pupil(world: World) -> None:
    pupil = child(world, "Vi Thị Tạm", temporary="T0123456789")
    given = people.add_identifiers(
        world.thu, school_id=world.school.pk, identifiers=[(pupil.pk, NewIdentifier("moet", "2012345678"))]
    )
    assert held(pupil) == {"moet": "2012345678"}
    assert held(pupil, ended=True) == {"temporary": "T0123456789"}
    assert found(world, "T0123456789") == found(world, "2012345678") == {pupil.pk}
    event = OutboxEvent.objects.get(name="IdentifiersMerged")
    assert event.payload == {
        "school_id": str(world.school.pk), "person_ids": [str(pupil.pk)], "undone": False,
    }  # fmt: skip
    # A paper or a list of before still leads to the pupil, also where the real code would stand.
    row = MatchRow("Vi Thị Tạm", BORN, ministry="T0123456789")
    assert people.match_people(world.school.pk, [row])[0].person_ids == (pupil.pk,)
    people.withdraw_identifiers(
        world.thu, school_id=world.school.pk, identifier_ids=[row.pk for row in given]
    )
    assert held(pupil) == {"temporary": "T0123456789"}
    assert OutboxEvent.objects.filter(name="IdentifiersMerged", payload__undone=True).count() == 1


def test_duplicates_are_found_by_birth_and_name_not_when_official_codes_differ(world: World) -> None:
    one, two = child(world, "Hoàng Thuý Hoà"), child(world, "Hoang Thuy Hoa", temporary="T1")
    child(world, "Lý A", moet="2000000001")
    child(world, "Lý A", moet="2000000002")
    pairs = people.duplicates_of(world.thu, world.school.pk)
    assert [({pair.first, pair.second}, pair.why) for pair in pairs] == [({one.pk, two.pk}, "similar_name")]
    assert people.duplicates_of(world.hoa, world.school.pk) == []
    assert people.duplicates_of(world.quang, world.school.pk) == []


def test_codes_go_to_the_row_that_is_kept_and_back(world: World) -> None:
    kept = child(world, "Lý Văn Trùng", moet="2000000003")
    other = child(world, "Lý Văn Trùng", temporary="T2", software="HS2", personal="020213001234")
    before = state()[0]
    row = people.merge_identifiers(
        world.thu, school_id=world.school.pk, kept_id=kept.pk, other_id=other.pk, reason="Nhập hai lần"
    )
    assert held(other) == {}
    assert held(kept).keys() == {"moet", "software", "personal"}
    assert held(kept, ended=True) == {"temporary": "T2"}
    assert kept.pk in found(world, "T2")
    assert found(world, "HS2") == {kept.pk}
    assert people.duplicates_of(world.thu, world.school.pk) == []
    event = AuditEvent.objects.get(action="people.identifiers.merged")
    assert (event.reason, event.after) == ("Nhập hai lần", {"other": str(other.pk), "codes": 3})
    assert "020213001234" not in str(event.after)
    with pytest.raises(Refused, match="PEO-025"):
        people.merge_identifiers(
            world.thu, school_id=world.school.pk, kept_id=kept.pk, other_id=other.pk, reason="Lần nữa"
        )
    people.unmerge_identifiers(world.thu, school_id=world.school.pk, merge_id=row.pk)
    assert state()[0] == before
    assert len(people.duplicates_of(world.thu, world.school.pk)) == 1
    with pytest.raises(Conflict, match="PEO-024"):
        people.unmerge_identifiers(world.thu, school_id=world.school.pk, merge_id=row.pk)
    events = OutboxEvent.objects.filter(name="IdentifiersMerged").order_by("id")
    assert [event.payload["undone"] for event in events] == [False, True]


def test_what_may_not_be_merged_is_refused_and_nothing_changes(world: World) -> None:
    one, two = child(world, "Lý B", moet="2000000005"), child(world, "Lý B", moet="2000000006")
    three = child(world, "Lý B", temporary="T3")
    clerk = make_actor(make_staff(world.elsewhere, "Hà Thư", "Nhân viên"), (Role.CLERK, world.elsewhere))
    before = state()
    cases = (
        (world.thu, one, two, "trùng", Refused, "PEO-022"),
        (world.thu, one, three, "  ", Invalid, "PEO-023"),
        (world.thu, one, one, "trùng", Invalid, "KIT-003"),
        (world.hoa, one, three, "trùng", NotAllowed, "KIT-002"),
        (clerk, one, three, "trùng", NotFound, "KIT-001"),
    )
    for actor, kept, other, reason, kind, code in cases:
        with pytest.raises(kind) as caught:
            people.merge_identifiers(
                actor, school_id=world.school.pk, kept_id=kept.pk, other_id=other.pk, reason=reason
            )
        assert caught.value.code == code
    assert state() == before


@pytest.mark.postgres
def test_a_code_is_given_once_and_a_row_merged_once(committed_world: World, race: Race) -> None:
    world = committed_world
    one, two, three = (child(world, f"Lý {name}") for name in "CDE")
    codes = race(
        [
            lambda person=person: people.add_identifiers(
                world.thu, school_id=world.school.pk,
                identifiers=[(person.pk, NewIdentifier("moet", "2000000009"))],
            )
            for person in (one, two)
        ]
    )
    assert sum(isinstance(item, list) for item in codes) == 1
    assert PersonIdentifier.objects.filter(lookup="2000000009").count() == 1
    merges = race(
        [
            lambda kept=kept: people.merge_identifiers(
                world.thu, school_id=world.school.pk, kept_id=kept.pk, other_id=three.pk, reason="trùng"
            )
            for kept in (one, two)
        ]
    )
    assert sum(isinstance(item, IdentifierMerge) for item in merges) == 1
    assert IdentifierMerge.objects.count() == 1


@pytest.mark.django_db
def test_the_page_shows_pairs_and_brings_them_together_and_apart(world: World, settings) -> None:
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True
    kept = child(world, "Lý Văn Trùng", moet="2000000003")
    other = child(world, "Lý Văn Trùng", temporary="T2")
    client = sign_in(world.thu)
    address = reverse("people:duplicates")
    assert address in client.get(reverse("people:home")).content.decode()
    page = client.get(address).content.decode()
    assert "cùng tên, cùng ngày sinh" in page
    form = {"first": short(kept.pk), "second": short(other.pk), "kept": short(kept.pk)}
    assert "Chưa ghi lí do gộp" in client.post(address, form, follow=True).content.decode()
    page = client.post(address, form | {"reason": "Nhập hai lần"}, follow=True).content.decode()
    assert "Đã gộp mã." in page
    assert "Nhập hai lần" in page
    merge = IdentifierMerge.objects.get()
    back = {"act": "separate", "merge": short(merge.pk)}
    page = client.post(address, back, follow=True).content.decode()
    assert "Đã tách lại" in page
    assert held(other) == {"temporary": "T2"}
    for stranger in (world.hoa, world.son):
        assert sign_in(stranger).get(address).status_code == 404
