"""The paper form of a closed year, rendered from its record file alone (bản thể hiện của trang sổ đã ký)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from khue.core.dates import VIETNAM
from khue.kit import paper
from khue.kit.paper.ruled import Cell, Column, ruled
from khue.modules.register.lines import RELATIONS, birth_shown, label_of
from khue.modules.register.models import EventKind
from khue.modules.register.signed import reading
from khue.modules.register.signed.content import LEVEL_NAMES
from khue.modules.register.years import code_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from khue.modules.records.api import Printed
    from khue.modules.register.signed.reading import SignedEntry, SignedEvent
    from khue.signing.report import Report, SignatureReport

TEMPLATE = Path(__file__).parent / "year.typ"
SIZE = 7.5
# Millimeters, 269 between the margins of A4 across.
COLUMNS = (
    Column("Số", 9), Column("Họ và tên, mã định danh", 38, left=True), Column("Nam, nữ", 9),
    Column("Ngày, nơi sinh; quê quán", 32, left=True), Column("Dân tộc, quốc tịch", 16, left=True),
    Column("Chỗ ở hiện nay; thường trú", 37, left=True), Column("Cha, mẹ, người giám hộ", 40, left=True),
    Column("Trạng thái, lớp", 22, left=True), Column("Biến động của năm", 66, left=True),
)  # fmt: skip
SIGNERS = (
    Column("Ký với tư cách", 70, left=True, size=8.5),
    Column("Người ký, số chứng thư", 90, left=True, size=8.5),
    Column("Thời gian ký", 50, left=True, size=8.5),
)  # fmt: skip


def year_pdf(report: Report, printed: Printed) -> bytes:
    """A4 PDF of a verified page; the same record gives the same bytes."""
    data = data_of(report, printed)
    return paper.render(TEMPLATE, data, title=data["title"])


def data_of(report: Report, printed: Printed) -> dict[str, Any]:
    """All texts of the print, from the verified bytes of the report."""
    page = reading.read(report.content)
    head, facts = page.head, page.facts
    return {
        "title": head.get("title", ""), "school": head.get("school", ""), "commune": head.get("commune", ""),
        "province": head.get("province", ""), "book": head.get("book", ""), "year": head.get("year", ""),
        "level": LEVEL_NAMES.get(head.get("level", ""), ""), "cohort": _cohort(head),
        "version": head.get("version", "1"), "number": facts.get("number", ""),
        "entries": facts.get("entries", ""), "events": facts.get("events", ""), "gaps": facts.get("gaps", ""),
        "accepted": facts.get("accepted", ""), "brief": facts.get("brief", ""), "code": page.code,
        "digest": report.digest,
        "address": printed.address, "short": printed.address.rpartition("/")[2], "qr": printed.qr,
        "print-code": printed.print_code, "warning": printed.warning,
        "signatures": ruled(SIGNERS, [_signature(one) for one in report.signatures], size=9),
        "table": ruled(COLUMNS, [_row(entry) for entry in page.entries], size=SIZE),
    }  # fmt: skip


def _cohort(head: Mapping[str, str]) -> str:
    """The record says «2025», people «2025-2026»."""
    first = head.get("cohort", "")
    return code_of(int(first)) if first.isdecimal() else first


def _signature(one: SignatureReport) -> list[str | Cell]:
    proved = _time(one.best_time)
    return [
        Cell(one.role_name, note=one.capacity), Cell(one.signer, bold=True, note=one.serial, fine=6.5),
        Cell(_time(one.claimed_time), note=f"chứng thực {proved}" if proved else "", fine=6.5),
    ]  # fmt: skip


def _row(entry: SignedEntry) -> list[str | Cell]:
    facts = entry.facts
    return [
        Cell(facts["number"], bold=True), Cell(facts.get("name", ""), bold=True, note=facts.get("code", "")),
        facts.get("sex", ""),
        _cell(birth_shown(facts.get("born", "")), facts.get("birthPlace", ""), facts.get("homeTown", "")),
        _cell(facts.get("ethnic", ""), facts.get("nationality", "")),
        _cell(facts.get("address", ""), facts.get("permanent", ""), facts.get("phone", "")),
        _cell(*(_relative(one) for one in entry.family)),
        _cell(facts.get("stateName", ""), f"lớp {facts['class']}" if facts.get("class") else ""),
        _cell(*(_event(event) for event in entry.events)),
    ]  # fmt: skip


def _relative(one: Mapping[str, str]) -> str:
    told = (one.get(name, "") for name in ("name", "born", "occupation", "phone"))
    return f"{RELATIONS.get(one.get('relation', ''), '')}: " + ", ".join(text for text in told if text)


def _event(event: SignedEvent) -> str:
    facts = event.facts
    paper_on = f" ngày {birth_shown(facts['paperOn'])}" if facts.get("paperOn") else ""
    result = str(EventKind(facts["result"]).label) if facts.get("result") in EventKind.values else ""
    told = [
        f"{birth_shown(facts['on'])} {facts['name']}", f"lớp {facts['class']}" if facts.get("class") else "",
        facts.get("decision", ""), result if facts["kind"] == EventKind.CORRECTED else "",
        *(facts.get(name, "") for name in ("reason", "fromSchool", "toSchool", "note")),
        *(f"{label_of(name)}: {old or '…'} → {new or '…'}" for name, old, new in event.changes if old or new),
        f"{facts['paperNumber']}{paper_on}" if facts.get("paperNumber") else "", facts.get("paper", ""),
    ]  # fmt: skip
    return ", ".join(text for text in told if text)


def _cell(*texts: str) -> str | Cell:
    found = [text for text in texts if text]
    if len(found) > 1:
        return Cell(found[0], note="\n".join(found[1:]), fine=SIZE)
    return found[0] if found else ""


def _time(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if at else ""
