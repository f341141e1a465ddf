"""What the pages of imports show, in the words of a clerk."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from khue.kit import permissions
from khue.modules.importing import policy, services
from khue.modules.importing.errors import KINDS
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.orgs import api as orgs

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor

KIND_NAMES = {
    "auto": gettext_noop("Để Khuê nhận ra"),
    "school": gettext_noop("Tệp trường (cán bộ, lớp, phân công)"),
    "pupils": gettext_noop("Danh sách học sinh"),
    "gradebook": gettext_noop("Bảng điểm một lớp, một học kì"),
    "term_summary": gettext_noop("Bảng tổng hợp học kì"),
    "primary_results": gettext_noop("Kết quả tiểu học"),
}
SEVERITY = {
    "error": (gettext_noop("Không nhập ô này"), "tag-bad"),
    "warning": (gettext_noop("Cần xem"), "tag-warn"),
    "info": (gettext_noop("Để biết"), "tag-info"),
}
OUTCOMES = {
    "import": (gettext_noop("Đọc được hết"), "notice-ok"),
    "import_with_warnings": (gettext_noop("Đọc được hết, có chỗ cần xem"), "notice-warn"),
    "import_partly": (gettext_noop("Có ô không nhập được, phần còn lại nhập bình thường"), "notice-warn"),
    "refuse": (gettext_noop("Không nhận tệp này"), "notice-bad"),
}
SHOWN = 400


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding as the page shows it."""

    where: str
    what: str
    detail: str
    severity: str
    tag: str


def runs(actor: Actor, limit: int = 60) -> list[ImportRun]:
    """The latest runs the actor may see, without their long parts."""
    rows = permissions.visible(actor, policy.SEE_RUN, ImportRun.objects.select_related("school"))
    return list(rows.defer("report", "undo")[:limit])


def batch_of(actor: Actor, key: UUID) -> list[ImportRun]:
    """The files that were sent together."""
    rows = permissions.visible(actor, policy.SEE_RUN, ImportRun.objects.filter(batch=key))
    return list(rows.select_related("school").order_by("filename"))


def load_run(actor: Actor, key: UUID) -> ImportRun:
    """One run."""
    return permissions.load(actor, ImportRun.objects.select_related("school"), key, see=policy.SEE_RUN)


def schools(actor: Actor) -> list[tuple[str, str]]:
    """Code and name of the schools the actor imports for."""
    units = permissions.visible(actor, policy.IMPORT_MARKS, orgs.Unit.objects.filter(kind="school"))
    rows = units.prefetch_related("codes").order_by("search_key")[:200]
    return [
        (
            next((c.value for c in unit.codes.all() if c.scheme == "moet" and c.valid_to is None), ""),
            unit.name,
        )
        for unit in rows
    ]


def description(run: ImportRun) -> dict[str, Any]:
    """Everything the page of a run shows."""
    report = services.report_of(run)
    counts = Counter(finding.severity for finding in report.findings)
    title, css = OUTCOMES[report.outcome]
    refusal = None
    if report.refusal:
        kind = report.refusal["kind"]
        refusal = {"text": _(KINDS.get(kind, kind)), "details": _details(report.refusal)}
    lines = sorted(report.findings, key=lambda f: ("error", "warning", "info").index(f.severity))
    return {
        "run": run,
        "kind": _(KIND_NAMES.get(run.kind, run.kind)),
        "outcome": _(title),
        "outcome_css": css,
        "refusal": refusal,
        "errors": counts["error"],
        "warnings": counts["warning"],
        "infos": counts["info"],
        "findings": [_line(finding) for finding in lines[:SHOWN]],
        "more": max(0, len(lines) - SHOWN),
        "items": run.plan.get("items", [])[:SHOWN],
        "more_items": max(0, _count(run) - SHOWN),
        "count": _count(run),
        "state": RunState(run.state),
        "waits": run.state == RunState.CHECKED and run.kind in services.WRITABLE,
        "tables": [(table.sheet, len(table.rows), _about(table.about)) for table in report.tables],
    }


def _count(run: ImportRun) -> int:
    return int(run.plan.get("new", 0)) + int(run.plan.get("changed", 0))


def _about(about: dict[str, Any]) -> str:
    parts = [
        about.get("subject_name"),
        about.get("class"),
        f"HK{about['term']}" if about.get("term") else None,
    ]
    return ", ".join(str(part) for part in parts if part)


def _line(finding: Any) -> FindingLine:
    label, tag = SEVERITY[finding.severity]
    where = f"{finding.sheet}!{finding.cell}" if finding.cell else finding.sheet
    return FindingLine(where, _(KINDS.get(finding.kind, finding.kind)), _details(finding.info), _(label), tag)


WORDS = {
    "file": gettext_noop("trong tệp"),
    "correct": gettext_noop("tính đúng"),
    "suggest": gettext_noop("có thể là"),
    "raw": gettext_noop("ghi là"),
    "value": gettext_noop("hiểu là"),
    "ho_ten": gettext_noop("học sinh"),
    "found": gettext_noop("có"),
    "needed": gettext_noop("cần"),
    "other_class": gettext_noop("đang học lớp"),
    "header": gettext_noop("cột"),
    "candidates": gettext_noop("có thể là"),
    "target": gettext_noop("đang chọn"),
    "cell": gettext_noop("ô"),
    "sheet": "trang",
    "first_cell": gettext_noop("từ ô"),
    "class": gettext_noop("lớp"),
    "subject": gettext_noop("môn"),
    "encoding": gettext_noop("phông"),
    "field": gettext_noop("cột"),
    "looks_like": gettext_noop("giống"),
    "inflated_mib": "MiB",
}


def _details(info: dict[str, Any]) -> str:
    parts = []
    for name, value in info.items():
        if name in {"kind", "any_of"} or value in (None, "", []):
            continue
        text = ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
        parts.append(f"{_(WORDS.get(name, name))} {text}")
    return "; ".join(parts)
