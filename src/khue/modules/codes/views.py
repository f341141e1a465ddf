"""Pages of the code lists: everybody signed in reads, administrators of the department change."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from khue.core.actor import Role
from khue.core.dates import parse_date
from khue.core.errors import Invalid, KhueError, NotFound
from khue.core.ids import from_short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import needs_sign_in
from khue.modules.codes import policy, queries, services, shipped
from khue.modules.codes.models import CodeItem

if TYPE_CHECKING:

    from khue.core.actor import Actor

FIELDS = ("code", "name", "official_code", "aliases", "since", "reason")


@needs_sign_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """All code lists."""
    context = {"lists": queries.code_lists(request.actor.today), "may_change": _may_change(request.actor)}
    return render(request, "codes/home.html", context)


@needs_sign_in
@require_POST
def load(request: HttpRequest) -> HttpResponse:
    """Load the shipped lists again."""
    counts = services.load_shipped(request.actor)
    messages.success(
        request,
        _(
            "Đã nạp danh mục: thêm {added}, cập nhật {updated}, kết thúc {ended}, "
            "giữ nguyên {kept} mục do người dùng sửa."
        ).format(added=counts.added, updated=counts.updated, ended=counts.ended, kept=counts.kept),
    )
    return redirect("codes:home")


@needs_sign_in
@require_GET
def list_page(request: HttpRequest, code_list: str) -> HttpResponse:
    """The entries of one list on a day, with search."""
    meta = _meta(code_list)
    text = request.GET.get("q", "").strip()
    refusal, day = "", request.actor.today
    if wanted := request.GET.get("ngay", "").strip():
        try:
            day = parse_date(wanted)
        except Invalid:
            refusal = _("Ngày không đọc được. Hãy ghi dạng ngày/tháng/năm, ví dụ 30/06/2025.")
    context = {
        "code_list": code_list,
        "meta": meta,
        "rows": queries.search(code_list, text, day),
        "text": text,
        "day": day,
        "refusal": refusal,
        "may_change": _may_change(request.actor),
    }
    return render(request, "codes/list.html", context, status=400 if refusal else 200)


@needs_sign_in
def item_page(request: HttpRequest, key: str) -> HttpResponse:
    """One entry with its versions; administrators correct, rename from a day on, or end it."""
    rows = CodeItem.objects.all()
    row = permissions.load(request.actor, rows, from_short(key), see=policy.SEE.code)
    refusal = ""
    if request.method == "POST":
        try:
            done = _change(request, row)
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            messages.success(request, done)
            return redirect("codes:list", code_list=row.code_list)
    aliases = row.extra.get("aliases", [])
    kept = {"name": row.name, "official_code": row.official_code}
    context = {
        "row": row,
        "meta": shipped.lists().get(row.code_list, {"title": row.code_list}),
        "aliases": request.POST.get("aliases", "") if refusal else "\n".join(aliases),
        "shown": _shown(request) if refusal else _shown(request) | kept,
        "versions": rows.filter(code_list=row.code_list, code=row.code).order_by("-valid_from"),
        "refusal": refusal,
        "may_change": row.valid_to is None and permissions.can(request.actor, policy.CHANGE.code, row),
    }
    return render(request, "codes/item.html", context, status=422 if refusal else 200)


@needs_sign_in
def add_page(request: HttpRequest, code_list: str) -> HttpResponse:
    """A new entry of a list."""
    meta = _meta(code_list)
    refusal = ""
    if request.method == "POST":
        try:
            services.add_item(
                request.actor,
                code_list=code_list,
                code=request.POST.get("code", ""),
                name=request.POST.get("name", ""),
                official_code=request.POST.get("official_code", ""),
                aliases=request.POST.get("aliases", "").splitlines(),
                since=_day(request, "since"),
            )
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            messages.success(request, _("Đã thêm mục vào danh mục."))
            return redirect("codes:list", code_list=code_list)
    elif not _may_change(request.actor):
        raise NotFound("KIT-001")
    context = {"code_list": code_list, "meta": meta, "shown": _shown(request), "refusal": refusal}
    return render(request, "codes/add.html", context, status=422 if refusal else 200)


def _change(request: HttpRequest, row: CodeItem) -> str:
    reason = request.POST.get("reason", "")
    if request.POST.get("step") == "end":
        on = _day(request, "on") or request.actor.today
        services.end_item(request.actor, item_id=row.pk, on=on, reason=reason)
        return _("Đã kết thúc hiệu lực của mục.")
    services.change_item(
        request.actor,
        item_id=row.pk,
        name=request.POST.get("name", ""),
        official_code=request.POST.get("official_code", ""),
        aliases=request.POST.get("aliases", "").splitlines(),
        since=_day(request, "since"),
        reason=reason,
    )
    return _("Đã lưu mục của danh mục.")


def _shown(request: HttpRequest) -> dict[str, str]:
    """What stands in the fields: what was typed, else nothing."""
    return {name: request.POST.get(name, "") for name in FIELDS}


def _day(request: HttpRequest, name: str) -> dt.date | None:
    text = request.POST.get(name, "").strip()
    return parse_date(text) if text else None


def _meta(code_list: str) -> dict[str, Any]:
    meta = shipped.lists().get(code_list)
    if meta is None:
        raise NotFound("COD-001", code_list=code_list)
    return meta


def _may_change(actor: Actor) -> bool:
    return actor.holds(Role.DEPARTMENT_ADMIN)
