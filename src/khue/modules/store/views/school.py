"""A school's pages: what is ready, one act «Gửi», progress, answers, requests, the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import KhueError, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.records import api as records
from khue.modules.store import policy, queries
from khue.modules.store.models import ItemState, PackageState, RequestKind
from khue.modules.store.services import asking, keys, packaging, sending
from khue.modules.store.states import SETTLED, UNSETTLED
from khue.modules.store.transport import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from khue.modules.store.models import PackageItem

TAGS = {
    "accepted": "tag-ok", "already": "tag-ok", "answered": "tag-ok", "rejected": "tag-bad",
    "held": "tag-warn", "submitted": "tag-info", "approved": "tag-ok", "refused": "tag-bad",
    "sent": "tag-info",
}  # fmt: skip
PAGE_DIGITS = 7


def overview(request: HttpRequest) -> HttpResponse:
    """A school: what is ready, the packages and how they were answered."""
    actor = request.actor
    schools = list(queries.schools_of(actor, policy.CONNECT))
    chosen = request.GET.get("truong", "")
    school = queries.load_school(actor, from_short(chosen), policy.CONNECT) if chosen else schools[0]
    may_send = permissions.can(actor, policy.SEND, school)
    ready = [(year, level, len(rows)) for (year, level), rows in sorted(packaging.ready(school.pk).items())]
    context = {
        "school": school, "schools": schools if len(schools) > 1 else [], "ready": ready,
        "waiting": sum(count for *_, count in ready), "again": queries.resendable(school.pk),
        "packages": [
            (row, counts, _trouble(row), row.sent * 100 // row.size)
            for row, counts in queries.packages_of(school.pk)
        ],
        "requests": [(row, _trouble(row)) for row in queries.requests_of(school.pk)],
        "may_send": may_send, "elsewhere": settings.KHUE_STORE_URL, "link": keys.link_of(school.pk),
        "tags": TAGS,
    }  # fmt: skip
    return render(request, "store/school.html", context)


@signed_in
@require_POST
def send(request: HttpRequest, key: str) -> HttpResponse:
    """Pack what is ready, seal it where the server can, and begin to send."""
    actor, school_id = request.actor, from_short(key)

    def act() -> str:
        made = packaging.make(actor, school_id=school_id, again=request.POST.get("lai") == "1")
        records.after_signing(actor.now, school_id)
        count = sum(package.count for package in made)
        if not settings.KHUE_STORE_URL and count <= AT_ONCE:
            sending.send_waiting(actor.now, school_id)
        return ngettext(
            "Đã đóng gói {count} học bạ. Khuê tự gửi và ghi câu trả lời của Sở ở bảng dưới.",
            "Đã đóng gói {count} học bạ. Khuê tự gửi và ghi câu trả lời của Sở ở bảng dưới.", count,
        ).format(count=count)  # fmt: skip

    return _done(request, act, _home(school_id))


@signed_in
@require_GET
def package_page(request: HttpRequest, key: str) -> HttpResponse:
    """One package: progress, the answer for each record, what to do about it."""
    package = queries.load_package(request.actor, from_short(key))
    state, number = request.GET.get("tt", ""), request.GET.get("trang", "")
    page = max(1, int(number)) if number.isdecimal() and len(number) < PAGE_DIGITS else 1
    state = state if state in ItemState.values else ""
    items = queries.items_of(package, state, (page - 1) * queries.SHOWN)
    may_ask = permissions.can(request.actor, policy.ASK_END, package)
    chosen = (
        next((row for row in items if short(row.pk) == request.GET.get("chon")), None) if may_ask else None
    )
    context = {
        "package": package, "trouble": _trouble(package), "percent": package.sent * 100 // package.size,
        "items": [(row, _reasons(row), may_ask and row.state in SETTLED) for row in items[: queries.SHOWN]],
        "states": [(one.value, one.label) for one in ItemState], "state": state, "page": page,
        "previous_page": page - 1, "next_page": page + 1 if len(items) > queries.SHOWN else 0,
        "may_send": permissions.can(request.actor, policy.SEND_PACKAGE, package),
        "may_cancel": package.state == PackageState.PACKAGED,
        "ended": package.state == PackageState.CANCELLED,
        "waits": package.items.filter(state__in=UNSETTLED).exists(),
        "chosen": chosen, "kinds": [(one.value, one.label) for one in RequestKind], "tags": TAGS,
        "sealed": package.document.state == records.DocumentState.ISSUED,
    }  # fmt: skip
    return render(request, "store/package.html", context)


@signed_in
@require_POST
def hurry(request: HttpRequest, key: str) -> HttpResponse:
    """Try again now."""
    actor = request.actor

    def act() -> str:
        package = sending.hurry(actor, package_id=from_short(key))
        if not settings.KHUE_STORE_URL and package.count <= AT_ONCE:
            sending.send(package.pk, actor.now)
        return _("Khuê sẽ gửi lại ngay. Hãy tải lại trang sau ít phút.")

    return _done(request, act, reverse("store:package", args=[key]))


@signed_in
@require_POST
def cancel(request: HttpRequest, key: str) -> HttpResponse:
    """Give up a package that was not sent."""

    def act() -> str:
        packaging.cancel(request.actor, package_id=from_short(key))
        return _("Đã bỏ gói. Các học bạ trong gói lại chờ gửi.")

    return _done(request, act, reverse("store:package", args=[key]))


@signed_in
@require_POST
def ask(request: HttpRequest, key: str) -> HttpResponse:
    """Ask to recall or cancel one record of a package."""
    actor, posted = request.actor, request.POST

    def act() -> str:
        asking.ask(
            actor, item_id=from_short(posted.get("hoc-ba", "")), kind=posted.get("kind", ""),
            reason=posted.get("reason", ""), authority=posted.get("authority", ""),
        )  # fmt: skip
        return _("Đã ghi đề nghị. Khuê gửi tới Sở và báo ở trang này khi Sở quyết định.")

    return _done(request, act, reverse("store:package", args=[key]))


@signed_in
@require_POST
def connect(request: HttpRequest, key: str) -> HttpResponse:
    """Keep the key that the department gave."""

    def act() -> str:
        keys.keep_link(request.actor, school_id=from_short(key), text=request.POST.get("key", ""))
        return _("Đã cất khoá gửi. Từ nay Khuê gửi học bạ bằng khoá này.")

    return _done(request, act, _home(from_short(key)))


def _done(request: HttpRequest, act: Callable[[], str], address: str) -> HttpResponse:
    """Do it and say so, or say why not; strangers find nothing."""
    try:
        messages.success(request, act())
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
    return redirect(address)


def _home(school_id: UUID) -> str:
    return f"{reverse('store:home')}?truong={short(school_id)}"


def _trouble(row: Any) -> str:
    return sentence(row.trouble, row.trouble_params) if row.trouble else ""


def _reasons(item: PackageItem) -> list[str]:
    """Why, in the words of this installation; those of a store elsewhere where it says more."""
    return [why["text"] or sentence(why["code"], why["params"]) for why in item.reasons]
