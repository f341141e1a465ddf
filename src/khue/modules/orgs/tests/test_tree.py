"""The dated tree: the district level that ended on 1 July 2025 stays in history; moves and mergers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from khue.core.actor import Actor, GrantFact, Role, system_actor
from khue.core.dates import VIETNAM
from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound, Refused
from khue.core.ids import uuid7
from khue.kit import permissions
from khue.kit.models import AuditEvent
from khue.modules.orgs import api as orgs
from khue.modules.orgs.models import Unit, UnitCode, UnitLink, UnitName, UnitPath
from khue.modules.orgs.services import rebuild_paths

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2025, 12, 15, 8, 0, tzinfo=VIETNAM)
SYSTEM = system_actor("kiểm thử", NOW)
REFORM = dt.date(2025, 7, 1)
BEFORE, AFTER = dt.date(2025, 6, 30), REFORM


@dataclass(slots=True)
class Tree:
    """A province before and after the reform."""

    province: Unit
    district: Unit
    old_commune: Unit
    other_commune: Unit
    school: Unit


@pytest.fixture
def tree() -> Tree:
    """Province, district, two communes, a school in the first."""
    province = orgs.found_unit(SYSTEM, kind="province", name="Tỉnh Lạng Sơn", codes={"gso": "20"})
    district = orgs.found_unit(SYSTEM, kind="district", name="Huyện Lộc Bình", parent=province)
    first = orgs.found_unit(
        SYSTEM, kind="commune", name="Xã Khánh Xuân", parent=district, codes={"gso": "06526"}
    )
    second = orgs.found_unit(SYSTEM, kind="commune", name="Xã Đồng Bục", parent=district)
    school = orgs.found_school(
        SYSTEM, name="Trường THCS Khe Vàng", code="20180001", levels="THCS", parent=first
    )
    return Tree(province, district, first, second, school)


def reform(tree: Tree) -> Unit:
    """1 July 2025: the district ends, both communes become one, directly under the province."""
    new = orgs.found_unit(SYSTEM, kind="commune", name="Xã Lộc Bình", parent=tree.province, since=BEFORE)
    orgs.merge_units(SYSTEM, units=[tree.old_commune, tree.other_commune], into=new, on=REFORM)
    orgs.end_unit(SYSTEM, unit=tree.district, on=REFORM)
    return new


def names(units: list[Unit]) -> list[str]:
    return [unit.name for unit in units]


def below(unit: Unit, day: dt.date) -> set[str]:
    return set(Unit.objects.filter(pk__in=orgs.descendant_ids([unit.pk], day)).values_list("name", flat=True))


def test_the_district_level_stays_in_history(tree: Tree) -> None:
    reform(tree)
    then = names(orgs.ancestors_of(tree.school.pk, BEFORE))
    assert then == ["Xã Khánh Xuân", "Huyện Lộc Bình", "Tỉnh Lạng Sơn"]
    assert names(orgs.ancestors_of(tree.school.pk, AFTER)) == ["Xã Lộc Bình", "Tỉnh Lạng Sơn"]
    assert "Trường THCS Khe Vàng" in below(tree.district, BEFORE)
    assert below(tree.district, AFTER) == set()
    assert below(tree.province, AFTER) == {"Tỉnh Lạng Sơn", "Xã Lộc Bình", "Trường THCS Khe Vàng"}


def test_a_merger_ends_units_and_frees_their_codes(tree: Tree) -> None:
    reform(tree)
    tree.old_commune.refresh_from_db()
    assert tree.old_commune.valid_to == REFORM
    assert UnitCode.objects.get(value="06526").valid_to == REFORM
    orgs.found_unit(
        SYSTEM, kind="commune", name="Xã mới", parent=tree.province, since=REFORM, codes={"gso": "06526"}
    )
    assert AuditEvent.objects.filter(action="orgs.unit.merged").count() == 2


def test_a_grant_over_a_district_ends_with_it(tree: Tree) -> None:
    def officer(day: dt.datetime) -> Actor:
        grant = GrantFact(uuid7(), Role.COMMUNE_OFFICER, tree.district.pk)
        return Actor(uuid7(), "Cán bộ huyện", day.date(), day, (grant,))

    reform(tree)
    then = officer(dt.datetime(2025, 6, 1, tzinfo=VIETNAM))
    now = officer(NOW)
    assert permissions.can(then, "orgs.unit.see", tree.school)
    assert not permissions.can(now, "orgs.unit.see", tree.school)
    assert not permissions.visible(now, "orgs.unit.see", Unit.objects.all()).exists()


def test_a_moved_school_is_found_under_its_parent_of_the_day(tree: Tree) -> None:
    day = dt.date(2024, 8, 1)
    orgs.move_unit(SYSTEM, unit=tree.school, parent=tree.other_commune, on=day)
    eve = day - dt.timedelta(days=1)
    assert names(orgs.ancestors_of(tree.school.pk, eve))[0] == "Xã Khánh Xuân"
    assert names(orgs.ancestors_of(tree.school.pk, day))[0] == "Xã Đồng Bục"
    assert len(orgs.ancestors_of(tree.school.pk, day)) == 3


def test_moving_a_commune_takes_its_schools_along(tree: Tree) -> None:
    orgs.move_unit(SYSTEM, unit=tree.old_commune, parent=tree.province, on=REFORM)
    assert names(orgs.ancestors_of(tree.school.pk, REFORM)) == ["Xã Khánh Xuân", "Tỉnh Lạng Sơn"]


def test_closed_years_keep_the_name_of_their_time(tree: Tree) -> None:
    second, third = "Trường THCS Lộc Bình", "Trường PTDTBT THCS Lộc Bình"
    orgs.rename_unit(SYSTEM, unit=tree.school, name="Trường THCS  Lộc Bình", on=dt.date(2020, 8, 1))
    school = orgs.rename_unit(SYSTEM, unit=tree.school, name=third, on=dt.date(2024, 8, 1))
    years = {2019: "Trường THCS Khe Vàng", 2021: second, 2025: third}
    assert {year: orgs.name_on(school, dt.date(year, 9, 5)) for year in years} == years
    assert school.search_key == "truong ptdtbt thcs loc binh"


def test_a_school_is_found_by_its_ministry_code(tree: Tree) -> None:
    found = orgs.school_by_code("20180001")
    assert found == tree.school
    assert found.school.level_set() == ("THCS",)
    assert orgs.school_by_code("20189999") is None


def refused(error: type[KhueError], code: str, act: object) -> None:
    tables = (Unit, UnitLink, UnitPath, UnitName, UnitCode, AuditEvent)
    before = [list(table.objects.order_by("pk").values_list()) for table in tables]
    with pytest.raises(error) as raised:
        act()  # type: ignore[operator]
    assert raised.value.code == code
    assert [list(table.objects.order_by("pk").values_list()) for table in tables] == before


def test_what_the_tree_refuses(tree: Tree) -> None:
    for unit in (tree.district, tree.school):
        refused(
            Refused, "ORG-001",
            lambda unit=unit: orgs.move_unit(SYSTEM, unit=unit, parent=tree.school, on=REFORM),
        )
    refused(
        Invalid, "ORG-002",
        lambda: orgs.move_unit(SYSTEM, unit=tree.school, parent=tree.other_commune, on=dt.date(1970, 1, 1)),
    )
    refused(
        Invalid, "ORG-002",
        lambda: orgs.rename_unit(SYSTEM, unit=tree.school, name="X", on=dt.date(1970, 1, 1)),
    )
    refused(
        Refused, "ORG-001",
        lambda: orgs.merge_units(SYSTEM, units=[tree.old_commune], into=tree.old_commune, on=REFORM),
    )
    refused(
        Refused, "ORG-005",
        lambda: orgs.found_school(SYSTEM, name="Trùng", code="20180001", levels="TH", parent=tree.province),
    )
    orgs.end_unit(SYSTEM, unit=tree.district, on=REFORM)
    refused(
        Refused, "ORG-004", lambda: orgs.move_unit(SYSTEM, unit=tree.school, parent=tree.district, on=AFTER)
    )


def actor(role: Role, unit: Unit) -> Actor:
    return Actor(uuid7(), role.value, NOW.date(), NOW, (GrantFact(uuid7(), role, unit.pk),))


def test_only_the_administrator_of_the_department_changes_the_tree(tree: Tree) -> None:
    acts = (
        lambda who: orgs.move_unit(who, unit=tree.school, parent=tree.other_commune, on=REFORM),
        lambda who: orgs.rename_unit(who, unit=tree.school, name="X", on=REFORM),
        lambda who: orgs.merge_units(who, units=[tree.old_commune], into=tree.other_commune, on=REFORM),
        lambda who: orgs.end_unit(who, unit=tree.school, on=REFORM),
        lambda who: orgs.found_school(who, name="Mới", code="20189999", levels="TH", parent=tree.old_commune),
    )
    for act in acts:
        for role in (Role.PRINCIPAL, Role.CLERK, Role.DEPARTMENT_OFFICER):
            refused(NotAllowed, "KIT-002", lambda act=act, role=role: act(actor(role, tree.province)))
        elsewhere = actor(Role.DEPARTMENT_ADMIN, orgs.found_unit(SYSTEM, kind="province", name="Tỉnh khác"))
        refused(NotFound, "KIT-001", lambda act=act, who=elsewhere: act(who))
    refused(
        NotAllowed, "ORG-003",
        lambda: orgs.found_unit(actor(Role.DEPARTMENT_ADMIN, tree.province), kind="province", name="Nước lạ"),
    )
    for act in acts:
        with transaction.atomic():
            sid = transaction.savepoint()
            act(actor(Role.DEPARTMENT_ADMIN, tree.province))
            transaction.savepoint_rollback(sid)


def test_the_database_itself_refuses_a_unit_under_itself(tree: Tree) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitLink.objects.create(parent=tree.school, child=tree.school, valid_from=REFORM)
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitLink.objects.create(
            parent=tree.province, child=tree.school, valid_from=REFORM, valid_to=BEFORE
        )


def test_the_closure_of_a_province_costs_few_queries(tree: Tree, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        list(orgs.descendant_ids([tree.province.pk], BEFORE))
    with django_assert_num_queries(2):  # type: ignore[operator]
        orgs.ancestors_of(tree.school.pk, BEFORE)


def closure() -> set[tuple[object, ...]]:
    return set(UnitPath.objects.values_list("ancestor", "descendant", "depth", "valid_from", "valid_to"))


class Closure(TestCase):
    """The closure says on every day the same as climbing the links by hand."""

    @given(
        moves=st.lists(
            st.tuples(st.integers(1, 5), st.integers(0, 5), st.integers(1, 300)), min_size=1, max_size=8
        ),
        day=st.integers(0, 320),
    )
    def test_paths_agree_with_links(self, moves: list[tuple[int, int, int]], day: int) -> None:
        start = dt.date(2025, 1, 1)
        units = [orgs.found_unit(SYSTEM, kind="commune", name="Đơn vị 0", since=start)]
        for number in range(1, 6):
            units.append(
                orgs.found_unit(
                    SYSTEM, kind="commune", name=f"Đơn vị {number}", parent=units[number - 1], since=start
                )
            )
        for child, parent, after in sorted(moves, key=lambda move: move[2]):
            try:
                orgs.move_unit(
                    SYSTEM, unit=units[child], parent=units[parent], on=start + dt.timedelta(days=after)
                )
            except (Refused, Invalid):
                continue
        on = start + dt.timedelta(days=day)
        links = {link.child_id: link.parent_id for link in UnitLink.objects.on(on)}
        for unit in units:
            climbed = []
            above = links.get(unit.pk)
            while above is not None:
                climbed.append(above)
                above = links.get(above)
            assert [item.pk for item in orgs.ancestors_of(unit.pk, on)] == climbed
        kept = closure()
        rebuild_paths(Unit.objects.all())
        assert closure() == kept
