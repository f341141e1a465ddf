"""The bank of phrases: what is there, add one, take one out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from khue.core.errors import Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short
from khue.kit.errors import sentence
from khue.modules.access.edge import signed_in
from khue.modules.gradebook import queries
from khue.modules.gradebook.services import phrases as service


@signed_in
@require_http_methods(["GET", "POST"])
def phrases_page(request: HttpRequest) -> HttpResponse:
    """My phrases and those of my school."""
    refusal = ""
    if request.method == "POST":
        try:
            messages.success(request, _step(request))
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal = sentence(error.code, error.params)
        else:
            return redirect("gradebook:phrases")
    bank = queries.phrase_bank(request.actor)
    context = {"bank": bank, "refusal": refusal, "text": request.POST.get("text", "")}
    return render(request, "gradebook/phrases.html", context, status=422 if refusal else 200)


def _step(request: HttpRequest) -> str:
    step = request.POST.get("step", "")
    if step == "add":
        school = request.POST.get("school", "")
        service.add_phrase(
            request.actor, text=request.POST.get("text", ""), school_id=from_short(school) if school else None
        )
        return _("Đã thêm câu nhận xét.")
    if step == "remove":
        service.remove_phrase(request.actor, phrase_id=from_short(request.POST.get("phrase", "")))
        return _("Đã bỏ câu nhận xét.")
    raise Invalid("KIT-003")
