"""Which sheets of a file hold the marks that were asked for, and of which class and subject they are."""

from __future__ import annotations

import re

from khue.sheets.banner import Banner, class_name, term_in
from khue.sheets.data import ImportAs, Known, KnownClass, Refuse
from khue.sheets.headers import Header, find_header
from khue.sheets.mark_columns import Columns, columns_of
from khue.sheets.subjects import subject_of
from khue.sheets.workbook import Sheet

Marks = tuple[Header, Columns]


def marks_in(sheets: list[Sheet], wanted: ImportAs, known: Known) -> list[Marks]:
    """The mark sheets of a file, without those named after another class or term than the one chosen.

    A file with a sheet per class or with both terms is no mistake; a lone sheet of another class is.
    """
    found = []
    for sheet in sheets:
        header = find_header(sheet)
        columns = columns_of(header, wanted.term) if header else None
        if header is not None and columns is not None:
            found.append((header, columns))
    if wanted.school_class:
        names = {class_name(row.name) for row in known.classes}
        found = _named(
            found, [_class_in(h.sheet.name, names) for h, _ in found], class_name(wanted.school_class)
        )
    if wanted.term:
        found = _named(found, [term_in(h.sheet.name) for h, _ in found], wanted.term)
    return found


def _named(found: list[Marks], said: list[str] | list[int], chosen: str | int) -> list[Marks]:
    """Only sheets whose names say what was chosen or nothing, if one says it."""
    if chosen not in said:
        return found
    return [marks for marks, name in zip(found, said, strict=True) if not name or name == chosen]


def _class_in(text: str, names: set[str]) -> str:
    """The class a sheet's name says, of the school's classes; else nothing."""
    return next(
        (name for part in (text, *re.split(r"[\s_-]+", text)) if (name := class_name(part)) in names), ""
    )


def level_of(wanted: ImportAs, known: Known) -> str:
    """The level of the chosen class, else of the school's first."""
    if wanted.school_class:
        return known_class(wanted.school_class, known).level
    return known.classes[0].level if known.classes else ""


def class_said(sheet: Sheet, banner: Banner, known: Known) -> str:
    """The class a sheet is of, where none was chosen: by its title, else by its name."""
    names = {class_name(row.name): row.name for row in known.classes}
    said = class_name(str(banner.school_class.value)) if banner.school_class else ""
    return names.get(said) or names.get(_class_in(sheet.name, set(names)), "")


def why_nothing(sheets: list[Sheet]) -> str:
    """What to say of a file without mark sheets."""
    return "wrong_kind_of_file" if any(find_header(sheet) for sheet in sheets) else "required_columns_missing"


def known_class(name: str, known: Known) -> KnownClass:
    """The school's class of this name, however it is written; refuses where there is none."""
    target = class_name(name)
    found = next((row for row in known.classes if class_name(row.name) == target), None)
    if found is None:
        raise Refuse("class_unknown", target=name)
    return found


def subject_said(
    sheet: Sheet, banner: Banner, wanted: ImportAs, known: Known, *, level: str, alone: bool
) -> str | None:
    """The subject of a sheet by its title and its name; nothing where it is not the one chosen."""
    of_class = class_name(sheet.name) in {class_name(row.name) for row in known.classes}
    named = None if of_class else subject_of(sheet.name, level)
    cell = banner.subject.cell if banner.subject else ""
    said = str(banner.subject.value) if banner.subject else None
    if named and said and named != said:
        raise Refuse("subject_mismatch", sheet=sheet.name, cell=cell, file=said, target=named)
    found = said or named
    if not wanted.subject:
        return found
    if found and found != wanted.subject:
        if alone:
            raise Refuse("subject_mismatch", sheet=sheet.name, cell=cell, file=found, target=wanted.subject)
        return None
    return wanted.subject if found or alone or of_class else None
