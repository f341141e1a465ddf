"""Closing the year of a school's books in one act: by signing, or without where a school does not sign."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from khue.core.errors import KhueError, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.orgs import api as orgs
from khue.modules.records import api as records
from khue.modules.register import pages, policy
from khue.modules.register.services import closing as service
from khue.modules.register.signed import acts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from khue.core.actor import Actor


@signed_in
@require_POST
def close_year(request: HttpRequest, key: str) -> HttpResponse:
    """Close the next page of every book that was chosen."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    school = permissions.load(actor, orgs.Unit.objects.all(), from_short(key), see=policy.SEE_SCHOOL)
    back = f"{reverse('register:home')}?{urlencode({'truong': short(school.pk)})}"
    wanted = {from_short(text) for text in request.POST.getlist("book")}
    chosen = [line for line in pages.book_lines(actor, school) if line.book.pk in wanted]
    why = request.POST.get("accept_missing", "").strip()
    if not chosen:
        messages.warning(request, sentence("REC-013", {}))
        return redirect(back)
    if settings.KHUE_SIGNING != "required" and request.POST.get("act") == "plain":
        return _without_signature(request, chosen, why, back)
    subjects = [
        records.Subject(acts.CLOSE, line.book.pk, line.next_year, (("accept_missing", why),))
        for line in chosen
    ]
    count = len(chosen)
    title = ngettext("Khoá {n} quyển sổ đăng bộ", "Khoá {n} quyển sổ đăng bộ", count).format(n=count)
    try:
        return records.check_and_go(request, subjects, title=title, school_id=school.pk, back=back)
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
        return redirect(back)


def _without_signature(
    request: HttpRequest, chosen: Sequence[pages.BookLine], why: str, back: str
) -> HttpResponse:
    closed = 0
    for line in chosen:
        try:
            service.close_book(
                request.actor,
                book_id=line.book.pk,
                year=line.next_year,
                accept_missing=why,  # type: ignore[attr-defined]
            )
        except NotFound:
            raise
        except KhueError as refusal:
            messages.warning(request, sentence(refusal.code, refusal.params))
        else:
            closed += 1
    if closed:
        messages.success(request, _("Đã khoá sổ: {n} quyển.").format(n=closed))
    return redirect(back)
