"""The department's pages: the table of schools, doubtful records, requests, keys (chuyên viên Sở)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import KhueError, NotFound
from khue.core.ids import from_short, short
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.store import policy, queries
from khue.modules.store.models import ReceiptState
from khue.modules.store.services import deciding, keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

CHARTED = 12  # schools in the chart
SHOWN_SCHOOLS = 400
DAYS = 400
DAY_DIGITS = 4


def overview(request: HttpRequest) -> HttpResponse:
    """Every school: issued, submitted, accepted, rejected, waiting, last day; those that lack most first."""
    years = queries.years()
    year = request.GET.get("nam", "")
    year = year if year in years else (years[0] if years else "")
    rows = queries.table(request.actor, year)
    total = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("issued", "submitted", "accepted", "rejected", "waiting")
    }
    late = [row for row in rows if row.lacking]
    context = {
        "rows": [(row, short(from_short(row.school_id))) for row in rows[:SHOWN_SCHOOLS]], "total": total,
        "years": years, "year": year, "more": max(len(rows) - SHOWN_SCHOOLS, 0),
        "late": len(late), "chart": [{"label": row.name, "value": row.lacking} for row in late[:CHARTED]],
        "doubtful": len(queries.doubtful(request.actor)),
        "requests": len(queries.open_requests(request.actor)),
    }  # fmt: skip
    return render(request, "store/department.html", context)


@signed_in
@require_GET
def school_page(request: HttpRequest, key: str) -> HttpResponse:
    """One school: its packages, what was rejected and why, its keys and the numbers of its seals."""
    return _school_page(request, key)


def _school_page(request: HttpRequest, key: str, fresh: str = "") -> HttpResponse:
    school, now = queries.load_school(request.actor, from_short(key), policy.WATCH), request.actor.now
    context = {
        "school": school, "receipts": queries.receipts_of(school.pk), "fresh": fresh, "days": DAYS,
        "counters": queries.counters_of(school.pk),
        "rejected": [(row, reasons(row.reasons)) for row in queries.rejected_of(school.pk)],
        "keys": [(row, row.is_usable(now)) for row in queries.keys_of(request.actor, school.pk)],
        "seals": keys.seals_set(school.pk), "done": ReceiptState.ANSWERED,
    }  # fmt: skip
    return render(request, "store/school_of_department.html", context)


@signed_in
@require_POST
def give_key(request: HttpRequest, key: str) -> HttpResponse:
    """A new key; it stands on the answer to this form and nowhere else."""
    days = request.POST.get("days", "")
    try:
        _row, text = keys.give(
            request.actor, school_id=from_short(key), label=request.POST.get("label", ""),
            days=int(days) if days.isdecimal() and len(days) <= DAY_DIGITS else 0,
        )  # fmt: skip
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
        return redirect("store:watched", key=key)
    answer = _school_page(request, key, fresh=text)
    answer["Cache-Control"] = "no-store"
    return answer


@signed_in
@require_POST
def set_seals(request: HttpRequest, key: str) -> HttpResponse:
    """The numbers with which the school seals."""
    try:
        keys.set_seals(request.actor, school_id=from_short(key), seals=request.POST.get("seals", "").split())
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
    else:
        messages.success(request, _("Đã ghi số chứng thư đóng dấu của trường."))
    return redirect("store:watched", key=key)


@signed_in
@require_POST
def revoke_key(request: HttpRequest, key: str) -> HttpResponse:
    """A key opens nothing any more."""
    row = keys.revoke(request.actor, key_id=from_short(key))
    messages.success(request, _("Đã thu khoá. Máy của trường không gửi được bằng khoá này nữa."))
    return redirect("store:watched", key=short(row.school_id))


@signed_in
@require_GET
def doubtful(request: HttpRequest) -> HttpResponse:
    """Records that could not be verified to the end, with what was found; several are decided at once."""
    rows = queries.doubtful(request.actor)
    if not rows:
        _require_watcher(request)
    context = {
        "rows": [
            (row, reasons(item.reasons) if item else [], _signatures(item), row.replaces)
            for row, item in rows
        ]
    }
    return render(request, "store/doubtful.html", context)


@signed_in
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Take or reject the chosen records."""
    accept = request.POST.get("viec") == "nhan"
    try:
        done, refusals = deciding.decide_many(
            request.actor, record_ids=[from_short(one) for one in request.POST.getlist("hoc-ba")],
            accept=accept, reason=request.POST.get("reason", ""),
        )  # fmt: skip
    except NotFound:
        raise
    except KhueError as refusal:
        done, refusals = 0, [refusal]
    for text in dict.fromkeys(sentence(one.code, one.params) for one in refusals):
        messages.error(request, text)
    if done:
        told = ngettext("Đã quyết định {count} học bạ.", "Đã quyết định {count} học bạ.", done)
        messages.success(request, told.format(count=done))
    return redirect("store:doubtful")


@signed_in
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """Requests to recall or cancel."""
    rows = queries.open_requests(request.actor)
    if not rows:
        _require_watcher(request)
    return render(request, "store/requests.html", {"rows": rows})


@signed_in
@require_POST
def decide_request(request: HttpRequest, key: str) -> HttpResponse:
    """Approve or refuse one request."""
    try:
        deciding.decide_request(
            request.actor, request_id=from_short(key), approve=request.POST.get("viec") == "dong-y",
            note=request.POST.get("note", ""),
        )  # fmt: skip
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
    else:
        messages.success(request, _("Đã ghi quyết định. Trường nhận được ở lần hỏi sau."))
    return redirect(reverse("store:requests"))


def reasons(found: Iterable[dict[str, Any]]) -> list[str]:
    """Reasons as sentences."""
    return [sentence(one["code"], one["params"]) for one in found]


def _signatures(item: Any) -> list[tuple[str, str, list[str]]]:
    """The signatures that are not good: whose, in which role, what was found."""
    if item is None:
        return []
    return [
        (one["signer"], one["role"], reasons(one["found"]))
        for one in item.report.report["signatures"]
        if one["found"]
    ]


def _require_watcher(request: HttpRequest) -> None:
    if not queries.schools_of(request.actor, policy.WATCH).exists():
        raise NotFound("KIT-001")
