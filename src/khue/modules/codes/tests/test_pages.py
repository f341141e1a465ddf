"""Pages of the code lists: who may open them, search, correction, ending."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.test import RequestFactory

from khue.core.actor import Actor, Role
from khue.core.errors import NotFound
from khue.core.ids import short
from khue.modules.codes import views
from khue.modules.codes.models import CodeItem
from khue.modules.codes.tests.test_codes import ADMIN, CLERK, SYSTEM, TODAY, actor, codes, one

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loaded() -> None:
    try:
        get_template("codes/home.html")
    except (TemplateDoesNotExist, TemplateSyntaxError):
        pytest.skip("the frame of pages is not here")
    codes.load_shipped(SYSTEM)


def ask(
    view: Any, who: Actor | None, *args: str, post: dict[str, str] | None = None, **query: str
) -> HttpResponse:
    factory = RequestFactory()
    request: HttpRequest = (
        factory.get("/danh-muc/", query) if post is None else factory.post("/danh-muc/", post)
    )
    request.actor = who  # type: ignore[attr-defined]
    request.session = SessionStore()
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    request.user = None  # type: ignore[assignment]
    response = view(request, *args)
    response.said = [str(message) for message in get_messages(request)]  # type: ignore[attr-defined]
    return response


def test_strangers_find_nothing() -> None:
    for view, args in ((views.home, ()), (views.list_page, ("religions",)), (views.load, ())):
        with pytest.raises(NotFound):
            ask(view, None, *args)


def test_lists_and_entries_are_shown_to_everybody_signed_in() -> None:
    page = ask(views.home, CLERK).content.decode()
    assert "Dân tộc" in page
    assert "Nạp danh mục" not in page
    assert "Nạp danh mục" in ask(views.home, ADMIN).content.decode()
    page = ask(views.list_page, CLERK, "ethnic-groups", q="mong").content.decode()
    assert "HMông" in page
    assert "Sán Chay" not in page
    assert "Thêm mục" not in page


def test_a_list_of_an_earlier_day() -> None:
    page = ask(views.list_page, CLERK, "communes", ngay="30/06/2025", q="mai pha").content.decode()
    assert "Xã Mai Pha" in page
    assert "Xã Mai Pha" not in ask(views.list_page, CLERK, "communes", q="mai pha").content.decode()
    assert ask(views.list_page, CLERK, "communes", ngay="hôm qua").status_code == 400
    with pytest.raises(NotFound):
        ask(views.list_page, CLERK, "nowhere")


def test_an_administrator_corrects_and_ends_an_entry() -> None:
    row = one("religions", "02")
    answer = ask(
        views.item_page, ADMIN, short(row.pk), post={"name": "Công giáo La Mã", "aliases": "Công giáo\n\n"}
    )
    assert answer.status_code == 302
    assert answer.said == ["Đã lưu mục của danh mục."]  # type: ignore[attr-defined]
    row.refresh_from_db()
    assert (row.name, row.extra["aliases"]) == ("Công giáo La Mã", ["Công giáo"])
    ended = ask(
        views.item_page, ADMIN, short(row.pk), post={"step": "end", "on": "05/10/2026", "reason": "thử"}
    )
    assert ended.status_code == 302
    assert CodeItem.objects.get(pk=row.pk).valid_to == dt.date(2026, 10, 5)
    assert "Lưu" not in ask(views.item_page, ADMIN, short(row.pk)).content.decode()


def test_a_refusal_keeps_what_was_typed() -> None:
    row = one("religions", "02")
    answer = ask(views.item_page, ADMIN, short(row.pk), post={"name": "Tên mới", "since": "hôm nay"})
    assert answer.status_code == 422
    assert "Tên mới" in answer.content.decode()
    answer = ask(views.item_page, CLERK, short(row.pk), post={"name": "Tên mới"})
    assert answer.status_code == 422
    assert one("religions", "02").name == "Công giáo"


def test_adding_an_entry() -> None:
    assert ask(views.add_page, ADMIN, "religions").status_code == 200
    with pytest.raises(NotFound):
        ask(views.add_page, actor(Role.TEACHER), "religions")
    answer = ask(views.add_page, ADMIN, "religions", post={"code": "02", "name": "Khác"})
    assert answer.status_code == 422
    assert "đã có trong danh mục" in answer.content.decode()
    answer = ask(views.add_page, ADMIN, "religions", post={"code": "99", "name": "Khác"})
    assert answer.status_code == 302
    assert one("religions", "99").valid_from == TODAY


def test_loading_from_the_page() -> None:
    answer = ask(views.load, ADMIN, post={})
    assert answer.status_code == 302
    assert "thêm 0" in answer.said[0]  # type: ignore[attr-defined]
