"""The skeleton of a PDF: revisions, cross-reference tables, dictionaries (ISO 32000-2 7.5), read by hand.

Our renderer (Typst) writes one revision with a classic table, whatever PDF version or PDF/A part it is
asked for; our updates continue in that form. That is all this module reads: no cross-reference streams,
no hybrid files, no encryption, no freed objects (`SIGN-510`). Only what is asked for is looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from khue.core.errors import Invalid

_HEADER = re.compile(rb"%PDF-(?:1\.[4-7]|2\.0)[\r\n]")
_TABLE = re.compile(rb"xref\s{1,2}")
_SECTION = re.compile(rb"(\d{1,8}) (\d{1,8}) ?(?:\r\n|\r|\n)")
_TRAILER = re.compile(
    rb"trailer\s{0,4}(<<.{0,2000}?>>)\s{0,4}startxref\s{1,2}(\d{1,10})\s{1,2}%%EOF(?:\r\n|\r|\n)?", re.DOTALL
)
_LAST = re.compile(rb"startxref\s{1,2}(\d{1,10})\s{1,2}%%EOF\s{0,2}\Z")
_TAIL = 64  # bytes at the end in which `startxref` stands
_ENTRY = 20  # bytes of a line of the table, ISO 32000-2 7.5.4
_MOST = 64  # revisions; a seal with long-term data renewed each year stays far below
_STREAM = re.compile(rb"(\d{1,8}) 0 obj\s{0,4}(<<.{0,200}?>>)\s{0,4}stream\r?\n", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d{1,10})\b(?! 0 R)")
_STREAM_END = re.compile(rb"\s{0,2}endstream\s{0,2}endobj")
_FREE = re.compile(rb"\d{10} 65535 f[ \r][\r\n]")
_USED = re.compile(rb"(\d{10}) 00000 n[ \r][\r\n]")


@dataclass(frozen=True, slots=True)
class Section:
    """Neighbouring object numbers of one table: the first, how many, where their lines begin."""

    first: int
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: where its table is, which numbers that names, its trailer, where it ends."""

    table: int
    sections: tuple[Section, ...]
    trailer: bytes
    end: int

    def number(self, key: bytes) -> int | None:
        """The number behind a key of the trailer, be it a value or a reference."""
        found = re.search(rb"/" + key + rb"\s+(\d{1,10})", self.trailer)
        return int(found[1]) if found else None


class Document:
    """A PDF by its revisions, the oldest first."""

    def __init__(self, data: bytes, revisions: tuple[Revision, ...]) -> None:
        self.data, self.revisions = data, revisions

    @classmethod
    def read(cls, data: bytes) -> Document:
        """Follow the tables from the end to the first revision."""
        last = _LAST.search(data, max(0, len(data) - _TAIL))
        if not _HEADER.match(data):
            raise Invalid("SIGN-510", what="đầu tệp")
        if last is None:
            raise Invalid("SIGN-510", what="cuối tệp")
        found = [_revision(data, int(last[1]))]
        if found[0].end != len(data):
            raise Invalid("SIGN-510", what="cuối tệp")
        while (before := found[-1].number(b"Prev")) is not None:
            found.append(_revision(data, before))
            if len(found) > _MOST or found[-1].end > found[-2].table:
                raise Invalid("SIGN-510", what="thứ tự các lần ghi")
        return cls(data, tuple(reversed(found)))

    @property
    def last(self) -> Revision:
        """The newest revision."""
        return self.revisions[-1]

    @property
    def size(self) -> int:
        """The first object number that is free."""
        return max(one.first + one.count for revision in self.revisions for one in revision.sections)

    @property
    def root(self) -> int:
        """The number of the catalog."""
        found = self.last.number(b"Root")
        if found is None:
            raise Invalid("SIGN-510", what="danh mục")
        return found

    def dictionary(self, number: int) -> bytes:
        """The text of the dictionary that is object `number`, as the newest revision has it."""
        opening = b"%d 0 obj" % number
        start = self._offset(number)
        end = self.data.find(b"endobj", start)
        if end < 0 or not self.data.startswith(opening, start):
            raise Invalid("SIGN-510", what="bảng tham chiếu")
        found = self.data[start + len(opening) : end].strip()
        if not (found.startswith(b"<<") and found.endswith(b">>")):
            raise Invalid("SIGN-510", what="đối tượng")
        return found

    def stream(self, number: int) -> bytes:
        """The content of a stream object that stands as it is, without filters."""
        opening = _STREAM.match(self.data, self._offset(number))
        if opening is None or int(opening[1]) != number or b"/Filter" in opening[2]:
            raise Invalid("SIGN-510", what="luồng dữ liệu")
        length = _LENGTH.search(opening[2])
        end = opening.end() + (int(length[1]) if length else 0)
        if length is None or not _STREAM_END.match(self.data, end):
            raise Invalid("SIGN-510", what="luồng dữ liệu")
        return self.data[opening.end() : end]

    def _offset(self, number: int) -> int:
        for revision in reversed(self.revisions):
            for section in revision.sections:
                if section.first <= number < section.first + section.count:
                    return entry(self.data, section, number)
        raise Invalid("SIGN-510", what="tham chiếu")


def entry(data: bytes, section: Section, number: int) -> int:
    """Where a line of a table says that an object begins."""
    found = _USED.match(data, section.at + (number - section.first) * _ENTRY)
    if found is None:
        raise Invalid("SIGN-510", what="bảng tham chiếu")
    return int(found[1])


def offsets(data: bytes, revision: Revision) -> dict[int, int]:
    """All objects of one revision and where they begin; only object 0 may be free."""
    found: dict[int, int] = {}
    for section in revision.sections:
        for number in range(section.first, section.first + section.count):
            if number == 0 and _FREE.match(data, section.at):
                continue
            if number in found:
                raise Invalid("SIGN-510", what="bảng tham chiếu")
            found[number] = entry(data, section, number)
    return found


def _revision(data: bytes, table: int) -> Revision:
    start = _TABLE.match(data, table)
    if start is None:
        raise Invalid("SIGN-510", what="bảng tham chiếu")
    at, sections = start.end(), []
    while (line := _SECTION.match(data, at)) is not None:
        section = Section(int(line[1]), int(line[2]), line.end())
        sections.append(section)
        at = section.at + section.count * _ENTRY
    trailer = _TRAILER.match(data, at)
    if trailer is None or not sections or int(trailer[2]) != table:
        raise Invalid("SIGN-510", what="bảng tham chiếu")
    if b"/Encrypt" in trailer[1] or b"/XRefStm" in trailer[1]:
        raise Invalid("SIGN-510", what="tệp mã hoá hoặc lai")
    return Revision(table, tuple(sections), trailer[1], trailer.end())
