"""The gate before every page with data: signed in, second factor, emergency reads logged.

Modules above this one decorate their views with `signed_in`. Modules below it may not import it:
they mark their views (`view.needs_sign_in = True`) and the middleware asks the same gate.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from allauth.account.authentication import get_authentication_records
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_cache_control

from khue.kit import audit
from khue.kit.errors import sentence
from khue.kit.web import wants_json
from khue.modules.access.queries import actor_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from khue.core.actor import Actor
    from khue.modules.access.models import Account


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a signed-in person through; strangers go to the sign-in page, programs get 401.

    A printed password is changed first; staff without a second factor are led to the page that
    explains and sets it up, as long as KHUE_REQUIRE_MFA is on. The view finds `request.actor`.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = gate(request) or view(request, *args, **kwargs)
        return keep_private(answer)

    return guarded


def gate(request: HttpRequest) -> HttpResponse | None:
    """None for those who may pass, with `request.actor` set; otherwise what they are told."""
    actor = resolve_actor(request)
    if actor is None:
        return _problem("ACC-001", 401) if wants_json(request) else redirect_to_login(request.get_full_path())
    if request.user.must_change_password:  # type: ignore[union-attr]
        return _problem("ACC-032", 403) if wants_json(request) else redirect("access:first_password")
    if second_factor_missing(request):
        return _problem("ACC-002", 403) if wants_json(request) else redirect("access:second_factor")
    request.actor = actor  # type: ignore[attr-defined]
    if actor.emergency_reason:
        _log_emergency_use(actor, request)
    return None


def keep_private(response: HttpResponse) -> HttpResponse:
    """Pages about children never stay in shared caches; the browser asks again each time."""
    patch_cache_control(response, private=True, no_cache=True)
    return response


def resolve_actor(request: HttpRequest) -> Actor | None:
    """The actor of a request, or None for a stranger; asked once."""
    if not hasattr(request, "_khue_actor"):
        found = None
        if request.user.is_authenticated:
            found = actor_of(request, request.user)
        request._khue_actor = found  # type: ignore[attr-defined] # noqa: SLF001 - our own attribute
    return request._khue_actor  # type: ignore[attr-defined] # noqa: SLF001


def actor_of(request: HttpRequest, account: Account) -> Actor:
    """The actor an account is at this moment, with where the request came from."""
    return actor_for(
        account, timezone.now(), request_id=getattr(request, "request_id", ""), address=address_of(request)
    )


def address_of(request: HttpRequest) -> str:
    """The network address of the caller, behind as many proxies as KHUE_PROXIES says; empty if unknown."""
    try:
        return get_client_ip(request) or ""
    except ImproperlyConfigured:  # fewer addresses in X-Forwarded-For than proxies: nothing to trust
        return ""


def second_factor_missing(request: HttpRequest) -> bool:
    """Whether this member of staff still has to set up TOTP or a passkey (bảo mật hai lớp)."""
    if not settings.KHUE_REQUIRE_MFA or not request.user.is_staff_member:  # type: ignore[union-attr]
        return False
    if any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user)):
        return False
    return not is_mfa_enabled(request.user)


def _log_emergency_use(actor: Actor, request: HttpRequest) -> None:
    """Each page opened under emergency access is a line of the log, with the reason given."""
    audit.record(
        actor,
        "access.emergency.used",
        subject=("request", request.path[:64]),
        unit=next(grant.unit_id for grant in actor.grants if grant.emergency_reason),
        after={"method": request.method, "path": request.get_full_path()[:500]},
    )


def _problem(code: str, status: int) -> JsonResponse:
    body = {"type": f"about:{code}", "title": sentence(code, {}), "status": status, "code": code}
    return JsonResponse(body, status=status, content_type="application/problem+json")
