"""The HTTP edge: security headers, and refusals turned into pages, fragments or problem+json."""

from __future__ import annotations

import logging
import secrets
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from khue.core.errors import Conflict, Invalid, KhueError, NotAllowed, NotFound, Refused
from khue.kit.errors import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
STATUS: dict[type[KhueError], int] = {
    Invalid: 400,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Refused: 422,
}
Response = HttpResponse


class SecurityHeaders:
    """Content security policy without inline script, and its companions, on every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], Response]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Response:
        """Add the headers."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response


class ErrorPages:
    """Known refusals become an answer in the user's words; anything else is a bug with a number."""

    def __init__(self, get_response: Callable[[HttpRequest], Response]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Response:
        """Pass on; refusals arrive in process_exception."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> Response | None:
        """Answer a refusal; log and number a bug."""
        if isinstance(error, KhueError):
            return refusal_response(request, error)
        if settings.DEBUG or isinstance(error, Http404 | PermissionDenied | SuspiciousOperation | BadRequest):
            return None  # Django answers these itself
        return _bug_response(request, error)


def needs_sign_in(view: Callable[..., Response]) -> Callable[..., Response]:
    """Mark a view of a module below `access` for the gate that stands above it.

    Without the gate the view finds nothing: forgetting it opens no door.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        if not getattr(request, "actor", None):
            raise NotFound("KIT-001")
        return view(request, *args, **kwargs)

    guarded.needs_sign_in = True  # type: ignore[attr-defined] # read by the middleware of access
    return guarded


_BUG = _(
    "Hệ thống gặp lỗi ngoài dự kiến nên chưa làm được việc này. Dữ liệu đã lưu vẫn nguyên vẹn. "
    "Hãy thử lại; nếu vẫn lỗi, gửi mã bên dưới cho người quản trị."
)


def _bug_response(request: HttpRequest, error: BaseException | None) -> Response:
    """A number to look for in the log, no word of what went wrong; works without a database."""
    code = f"KHUE-500-{secrets.token_hex(4)}"
    # The path is what the caller wrote: shown as a literal, so that it cannot forge lines of the log.
    log.error("bug %s on %r", code, request.path[:500], exc_info=error)
    if wants_json(request):
        return _problem(code, gettext(_BUG), 500)
    try:
        return error_page(request, 500, code, gettext(_BUG))
    except Exception:
        log.exception("the page of bug %s could not be drawn", code)
        body = f"<p>{gettext(_BUG)}</p><p>{code}</p>"
        return HttpResponse(f'<!doctype html><html lang="vi"><meta charset="utf-8">{body}</html>', status=500)


def status_of(error: KhueError) -> int:
    """HTTP status of a refusal."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)


def refusal_response(request: HttpRequest, error: KhueError) -> Response:
    """problem+json for programs, a page for people."""
    text = sentence(error.code, error.params)
    status = status_of(error)
    if wants_json(request):
        return _problem(error.code, text, status, **({"field": error.field} if error.field else {}))
    return error_page(request, status, error.code, text)


def _problem(code: str, title: str, status: int, **more: str) -> Response:
    body = {"type": f"about:{code}", "title": title, "status": status, "code": code, **more}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def error_page(request: HttpRequest, status: int, code: str, text: str) -> Response:
    """The one page of all refusals."""
    return render(request, "ui/error.html", {"status": status, "code": code, "text": text}, status=status)


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program: it sent or asks for JSON."""
    return "json" in request.headers.get("Accept", "") or "json" in (request.content_type or "")


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What every page needs: the actor and whether this is the demo."""
    return {"actor": getattr(request, "actor", None), "khue_demo": settings.KHUE_DEMO,
            "khue_signs": settings.KHUE_SIGNING == "required"}


def not_found(request: HttpRequest, exception: Exception | None = None) -> Response:
    """404 page for unknown addresses."""
    return refusal_response(request, NotFound("KIT-001"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> Response:
    """400 page; what was too large says so."""
    large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return refusal_response(request, Invalid("KIT-004" if large else "KIT-003"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> Response:
    """403 page."""
    return refusal_response(request, NotAllowed("KIT-006"))


def csrf_failure(request: HttpRequest, reason: str = "") -> Response:
    """A form without the token of its page: sent from elsewhere, or open since before the sign-in."""
    return refusal_response(request, NotAllowed("KIT-005"))


def server_error(request: HttpRequest) -> Response:
    """500 page of what failed outside a view, e.g. when the database does not answer."""
    return _bug_response(request, sys.exc_info()[1])
