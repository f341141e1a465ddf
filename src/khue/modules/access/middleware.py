"""Who acts in this request: built from the session's account."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from khue.modules.access.edge import gate, keep_private, resolve_actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class ActorMiddleware:
    """Adds `request.actor`; None for a stranger. Two queries at most: account, grants."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the actor, or None. Not a lazy object: that is never `None`, and every page asks."""
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        request.actor = resolve_actor(request)  # type: ignore[attr-defined]
        response = self.get_response(request)
        match = request.resolver_match
        return keep_private(response) if match and _marked(match.func) else response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Ask the gate for the views of modules that may not import it."""
        return gate(request) if _marked(view) else None


def _marked(view: Callable[..., HttpResponse]) -> bool:
    return bool(getattr(view, "needs_sign_in", False))
