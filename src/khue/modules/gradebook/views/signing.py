"""The page «Ký»: a teacher's sheets, a homeroom teacher's classes, a principal's digest; one act for each."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import Invalid, KhueError, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.words import said
from khue.modules.access.edge import signed_in
from khue.modules.gradebook import policy, queries
from khue.modules.gradebook.models import Sheet
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.signed import acts, tray
from khue.modules.gradebook.views.classes import chosen_of
from khue.modules.gradebook.views.sheets import TERM_NAMES
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor

PARTS = {"sheets": acts.SHEET, "classes": acts.CLASS, "digest": acts.SEAL}
TERMS = (1, 2, 0, 3)
WARNING = dt.timedelta(days=30)  # before a certificate ends its holder is told


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person's signature in a term."""
    chosen = chosen_of(request)
    if chosen is None:
        return render(request, "gradebook/empty.html", {})
    year, term = chosen.year, _term(request, chosen.term)
    sheets = tray.sheets_to_sign(request.actor, year, term) if term else []
    classes = tray.classes_to_sign(request.actor, year, term)
    digest = tray.digest(request.actor, year, term)
    certificates = records.of_person(request.actor.person_id, request.actor.now)
    soon = request.actor.now + WARNING
    context = {
        "expiring": next((row for row in certificates[:1] if row.not_after < soon), None),
        "chosen": chosen, "term": term, "term_name": TERM_NAMES[term],
        "terms": [(number, TERM_NAMES[number]) for number in TERMS],
        "sheets": sheets, "classes": classes, "digest": digest,
        "sheets_ready": sum(1 for line in sheets if line.status == tray.READY),
        "classes_ready": sum(1 for line in classes if line.status == tray.READY),
        "digest_ready": [line for line in digest if line.status == tray.READY],
        "digest_waiting": [line for line in digest if line.status == tray.WAITING],
        "digest_signed": [line for line in digest if line.status == tray.SIGNED],
        "certificates": certificates,
    }  # fmt: skip
    return render(request, "gradebook/sign.html", context)


@signed_in
@require_POST
def sign(request: HttpRequest) -> HttpResponse:
    """Check everything that was chosen and go to its batch."""
    part, term = request.POST.get("part", ""), _term(request, -1)
    keys = [from_short(key) for key in request.POST.getlist("key")]
    if part not in PARTS or term not in TERMS:
        raise Invalid("KIT-003")
    if not keys:
        messages.warning(request, sentence("REC-013", {}))
        return redirect(_here(request.POST.get("year", ""), term))
    subjects = [records.Subject(PARTS[part], key, term) for key in keys]
    school_id, year = _place(request.actor, part, keys[0])
    back = _here(year, term)
    try:
        return records.check_and_go(
            request, subjects, title=_title(part, term, len(keys)), school_id=school_id, back=back
        )
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
        return redirect(back)


@signed_in
@require_POST
def sign_sheet(request: HttpRequest, key: str) -> HttpResponse:
    """Sign one sheet, with a reason where results are missing; tests without make-up become 0 first."""
    sheet_id = from_short(key)
    sheet = permissions.load(
        request.actor, queries.sheet_rows(request.actor), sheet_id, see=policy.SEE_SHEET
    )
    try:
        if request.POST.get("zero_pending") == "1":
            closing.no_makeup(request.actor, sheet_id=sheet_id)
        reason = request.POST.get("accept_missing", "")
        subject = records.Subject(acts.SHEET, sheet_id, 0, (("accept_missing", reason),))
        title = _("Ký {title}, lớp {name}").format(
            title=said(closing.sheet_name(sheet)), name=sheet.school_class.name
        )
        return records.check_and_go(
            request, [subject], title=title, school_id=sheet.school_id,
            back=reverse("gradebook:close_sheet", args=[short(sheet_id)]),
            after=_here(sheet.school_class.year.code, sheet.term),
        )  # fmt: skip
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
        return redirect("gradebook:close_sheet", key=short(sheet_id))


def _term(request: HttpRequest, default: int) -> int:
    text = request.POST.get("term", "") or request.GET.get("ky", "")
    return int(text) if text in {"0", "1", "2", "3"} else default


def _title(part: str, term: int, count: int) -> str:
    name = said(closing.TERM_NAMES[term])
    if part == "sheets":
        text = ngettext("Ký {n} bảng điểm, {term}", "Ký {n} bảng điểm, {term}", count)
    elif part == "classes":
        text = ngettext("Ký tổng hợp {n} lớp, {term}", "Ký tổng hợp {n} lớp, {term}", count)
    else:
        text = ngettext("Ký duyệt {n} lớp, {term}", "Ký duyệt {n} lớp, {term}", count)
    return text.format(n=count, term=name)


def _place(actor: Actor, part: str, key: UUID) -> tuple[UUID, str]:
    """The school and the year of what was chosen, if the actor may see it."""
    if part == "sheets":
        rows = Sheet.objects.select_related("school_class__year")
        school_class = permissions.load(actor, rows, key, see=policy.SEE_SHEET).school_class
    else:
        classes = schooling.SchoolClass.objects.select_related("year")
        school_class = permissions.load(actor, classes, key, see=policy.SEE_CLASS)
    return school_class.school_id, school_class.year.code


def _here(year: str, term: int) -> str:
    """The page «Ký» of a year and term, to come back to."""
    return f"{reverse('gradebook:sign')}?{urlencode({'nam': year, 'ky': term})}"
