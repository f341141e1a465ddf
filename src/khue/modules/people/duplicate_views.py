"""The page of rows that may be one child: side by side, brought together with a reason, taken apart again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from khue.core.errors import KhueError, NotAllowed, NotFound
from khue.core.ids import from_short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import needs_sign_in
from khue.modules.orgs.api import Unit
from khue.modules.people import duplicates, policy, queries, writing
from khue.modules.people.models import IdentifierMerge, Person

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from khue.core.actor import Actor

SHOWN = 100
FEW_SCHOOLS = 40


@needs_sign_in
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Pairs that may be one child, and what was brought together (hồ sơ trùng)."""
    actor = request.actor  # type: ignore[attr-defined]
    units = permissions.visible(actor, policy.ADMIT, Unit.objects.filter(kind="school"))
    schools = list(units.order_by("search_key", "id")[:FEW_SCHOOLS])
    if not schools:
        raise NotFound("KIT-001")
    wanted = request.POST.get("school") or request.GET.get("truong", "")
    school = next((one for one in schools if wanted and one.pk == from_short(wanted)), schools[0])
    if request.method == "POST":
        _act(actor, request, school.pk)
        return redirect(f"{request.path}?truong={wanted}" if wanted else request.path)
    pairs = duplicates.duplicates_of(actor, school.pk)
    merges = IdentifierMerge.objects.filter(school=school, undone_at__isnull=True)
    context = {
        "school": school, "schools": schools if len(schools) > 1 else [],
        "pairs": [_pair(pair.first, pair.second, pair.why) for pair in pairs[:SHOWN]],
        "more": max(0, len(pairs) - SHOWN),
        "merges": merges.select_related("kept", "other")[:SHOWN],
    }  # fmt: skip
    return render(request, "people/duplicates.html", context)


def _pair(first: UUID, second: UUID, why: str) -> dict[str, Any]:
    persons = Person.objects.select_related("pupil").in_bulk([first, second])
    return {"why": why, "rows": [_row(persons[key]) for key in (first, second)]}


def _row(person: Person) -> dict[str, Any]:
    held = queries.identifiers_of(person.pk)
    codes = [(row.get_scheme_display(), writing.shown(row, full=False)) for row in held]
    return {"person": person, "pupil": person.pupil, "codes": codes}


def _act(actor: Actor, request: HttpRequest, school_id: UUID) -> None:
    posted = request.POST
    try:
        if posted.get("act") == "separate":
            key = from_short(posted.get("merge", ""))
            duplicates.unmerge_identifiers(actor, school_id=school_id, merge_id=key)
            messages.success(request, _("Đã tách lại: mã trở về hồ sơ cũ."))
            return
        keys = [from_short(posted.get(name, "")) for name in ("first", "second")]
        kept = from_short(posted.get("kept", ""))
        other = keys[1] if kept == keys[0] else keys[0]
        duplicates.merge_identifiers(
            actor, school_id=school_id, kept_id=kept, other_id=other, reason=posted.get("reason", "")
        )
        messages.success(request, _("Đã gộp mã. Hồ sơ kia còn lại nhưng không còn mã nào."))
    except (NotFound, NotAllowed):
        raise
    except KhueError as error:
        messages.error(request, sentence(error.code, error.params))
