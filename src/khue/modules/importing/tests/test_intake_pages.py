"""The path of an admission page by page: paste, look, decide, admit, on to the split."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.cast import World, sign_in

from khue.core.ids import short
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.importing.tests.test_intake import line, pasted
from khue.modules.people.models import Person
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


def form(world: World, *lines: dict) -> dict[str, str]:
    text = pasted(*lines).decode()
    return {"school": "20180001", "grade": "6", "year": "2025-2026", "order": "", "pasted": text}


def test_a_list_is_pasted_looked_at_decided_on_and_admitted(world: World) -> None:
    client = sign_in(world.thu)
    start = reverse("importing:intake")
    assert start in client.get(reverse("importing:home")).content.decode()
    page = client.get(start).content.decode()
    assert page.index("<option>6</option>") < page.index("<option>7</option>")
    assert "<option>2025-2026</option>" in page
    answer = client.post(start, form(world, line("Lý Văn An"), line("Vi Văn Quá", sinh="05/03/2009")))
    run = ImportRun.objects.get()
    assert answer["Location"] == reverse("importing:intake_run", args=[short(run.id)])
    page = client.get(answer["Location"]).content.decode()
    assert "Tiếp nhận 1 học sinh" in page
    assert "1 chỗ cần bạn quyết định" in page
    page = client.post(answer["Location"], {"act": "decide", "d0": "yes"}, follow=True).content.decode()
    assert "Tiếp nhận 2 học sinh" in page
    done = client.post(answer["Location"], {"act": "admit"})
    split = schooling.ClassSplit.objects.get()
    assert done["Location"] == reverse("schooling:split", args=[short(split.pk)])
    assert "Đã tiếp nhận 2 học sinh." in client.get(done["Location"]).content.decode()
    page = client.get(answer["Location"]).content.decode()
    assert done["Location"] in page
    again = client.post(answer["Location"], {"act": "admit"}, follow=True).content.decode()
    assert "không còn chờ xác nhận" in again
    page = client.post(answer["Location"], {"act": "undo"}, follow=True).content.decode()
    assert "Đã hoàn tác lần tiếp nhận này." in page
    run.refresh_from_db()
    assert run.state == RunState.UNDONE
    assert not Person.objects.filter(full_name="Lý Văn An").exists()
    # The list of all runs leads to the path, too.
    other = client.get(reverse("importing:run", args=[short(run.id)]))
    assert other["Location"] == answer["Location"]


def test_what_is_no_list_is_said_and_what_was_pasted_stays(world: World) -> None:
    client = sign_in(world.thu)
    start = reverse("importing:intake")
    answer = client.post(start, form(world) | {"pasted": " "})
    assert answer.status_code == 400
    assert "Chưa có danh sách" in answer.content.decode()
    answer = client.post(start, form(world, line("Lý Văn An")) | {"grade": "10"})
    assert "Trường không dạy khối 10" in answer.content.decode()
    assert "Lý Văn An" in answer.content.decode()
    client.post(start, form(world) | {"pasted": "vài chữ, không phải bảng"})
    page = client.get(reverse("importing:intake_run", args=[short(ImportRun.objects.get().id)]))
    assert "Không tìm thấy các cột cần có." in page.content.decode()
    assert "Tiếp nhận 0" not in page.content.decode()


def test_nobody_else_admits(world: World) -> None:
    for actor in (world.hoa, world.quang, world.son):
        assert sign_in(actor).get(reverse("importing:intake")).status_code == 404
