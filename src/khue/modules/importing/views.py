"""The import wizard: choose files, look at what they bring, confirm, undo."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from khue.core.errors import Conflict, Invalid, KhueError, NotFound
from khue.core.ids import from_short, short, uuid7
from khue.kit.errors import sentence
from khue.kit.web import wants_json
from khue.modules.access.edge import signed_in
from khue.modules.importing import guess, intake, pages, services
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

FILES_AT_ONCE = 60
MIB = 1024 * 1024


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Send files; the latest runs."""
    context = {
        "kinds": [item for item in pages.KIND_NAMES.items() if item[0] != intake.KIND],
        "schools": pages.schools(request.actor),
        "years": schooling.SchoolYear.objects.order_by("-code"), "runs": pages.runs(request.actor),
        "states": dict(RunState.choices), "kind_names": pages.KIND_NAMES, "batch": short(uuid7()),
        "limit": settings.KHUE_UPLOAD_LIMIT // MIB, "most": FILES_AT_ONCE,
    }
    return render(request, "importing/home.html", context)


@signed_in
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Check the files that were sent; each becomes a run of one batch."""
    sent = request.FILES.getlist("files")
    if not sent:
        raise Invalid("IMP-010", field="files")
    if len(sent) > FILES_AT_ONCE:
        raise Invalid("IMP-012", field="files", count=len(sent), most=FILES_AT_ONCE)
    batch = _batch(request)
    made = []
    for file in sent:
        try:
            made.append(_start(request, file, batch))
        except NotFound:
            raise
        except KhueError as error:
            messages.error(request, f"{file.name}: {sentence(error.code, error.params)}")
    if not made:
        return redirect("importing:home")
    if len(made) == 1:
        return redirect("importing:run", key=short(made[0].id))
    return redirect("importing:batch", key=short(batch))


@signed_in
@require_POST
def upload_one(request: HttpRequest) -> JsonResponse:
    """Check one file of many, for pages that send them one by one; sent again it is not checked twice."""
    file = request.FILES.get("files")
    if file is None:
        raise Invalid("IMP-010", field="files")
    batch = _batch(request)
    run = _start(request, file, batch)
    url = reverse("importing:run", kwargs={"key": short(run.id)})
    return JsonResponse(
        pages.summary(run) | {"url": url, "batch": reverse("importing:batch", kwargs={"key": short(batch)})}
    )


def _batch(request: HttpRequest) -> UUID:
    """The sending a file belongs to: as the page named it, a new one without a name."""
    named = request.POST.get("batch", "")
    return from_short(named) if named else uuid7()


def _start(request: HttpRequest, file: UploadedFile[bytes], batch: UUID) -> ImportRun:
    data = file.read(settings.KHUE_UPLOAD_LIMIT + 1)
    choice = request.POST.get
    options = SimpleNamespace(
        kind=choice("kind", "auto"),
        school=choice("school", ""),
        year=choice("year", ""),
        school_class=choice("school_class", ""),
        term=int(choice("term", "") in {"1", "2"} and choice("term", "0")),
        subject="",
        moment=choice("moment", ""),
    )
    name = file.name or "tệp"
    wanted = guess.wanted(data, name, options)
    return services.start_run(request.actor, data=data, filename=name, wanted=wanted, batch=batch)


@signed_in
@require_GET
def batch_page(request: HttpRequest, key: str) -> HttpResponse:
    """The files of one sending, with what each brings; one act confirms those that are ready."""
    runs = pages.batch_of(request.actor, from_short(key))
    if not runs:
        raise NotFound("KIT-001")
    rows = [pages.description(run) for run in runs]
    context = {
        "rows": rows, "key": key, "waiting": [row for row in rows if row["waits"]],
        "applied": sum(1 for run in runs if run.state == RunState.APPLIED),
    }  # fmt: skip
    return render(request, "importing/batch.html", context)


@signed_in
@require_POST
def apply_batch(request: HttpRequest, key: str) -> HttpResponse:
    """Confirm the chosen files of a batch."""
    runs = {run.id: run for run in pages.batch_of(request.actor, from_short(key))}
    chosen = [
        run_id for run_id in (from_short(item) for item in request.POST.getlist("run")) if run_id in runs
    ]
    results = services.apply_batch(request.actor, run_ids=chosen)
    done = sum(1 for _, error in results if error is None)
    if done:
        messages.success(request, ngettext("Đã nhập {n} tệp.", "Đã nhập {n} tệp.", done).format(n=done))
    for run_id, error in results:
        if error is not None:
            messages.error(request, f"{runs[run_id].filename}: {sentence(error.code, error.params)}")
    return redirect("importing:batch", key=key)


@signed_in
@require_POST
def undo_batch(request: HttpRequest, key: str) -> HttpResponse:
    """Take back every file of a sending that was written, the last one first."""
    runs = [run for run in pages.batch_of(request.actor, from_short(key)) if run.state == RunState.APPLIED]
    done = 0
    for run in sorted(runs, key=lambda one: (one.applied_at, one.id), reverse=True):
        try:
            services.undo_run(request.actor, run_id=run.id)
        except NotFound:
            raise
        except KhueError as error:
            messages.error(request, f"{run.filename}: {sentence(error.code, error.params)}")
        else:
            done += 1
    if done:
        said = ngettext("Đã hoàn tác {n} tệp.", "Đã hoàn tác {n} tệp.", done)
        messages.success(request, said.format(n=done))
    return redirect("importing:batch", key=key)


@signed_in
@require_GET
def run_page(request: HttpRequest, key: str) -> HttpResponse:
    """One file: what was found, what it would change, the confirmation or the undo."""
    run = pages.load_run(request.actor, from_short(key))
    if run.kind == intake.KIND:
        return redirect("importing:intake_run", key=key)
    return render(request, "importing/run.html", pages.description(run))


@signed_in
@require_POST
def apply(request: HttpRequest, key: str) -> HttpResponse:
    """Confirm one file."""
    try:
        run = services.apply_run(request.actor, run_id=from_short(key))
    except NotFound:
        raise
    except Conflict as error:
        services.compare_again(request.actor, run_id=from_short(key))
        if wants_json(request):
            raise
        messages.warning(request, sentence(error.code, error.params))
    except KhueError as error:
        if wants_json(request):
            raise
        messages.error(request, sentence(error.code, error.params))
    else:
        if wants_json(request):
            return JsonResponse(pages.summary(run))
        messages.success(request, _("Đã nhập xong. Có thể hoàn tác khi chưa có gì dựa vào lần nhập này."))
    return redirect("importing:run", key=key)


@signed_in
@require_POST
def decide(request: HttpRequest, key: str) -> HttpResponse:
    """Say whom the doubtful rows of a file mean."""
    run = pages.load_run(request.actor, from_short(key))
    asked = [doubt["key"] for doubt in run.plan.get("doubts", ())]
    chosen = {name: request.POST[f"d{n}"] for n, name in enumerate(asked) if f"d{n}" in request.POST}
    services.decide(request.actor, run_id=run.id, choices=chosen)
    return redirect(f"{reverse('importing:run', kwargs={'key': key})}#xac-nhan")


@signed_in
@require_POST
def compare(request: HttpRequest, key: str) -> HttpResponse:
    """Compare again with the database as it is now."""
    services.compare_again(request.actor, run_id=from_short(key))
    return redirect("importing:run", key=key)


@signed_in
@require_POST
def undo(request: HttpRequest, key: str) -> HttpResponse:
    """Take one import back."""
    try:
        services.undo_run(request.actor, run_id=from_short(key))
    except NotFound:
        raise
    except KhueError as error:
        messages.error(request, sentence(error.code, error.params))
    else:
        messages.success(request, _("Đã hoàn tác lần nhập này."))
    return redirect("importing:run", key=key)
