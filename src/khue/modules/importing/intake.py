"""The path «Tuyển sinh đầu cấp»: a list pasted or sent, looked at, admitted in one act, on to the split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from khue.core.errors import Conflict, Invalid, KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.access.edge import signed_in
from khue.modules.importing import pages, policy, services
from khue.modules.importing.kinds.intake import WHY
from khue.modules.importing.models import RunState
from khue.modules.orgs import api as orgs
from khue.modules.schooling import api as schooling
from khue.rules import enrollment
from khue.sheets.data import ImportAs

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import QueryDict

    from khue.core.actor import Actor
    from khue.modules.importing.models import ImportRun

KIND = "intake"
PASTED = "danh-sach-dan.txt"
MIB = 1024 * 1024


@signed_in
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """A list of newcomers: pasted or a file, into which grade and year, in which order."""
    actor = request.actor  # type: ignore[attr-defined]
    schools = _schools(actor)
    if not schools:
        raise NotFound("KIT-001")
    refusal = status = None
    if request.method == "POST":
        try:
            run = _check(actor, request)
            return redirect("importing:intake_run", key=short(run.id))
        except (NotFound, NotAllowed):
            raise
        except KhueError as error:
            refusal, status = sentence(error.code, error.params), status_of(error)
    years = list(schooling.SchoolYear.objects.order_by("-code"))
    posted = request.POST
    context: dict[str, Any] = {
        "schools": schools, "years": years, "grades": _grades(schools), "refusal": refusal,
        "year": posted.get("year") or _year(actor, years), "posted": posted.get("pasted", "")[:200_000],
        "limit": settings.KHUE_UPLOAD_LIMIT // MIB,
    }  # fmt: skip
    return render(request, "importing/intake.html", context, status=status or 200)


def _schools(actor: Actor) -> list[tuple[str, str, frozenset[str]]]:
    """Code, name and levels of the schools the actor admits for."""
    units = permissions.visible(actor, policy.IMPORT_ALL, orgs.Unit.objects.filter(kind="school"))
    rows = units.select_related("school").prefetch_related("codes").order_by("search_key", "id")[:200]
    return [
        (
            next((c.value for c in unit.codes.all() if c.scheme == "moet" and c.valid_to is None), ""),
            unit.name, frozenset(unit.school.level_set()),
        )
        for unit in rows
    ]  # fmt: skip


def _grades(schools: list[tuple[str, str, frozenset[str]]]) -> list[int]:
    """First grades of the levels first, the other grades after them."""
    taught = [level for level in enrollment.levels() if any(level in levels for _, _, levels in schools)]
    firsts = [enrollment.first_grade(level) for level in taught]
    others = [
        grade
        for level in taught
        for grade in range(enrollment.first_grade(level) + 1, enrollment.last_grade(level) + 1)
    ]
    return firsts + others


def _year(actor: Actor, years: list[schooling.SchoolYear]) -> str:
    """The year that newcomers enter: the one that goes on, or in the summer the one that comes."""
    open_years = [year for year in years if year.ends_on > actor.today]
    return min(open_years, key=lambda year: year.starts_on).code if open_years else ""


def _check(actor: Actor, request: HttpRequest) -> ImportRun:
    data, name = _list_of(request)
    choice: QueryDict = request.POST
    wanted = ImportAs(
        kind=KIND, school=choice.get("school", "")[:20], school_year=choice.get("year", "")[:9],
        grades=choice.get("grade", "")[:2], order="names" if choice.get("order") == "names" else "",
    )
    return services.start_run(actor, data=data, filename=name, wanted=wanted)


def _list_of(request: HttpRequest) -> tuple[bytes, str]:
    """What was sent: the file if there is one, else what was pasted from a sheet."""
    file = request.FILES.get("file")
    if file is not None:
        return file.read(settings.KHUE_UPLOAD_LIMIT + 1), file.name or PASTED
    pasted = request.POST.get("pasted", "").strip()
    if not pasted:
        raise Invalid("IMP-014", field="pasted")
    return f"{pasted}\n".encode(), PASTED


@signed_in
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, key: str) -> HttpResponse:
    """What the list brings, what a person must decide, the admission, and the way on to the split."""
    actor = request.actor  # type: ignore[attr-defined]
    run = pages.load_run(actor, from_short(key))
    if run.kind != KIND:
        raise NotFound("KIT-001")
    if request.method == "POST" and request.POST.get("act") == "admit":
        done = _admit(actor, request, run.id)
        if done is not None and done.undo.get("split"):
            return redirect("schooling:split", key=short(from_short(done.undo["split"])))
        return redirect("importing:intake_run", key=key)
    if request.method == "POST":
        _act(actor, request, run)
        return redirect("importing:intake_run", key=key)
    split = run.undo.get("split") if run.state == RunState.APPLIED else ""
    new = run.plan.get("new", 0) + run.plan.get("changed", 0)
    context = pages.description(run) | {
        "grade": services.wanted_of(run).grades, "year": services.wanted_of(run).school_year, "new": new,
        "split": short(from_short(split)) if split else "",
        "transfers": any(line["why"] == WHY["transfer"] for line in run.plan.get("refused", ())),
    }  # fmt: skip
    return render(request, "importing/intake_run.html", context)


def _admit(actor: Actor, request: HttpRequest, run_id: UUID) -> ImportRun | None:
    try:
        run = services.apply_run(actor, run_id=run_id)
    except NotFound:
        raise
    except Conflict as error:
        services.compare_again(actor, run_id=run_id)
        messages.warning(request, sentence(error.code, error.params))
    except KhueError as error:
        messages.error(request, sentence(error.code, error.params))
    else:
        number = run.plan.get("new", 0) + run.plan.get("changed", 0)
        said = ngettext("Đã tiếp nhận {n} học sinh.", "Đã tiếp nhận {n} học sinh.", number)
        messages.success(request, said.format(n=number))
        return run
    return None


def _act(actor: Actor, request: HttpRequest, run: ImportRun) -> None:
    """Answers to doubts, or the undo."""
    try:
        if request.POST.get("act") == "undo":
            services.undo_run(actor, run_id=run.id)
            messages.success(request, _("Đã hoàn tác lần tiếp nhận này."))
        else:
            asked = [doubt["key"] for doubt in run.plan.get("doubts", ())]
            chosen = {name: request.POST[f"d{n}"] for n, name in enumerate(asked) if f"d{n}" in request.POST}
            services.decide(actor, run_id=run.id, choices=chosen)
    except NotFound:
        raise
    except KhueError as error:
        messages.error(request, sentence(error.code, error.params))
