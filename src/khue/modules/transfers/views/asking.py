"""The list of transfers, and writing down what a family asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from khue.core.dates import parse_date
from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.core.names import fold
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.transfers import queries
from khue.modules.transfers.data import Elsewhere
from khue.modules.transfers.services import requesting

if TYPE_CHECKING:
    from khue.modules.orgs import api as orgs
    from khue.modules.transfers.models import Transfer

SHOWN = 20


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits, mine first; what was decided."""
    open_rows, done = queries.lists(request.actor)
    schools = queries.schools_of(request.actor)
    wanted = request.GET.get("tim", "").strip()
    context = {
        "open": open_rows, "done": done, "schools": schools, "wanted": wanted,
        "found": queries.pupils_named(request.actor, wanted, SHOWN) if wanted and schools else [],
    }  # fmt: skip
    return render(request, "transfers/home.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def leaving(request: HttpRequest) -> HttpResponse:
    """A pupil of ours wants to go: where to, why."""
    source = request.POST if request.method == "POST" else request.GET
    pupil = queries.pupil_of(request.actor, from_short(source.get("hs", "")))
    destinations = queries.destinations(pupil, request.actor.today)
    refusal = ""
    if request.method == "POST":
        try:
            transfer = _leave(request, pupil, destinations)
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            return _done(request, transfer)
    context = {
        "pupil": pupil, "destinations": destinations, "posted": request.POST, "refusal": refusal,
        "stay": queries.stay_of(pupil, request.actor.today),
    }  # fmt: skip
    return render(request, "transfers/leaving.html", context, status=422 if refusal else 200)


@signed_in
@require_http_methods(["GET", "POST"])
def coming(request: HttpRequest) -> HttpResponse:
    """A pupil of another school of the province wants to come to us."""
    schools = queries.schools_of(request.actor)
    if not schools:
        raise NotFound("KIT-001")
    refusal = ""
    if request.method == "POST":
        posted = request.POST
        try:
            transfer = requesting.request_coming(
                request.actor, to_school_id=_own(schools, posted.get("school", "")),
                ministry_code=posted.get("code", ""), name=posted.get("name", ""),
                born=parse_date(posted.get("born", "")), reason=posted.get("reason", ""),
                applicant=posted.get("applicant", ""),
            )  # fmt: skip
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            return _done(request, transfer)
    context = {"schools": schools, "posted": request.POST, "refusal": refusal}
    return render(request, "transfers/coming.html", context, status=422 if refusal else 200)


def _leave(request: HttpRequest, pupil: queries.Pupil, destinations: list[orgs.Unit]) -> Transfer:
    posted = request.POST
    outside = posted.get("outside", "").strip()
    typed = posted.get("to_school", "").strip()
    to_school = next((one for one in destinations if typed and fold(one.name) == fold(typed)), None)
    if to_school is None and typed and not outside:
        raise Invalid("XFER-002", field="to_school")
    elsewhere = Elsewhere(outside, posted.get("outside_code", ""), posted.get("same_province") == "1")
    return requesting.request_leaving(
        request.actor, person_id=pupil.person_id, reason=posted.get("reason", ""),
        applicant=posted.get("applicant", ""), to_school_id=to_school.pk if to_school else None,
        elsewhere=None if to_school else elsewhere,
    )  # fmt: skip


def _own(schools: list[orgs.Unit], key: str):  # type: ignore[no-untyped-def]
    if len(schools) == 1:
        return schools[0].pk
    wanted = from_short(key)
    if wanted not in {one.pk for one in schools}:
        raise NotFound("KIT-001")
    return wanted


def _done(request: HttpRequest, transfer: Transfer) -> HttpResponse:
    messages.success(request, _("Đã ghi đề nghị {code}.").format(code=transfer.code))
    return redirect("transfers:transfer", key=short(transfer.id))
