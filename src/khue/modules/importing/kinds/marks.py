"""Mark sheets, term summaries and primary results: operations on cells, as if typed (nhập điểm)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from khue.core.errors import Refused
from khue.core.ids import uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import Operation
from khue.modules.importing.plan import Plan

if TYPE_CHECKING:
    from khue.core.actor import Actor
    from khue.modules.importing.known import Context
    from khue.sheets.data import FileReport, ImportAs, Table

MOMENTS = {"GK1": (1, "mid"), "CK1": (1, "end"), "GK2": (2, "mid"), "CN": (2, "end")}
CONDUCT = {"Tốt": "T", "Khá": "K", "Đạt": "Đ", "Chưa đạt": "CĐ"}
Wanted = dict[tuple[UUID, str], str]  # (pupil, slot) → value
Target = tuple[str, int, str]  # class, term, subject code or kind of own sheet


class Work:
    """What the tables want in which cells."""

    def __init__(self, context: Context, report: FileReport, wanted: ImportAs) -> None:
        if context.school is None or context.year is None:
            raise Refused("IMP-002", school=context.known.school)
        self.context, self.wanted = context, wanted
        self.cells: dict[Target, Wanted] = defaultdict(dict)
        self.layouts: dict[Target, dict[str, Any]] = {}
        self.rows: dict[tuple[Target, UUID], tuple[str, int, str]] = {}
        for table in report.tables:
            reader = {
                "marks": self._marks,
                "term_summary": self._summary,
                "primary_results": self._primary,
            }.get(table.table)
            if reader:
                reader(table)

    def _pupil(self, ref: Any) -> UUID | None:
        return self.context.pupils.get(str(ref))

    def _put(self, target: Target, pupil: UUID, slot: str, value: Any, where: tuple[str, int, str]) -> None:
        if value not in (None, ""):
            self.cells[target][pupil, slot] = str(value)
            self.rows[target, pupil] = where

    def _marks(self, table: Table) -> None:
        about = table.about
        target: Target = (about["class"], about["term"], about["subject"])
        self.layouts[target] = table.layout
        for line in table.rows:
            row = dict(zip(table.columns, line, strict=True))
            pupil = self._pupil(row["ref"])
            if pupil is None:
                continue
            where = (table.sheet, row["r"], "")
            for number, value in enumerate(_recorded(row["tx"], int(about.get("tx_needed") or 0)), 1):
                self._put(target, pupil, f"tx{number}", value, where)
            for column, slot in (("gk", "gk"), ("ck", "ck"), ("cd", "topic"), ("nx", "remark")):
                self._put(target, pupil, slot, row.get(column), where)

    def _summary(self, table: Table) -> None:
        target: Target = (table.about["class"], table.about["term"], "homeroom")
        for line in table.rows:
            row = dict(zip(table.columns, line, strict=True))
            pupil = self._pupil(row["ref"])
            if pupil is None:
                continue
            where = (table.sheet, row["r"], "")
            self._put(target, pupil, "conduct", CONDUCT.get(str(row["ren_luyen"])), where)
            self._put(target, pupil, "absent_excused", row["nghi_p"], where)
            self._put(target, pupil, "absent_unexcused", row["nghi_k"], where)

    def _primary(self, table: Table) -> None:
        term, half = MOMENTS[self.wanted.moment or "CN"]
        for line in table.rows:
            row = dict(zip(table.columns, line, strict=True))
            pupil = self._pupil(row["ref"])
            if pupil is None:
                continue
            where = (table.sheet, row["r"], "")
            for name, value in row.items():
                kind, _, code = name.partition(".")
                if kind in {"mon", "kt"}:
                    slot = f"{half}.{'level' if kind == 'mon' else 'test'}"
                    self._put((row["lop"], term, code), pupil, slot, value, where)
                elif kind in {"nl", "pc"}:
                    self._put(
                        (row["lop"], term, "traits"), pupil, f"{half}.{kind}_{code.lower()}", value, where
                    )

    def authorize(self, actor: Actor) -> None:
        """Refuse before anything of a sheet is shown to somebody who may not import into it."""
        for _, sheet, _, _ in self._operations():
            gradebook.require_import(actor, sheet.id)

    def plan(self) -> Plan:
        """Cells that are new, changed, unchanged."""
        plan = Plan()
        for target, sheet, operations, known in self._operations():
            del sheet
            for pupil, slot, value in operations:
                where = self.rows[target, pupil]
                before = known.get((pupil, slot))
                plan.add(
                    f"{target[0]} {target[2]} HK{target[1]} {slot}", sheet=where[0], cell=f"dòng {where[1]}",
                    old=before.value if before else "", new=value,
                )  # fmt: skip
        return plan

    def write(self, actor: Actor, run_id: UUID) -> dict[str, Any]:
        """Write the cells through the same service as typing; returns what the undo needs."""
        touched = []
        for target, sheet, values, known in self._operations():
            operations = [
                Operation(
                    uuid7(), pupil, slot, value, known[pupil, slot].version if (pupil, slot) in known else 0
                )
                for pupil, slot, value in values
                if (pupil, slot) not in known or known[pupil, slot].value != value
            ]
            if operations:
                result = gradebook.import_cells(
                    actor, sheet_id=sheet.id, operations=operations, run_id=run_id
                )
                refused = next(
                    (item for item in result.results if item.status in {"refused", "conflict"}), None
                )
                if refused is not None:
                    raise Refused("IMP-005")
                touched.append(str(sheet.id))
            layout = self.layouts.get(target)
            if layout:
                gradebook.keep_layout(actor, sheet_id=sheet.id, layout=layout)
        return {"sheets": touched}

    def _operations(
        self,
    ) -> list[tuple[Target, gradebook.Sheet, list[tuple[UUID, str, str]], dict[Any, Any]]]:
        """What may be written, sheet by sheet: only slots the sheet has, exact text."""
        found = []
        sheets: dict[tuple[str, int], dict[Any, gradebook.Sheet]] = {}
        for target, cells in self.cells.items():
            name, term, code = target
            school_class = self.context.classes.get(name)
            if school_class is None:
                continue
            if (name, term) not in sheets:
                rows = gradebook.sheets_of(school_class.id, term)
                sheets[name, term] = {
                    sheet.class_subject.subject.code if sheet.class_subject else sheet.kind: sheet
                    for sheet in rows.values()
                }
            sheet = sheets[name, term].get(code)
            if sheet is None:
                continue
            slots = {slot.code: slot for slot in gradebook.slots_of(sheet)}
            values = [(pupil, slot, value) for (pupil, slot), value in cells.items() if slot in slots]
            found.append((target, sheet, values, gradebook.cells_of(sheet.id)))
        return found


def _recorded(found: list[Any], needed: int) -> list[Any]:
    """The regular marks that go into the gradebook's columns (số ĐĐGtx được ghi, Điều 6 khoản 2 TT 22/2021).

    A mark in a column too many moves to one left empty. Of too many marks none is written: which of
    them count the teacher chooses, not the program.
    """
    if not needed or len(found) <= needed:
        return found
    if sum(value is not None for value in found) > needed:
        return []
    later = [value for value in found[needed:] if value is not None]
    return [later.pop(0) if value is None and later else value for value in found[:needed]]


def undo(actor: Actor, data: dict[str, Any], run_id: UUID) -> None:
    """Put every cell back; refused as a whole if one was changed since."""
    for key in data["sheets"]:
        gradebook.undo_import(actor, sheet_id=UUID(key), run_id=run_id)
