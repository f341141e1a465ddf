"""How many queries a page may need, whatever the size of the class."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.cast import SINCE, SYSTEM, World, fill, make_actor, make_pupils, make_staff, make_world, sign_in

from khue.core.actor import Actor, Role
from khue.modules.gradebook.tests.acts import fill_term, seal_term
from khue.modules.gradebook.tests.browsers import Browsers, url
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db


def asked(client: Client, address: str, budget: Any, limit: int) -> int:
    client.get(address)  # what a process loads once
    with budget(limit) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["hoa", "lan", "minh", "son"])
def test_the_sheet_page_needs_few_queries(
    world: World, browsers: Browsers, django_assert_max_num_queries: Any, who: str
) -> None:
    sheet = world.sheet("6A", "TOAN", 2)
    fill(sheet)
    asked(browsers.of(who), url("sheet", sheet.id), django_assert_max_num_queries, 16)


def test_queries_do_not_grow_with_the_class(db: None, django_assert_max_num_queries: Any) -> None:
    counts = {}
    world = make_world(5)
    for size in (5, 40):
        if size > 5:
            _enlarge(world)
        for term in (1, 2):
            fill_term(world, term=term)
        browser = sign_in(_fresh(world, size))
        counts[size] = [
            asked(browser, address, django_assert_max_num_queries, 22)
            for address in (
                url("results", world.classes["6A"].id, 0),
                url("class", world.classes["6A"].id),
                url("why", world.classes["6A"].id, world.pupils["6A"][0]),
                url("sheet", world.sheet("6A", "TOAN").id),
            )
        ]
    assert counts[5] == counts[40]


def _fresh(world: World, number: int) -> Actor:
    return make_actor(make_staff(world.school, f"Hiệu phó {number}"), (Role.VICE_PRINCIPAL, world.school))


def _enlarge(world: World) -> None:
    """Thirty-five more pupils in 6A."""
    new = make_pupils(world.school, tuple(f"Hoàng Văn Mới {n}" for n in range(35)), 2077000000)
    members = [schooling.NewMember(pupil, SINCE) for pupil in new]
    schooling.enroll_many(SYSTEM, school_class_id=world.classes["6A"].id, members=members)


def test_the_first_page_needs_few_queries(
    world: World, browsers: Browsers, django_assert_max_num_queries: Any
) -> None:
    seal_term(world)
    for name in ("hoa", "lan", "minh"):
        asked(browsers.of(name), url("home") + "?nam=2025-2026&ky=1", django_assert_max_num_queries, 20)
