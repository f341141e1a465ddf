"""The log of the units in scope (nhật kí)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from khue.core.errors import NotFound
from khue.core.ids import short
from khue.kit import permissions
from khue.kit.words import said
from khue.modules.access import pages, policy
from khue.modules.access.actions import ACTION_NAMES
from khue.modules.access.edge import signed_in
from khue.modules.access.views import asked

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@signed_in
@require_GET
def log_page(request: HttpRequest) -> HttpResponse:
    """Who did what, when and why; newest first."""
    actor = request.actor  # type: ignore[attr-defined]
    if permissions.rows_for(actor, policy.SEE_AUDIT) == permissions.DENY:
        raise NotFound("KIT-001")
    action, who = request.GET.get("viec", ""), request.GET.get("ai", "").strip()[:100]
    rows = pages.log_page(
        actor, action=action, who=who,
        day=asked.day(request.GET, "ngay"), before=asked.key(request.GET, "truoc"),
    )
    kept = request.GET.copy()
    kept.pop("truoc", None)
    context = {
        "tabs": pages.tabs_for(actor),
        "rows": rows[: pages.PAGE],
        "action": action,
        "who": who,
        "day": request.GET.get("ngay", ""),
        "actions": _choices(),
        "kept": kept.urlencode(),
        "older": short(rows[pages.PAGE - 1]["event"].pk) if len(rows) > pages.PAGE else "",
    }
    return render(request, "access/log.html", context)


def _choices() -> list[tuple[str, str]]:
    """The actions to choose from, in the order of their names."""
    return sorted(((code, said(name)) for code, name in ACTION_NAMES.items()), key=lambda item: item[1])
