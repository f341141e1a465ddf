"""The navigation of every page: only what this person can open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import pgettext_lazy as _

from khue.core.actor import Role

if TYPE_CHECKING:
    from django.http import HttpRequest

OFFICE = (Role.CLERK, Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.DEPARTMENT_ADMIN)
# Who opens gradebooks: all but those who keep the computers or lead a commune.
BOOKS = tuple(role for role in Role if role not in {Role.IT_STAFF, Role.COMMUNE_OFFICER})
SIGNERS = (Role.TEACHER, Role.PRINCIPAL, Role.VICE_PRINCIPAL)
TRANSCRIPTS = (*OFFICE, Role.TEACHER, Role.DEPARTMENT_OFFICER)
IN_A_LINE = 8  # entries that stand side by side; the others open under «Khác»
# label, address, roles that see it
ENTRIES = (
    (_("menu", "Sổ điểm"), "gradebook:home", BOOKS),
    (_("menu", "Ký"), "gradebook:sign", SIGNERS),
    (_("menu", "Lớp"), "schooling:home", (*BOOKS, Role.IT_STAFF)),
    (_("menu", "Đăng bộ"), "register:home", (*OFFICE, Role.DEPARTMENT_OFFICER)),
    (_("menu", "Học bạ"), "transcripts:home", TRANSCRIPTS),
    (_("menu", "Chuyển trường"), "transfers:home", (*OFFICE, Role.TEACHER, Role.DEPARTMENT_OFFICER)),
    (_("menu", "Kho học bạ"), "store:home", (*OFFICE, Role.DEPARTMENT_OFFICER)),
    (_("menu", "Người"), "people:home", (*OFFICE, Role.TEACHER, Role.DEPARTMENT_OFFICER, Role.IT_STAFF)),
    (_("menu", "Nhập dữ liệu"), "importing:home", (*OFFICE, Role.TEACHER)),
    (_("menu", "Sửa điểm"), "gradebook:corrections", BOOKS),
    (_("menu", "Hồ sơ đã ký"), "records:home", (*OFFICE, Role.DEPARTMENT_OFFICER)),
    (_("menu", "Quyền"), "access:home", (Role.PRINCIPAL, Role.DEPARTMENT_ADMIN, Role.IT_STAFF, Role.CLERK)),
    (_("menu", "Đơn vị"), "orgs:home", (*OFFICE, Role.DEPARTMENT_OFFICER, Role.COMMUNE_OFFICER)),
    (_("menu", "Danh mục"), "codes:home", (Role.DEPARTMENT_ADMIN, Role.DEPARTMENT_OFFICER)),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Entries of the main menu for the actor of the request."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return {"nav": [], "nav_more": []}
    entries = []
    for label, name, roles in ENTRIES:
        if not actor.holds(*roles):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        entries.append({"label": label, "url": url})
    here = max(
        (str(entry["url"]) for entry in entries if request.path.startswith(str(entry["url"]))), default=""
    )
    found = [{**entry, "active": entry["url"] == here} for entry in entries]
    if len(found) <= IN_A_LINE + 1:
        return {"nav": found, "nav_more": []}
    return {"nav": found[:IN_A_LINE], "nav_more": found[IN_A_LINE:]}
