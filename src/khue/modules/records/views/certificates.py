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
from khue.kit.web import POLICY
from khue.modules.access.edge import signed_in
from khue.modules.orgs import api as orgs
from khue.modules.records import policy, providers
from khue.modules.records.models import ON_COMPUTER, Certificate, Provider
from khue.modules.records.services import certificates as service
from khue.modules.records.views.signing import PROGRAMS
from khue.signing.signers.vgca import AGENT_URL, VGCA_URL

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor

PROGRAM_URLS = {Provider.AGENT: AGENT_URL, Provider.VGCA: VGCA_URL}
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
    configured = providers.configured()
    context = {
        "mine": mine, "seals": seals, "schools": list(schools[:50]), "now": actor.now,
        "services": [(kind.value, kind.label) for kind in providers.ASKED if kind.value in configured],
        "programs": [(kind.value, kind.label, PROGRAM_URLS[kind]) for kind in ON_COMPUTER],
    }  # fmt: skip
    response = render(request, "records/certificates.html", context)
    # The page reads a certificate from the program on the person's own computer, and from nowhere else.
    response["Content-Security-Policy"] = f"{POLICY}; connect-src 'self' {PROGRAMS}"
    return response


@signed_in
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Register a certificate: what a service holds for a number, or one from a file or a token."""
    school = request.POST.get("school", "")
    provider = request.POST.get("provider", "")
    school_id = from_short(school) if school else None
    try:
        if provider not in Provider.values:
            raise Invalid("KIT-003", field="provider")
        if Provider(provider) in providers.ASKED:
            found = service.register_offered(
                request.actor, provider=provider, number=request.POST.get("number", ""), school_id=school_id
            )
        else:
            found = [_from_computer(request, provider, school_id)]
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
    else:
        names = ", ".join(row.name for row in found)
        messages.success(request, _("Đã đăng ký chứng thư của {name}.").format(name=names))
    return redirect("records:certificates")


def _from_computer(request: HttpRequest, provider: str, school_id: UUID | None) -> Certificate:
    """A certificate whose key is on the person's computer: as the program gave it, or from its file."""
    if Provider(provider) not in ON_COMPUTER:
        raise Invalid("KIT-003", field="provider")
    return service.register(
        request.actor, provider=provider, content=_content(request),
        chain=[_decoded(one) for one in request.POST.getlist("chain")],
        provider_key=request.POST.get("provider_key", "")[:200], school_id=school_id,
    )  # fmt: skip


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
    return _decoded(request.POST.get("certificate", ""))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("REC-007", field="certificate") from error
