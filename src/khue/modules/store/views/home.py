"""The first page of the store: for a school what waits to be sent, for the department all schools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_GET

from khue.core.errors import NotFound
from khue.modules.access.edge import signed_in
from khue.modules.store import policy, queries
from khue.modules.store.views import department, school

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Who watches schools sees their table; who sends sees a school of one's own."""
    actor = request.actor
    own = queries.schools_of(actor, policy.CONNECT)
    if not request.GET.get("truong") and queries.schools_of(actor, policy.WATCH).exists():
        return department.overview(request)
    if not own.exists() and not request.GET.get("truong"):
        raise NotFound("KIT-001")
    return school.overview(request)
