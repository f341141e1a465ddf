"""What the pages of imports show, in the words of a clerk."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from khue.kit import permissions
from khue.kit.words import said, said_in_parts
from khue.modules.codes import api as codes
from khue.modules.importing import policy, services
from khue.modules.importing.errors import KINDS
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.orgs import api as orgs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.sheets.data import Finding

KIND_NAMES = {
    "auto": gettext_noop("Để Khuê nhận ra"),
    "school": gettext_noop("Tệp trường (cán bộ, lớp, phân công)"),
    "pupils": gettext_noop("Danh sách học sinh"),
    "intake": gettext_noop("Tuyển sinh đầu cấp"),
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
STATE_TAGS = {"applied": "tag-ok", "refused": "tag-bad", "checked": "tag-warn"}
SHOWN = 400


SEVERITIES = tuple(SEVERITY)
FEW = 5
OLD_COMMUNE = "commune_old_name"


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding as the page shows it."""

    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one kind."""

    what: str
    severity: str
    tag: str
    count: int
    lines: list[FindingLine]
    more: int
    open: bool


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
    return {
        "run": run,
        "kind": _(KIND_NAMES.get(run.kind, run.kind)),
        "outcome": _(title),
        "outcome_css": css,
        "refusal": refusal(report.refusal) if report.refusal else "",
        "errors": counts["error"] + len(run.plan.get("refused", [])),
        "warnings": counts["warning"],
        "infos": counts["info"],
        "groups": groups(report.findings),
        "doubts": run.plan.get("doubts", []),
        "undecided": sum(1 for doubt in run.plan.get("doubts", []) if not doubt["chosen"]),
        "left_out": run.plan.get("refused", []),
        "items": [_item(item) for item in run.plan.get("items", [])[:SHOWN]],
        "more_items": max(0, _count(run) - SHOWN),
        "count": _count(run),
        "state": RunState(run.state),
        "state_tag": STATE_TAGS.get(run.state, ""),
        "waits": run.state == RunState.CHECKED and run.kind in services.WRITABLE,
        "tables": [(table.sheet, len(table.rows), _about(table.about)) for table in report.tables],
    }


def summary(run: ImportRun) -> dict[str, str]:
    """One line on a file for a list of many."""
    about = description(run)
    said = about["outcome"]
    if about["refusal"]:
        said = f"{said}: {about['refusal']}"
    elif run.state == RunState.APPLIED:
        said = str(RunState(run.state).label)
    states = {"notice-ok": "ok", "notice-warn": "warn", "notice-bad": "bad"}
    return {"said": said, "state": states[about["outcome_css"]]}


def refusal(told: dict[str, Any]) -> str:
    """Why a file is refused, and where."""
    text, details = _(KINDS.get(told["kind"], told["kind"])), _details(told)
    return f"{text} ({details})" if details else text


def groups(findings: Iterable[Finding]) -> list[FindingGroup]:
    """Findings of one kind together, the worst first: 300 lost zeros are one thing to know."""
    ordered = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in ordered:
        kinds.setdefault((finding.severity, finding.kind), []).append(finding)
    found = []
    for (severity, kind), same in kinds.items():
        label, tag = SEVERITY[severity]
        communes = _communes() if kind == OLD_COMMUNE else {}
        lines = [_line(finding, communes) for finding in same[:SHOWN]]
        few = severity == "error" or (severity == "warning" and len(same) <= FEW)
        what = _(KINDS.get(kind, kind))
        found.append(
            FindingGroup(what, _(label), tag, len(same), lines, max(0, len(same) - SHOWN), few)
        )
    return found


def _count(run: ImportRun) -> int:
    return int(run.plan.get("new", 0)) + int(run.plan.get("changed", 0))


# A plan is stored in Vietnamese, with its digest; these of its words are said in the reader's language.
OPENINGS = (
    gettext_noop("Học sinh lớp"),
    gettext_noop("Tiếp nhận vào khối"),
    gettext_noop("Thôi phân công"),
    gettext_noop("Phân công"),
)
_PARTS = (gettext_noop("chủ nhiệm"), gettext_noop("dòng"), gettext_noop("(trống)"), gettext_noop("(thôi)"))


def _item(item: dict[str, Any]) -> dict[str, Any]:
    """A change of the plan as the page shows it; what stands in the file and in the database stays."""
    what = str(item["what"])
    opening = next((words for words in OPENINGS if what.startswith(f"{words} ")), "")
    shown = _(opening) + what.removeprefix(opening) if opening else said_in_parts(what)
    values = {name: said(item[name]) if item[name] in _PARTS else item[name] for name in ("old", "new")}
    return item | values | {"what": shown, "cell": said(item["cell"])}


def _about(about: dict[str, Any]) -> str:
    parts = [
        about.get("subject_name"),
        about.get("class"),
        f"HK{about['term']}" if about.get("term") else None,
    ]
    return ", ".join(str(part) for part in parts if part)


def _line(finding: Finding, communes: dict[str, str]) -> FindingLine:
    info = finding.info
    if communes and finding.kind == OLD_COMMUNE:
        info = info | {"candidates": [communes.get(code, code) for code in info["candidates"]]}
    where = f"{finding.sheet}!{finding.cell}" if finding.cell else finding.sheet
    return FindingLine(where, _details(info))


def _communes() -> dict[str, str]:
    """Names of today's communes."""
    return {row.code: row.name for row in codes.items_ever(codes.COMMUNES) if row.valid_to is None}


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
    "sheet": gettext_noop("trang"),
    "first_cell": gettext_noop("từ ô"),
    "class": gettext_noop("lớp"),
    "subject": gettext_noop("môn"),
    "encoding": gettext_noop("phông"),
    "field": gettext_noop("cột"),
    "looks_like": gettext_noop("giống"),
    "inflated_mib": "MiB",
}


