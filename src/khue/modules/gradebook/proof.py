"""Do acts and kept results still say what they said, and does the history bear them out (kiểm tra sổ)?

The chain of changes cannot show that its own end was cut off and made anew. The statements of
closing acts can: each names the head of the chain and the digest of what stood in the sheet then.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from khue.modules.gradebook.attestation import ClosingStatement, statement_of
from khue.modules.gradebook.data import RecordBreak
from khue.modules.gradebook.digests import canonical, digest_of
from khue.modules.gradebook.models import CellChange, CellState, ClosingAct, FrozenResult, Sheet
from khue.modules.gradebook.services.closing import TERM_NAMES, sheet_name
from khue.modules.gradebook.signed.content import KINDS
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterator


def verify_records() -> Iterator[RecordBreak]:
    """Every closing act and every kept result that does not hold, and every signature without its act."""
    for act in ClosingAct.objects.select_related("school_class").order_by("id").iterator(chunk_size=500):
        what = _wrong_with(act)
        if what:
            yield RecordBreak("closing", act.id, act.school_class.name, what)
    yield from _signatures_without_acts()
    kept = FrozenResult.objects.select_related("school_class").order_by("id")
    for row in kept.iterator(chunk_size=500):
        if digest_of(row.content) != row.digest:
            yield RecordBreak("result", row.id, row.school_class.name, "digest")


def _signatures_without_acts() -> Iterator[RecordBreak]:
    """A signature closes something: an act that was removed, or that does not name it any more, shows so.

    A homeroom teacher who signs an approved class again after a correction closes nothing.
    """
    for class_id, given in records.signatures_given(set(KINDS.values()), ("teacher", "principal")):
        acts = ClosingAct.objects.filter(school_class=class_id)
        named = set(acts.values_list("attestation__proof__signature", flat=True))
        missing = sorted(given - named)
        school_class = schooling.SchoolClass.objects.filter(pk=class_id).first() if missing else None
        if school_class is not None:
            yield from (RecordBreak("closing", UUID(key), school_class.name, "missing") for key in missing)


def _wrong_with(act: ClosingAct) -> str:
    statement = statement_of(act.attestation)
    if statement is None:
        return "proof"
    if statement != _said_by(act, statement):
        return "statement"
    if act.sheet_id is None:
        return ""
    found = _content_at(act.sheet_id, statement.history_head)
    return "" if found == act.content_digest else "history"


def _said_by(act: ClosingAct, statement: ClosingStatement) -> ClosingStatement:
    """The statement that the act's own columns make; what only the statement has is taken from it."""
    same_instant = dt.datetime.fromisoformat(statement.at) == act.at
    return ClosingStatement(
        scope=act.scope, step=act.step, school_class=str(act.school_class_id),
        sheet=str(act.sheet_id) if act.sheet_id else "", term=act.term, person=str(act.person or ""),
        person_name=act.person_name, at=statement.at if same_instant else act.at.isoformat(),
        content_digest=act.content_digest, history_head=statement.history_head,
        correction_count=statement.correction_count,
    )  # fmt: skip


def _content_at(sheet_id: UUID, head: str) -> str:
    """Digest of what stood in a sheet when this was the head of its history; empty if it never was."""
    changes = CellChange.objects.filter(sheet=sheet_id)
    last = 0
    if head:
        known = changes.filter(digest=head).values_list("sequence", flat=True).first()
        if known is None:
            return ""
        last = known
    cells = {
        (pupil, slot): (state, value)
        for pupil, slot, state, value in changes.filter(sequence__lte=last)
        .order_by("sequence")
        .values_list("pupil", "slot", "state", "value")
    }
    return digest_of(
        canonical(
            (sheet_id, pupil, slot, state, value)
            for (pupil, slot), (state, value) in cells.items()
            if state != CellState.EMPTY
        )
    )


def named(sheet_id: UUID) -> str:
    """A sheet as people say it, for a report: class, subject, term."""
    rows = Sheet.objects.select_related("school_class__school", "class_subject__subject")
    sheet = rows.get(pk=sheet_id)
    place = sheet.school_class
    return f"{place.school.name}, lớp {place.name}, {sheet_name(sheet)}, {TERM_NAMES[sheet.term]}"
