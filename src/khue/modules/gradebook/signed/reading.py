"""A signed record read back into tables (đọc lại hồ sơ đã ký): only from verified or stored bytes.

Paper and pages of a signed document are made from this, never from the database's marks, so that
they cannot show anything else than what was signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from khue.signing.profile import NAMESPACE

_KR = f"{{{NAMESPACE}}}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a section."""

    code: str
    name: str
    kind: str
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A pupil's line: attributes as they were written, and cells by (sheet kind, column)."""

    facts: Mapping[str, str]
    cells: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class SectionTable:
    """A sheet or a summary as a table."""

    section_id: str
    kind: str
    facts: Mapping[str, str]
    signers: tuple[Mapping[str, str], ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class GradebookRecord:
    """A class's signed document: its head and its sections in their order."""

    code: str
    type: str
    head: Mapping[str, str]
    sections: tuple[SectionTable, ...]


def read(data: bytes) -> GradebookRecord:
    """The tables of a record file, or of its verified content alone."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    content = root if root.tag == f"{_KR}Content" else root.find(f"{_KR}Content")
    if content is None:
        msg = "a record has one Content"
        raise ValueError(msg)
    head = content.find(f"{_KR}Head")
    sections = tuple(_section(element) for element in content.iterfind(f"{_KR}Section"))
    facts = dict(head.attrib) if head is not None else {}
    return GradebookRecord(content.get("code", ""), content.get("type", ""), facts, sections)


def _section(element: etree._Element) -> SectionTable:
    columns = tuple(
        Column(one.get("code", ""), one.get("name", ""), one.get("kind", ""), one.get("sheet", ""))
        for one in element.iterfind(f"{_KR}Column")
    )
    return SectionTable(
        element.get("Id", ""), element.get("kind", ""), dict(element.attrib),
        tuple(dict(one.attrib) for one in element.iterfind(f"{_KR}Signer")), columns,
        tuple(_line(one) for one in element.iterfind(f"{_KR}Pupil")),
    )  # fmt: skip


def _line(element: etree._Element) -> Line:
    cells = {}
    for cell in element:
        text = cell.text or {"PENDING_MAKEUP": "v", "ZERO_NO_MAKEUP": "0*"}.get(cell.get("state", ""), "")
        cells[cell.get("sheet", ""), cell.get("column", "")] = text
    return Line(dict(element.attrib), cells)
