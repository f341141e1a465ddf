"""Who acts in this request: built at first use, from the session's account."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from khue.modules.access.queries import actor_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from khue.core.actor import Actor


class ActorMiddleware:
    """Adds `request.actor`; empty for a stranger. Two queries at most: account, grants."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the actor, asked for only by pages that need one."""
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        request.actor = SimpleLazyObject(lambda: resolve_actor(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def resolve_actor(request: HttpRequest) -> Actor | None:
    """The actor of a request, or None for a stranger; asked once."""
    if not hasattr(request, "_khue_actor"):
        found = None
        if request.user.is_authenticated:
            found = actor_for(request.user, timezone.now(), request_id=getattr(request, "request_id", ""))
        request._khue_actor = found  # type: ignore[attr-defined] # noqa: SLF001 - our own attribute
    return request._khue_actor  # type: ignore[attr-defined, no-any-return] # noqa: SLF001
