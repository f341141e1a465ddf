"""The first page and the menu offer each role what it can open, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from tests.cast import World, make_actor, make_staff, sign_in

from khue.core.actor import Role

pytestmark = pytest.mark.django_db
PLACES = (
    "gradebook:home", "gradebook:corrections", "schooling:home", "access:home", "orgs:home", "importing:home",
)  # fmt: skip


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.IT_STAFF, {"schooling:home", "access:home"}),
        (Role.COMMUNE_OFFICER, {"orgs:home"}),
        (Role.TEACHER, {"gradebook:home", "gradebook:corrections", "schooling:home", "importing:home"}),
        (Role.PRINCIPAL, set(PLACES)),
    ],
)
def test_what_a_role_is_offered_opens(world: World, settings: Any, role: Role, offered: set[str]) -> None:
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True  # nothing is collected in tests
    client = sign_in(make_actor(make_staff(world.school, "Mông Thị Yến"), (role, world.school)))
    page = client.get("/").content.decode()
    found = {name for name in PLACES if f'href="{reverse(name)}"' in page}
    assert found == offered
    for name in found:
        assert client.get(reverse(name), follow=True).status_code == 200
