"""Pages of the tree: look at any day, found, rename, move, merge and end units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from khue.core.dates import parse_date
from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import needs_sign_in, status_of
from khue.modules.orgs import pages, policy, services

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, QueryDict

    from khue.core.actor import Actor
    from khue.modules.orgs.models import Unit


@needs_sign_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The highest units in scope, or what is found by name, on a day (cây đơn vị)."""
    actor = request.actor  # type: ignore[attr-defined]
    day, text = _day(request.GET, "ngay", actor.today), request.GET.get("tim", "").strip()[:100]
    rows = pages.found(actor, text, day) if text else pages.roots(actor, day)
    if len(rows) == 1 and not text:
        on = f"?ngay={day:%d/%m/%Y}" if "ngay" in request.GET else ""
        return redirect(_address(rows[0]) + on)
    context = {"rows": [(row, pages.KINDS.get(row.kind, row.kind)) for row in rows], "day": day, "text": text}
    return render(request, "orgs/home.html", context)


@needs_sign_in
@require_GET
def unit_page(request: HttpRequest, key: str) -> HttpResponse:
    """A unit as it stood on a day, with what came before and after."""
    actor = request.actor  # type: ignore[attr-defined]
    unit = pages.unit_for(actor, from_short(key))
    day = _day(request.GET, "ngay", actor.today)
    return render(request, "orgs/unit.html", pages.unit_context(actor, unit, day) | {"day": day})


@needs_sign_in
@require_http_methods(["GET", "POST"])
def new_unit(request: HttpRequest, key: str) -> HttpResponse:
    """Found a unit or a school under this one (lập đơn vị)."""
    actor = request.actor  # type: ignore[attr-defined]
    parent = pages.unit_for(actor, from_short(key), policy.CHANGE.code)
    refusal, field, status, made = "", "", 200, []
    if request.method == "POST":
        try:
            made.append(_found(actor, parent, request.POST))
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal, field, status = sentence(error.code, error.params), error.field, status_of(error)
        else:
            messages.success(request, _("Đã lập {name}.").format(name=made[0].name))
            return redirect(_address(made[0]))
    context = {
        "parent": parent, "kinds": pages.KINDS.items(), "levels": services.LEVELS, "refusal": refusal,
        "bad": field, "posted": request.POST, "chosen": request.POST.getlist("levels"),
        "today": f"{actor.today:%d/%m/%Y}",
    }  # fmt: skip
    return render(request, "orgs/new.html", context, status=status)


def _found(actor: Actor, parent: Unit, posted: QueryDict) -> Unit:
    name, kind, code = posted.get("name", ""), posted.get("kind", ""), posted.get("code", "").strip()[:40]
    since = _day(posted, "since", actor.today)
    if kind == "school":
        return services.found_school(
            actor, name=name, code=code, levels=",".join(posted.getlist("levels")), parent=parent,
            since=since, address=posted.get("address", "")[:300],
        )
    codes = {"gso": code} if code else {}
    return services.found_unit(
        actor, kind=kind, name=name[:200], parent=parent, since=since, codes=codes,
        short_name=posted.get("short_name", "")[:80],
    )


@needs_sign_in
@require_http_methods(["GET", "POST"])
def change_unit(request: HttpRequest, key: str) -> HttpResponse:
    """Rename, move, merge, end; facts of a school and its readings of doubtful clauses."""
    actor = request.actor  # type: ignore[attr-defined]
    unit = pages.unit_for(actor, from_short(key))
    context = pages.unit_context(actor, unit, actor.today)
    if not (context["may_change"] or context["may_change_school"]):
        raise NotAllowed("KIT-002", action=permissions.actions()[policy.CHANGE.code].label)
    refusal, field, status = "", "", 200
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", ""))
        if act is None:
            raise Invalid("KIT-003")
        try:
            act(actor, unit, request.POST)
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal, field, status = sentence(error.code, error.params), error.field, status_of(error)
        else:
            messages.success(request, _("Đã lưu."))
            return redirect(_address(unit))
    context |= {
        "others": pages.choosable(actor, unit, actor.today) if context["may_change"] else [],
        "levels": services.LEVELS, "refusal": refusal, "bad": field, "posted": request.POST,
        "today": f"{actor.today:%d/%m/%Y}",
    }  # fmt: skip
    return render(request, "orgs/change.html", context, status=status)


def _rename(actor: Actor, unit: Unit, posted: QueryDict) -> None:
    services.rename_unit(
        actor, unit=unit, name=posted.get("name", "")[:200], on=_day(posted, "on", actor.today)
    )


def _move(actor: Actor, unit: Unit, posted: QueryDict) -> None:
    services.move_unit(actor, unit=unit, parent=_other(actor, posted), on=_day(posted, "on", actor.today))


def _merge(actor: Actor, unit: Unit, posted: QueryDict) -> None:
    services.merge_units(actor, units=[unit], into=_other(actor, posted), on=_day(posted, "on", actor.today))


def _end(actor: Actor, unit: Unit, posted: QueryDict) -> None:
    services.end_unit(actor, unit=unit, on=_day(posted, "on", actor.today))


def _change_school(actor: Actor, unit: Unit, posted: QueryDict) -> None:
    facts = {name: posted.get(name, "") for name in ("address", "phone", "email") if name in posted}
    services.change_school(
        actor, unit_id=unit.pk, facts=facts | {"levels": ",".join(posted.getlist("levels"))}
    )


def _choose_readings(actor: Actor, unit: Unit, posted: QueryDict) -> None:
    chosen = {name: posted.get(f"r_{name}", "") for name in pages.READINGS if f"r_{name}" in posted}
    services.choose_readings(actor, unit_id=unit.pk, chosen=chosen, reason=posted.get("reason", "")[:500])


ACTS: dict[str, Callable[[Actor, Unit, QueryDict], None]] = {
    "rename": _rename, "move": _move, "merge": _merge, "end": _end, "school": _change_school,
    "readings": _choose_readings,
}  # fmt: skip


def _other(actor: Actor, posted: QueryDict) -> Unit:
    text = posted.get("other", "").strip()
    if not text:
        raise Invalid("KIT-003", field="other")
    return pages.unit_for(actor, from_short(text))


def _day(values: QueryDict, name: str, default: dt.date) -> dt.date:
    text = values.get(name, "").strip()
    if not text:
        return default
    try:
        return parse_date(text)
    except KhueError as error:
        error.field = name
        raise


def _address(unit: Unit) -> str:
    return reverse("orgs:unit", args=[short(unit.pk)])
