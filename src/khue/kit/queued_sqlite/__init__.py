"""Django's SQLite backend with a queue for writers (base.py), and the gate before it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

SMALL = 64 * 1024  # bytes: what is larger may come slowly and is not waited for
_gate = threading.Lock()


class OneSaveAtATime:
    """On SQLite the small requests that write pass one by one in a process: it has one writer anyway.

    Threads that reckon side by side take the interpreter from the one that holds the writer's turn,
    and everybody waits longer. Reading pages and large files do not queue here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Receive the whole request, then wait for those before it."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        small = length.isdecimal() and int(length) <= SMALL
        if request.method != "POST" or not small or connection.vendor != "sqlite":
            return self.get_response(request)
        request.body  # noqa: B018 - read here: a slow line keeps nobody waiting
        with _gate:
            return self.get_response(request)
