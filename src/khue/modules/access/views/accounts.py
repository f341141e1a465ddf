"""Pages of accounts: the staff of a unit, making many at once with slips, help with a lost password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.access import accounts, pages, policy
from khue.modules.access.edge import signed_in
from khue.modules.access.views import asked
from khue.modules.orgs.api import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from khue.modules.access.data import NewAccount


@signed_in
@require_http_methods(["GET", "POST"])
def account_list(request: HttpRequest) -> HttpResponse:
    """The staff of a unit with their accounts; POST makes accounts for those ticked."""
    actor = request.actor  # type: ignore[attr-defined]
    units = pages.units_for(actor, policy.MAKE_ACCOUNTS)
    if not units:
        raise NotFound("KIT-001")
    values = request.POST if request.method == "POST" else request.GET
    chosen = asked.key(values, "don-vi")
    unit = permissions.load(
        actor, Unit.objects.all(), chosen or units[0].pk, see="orgs.unit.see", do=policy.MAKE_ACCOUNTS
    )
    refusal, status = "", 200
    if request.method == "POST":
        try:
            ids = [from_short(text) for text in values.getlist("nguoi")]
            made = accounts.create_accounts(actor, unit_id=unit.pk, person_ids=ids)
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal, status = sentence(error.code, error.params), status_of(error)
        else:
            return _slips(request, unit, made)
    cards = pages.account_cards(unit.pk, actor.today)
    context = {
        "tabs": pages.tabs_for(actor),
        "unit": unit, "units": units, "cards": cards, "refusal": refusal,
        "without": sum(not card.username for card in cards),
    }
    return render(request, "access/accounts.html", context, status=status)


@signed_in
@require_POST
def account_change(request: HttpRequest, unit: str, key: str) -> HttpResponse:
    """A new one-time password, removing a lost second factor, closing or opening an account."""
    actor = request.actor  # type: ignore[attr-defined]
    unit_id, person_id = from_short(unit), from_short(key)
    step = request.POST.get("viec", "")
    try:
        if step in {"mat-khau", "mat-dien-thoai"}:
            made = accounts.reset_account(
                actor, unit_id=unit_id, person_id=person_id, remove_second_factor=step == "mat-dien-thoai"
            )
            return _slips(request, Unit.objects.get(pk=unit_id), [made])
        if step not in {"khoa", "mo"}:
            raise Invalid("KIT-003")
        accounts.set_account_active(actor, unit_id=unit_id, person_id=person_id, active=step == "mo")
    except (NotFound, NotAllowed, Invalid):
        raise
    except KhueError as error:
        messages.error(request, sentence(error.code, error.params))
    else:
        messages.success(request, _("Đã mở lại tài khoản.") if step == "mo" else _("Đã khoá tài khoản."))
    return redirect(f"{reverse('access:accounts')}?don-vi={short(unit_id)}")


def _slips(request: HttpRequest, unit: Unit, made: Sequence[NewAccount]) -> HttpResponse:
    """Slips to print and hand out; shown once, kept by no cache and no history."""
    address = request.get_host()
    context = {"unit": unit, "made": made, "address": address}
    response = render(request, "access/slips.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
