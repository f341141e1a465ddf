"""After a correction the record is signed again, from exactly the role it must (ký lại sau khi sửa).

The sheet that changed loses its signatures; every other sheet keeps its own, because a teacher's
signature covers her section alone; the homeroom teacher, the principal and the school sign again. The
version before stays readable and verifiable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.modules.gradebook.services import closing
from khue.modules.gradebook.signed import content
from khue.modules.gradebook.signed.acts import spec_of
from khue.modules.records import api as records

if TYPE_CHECKING:
    from khue.core.actor import Actor
    from khue.modules.gradebook.models import Sheet


def sheet_corrected(actor: Actor, sheet: Sheet, *, reason: str, decision: str) -> None:
    """New versions of the documents in which a corrected sheet counts; none where nothing was signed."""
    for term in _counts_in(sheet.term):
        changed = {content.section_id(sheet)} if term == sheet.term else {content.SUMMARY}
        records.supersede(
            actor, spec_of(actor, sheet.school_class, term), changed=changed, reason=reason,
            authority=decision,
        )  # fmt: skip


def _counts_in(term: int) -> tuple[int, ...]:
    """A term counts in itself, in the year and after the summer."""
    return (term,) if term == closing.SUMMER else (term, closing.YEAR, closing.SUMMER)
