"""ĐTB10, ĐTB11, ĐTB12 for graduation, from the issued pages (điểm trung bình các năm; assessment.md 7.4)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import xlsxwriter

from khue.kit import permissions
from khue.modules.orgs import api as orgs
from khue.modules.records import api as records
from khue.modules.transcripts import content, policy
from khue.modules.transcripts.data import AverageRow
from khue.modules.transcripts.models import ReceivedFile, TranscriptPage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling import api as schooling

LAST, GRADES = 12, (10, 11, 12)
HEADER = ("STT", "Mã định danh", "Họ và tên", "Ngày sinh", "Lớp", "ĐTB lớp 10", "ĐTB lớp 11", "ĐTB lớp 12")


def average_rows(actor: Actor, school_id: UUID, year: schooling.SchoolYear) -> list[AverageRow]:
    """The pupils of grade 12 of a school and year, in the order of their classes, read from signed pages.

    A year that a pupil repeated counts with its last page; what is not issued stays empty.
    """
    permissions.load(actor, orgs.Unit.objects.filter(kind="school"), school_id, see=policy.EXPORT)
    rows = TranscriptPage.objects.filter(school=school_id, year=year, school_class__grade=LAST)
    ordered = rows.order_by("school_class__sort_key", "position", "id")
    leaving = list(ordered.values_list("transcript_id", "person_id", "name", "school_class__name"))
    transcripts = [key for key, *_ in leaving]
    pages = TranscriptPage.objects.filter(transcript__in=transcripts, version__gt=0)
    owner = dict(pages.values_list("id", "transcript_id"))
    read = [
        (owner[one.subject], content.read_page(one.content)) for one in records.files_of(owner, content.KINDS)
    ]
    received = ReceivedFile.objects.filter(transcript__in=transcripts).order_by("year", "version")
    read = [(one.transcript_id, content.read_page(bytes(one.content))) for one in received] + read
    found: dict[UUID, dict[int, str]] = {}
    known = {}
    for key, page in sorted(read, key=lambda one: one[1].year):
        found.setdefault(key, {})[page.grade] = page.average
        known[key] = page.identity
    return [
        AverageRow(
            person, name, known[key].born if key in known else "", class_name,
            known[key].ministry_code if key in known else "",
            tuple(found.get(key, {}).get(grade, "") for grade in GRADES),  # type: ignore[arg-type]
        )
        for key, person, name, class_name in leaving
    ]  # fmt: skip


def as_csv(rows: Sequence[AverageRow]) -> bytes:
    """UTF-8 with a mark, so that spreadsheets read Vietnamese."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([HEADER, *_cells(rows)])
    return "\ufeff".encode() + out.getvalue().encode()


def as_xlsx(rows: Sequence[AverageRow]) -> bytes:
    """The same as a workbook; averages are numbers with two decimals."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("ĐTB")
    bold, mark = book.add_format({"bold": True}), book.add_format({"num_format": "0.00"})
    sheet.write_row(0, 0, HEADER, bold)
    for number, cells in enumerate(_cells(rows), 1):
        sheet.write_number(number, 0, number)
        for column, text in enumerate(cells[1:], 1):
            if column >= len(cells) - len(GRADES) and text:
                sheet.write_number(number, column, float(str(text)), mark)
            else:
                sheet.write_string(number, column, str(text))
    sheet.set_column(2, 2, 28)
    book.close()
    return stream.getvalue()


def _cells(rows: Sequence[AverageRow]) -> list[tuple[object, ...]]:
    return [
        (number, row.ministry_code, row.name, row.born, row.class_name, *row.averages)
        for number, row in enumerate(rows, 1)
    ]
