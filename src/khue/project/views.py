"""The first page: sign-in (and the demo's people) for visitors, the day's work for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_GET

from khue.core.actor import Role
from khue.kit.words import said
from khue.modules.access.edge import signed_in
from khue.modules.gradebook import api as gradebook
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transfers import api as transfers
from khue.project.context import BOOKS, OFFICE, SIGNERS, TRANSCRIPTS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ROLE_NAMES = {
    Role.DEPARTMENT_ADMIN: _("Quản trị hệ thống của Sở"),
    Role.DEPARTMENT_OFFICER: _("Chuyên viên Sở GD&ĐT"),
    Role.COMMUNE_OFFICER: _("Cán bộ UBND xã"),
    Role.PRINCIPAL: _("Hiệu trưởng"),
    Role.VICE_PRINCIPAL: _("Phó hiệu trưởng"),
    Role.CLERK: _("Văn thư, giáo vụ"),
    Role.TEACHER: _("Giáo viên"),
    Role.IT_STAFF: _("Cán bộ CNTT"),
    Role.EMERGENCY_READER: _("Truy cập khẩn cấp"),
}

IMPORTERS = (Role.CLERK, Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.TEACHER, Role.DEPARTMENT_ADMIN)


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first page of the product."""
    if not request.user.is_authenticated:
        logins = []
        if settings.KHUE_DEMO:
            from khue.project.demo.logins import demo_logins  # noqa: PLC0415 - only the demo has them

            logins = demo_logins()
        return render(request, "project/welcome.html", {"logins": logins})
    return today(request)


@signed_in
def today(request: HttpRequest) -> HttpResponse:
    """What this person can do now, each one act away."""
    actor = request.actor  # type: ignore[attr-defined]
    year = schooling.current_year(actor.today)
    sheets: list[object] = []
    waiting, term = 0, 0
    progress: list[dict[str, object]] = []
    leads = actor.holds(Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.DEPARTMENT_OFFICER, Role.CLERK)
    if year is not None:
        term = schooling.term_of(actor.today, year)
        lines = gradebook.sheet_lines(actor, year, term)
        sheets = [(name, line) for name, line in lines if line.sheet.state == gradebook.SheetState.OPEN]
        waiting = gradebook.waiting_for(actor)
        progress = gradebook.progress_today(actor, year, term) if leads else []
    context = {
        "year": year, "term": term, "sheets": sheets[:12], "more": max(0, len(sheets) - 12),
        "waiting": waiting, "moving": transfers.waiting(actor) if actor.holds(*OFFICE) else 0,
        "unfinished": transcripts.unfinished_years(actor) if actor.holds(*TRANSCRIPTS) else [],
        "roles": list(dict.fromkeys(said(ROLE_NAMES[grant.role]) for grant in actor.grants)),
        "may_import": actor.holds(*IMPORTERS),
        "leads": leads, "progress": progress,
        "reads_books": actor.holds(*BOOKS), "keeps_accounts": actor.holds(Role.IT_STAFF),
        "signs": actor.holds(*SIGNERS), "keeps_records": actor.holds(*OFFICE),
        "reads_transcripts": actor.holds(*TRANSCRIPTS),
        "sees_units": actor.holds(Role.COMMUNE_OFFICER),
    }  # fmt: skip
    return render(request, "project/today.html", context)
