"""Certificates of a person and of a school: seen, registered, ended (chứng thư số)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import Invalid, KhueError, NotFound
from khue.core.ids import from_short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.orgs import api as orgs
from khue.modules.records import policy, providers
from khue.modules.records.models import Certificate, Provider
from khue.modules.records.services import certificates as service

if TYPE_CHECKING:
    from khue.core.actor import Actor

LARGEST = 64 * 1024  # bytes of a certificate file


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """One's own certificates, and the schools' where one leads."""
    actor: Actor = request.actor
    rows = permissions.visible(actor, policy.SEE_CERTIFICATE, Certificate.objects.select_related("school"))
    mine = [row for row in rows if row.person_id == actor.person_id and row.person_id]
    seals = [row for row in rows if row.school_id]
    schools = permissions.visible(actor, policy.REGISTER_SEAL, orgs.Unit.objects.filter(kind="school"))
    context = {
        "mine": mine, "seals": seals, "schools": list(schools[:50]), "now": actor.now,
        "providers": [(code, Provider(code).label) for code in providers.configured() if code != "demo"],
    }  # fmt: skip
    return render(request, "records/certificates.html", context)


@signed_in
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Register a certificate from its file, or as the agent on the computer gave it."""
    school = request.POST.get("school", "")
    try:
        row = service.register(
            request.actor,
            provider=request.POST.get("provider", ""),
            content=_content(request),
            provider_key=request.POST.get("provider_key", "")[:200],
            school_id=from_short(school) if school else None,
        )
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
    else:
        messages.success(request, _("Đã đăng ký chứng thư của {name}.").format(name=row.name))
    return redirect("records:certificates")


@signed_in
@require_POST
def end(request: HttpRequest, key: str) -> HttpResponse:
    """Stop using a certificate."""
    row = service.end(request.actor, certificate_id=from_short(key))
    messages.success(request, _("Đã ngừng dùng chứng thư của {name}.").format(name=row.name))
    return redirect("records:certificates")


def _content(request: HttpRequest) -> bytes:
    given = request.FILES.get("file")
    if given is not None:
        if (given.size or 0) > LARGEST:
            raise Invalid("REC-007", field="file")
        return bytes(given.read())
    try:
        return base64.b64decode(request.POST.get("certificate", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("REC-007", field="certificate") from error
