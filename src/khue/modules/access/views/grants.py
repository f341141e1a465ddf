"""Pages of grants: who has which role where, giving and ending one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.access import pages, roles, services
from khue.modules.access.edge import signed_in
from khue.modules.access.views import asked
from khue.modules.people import api as people

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

FOUND = 30


@signed_in
@require_GET
def grant_list(request: HttpRequest) -> HttpResponse:
    """Grants of the people in scope (phân quyền)."""
    actor = request.actor  # type: ignore[attr-defined]
    number = asked.page(request.GET)
    text, ended = request.GET.get("tim", "")[:100], request.GET.get("cu") == "1"
    rows = pages.grants_page(actor, text=text, ended=ended, offset=(number - 1) * pages.PAGE)
    context = {
        "tabs": pages.tabs_for(actor),
        "rows": rows[: pages.PAGE],
        "tim": text,
        "ended": ended,
        "may_grant": bool(roles.grantable_by(actor)),
        "page": number,
        "next_page": number + 1 if len(rows) > pages.PAGE else None,
        "previous_page": number - 1 if number > 1 else None,
    }
    return render(request, "access/grants.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def grant_new(request: HttpRequest) -> HttpResponse:
    """Choose a person of the staff, then role, unit and days."""
    actor = request.actor  # type: ignore[attr-defined]
    values = request.POST if request.method == "POST" else request.GET
    person_id = asked.key(values, "nguoi")
    refusal, status = "", 200
    if request.method == "POST":
        try:
            unit_id = asked.key(values, "don-vi")
            if person_id is None or unit_id is None:
                raise Invalid("KIT-003")
            row = services.grant(
                actor, person_id=person_id, role=values.get("vai-tro", ""), unit_id=unit_id,
                since=asked.day(values, "tu"), until=asked.day(values, "den"),
                source=values.get("quyet-dinh", ""),
            )
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal, status = sentence(error.code, error.params), status_of(error)
        else:
            messages.success(request, _("Đã phân quyền cho {name}.").format(name=row.person.full_name))
            return redirect("access:home")
    text = values.get("tim", "")[:100]
    person = people.person_in_scope(actor, person_id) if person_id else None
    context = {
        "person": person,
        "roles": [(role.value, roles.NAMES[role]) for role in roles.grantable_by(actor)],
        "units": pages.units_for_grant(actor, person.pk) if person else [],
        "tim": text,
        "found": people.find_people(actor, text, "staff", limit=FOUND) if not person else [],
        "picked": values.get("vai-tro", ""),
        "since": values.get("tu", ""),
        "until": values.get("den", ""),
        "source": values.get("quyet-dinh", ""),
        "refusal": refusal,
    }
    return render(request, "access/grant.html", context, status=status)


@signed_in
@require_http_methods(["GET", "POST"])
def grant_revoke(request: HttpRequest, key: str) -> HttpResponse:
    """End a grant, with the reason (thu quyền)."""
    actor = request.actor  # type: ignore[attr-defined]
    row = pages.grant_in_scope(actor, from_short(key))
    refusal, status = "", 200
    if request.method == "POST":
        try:
            services.revoke(
                actor, grant_id=row.pk, on=asked.day(request.POST, "ngay"),
                reason=request.POST.get("li-do", "")[:500],
            )
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal, status = sentence(error.code, error.params), status_of(error)
        else:
            messages.success(request, _("Đã thu quyền của {name}.").format(name=row.person.full_name))
            return redirect("access:home")
    context = {"row": row, "role": roles.role_name(row.role), "refusal": refusal}
    return render(request, "access/revoke.html", context, status=status)
