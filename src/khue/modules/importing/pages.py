"""What the pages of imports show, in the words of a clerk."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from khue.kit import permissions
from khue.modules.importing import policy, services
from khue.modules.importing.errors import KINDS
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.orgs import api as orgs

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor

KIND_NAMES = {
    "auto": "Để Khuê nhận ra",
    "school": "Tệp trường (cán bộ, lớp, phân công)",
    "pupils": "Danh sách học sinh",
    "gradebook": "Bảng điểm một lớp, một học kì",
    "term_summary": "Bảng tổng hợp học kì",
    "primary_results": "Kết quả tiểu học",
}
SEVERITY = {
    "error": ("Không nhập ô này", "tag-bad"),
    "warning": ("Cần xem", "tag-warn"),
    "info": ("Để biết", "tag-info"),
}
OUTCOMES = {
    "import": ("Đọc được hết", "notice-ok"),
    "import_with_warnings": ("Đọc được hết, có chỗ cần xem", "notice-warn"),
    "import_partly": ("Có ô không nhập được, phần còn lại nhập bình thường", "notice-warn"),
    "refuse": ("Không nhận tệp này", "notice-bad"),
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
        refusal = {"text": KINDS.get(kind, kind), "details": _details(report.refusal)}
    lines = sorted(report.findings, key=lambda f: ("error", "warning", "info").index(f.severity))
    return {
        "run": run,
        "kind": KIND_NAMES.get(run.kind, run.kind),
        "outcome": title,
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
    return FindingLine(where, KINDS.get(finding.kind, finding.kind), _details(finding.info), label, tag)


WORDS = {
    "file": "trong tệp",
    "correct": "tính đúng",
    "suggest": "có thể là",
    "raw": "ghi là",
    "value": "hiểu là",
    "ho_ten": "học sinh",
    "found": "có",
    "needed": "cần",
    "other_class": "đang học lớp",
    "header": "cột",
    "candidates": "có thể là",
    "target": "đang chọn",
    "cell": "ô",
    "sheet": "trang",
    "first_cell": "từ ô",
    "class": "lớp",
    "subject": "môn",
    "encoding": "phông",
    "field": "cột",
    "looks_like": "giống",
    "inflated_mib": "MiB",
}


def _details(info: dict[str, Any]) -> str:
    parts = []
    for name, value in info.items():
        if name in {"kind", "any_of"} or value in (None, "", []):
            continue
        text = ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
        parts.append(f"{WORDS.get(name, name)} {text}")
    return "; ".join(parts)
