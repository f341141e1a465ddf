"""The page that says, in plain Vietnamese, which rule granted or refused (vì sao)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_GET

from khue.core.errors import Invalid, KhueError
from khue.core.ids import short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.access import explain, pages, policy
from khue.modules.access.edge import signed_in
from khue.modules.access.views import asked
from khue.modules.people import api as people

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

FOUND = 20
MODULES = {
    "access": _("Quyền và tài khoản"), "people": _("Con người"), "orgs": _("Đơn vị"),
    "schooling": _("Lớp học"), "gradebook": _("Sổ điểm"),
    "importing": _("Nhập dữ liệu"), "codes": _("Danh mục"),
}


@signed_in
@require_GET
def explain_page(request: HttpRequest) -> HttpResponse:
    """Person, action and row from the address; without them a form to choose."""
    actor = request.actor  # type: ignore[attr-defined]
    values = request.GET
    person_id = asked.key(values, "nguoi") or actor.person_id
    action, model = values.get("hanh-dong", ""), values.get("loai", "orgs.Unit")
    text = values.get("tim", "").strip()[:100]
    result, refusal, status = None, "", 200
    if action and not text:
        try:
            key = asked.key(values, "ma")
            if key is None or person_id is None:
                raise Invalid("KIT-003")
            result = explain.explain(actor, person_id=person_id, action=action, model=model, key=key)
        except KhueError as error:
            refusal, status = sentence(error.code, error.params), status_of(error)
    kept = values.copy()
    for name in ("tim", "nguoi"):
        kept.pop(name, None)
    context = {
        "tabs": pages.tabs_for(actor),
        "result": result,
        "refusal": refusal,
        "nguoi": short(person_id) if person_id else "",
        "who": people.names_of([person_id]).get(person_id, actor.name) if person_id else actor.name,
        "found": people.find_people(actor, text, "staff", limit=FOUND) if text else [],
        "tim": text,
        "kept": kept.urlencode(),
        "action": action,
        "model": model,
        "ma": values.get("ma", ""),
        "groups": _groups(),
        "unit_actions": [item for item in permissions.actions().values() if _is_about_units(item)],
        "kinds": explain.explainables(with_model=model),
        "units": pages.units_for(actor, policy.EXPLAIN)[:200] if not action else [],
    }
    return render(request, "access/explain.html", context, status=status)


def _is_about_units(action: permissions.Action) -> bool:
    """Whether the action is asked of units themselves: its roles are held over the row's own id."""
    return any(rule.code.endswith(("@pk", "@id")) for rule in action.rules)


def _groups() -> list[tuple[str, list[permissions.Action]]]:
    """All declared actions by module, for the list to choose from."""
    found = permissions.actions().values()
    return [
        (MODULES.get(name, name), list(items))
        for name, items in groupby(found, key=lambda item: item.code.split(".")[0])
    ]
