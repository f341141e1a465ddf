"""A year page on paper from its verified record alone (bản in của hồ sơ học bạ), for the pages of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.core.dates import VIETNAM
from khue.modules.transcripts import data, reading
from khue.modules.transcripts.content import read_record

if TYPE_CHECKING:
    import datetime as dt

    from khue.modules.records.api import Printed
    from khue.signing.report import Report


def page_pdf(report: Report, printed: Printed) -> bytes:
    """The two pages of a year; of one that is not issued yet what is there, under the warning."""
    from khue.modules.transcripts.forms import paper  # noqa: PLC0415 - Typst is loaded only when asked

    page, said = read_record(report.content)
    signatures = tuple(
        data.SignatureFact(
            one.role, reading.subject_of(page, one.section), one.signer, one.capacity,
            _moment(one.best_time or one.claimed_time),
        )
        for one in report.signatures
    )  # fmt: skip
    sealed = [one.at[:10] for one in signatures if one.role == "school"]
    issued = data.IssuedPage(
        page, said["code"], int(said["version"]), "issued", sealed[-1] if sealed else "", report.digest,
        signatures, printed.address, printed.print_code,
    )  # fmt: skip
    return paper.year_pdf(issued, warning=printed.warning)


def _moment(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if at else ""
