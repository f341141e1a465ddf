"""The pages of a split: whom, the answer with its numbers, exceptions by hand, confirmation, the way back."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from tests.cast import World, make_pupils, sign_in

from khue.core.ids import short
from khue.modules.schooling.models import ClassMembership, ClassSplit, SchoolClass

pytestmark = pytest.mark.django_db
NAMES = ("Vi Thị Ánh Mới", "Lý Văn Bách", "Hoàng Thị Cúc", "Nông Văn Dần", "Lăng Thị Én", "Hà Văn Gấm")


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def clerk(world: World):
    """Chị Thu in a browser, six newcomers at her school."""
    make_pupils(world.school, NAMES, 2055000000)
    return sign_in(world.thu)


def begun(world: World, clerk) -> tuple[ClassSplit, str]:
    """A draft for grade 8 and its address."""
    address = reverse("schooling:split_start", args=[short(world.school.pk)])
    answer = clerk.post(address, {"who": "moi", "grade": "8", "nam": "2025-2026"})
    row = ClassSplit.objects.get()
    assert answer["Location"] == reverse("schooling:split", args=[short(row.id)])
    return row, answer["Location"]


def again(row: ClassSplit, **changes: str) -> dict[str, str]:
    form = {
        "act": "again", "seen": str(row.version), "rooms_text": "8A\n8B", "seed": "7", "sex": "on",
        "families": "on", "village_most": "0", "together": "", "apart": "", "keep": "on",
    }  # fmt: skip
    return form | changes


def test_the_list_of_classes_leads_to_the_split(world: World, clerk) -> None:
    home = clerk.get(reverse("schooling:home")).content.decode()
    address = reverse("schooling:split_start", args=[short(world.school.pk)])
    assert address in home
    page = clerk.get(address).content.decode()
    assert "6 học sinh mới vào trường" in page
    assert "<option>9</option>" in page


def test_split_rules_move_confirm_undo(world: World, clerk, django_assert_max_num_queries) -> None:
    row, address = begun(world, clerk)
    with django_assert_max_num_queries(22):
        page = clerk.get(address).content.decode()
    assert "Chia 6 em vào khối 8" in page
    assert "lớp mới" in page
    form = again(row, together="lý văn bách; ha van gam", apart="Vi Thị Ánh Mới; Cúc")
    assert clerk.post(address, form).status_code == 302
    row.refresh_from_db()
    page = clerk.get(address).content.decode()
    assert "Số chia: 7." in page
    assert "Hà Văn Gấm; Lý Văn Bách" in page
    names = {name: re.search(rf'value="([^"]+)"></td><th scope="row"><label[^>]+>{name}<', page)[1]
             for name in NAMES}  # fmt: skip
    places = {name: row.places[str(_uuid(key))] for name, key in names.items()}
    assert places["Lý Văn Bách"] == places["Hà Văn Gấm"]
    assert places["Vi Thị Ánh Mới"] != places["Hoàng Thị Cúc"]
    other = "8B" if places["Lăng Thị Én"] == "8A" else "8A"
    move = {
        "act": "move", "seen": str(row.version), "pupil": [names["Lăng Thị Én"]], "room": other,
    }  # fmt: skip
    page = clerk.post(address, move, follow=True).content.decode()
    assert f"Đã chuyển 1 em sang {other}." in page
    assert "bằng tay" in page
    row.refresh_from_db()
    confirm = {"act": "apply", "seen": str(row.version), "since": "05/09/2025"}
    page = clerk.post(address, confirm, follow=True).content.decode()
    assert "Đã xếp 6 học sinh vào lớp." in page
    assert ClassMembership.objects.filter(school_class__grade=8).count() == 6
    page = clerk.post(address, {"act": "undo"}, follow=True).content.decode()
    assert "Đã hoàn tác" in page
    assert not SchoolClass.objects.filter(grade=8).exists()


def _uuid(text: str):
    from khue.core.ids import from_short

    return from_short(text)


def test_a_refusal_shows_what_was_typed(world: World, clerk) -> None:
    row, address = begun(world, clerk)
    answer = clerk.post(address, again(row, together="Ai Đó; Lý Văn Bách", rooms_text="8A\n8B\n8C"))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "«Ai Đó» chưa rõ là em nào" in page
    assert "8A\n8B\n8C" in page
    assert 'id="together" name="together" rows="2" placeholder="Vi Thị Ánh; Vi Thị Bình" aria-invalid' in page
    stale = clerk.post(address, again(row, seen="9"))
    assert stale.status_code == 409
    assert "Người khác vừa sửa bản chia lớp này" in stale.content.decode()
    row.refresh_from_db()
    assert row.version == 1


def test_nobody_else_opens_the_pages(world: World, clerk) -> None:
    _row, address = begun(world, clerk)
    start = reverse("schooling:split_start", args=[short(world.school.pk)])
    for actor, expected in ((world.hoa, (403, 404)), (world.quang, (404, 404))):
        client = sign_in(actor)
        assert (client.get(start).status_code, client.get(address).status_code) == expected
    assert ClassSplit.objects.count() == 1
