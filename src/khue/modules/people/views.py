"""Pages about people: list and search, one person, editing basic facts."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from khue.core.errors import KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.people import pages, policy, queries, services

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

KINDS = {"hoc-sinh": queries.PUPILS, "can-bo": queries.STAFF}
PAGE = 50


def needs_sign_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view for the gate of the access module, which stands above this one.

    Without the gate the view finds nothing: forgetting it opens no door.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not getattr(request, "actor", None):
            raise NotFound("KIT-001")
        return view(request, *args, **kwargs)

    guarded.needs_sign_in = True  # type: ignore[attr-defined]
    return guarded


@needs_sign_in
@require_GET
def people_list(request: HttpRequest) -> HttpResponse:
    """Pupils and staff of the schools in scope, with search (danh sách học sinh, cán bộ)."""
    actor = request.actor  # type: ignore[attr-defined]
    chosen = request.GET.get("loai", "hoc-sinh")
    kind = KINDS.get(chosen, queries.PUPILS)
    text = request.GET.get("tim", "")[:100]
    schools = pages.schools_in_scope(actor)
    school = request.GET.get("truong", "")
    page = max(1, int(request.GET.get("trang", "1")) if request.GET.get("trang", "1").isdigit() else 1)
    rows = queries.find_people(
        actor, text, kind, school_id=from_short(school) if school else None,
        limit=PAGE + 1, offset=(page - 1) * PAGE,
    )
    names = {item.pk: item.short_name or item.name for item in schools}
    context = {
        "kind": kind,
        "loai": "can-bo" if kind == queries.STAFF else "hoc-sinh",
        "tim": text,
        "truong": school,
        "schools": schools if len(schools) > 1 else [],
        "rows": [(card, names.get(card.school_id, "")) for card in rows[:PAGE]],
        "page": page,
        "next_page": page + 1 if len(rows) > PAGE else None,
        "previous_page": page - 1 if page > 1 else None,
    }
    return render(request, "people/list.html", context)


@needs_sign_in
@require_GET
def person_page(request: HttpRequest, key: str) -> HttpResponse:
    """One person: only the facts that this reader may see."""
    actor = request.actor  # type: ignore[attr-defined]
    return render(request, "people/person.html", pages.person_context(actor, from_short(key)))


@needs_sign_in
@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change basic facts of a person; what somebody else changed meanwhile is shown, not lost."""
    actor = request.actor  # type: ignore[attr-defined]
    person = queries.person_in_scope(actor, from_short(key))
    if not permissions.can(actor, policy.CHANGE_PERSON, person):
        raise NotAllowed("KIT-002", action=permissions.actions()[policy.CHANGE_PERSON].label)
    pupil = queries.pupil_of(actor, person.pk)
    of_person, of_pupil = pages.form_fields(person, pupil)
    refusal, field, status, posted = "", "", 200, None
    if request.method == "POST":
        try:
            change, expected = pages.read_form(person.pk, request.POST, with_pupil=pupil is not None)
            services.change_person(actor, person_id=person.pk, changes=change, expected=expected)
        except NotFound:
            raise
        except KhueError as error:
            refusal, field, status = sentence(error.code, error.params), error.field, status_of(error)
            posted = request.POST
        else:
            messages.success(request, _("Đã lưu."))
            return redirect("people:person", short(person.pk))
    # After a refusal the form keeps what was typed beside what is stored now.
    typed = [(item, posted.get(item.name, item.value) if posted else item.value) for item in of_person]
    typed_pupil = [(item, posted.get(item.name, item.value) if posted else item.value) for item in of_pupil]
    context = {
        "person": person, "fields": typed, "pupil_fields": typed_pupil, "refusal": refusal, "bad": field,
    }
    return render(request, "people/edit.html", context, status=status)
