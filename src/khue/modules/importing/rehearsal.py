"""Import a folder of sample files into an empty database and compare every file with its truth."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from khue.core.errors import KhueError
from khue.kit.errors import sentence
from khue.modules.codes import api as codes
from khue.modules.importing import services
from khue.sheets import compare
from khue.sheets.data import ImportAs

if TYPE_CHECKING:
    from pathlib import Path

    from khue.core.actor import Actor

FIRST = {"school": 0, "pupils": 1}
TERMS = {"HK1": 1, "HK2": 2, "1": 1, "2": 2}


@dataclass(slots=True)
class Rehearsal:
    """The outcome of a folder."""

    passed: int = 0
    failed: int = 0
    lines: list[str] = field(default_factory=list)


def rehearse(actor: Actor, folder: Path, only: str = "") -> Rehearsal:
    """School workbooks, then lists of pupils, then the rest; traps are checked into that state."""
    truth = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    codes.load_shipped(actor)
    report = Rehearsal()
    for entry in sorted(truth["files"], key=_order):
        if only and only not in entry["file"] and entry["import_as"]["kind"] not in FIRST:
            continue
        if entry["import_as"]["kind"] not in services.WRITABLE:
            report.lines.append(f"{entry['file']}: bỏ qua, loại tệp này chờ mô-đun của nó")
            continue
        found = _one(actor, folder, entry)
        if found:
            report.failed += 1
            report.lines += [f"{entry['file']}: {line}" for line in found]
        else:
            report.passed += 1
    return report


def _order(entry: dict[str, Any]) -> tuple[bool, int, int, str]:
    wanted = entry["import_as"]
    term = TERMS.get(str(wanted.get("term") or ""), 0)
    return "traps/" in entry["file"], FIRST.get(wanted["kind"], 2), term, entry["file"]


def _one(actor: Actor, folder: Path, entry: dict[str, Any]) -> list[str]:
    """Differences of one file; a file of the school's state is also written."""
    path = folder / entry["file"]
    said = entry["import_as"]
    wanted = ImportAs(
        kind=said["kind"],
        school=said.get("school") or "",
        school_year=said.get("school_year") or "",
        school_class=said.get("class") or "",
        term=TERMS.get(str(said.get("term") or ""), 0),
        subject=said.get("subject") or "",
        moment=said.get("moment") or "",
        grades=str(said.get("grades") or ""),
    )
    unwritten = []
    try:
        run = services.start_run(actor, data=path.read_bytes(), filename=path.name, wanted=wanted)
        found = services.report_of(run)
    except Exception as error:
        return [_told(error)]
    if "traps/" not in entry["file"] and found.refusal is None and run.kind in services.WRITABLE:
        try:
            services.apply_run(actor, run_id=run.id)
        except Exception as error:
            unwritten = [f"không ghi được: {_told(error)}"]
    rows_in = entry.get("rows_in")
    rows = json.loads((folder / rows_in).read_text(encoding="utf-8")) if rows_in else None
    plain = json.loads(json.dumps(found.to_json(), default=str, ensure_ascii=False))
    return unwritten + compare.differences(plain, entry, rows)


def _told(error: Exception) -> str:
    if isinstance(error, KhueError):
        return f"{sentence(error.code, error.params)} ({error.code})"
    return f"{type(error).__name__}: {error}"
