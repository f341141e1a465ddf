"""Breaking the glass: open with a reason, see who did, close (truy cập khẩn cấp)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound, Refused
from khue.core.ids import from_short
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.access import pages, policy, services
from khue.modules.access.edge import signed_in
from khue.modules.access.views import asked

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@signed_in
@require_http_methods(["GET", "POST"])
def emergency_page(request: HttpRequest) -> HttpResponse:
    """The list of emergency accesses in scope, and the form to open one."""
    actor = request.actor  # type: ignore[attr-defined]
    refusal, status = "", 200
    if request.method == "POST":
        try:
            unit_id = asked.key(request.POST, "don-vi")
            if unit_id is None:
                raise Invalid("KIT-003")
            row = services.open_emergency(actor, unit_id=unit_id, reason=request.POST.get("li-do", ""))
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal, status = sentence(error.code, error.params), status_of(error)
        else:
            until = f"{row.expires_at:%H:%M}"
            opened = _("Truy cập khẩn cấp mở đến {until}. Mọi trang bạn xem đều được ghi.")
            messages.warning(request, opened.format(until=until))
            return redirect("access:emergency")
    context = {
        "tabs": pages.tabs_for(actor),
        "rows": pages.emergencies(actor),
        "units": pages.units_for(actor, policy.OPEN_EMERGENCY),
        "minutes": settings.KHUE_EMERGENCY_MINUTES,
        "length": services.REASON_LENGTH,
        "refusal": refusal,
        "reason": request.POST.get("li-do", ""),
    }
    return render(request, "access/emergency.html", context, status=status)


@signed_in
@require_POST
def emergency_close(request: HttpRequest, key: str) -> HttpResponse:
    """Close one before its time."""
    try:
        services.close_emergency(request.actor, access_id=from_short(key))  # type: ignore[attr-defined]
    except Refused as error:
        messages.error(request, sentence(error.code, error.params))
    else:
        messages.success(request, _("Đã đóng truy cập khẩn cấp."))
    return redirect("access:emergency")
