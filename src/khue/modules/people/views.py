"""Pages about people: list and search, one person, editing, newcomers, positions, family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import needs_sign_in, status_of
from khue.modules.people import forms, guardians, joining, pages, places, policy, queries, services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from khue.core.actor import Actor
    from khue.modules.people.models import Person

KINDS = {"hoc-sinh": queries.PUPILS, "can-bo": queries.STAFF}
PAGE = 50


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
    page = forms.page_of(request.GET.get("trang", "1"))
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
        "may_admit": permissions.rows_for(actor, policy.ADMIT) != permissions.DENY,
        "may_employ": permissions.rows_for(actor, policy.REGISTER) != permissions.DENY,
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
    person = _changeable(actor, key)
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


@needs_sign_in
@require_http_methods(["GET", "POST"])
def new_pupil(request: HttpRequest) -> HttpResponse:
    """Enter one pupil in the register; many come faster from Excel (tiếp nhận học sinh)."""

    def act(actor: Actor, unit_id: UUID) -> UUID:
        posted = request.POST
        facts: dict[str, object] = {
            name: posted.get(name, "") for name in ("register_number", "birth_place", "current_address")
        }
        admitted = forms.day_of(posted, "admitted_on")
        row = joining.admit_newcomer(
            actor, school_id=unit_id, person=forms.person_of(posted), another=posted.get("another") == "1",
            facts=facts | ({"admitted_on": admitted} if admitted else {}),
        )
        messages.success(request, _("Đã tiếp nhận. Giờ hãy xếp lớp cho học sinh ở trang lớp."))
        return row.person_id

    return _newcomer(request, policy.ADMIT, "people/new_pupil.html", act)


@needs_sign_in
@require_http_methods(["GET", "POST"])
def new_staff(request: HttpRequest) -> HttpResponse:
    """Give a position to somebody new at the unit (tiếp nhận cán bộ)."""

    def act(actor: Actor, unit_id: UUID) -> UUID:
        posted = request.POST
        row = joining.employ_newcomer(
            actor, school_id=unit_id, person=forms.person_of(posted), another=posted.get("another") == "1",
            position=posted.get("position", ""), since=forms.day_of(posted, "since") or actor.today,
        )
        messages.success(request, _("Đã tiếp nhận. Giờ có thể tạo tài khoản và phân quyền ở trang Quyền."))
        return row.person_id

    return _newcomer(request, policy.REGISTER, "people/new_staff.html", act)


def _newcomer(
    request: HttpRequest, action: str, template: str, act: Callable[[Actor, UUID], UUID]
) -> HttpResponse:
    """A form that ends on the page of the person it made."""
    actor = request.actor  # type: ignore[attr-defined]
    units = pages.units_for(actor, action)
    if not units:
        raise NotAllowed("KIT-002", action=permissions.actions()[action].label)
    tried, made = forms.Attempt(), []
    if request.method == "POST":
        unit_id = forms.key_of(request.POST, "unit") or units[0].pk
        tried = forms.attempt(lambda: made.append(act(actor, unit_id)))
        if tried.done:
            return redirect("people:person", short(made[0]))
    context = {
        "units": units, "tried": tried, "posted": request.POST, "positions": forms.POSITIONS,
        "today": f"{actor.today:%d/%m/%Y}",
    }  # fmt: skip
    return render(request, template, context, status=tried.status)


@needs_sign_in
@require_http_methods(["GET", "POST"])
def person_places(request: HttpRequest, key: str) -> HttpResponse:
    """Positions, codes and family of one person: add one, or end one (chức vụ, mã, người thân)."""
    actor = request.actor  # type: ignore[attr-defined]
    person = _changeable(actor, key)
    tried = forms.Attempt()
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", ""))
        if act is None:
            raise Invalid("KIT-003")
        tried = forms.attempt(lambda: act(actor, person, request.POST))
        if tried.done:
            messages.success(request, _("Đã lưu."))
            return redirect("people:places", key)
    context = pages.places_context(actor, person) | {
        "tried": tried, "posted": request.POST, "positions": forms.POSITIONS, "schemes": forms.SCHEMES,
        "today": f"{actor.today:%d/%m/%Y}",
    }  # fmt: skip
    return render(request, "people/places.html", context, status=tried.status)


def _changeable(actor: Actor, key: str) -> Person:
    person = queries.person_in_scope(actor, from_short(key))
    if not permissions.can(actor, policy.CHANGE_PERSON, person):
        raise NotAllowed("KIT-002", action=permissions.actions()[policy.CHANGE_PERSON].label)
    return person


def _employ(actor: Actor, person: Person, posted: Mapping[str, str]) -> None:
    unit = forms.key_of(posted, "unit")
    if unit is None:
        raise Invalid("KIT-003")
    places.employ(
        actor, school_id=unit, person_id=person.pk, position=posted.get("position", ""),
        since=forms.day_of(posted, "since") or actor.today,
    )


def _end_job(actor: Actor, person: Person, posted: Mapping[str, str]) -> None:
    job = next((row for row in queries.jobs_of(actor, person.pk) if short(row.pk) == posted.get("row")), None)
    if job is None:
        raise NotFound("KIT-001")
    places.end_employment(
        actor, employment_id=job.pk, on=forms.day_of(posted, "on") or actor.today,
        reason=posted.get("reason", "")[:500],
    )


def _add_code(actor: Actor, person: Person, posted: Mapping[str, str]) -> None:
    scheme = posted.get("scheme", "")
    if scheme not in {item.value for item in forms.SCHEMES}:
        raise Invalid("KIT-003")
    home = pages.home_of(actor, person)
    services.add_identifier(
        actor, school_id=home, person_id=person.pk, scheme=scheme, value=posted.get("value", "")
    )


def _add_guardian(actor: Actor, person: Person, posted: Mapping[str, str]) -> None:
    guardians.add_guardian(
        actor, child_id=person.pk, relation=posted.get("relation", ""), person=forms.person_of(posted),
        occupation=posted.get("occupation", ""),
    )


def _end_guardian(actor: Actor, person: Person, posted: Mapping[str, str]) -> None:
    link = forms.key_of(posted, "row")
    if link is None:
        raise Invalid("KIT-003")
    guardians.end_guardian(actor, child_id=person.pk, link_id=link, on=actor.today)


ACTS: dict[str, Callable[[Actor, Person, Mapping[str, str]], None]] = {
    "employ": _employ, "end-job": _end_job, "code": _add_code, "guardian": _add_guardian,
    "end-guardian": _end_guardian,
}  # fmt: skip
