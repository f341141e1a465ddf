"""The edge: refusals in the user's words, bugs with a number, headers on every answer."""

from __future__ import annotations

import json
import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from khue.core.errors import Conflict, Invalid, KhueError, NotAllowed, NotFound, Refused
from khue.kit import errors, web

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.WHITENOISE_AUTOREFRESH = True  # nothing is collected in tests


def answer(error: Exception, **headers: str) -> HttpResponse:
    request = RequestFactory().get("/somewhere/", headers=headers)
    response = web.ErrorPages(lambda request: HttpResponse()).process_exception(request, error)
    assert response is not None
    return response


@pytest.mark.parametrize(
    ("kind", "status"), [(Invalid, 400), (NotAllowed, 403), (NotFound, 404), (Conflict, 409), (Refused, 422)]
)
def test_a_refusal_is_a_page_for_people_and_a_problem_for_programs(
    kind: type[KhueError], status: int
) -> None:
    error = kind("CORE-002", field="mark", value="11")
    page = answer(error)
    assert page.status_code == status
    assert "nằm ngoài thang điểm 10" in page.content.decode()
    assert "CORE-002" in page.content.decode()
    problem = answer(error, accept="application/json")
    assert problem.status_code == status
    assert problem.headers["Content-Type"] == "application/problem+json"
    body = json.loads(problem.content)
    assert (body["code"], body["status"], body["field"]) == ("CORE-002", status, "mark")
    assert body["title"].startswith("«11» nằm ngoài")


def test_what_was_typed_is_shown_as_text_not_as_html() -> None:
    page = answer(Invalid("CORE-001", value="<script>alert(1)</script>")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_bug_has_a_number_and_no_details(settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.DEBUG = False
    with caplog.at_level(logging.ERROR):
        response = answer(RuntimeError("mật khẩu là 123"))
    page = response.content.decode()
    assert response.status_code == 500
    assert "mật khẩu" not in page
    reference = page.split("KHUE-500-")[1][:8]
    assert reference in caplog.text
    assert web.ErrorPages(lambda request: HttpResponse("ok"))(RequestFactory().get("/")).content == b"ok"


def test_while_developing_a_bug_shows_itself(settings) -> None:
    settings.DEBUG = True
    request = RequestFactory().get("/")
    assert web.ErrorPages(lambda request: HttpResponse()).process_exception(request, RuntimeError()) is None


def test_every_answer_carries_the_headers() -> None:
    response = web.SecurityHeaders(lambda request: HttpResponse())(RequestFactory().get("/"))
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["Permissions-Policy"]
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_unknown_addresses_and_bad_requests_are_answered_in_words(client) -> None:
    page = client.get("/khong-co-trang-nay/")
    assert page.status_code == 404
    assert "Không tìm thấy" in page.content.decode()
    bad = web.bad_request(RequestFactory().get("/"))
    assert (bad.status_code, "không đọc được" in bad.content.decode()) == (400, True)


def test_every_sentence_fills_its_parameters_and_an_unknown_code_says_so() -> None:
    assert errors.sentence("CORE-001", {"value": "x"}).startswith("«x» không phải")
    assert "NOPE-001" in errors.sentence("NOPE-001", {})
    assert set(errors.CODES) <= set(errors.catalogue())


def test_a_bug_is_a_problem_for_programs_too(settings) -> None:
    settings.DEBUG = False
    response = answer(RuntimeError("bí mật"), accept="application/json")
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["code"].startswith("KHUE-500-")
    assert "bí mật" not in response.content.decode()


def test_a_path_cannot_forge_lines_of_the_log(settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.DEBUG = False
    request = RequestFactory().get("/x%0a2026-11-25 ERROR root giả mạo")
    assert "\n" in request.path
    with caplog.at_level(logging.ERROR):
        web.ErrorPages(lambda request: HttpResponse()).process_exception(request, RuntimeError())
    assert all("\n" not in record.getMessage() for record in caplog.records)


def test_without_a_database_the_answer_still_has_a_number(
    client, settings, monkeypatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What fails before the view is reached, and a page that cannot be drawn either."""
    settings.DEBUG = False

    def broken(*args: object, **kwargs: object) -> None:
        msg = "host=db.noi-bo password=tuyet-mat"
        raise RuntimeError(msg)

    client.raise_request_exception = False
    monkeypatch.setattr("khue.modules.access.middleware.resolve_actor", broken)
    first = client.get("/")
    monkeypatch.setattr("khue.kit.web.render", broken)
    second = client.get("/")
    for response in (first, second):
        text = response.content.decode()
        assert response.status_code == 500
        assert "KHUE-500-" in text
        assert "tuyet-mat" not in text
        assert "frame-ancestors" in response.headers["Content-Security-Policy"]
    assert caplog.records