# The engine's names of columns, where a finding mentions one.
FIELDS = {
    "ngay_sinh": gettext_noop("Ngày sinh"), "so_dinh_danh": gettext_noop("Số định danh"),
    "dien_thoai": gettext_noop("Điện thoại"), "ngay_vao_nganh": gettext_noop("Ngày vào ngành"),
    "dan_toc": gettext_noop("Dân tộc"), "dt_sll": gettext_noop("Điện thoại liên hệ"),
    "dt_hs": gettext_noop("Điện thoại học sinh"), "cha_dt": gettext_noop("Điện thoại cha"),
    "me_dt": gettext_noop("Điện thoại mẹ"), "gh_dt": gettext_noop("Điện thoại người giám hộ"),
    "cha_nam": gettext_noop("Năm sinh cha"), "me_nam": gettext_noop("Năm sinh mẹ"),
    "gh_nam": gettext_noop("Năm sinh người giám hộ"), "ngay_cap": gettext_noop("Ngày cấp"),
    "ngay_vao": gettext_noop("Ngày vào trường"), "tt_xa": gettext_noop("Xã thường trú"),
    "co_xa": gettext_noop("Xã đang ở"), "ns_xa": gettext_noop("Xã nơi sinh"),
    "qq_xa": gettext_noop("Xã quê quán"), "ks_xa": gettext_noop("Xã nơi khai sinh"),
    "can_ngheo": gettext_noop("Cận nghèo"), "doan_vien": gettext_noop("Đoàn viên"),
    "doi_vien": gettext_noop("Đội viên"), "mon_lc": gettext_noop("Môn lựa chọn"),
    "chuyen_de": gettext_noop("Cụm chuyên đề"), "cd": gettext_noop("Cụm chuyên đề"),
    "gk": gettext_noop("ĐĐGgk"), "ck": gettext_noop("ĐĐGck"),
}  # fmt: skip
_ONGOING = re.compile(r"tx(\d+)")  # tx0, tx1 … of the engine are ĐĐGtx 1, 2 … of the book
_MARK = re.compile(r"\d{1,2}\.\d{1,2}")


FIRST = ("field", "class", "subject", "ho_ten", "header", "sheet", "cell", "raw", "file", "value")


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _details(info: dict[str, Any]) -> str:
    parts = []
    # Always in one order: PostgreSQL keeps its own order of keys.
    for name, value in sorted(info.items(), key=lambda item: (_place(item[0]), item[0])):
        if name in {"kind", "any_of"} or value in (None, "", []):
            continue
        text = ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
        if name == "field":
            text = _field(text)
        elif _MARK.fullmatch(text):
            text = text.replace(".", ",")
        parts.append(f"{_(WORDS.get(name, name))} {text}")
    return "; ".join(parts)


def _field(name: str) -> str:
    """A column of the engine as people call it."""
    ongoing = _ONGOING.fullmatch(name)
    return f"{_('ĐĐGtx')} {int(ongoing[1]) + 1}" if ongoing else _(FIELDS.get(name, name))
