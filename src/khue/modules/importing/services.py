"""Checking, confirming and undoing imports: nothing is written before a person confirms."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, ActorKind, Role
from khue.core.errors import Conflict, Invalid, KhueError, NotFound, Refused
from khue.kit import audit, permissions
from khue.kit.errors import sentence
from khue.modules.importing import known, policy
from khue.modules.importing.kinds import intake, marks, pupils, school
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.importing.plan import Plan
from khue.modules.orgs import api as orgs
from khue.sheets.child import check_in_child
from khue.sheets.data import FileReport, ImportAs, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.modules.importing.known import Context

SCHOOL_KINDS = {"school", "staff", "classes"}
MARK_KINDS = {"gradebook", "term_summary", "results", "primary_results"}
WRITABLE = {*SCHOOL_KINDS, *MARK_KINDS, "pupils", "intake"}
MIB = 1024 * 1024


def start_run(
    actor: Actor, *, data: bytes, filename: str, wanted: ImportAs, batch: UUID | None = None
) -> ImportRun:
    """Check a file and keep what was found; nothing of it is written yet (kiểm tra tệp).

    The same file sent again in one sending, after a lost connection, gives the run it has already.
    """
    unit = _school_for(actor, wanted)
    if len(data) > settings.KHUE_UPLOAD_LIMIT:
        raise Invalid("IMP-001", field="file", limit=settings.KHUE_UPLOAD_LIMIT // MIB)
    digest = hashlib.sha256(data).hexdigest()
    sent = _sent_before(actor, batch, filename[:255], digest)
    if sent is not None:
        return sent
    context = known.build(wanted.school, wanted.school_year, actor.today, averages_of=_averages_of(wanted))
    if context.year is None and wanted.kind not in SCHOOL_KINDS:
        raise Refused("IMP-009", year=wanted.school_year)
    limits = Limits(file_bytes=settings.KHUE_UPLOAD_LIMIT)
    # Outside any transaction: the child may take its time without holding a lock.
    report = check_in_child(data, filename, wanted, context.known, limits)
    refused = report.refusal is not None
    plan = Plan()
    if not refused and wanted.kind in WRITABLE:
        work = _work(context, report, wanted)
        work.authorize(_writer(actor))
        plan = work.plan()
    with transaction.atomic():
        run = ImportRun.objects.create(
            school=unit, kind=wanted.kind, wanted=msgspec.to_builtins(wanted), filename=filename[:255],
            sha256=digest, size=len(data),
            state=RunState.REFUSED if refused else RunState.CHECKED, report=msgspec.to_builtins(report),
            plan=plan.to_json(), plan_digest=plan.digest(), batch=batch, person=actor.person_id,
            person_name=actor.name, checked_at=actor.now,
        )
        audit.record(
            actor, "importing.run.checked", subject=run, unit=unit.id if unit else None,
            after={"file": run.filename, "kind": run.kind, "outcome": report.outcome, "sha256": run.sha256},
        )
    return run


def _sent_before(actor: Actor, batch: UUID | None, filename: str, digest: str) -> ImportRun | None:
    """The run of the very same file in this sending; a sending of somebody else is not found."""
    if batch is None:
        return None
    runs = ImportRun.objects.filter(batch=batch)
    if runs.exclude(person=actor.person_id).exists():
        raise NotFound("KIT-001")
    return runs.filter(filename=filename, sha256=digest).order_by("id").first()


@transaction.atomic
def apply_run(actor: Actor, *, run_id: UUID) -> ImportRun:
    """Write what was checked, all of it or nothing (xác nhận nhập).

    If the database moved since the check, so that the person would write something else than was
    shown, it is refused (`IMP-005`) and the new comparison is kept for the next look.
    """
    run = _load(actor, run_id)
    if run.state == RunState.REFUSED:
        raise Refused("IMP-006")
    if run.state != RunState.CHECKED:
        raise Refused("IMP-004", state=RunState(run.state).label)
    if run.kind not in WRITABLE:
        raise Refused("IMP-008", kind=run.kind)
    wanted, report = wanted_of(run), report_of(run)
    _hold(_school_for(actor, wanted), wanted.kind)
    context = known.build(wanted.school, wanted.school_year, actor.today)
    work = _work(context, report, wanted, run.decisions)
    if work.plan().digest() != run.plan_digest:
        raise Conflict("IMP-005")
    try:
        with transaction.atomic():
            run.undo = work.write(_writer(actor), run.id)
    except IntegrityError as error:  # somebody founded the same school at the same moment
        raise Conflict("IMP-005") from error
    run.state, run.applied_at = RunState.APPLIED, actor.now
    run.school = run.school or orgs.school_by_code(wanted.school)
    run.save(update_fields=["undo", "state", "applied_at", "school"])
    audit.record(
        actor, "importing.run.applied", subject=run, unit=run.school_id,
        after={"new": run.plan.get("new"), "changed": run.plan.get("changed")},
    )
    return run


@transaction.atomic
def compare_again(actor: Actor, *, run_id: UUID) -> ImportRun:
    """Compare a checked file with the database as it is now."""
    run = _load(actor, run_id)
    if run.state != RunState.CHECKED:
        raise Refused("IMP-004", state=RunState(run.state).label)
    wanted = wanted_of(run)
    context = known.build(wanted.school, wanted.school_year, actor.today)
    plan = _work(context, report_of(run), wanted, run.decisions).plan()
    run.plan, run.plan_digest = plan.to_json(), plan.digest()
    run.save(update_fields=["plan", "plan_digest"])
    return run


@transaction.atomic
def decide(actor: Actor, *, run_id: UUID, choices: Mapping[str, str]) -> ImportRun:
    """Say whom doubtful rows mean (chọn đúng người); an empty choice leaves a row out again.

    Only what the plan asks can be answered; the plan is made anew, nothing else is written.
    """
    run = _load(actor, run_id)
    if run.state != RunState.CHECKED:
        raise Refused("IMP-004", state=RunState(run.state).label)
    asked = {
        doubt["key"]: {option["value"] for option in doubt["options"]} for doubt in run.plan.get("doubts", ())
    }
    for key, value in choices.items():
        if key not in asked or (value and value not in asked[key]):
            raise Conflict("IMP-005")
    decisions = run.decisions | {key: value for key, value in choices.items() if value}
    run.decisions = {key: value for key, value in decisions.items() if choices.get(key, value)}
    run.save(update_fields=["decisions"])
    audit.record(
        actor, "importing.run.decided", subject=run, unit=run.school_id, after={"rows": sorted(choices)}
    )
    return compare_again(actor, run_id=run.id)


@transaction.atomic
def undo_run(actor: Actor, *, run_id: UUID) -> ImportRun:
    """Take an import back, as long as nothing later depends on it (hoàn tác)."""
    run = _load(actor, run_id)
    if run.state != RunState.APPLIED:
        raise Refused("IMP-004", state=RunState(run.state).label)
    if run.school_id is None:
        raise Refused("IMP-007", what=_("trường"))
    try:
        with transaction.atomic():
            _undo(_writer(actor), run, run.school_id)
    except ProtectedError as error:
        raise Refused("IMP-007", what=_dependents(error)) from error
    except (Refused, Conflict) as error:
        raise Refused("IMP-007", what=sentence(error.code, error.params)) from error
    run.state, run.undone_at = RunState.UNDONE, actor.now
    run.save(update_fields=["state", "undone_at"])
    audit.record(actor, "importing.run.undone", subject=run, unit=run.school_id)
    return run


def apply_batch(actor: Actor, *, run_ids: list[UUID]) -> list[tuple[UUID, KhueError | None]]:
    """Confirm several files; each is its own transaction, so that a bad one stops only itself."""
    done: list[tuple[UUID, KhueError | None]] = []
    for key in run_ids:
        try:
            apply_run(actor, run_id=key)
        except KhueError as error:
            done.append((key, error))
        else:
            done.append((key, None))
    return done


def wanted_of(run: ImportRun) -> ImportAs:
    """What the person chose for this file."""
    return msgspec.convert(run.wanted, ImportAs)


def report_of(run: ImportRun) -> FileReport:
    """What the engine found in this file."""
    return msgspec.convert(run.report, FileReport)


def _load(actor: Actor, run_id: UUID) -> ImportRun:
    return permissions.load(
        actor, ImportRun.objects.all(), run_id, see=policy.SEE_RUN, do=policy.CONFIRM_RUN, lock=True
    )


def _school_for(actor: Actor, wanted: ImportAs) -> orgs.Unit | None:
    """The school a file is for, if the actor may import this kind there; None for a school yet to be."""
    found = orgs.school_by_code(wanted.school)
    if found is None:
        if wanted.kind != "school":
            raise Refused("IMP-002", school=wanted.school) if wanted.school else Refused("IMP-011")
        if actor.kind is not ActorKind.SYSTEM and not actor.holds(*policy.OFFICE):
            raise Refused("IMP-003")
        return None
    do = policy.IMPORT_MARKS if wanted.kind in MARK_KINDS else policy.IMPORT_ALL
    return permissions.load(actor, orgs.Unit.objects.all(), found.id, see=policy.IMPORT_MARKS, do=do)


def _hold(unit: orgs.Unit | None, kind: str) -> None:
    """Let lists of one school be written one after the other, so that two clerks do not double a pupil.

    Marks need no such lock: each sheet has its own. Saving marks goes on meanwhile.
    """
    if unit is not None and kind not in MARK_KINDS:
        rows = orgs.Unit.objects.select_for_update(of=("self",), no_key=True).filter(pk=unit.pk)
        list(rows.values_list("pk", flat=True))


def _writer(actor: Actor) -> Actor:
    """Who writes: the person; for the department, which sets schools up, its own authority.

    The administrator's right to import for this school was checked above; the services below know
    only the school's own offices. Name and person stay in every row of history and log.
    """
    if actor.kind is ActorKind.PERSON and actor.holds(Role.DEPARTMENT_ADMIN):
        return replace(actor, kind=ActorKind.SYSTEM)
    return actor


def _averages_of(wanted: ImportAs) -> str:
    return wanted.school_class if wanted.kind == "gradebook" and wanted.term == 2 else ""  # noqa: PLR2004


def _work(
    context: Context, report: FileReport, wanted: ImportAs, decisions: Mapping[str, str] | None = None
) -> Any:
    if wanted.kind in SCHOOL_KINDS:
        return school.Work(context, report, decisions)
    if wanted.kind == "pupils":
        return pupils.Work(context, report, decisions)
    if wanted.kind == "intake":
        return intake.Work(context, report, wanted, decisions)
    return marks.Work(context, report, wanted)


def _undo(actor: Actor, run: ImportRun, school_id: UUID) -> None:
    if run.kind in SCHOOL_KINDS:
        school.undo(actor, school_id, run.undo)
    elif run.kind == "pupils":
        pupils.undo(actor, school_id, run.undo)
    elif run.kind == "intake":
        intake.undo(actor, school_id, run.undo)
    else:
        marks.undo(actor, run.undo, run.id)


def _dependents(error: ProtectedError) -> str:
    names = {str(row._meta.verbose_name) for row in error.protected_objects}
    return ", ".join(sorted(names))
