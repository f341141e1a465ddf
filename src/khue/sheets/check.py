"""Check one file: read it, decode it, find its tables, say what is wrong; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from khue.sheets import fonts, workbook
from khue.sheets.data import INFO, FileReport, Finding, ImportAs, Known, Limits, Refuse

if TYPE_CHECKING:
    from khue.sheets.workbook import Book

Kind = Callable[["Book", ImportAs, Known, FileReport], None]
NAMES = {
    "xlsx": {"xlsx"},
    "xlsm": {"xlsx"},
    "xls": {"xls"},
    "csv": {"csv"},
    "txt": {"csv"},
}  # ending, content
KINDS = {
    "school": "khue.sheets.school",
    "staff": "khue.sheets.school",
    "classes": "khue.sheets.school",
    "pupils": "khue.sheets.pupils",
    "intake": "khue.sheets.intake",
    "gradebook": "khue.sheets.gradebook",
    "term_summary": "khue.sheets.summary",
    "results": "khue.sheets.summary",
    "primary_results": "khue.sheets.primary",
    "equipment_and_certificates": "khue.sheets.equipment",
}


def check(
    data: bytes, filename: str, wanted: ImportAs, known: Known, limits: Limits | None = None
) -> FileReport:
    """The report on a file: outcome, refusal, findings and the rows as they may be imported."""
    report = FileReport(findings=[], tables=[])
    try:
        book = workbook.read(data, filename, limits or Limits())
        fonts.decode_book(book)
        _extension(book, filename, report)
        _hidden_sheets(book, report)
        kind: Kind = import_module(KINDS[wanted.kind]).check
        kind(book, wanted, known, report)
        _fonts_said(book, report)
    except Refuse as refusal:
        report.refusal = refusal.refusal
        report.findings = []
    return report.settle()


def _extension(book: Book, filename: str, report: FileReport) -> None:
    """Say that a file is read by its content, where its name says something else."""
    ending = filename.lower().rpartition(".")[2]
    if ending in NAMES and book.kind not in NAMES[ending]:
        report.findings.append(Finding("extension_mismatch", INFO, info={"looks_like": book.kind}))


def _hidden_sheets(book: Book, report: FileReport) -> None:
    for sheet in book.sheets:
        if not sheet.visible:
            report.findings.append(Finding("hidden_sheet_skipped", INFO, sheet.name))


def _fonts_said(book: Book, report: FileReport) -> None:
    """Say where a legacy font was decoded: over the names that were read."""
    for sheet in book.sheets:
        tables = [table for table in report.tables if table.sheet == sheet.name]
        if not sheet.font or not tables:
            continue
        rows = [row[0] for table in tables for row in table.rows if isinstance(row[0], int)]
        column = tables[0].layout.get("columns", {}).get("name", 0) if tables[0].layout else 0
        cell = ""
        if rows:
            cell = f"{workbook.address(min(rows) - 1, column)}:{workbook.address(max(rows) - 1, column)}"
        report.findings.append(
            Finding("legacy_font", "warning", sheet.name, cell, info={"encoding": sheet.font})
        )
