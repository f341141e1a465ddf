"""Where signatures stand in a PDF and what they cover (phạm vi ký, ISO 32000-2 12.8.1): bytes only.

The first look of the verifier, before any library reads the file: every `/ByteRange` has one gap, the
gap holds one string in hexadecimal and nothing else, what is covered ends with a revision, and what
comes after the seal consists of whole revisions, of whose every byte is accounted for.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from khue.core.errors import Invalid
from khue.signing import der
from khue.signing.cms import LARGEST as CMS_LARGEST
from khue.signing.pades.objects import Document, offsets

LARGEST = 16 * 1024 * 1024  # bytes of a PDF that are looked at; a class book has some 200 KB
_MOST = 16  # signatures and document time-stamps
_OBJECTS = 50_000  # objects; a class book of 100 pages has some 1,000
# An update of ours has a dozen objects; these keep a slow parser from being fed
_ADDED = 2_000  # objects behind the seal
_PLAIN = 160 * 1024  # bytes of one object there, without its stream
_PLACE = 2 * CMS_LARGEST  # hexadecimal digits of a place
_RANGES = re.compile(rb"/ByteRange\s{0,8}\[([^\]]{0,200})\]")
_FOUR = 4
_CONTENTS = re.compile(rb"/Contents\s{0,8}\Z")
_HEXADECIMAL = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_END = re.compile(rb"%%EOF(?:\r\n|\r|\n)?\Z")
_OPENING = re.compile(rb"(\d{1,8}) 0 obj[\s<\[(/]")
_CLOSING = re.compile(rb"endobj\s*\Z")


@dataclass(frozen=True, slots=True)
class Gap:
    """One signature: the place of its CMS from `<` to `>`, where its cover ends, the CMS itself."""

    start: int
    end: int
    covered: int
    cms: bytes

    def parts(self, data: bytes) -> tuple[bytes, bytes]:
        """What is signed, before and after the place."""
        return data[: self.start], data[self.end : self.covered]


@dataclass(frozen=True, slots=True)
class Layout:
    """A PDF as the verifier sees it first: the seal, document time-stamps, the revisions behind it."""

    gaps: tuple[Gap, ...]  # the oldest first; the first is the seal
    document: Document

    @property
    def seal(self) -> Gap:
        """The first signature."""
        return self.gaps[0]


def read_layout(data: bytes) -> Layout:
    """Both looks at once; refuses with `SIGN-520` to `SIGN-530`."""
    gaps = read_gaps(data)
    return Layout(gaps, read_revisions(data, gaps[0].covered))


def read_gaps(data: bytes) -> tuple[Gap, ...]:
    """All signatures and what they cover, the oldest first (`SIGN-520` to `SIGN-525`)."""
    if len(data) > LARGEST:
        raise Invalid("SIGN-520", size=len(data), limit=LARGEST)
    if not data.startswith(b"%PDF-"):
        raise Invalid("SIGN-521")
    gaps = sorted((_gap(data, found[1]) for found in _found(data)), key=lambda gap: gap.covered)
    for earlier, later in itertools.pairwise(gaps):
        if later.start < earlier.covered:
            raise Invalid("SIGN-523", what="hai chữ ký chồng lên nhau")
    return tuple(gaps)


def read_revisions(data: bytes, covered: int) -> Document:
    """The revisions: the sealed part of our form (`SIGN-530`), then whole revisions only (`SIGN-524`)."""
    try:
        sealed = Document.read(data[:covered])
    except Invalid as error:
        raise Invalid("SIGN-530", what=error.params["what"]) from error
    if sealed.size > _OBJECTS:
        raise Invalid("SIGN-530", what=f"{sealed.size}")
    if covered == len(data):
        return sealed
    try:
        document = Document.read(data)
        _account(document, covered)
    except Invalid as error:
        raise Invalid("SIGN-524", what=error.params["what"]) from error
    if document.revisions[: len(sealed.revisions)] != sealed.revisions:
        raise Invalid("SIGN-524", what="bỏ qua bản đã đóng dấu")
    return document


def _found(data: bytes) -> list[re.Match[bytes]]:
    found = list(_RANGES.finditer(data))
    if not found and b"/ByteRange" not in data:
        raise Invalid("SIGN-522")
    if not found or len(found) > _MOST:
        raise Invalid("SIGN-523", what="số lượng")
    return found


def _gap(data: bytes, text: bytes) -> Gap:
    """One byte range: `0 a b c` with one gap from a to b, and b + c at the end of a revision."""
    numbers = text.split()
    if len(numbers) != _FOUR or not all(number.isdigit() for number in numbers):
        raise Invalid("SIGN-523", what="phải có đúng hai đoạn")
    first, start, end, length = (int(number) for number in numbers)
    if first != 0 or not 0 < start < end <= end + length <= len(data) or length == 0:
        raise Invalid("SIGN-523", what="đoạn trống, chồng nhau hoặc vượt ra ngoài tệp")
    if not _END.search(data, end + length - 7, end + length):
        raise Invalid("SIGN-523", what="không dừng ở cuối một lần ghi")
    if not _CONTENTS.search(data, max(0, start - 20), start):
        raise Invalid("SIGN-525", what="khoảng trống không phải chỗ chứa chữ ký")
    inner = data[start + 1 : end - 1]
    if len(inner) > _PLACE:
        raise Invalid("SIGN-525", what=f"{len(inner)} ký tự")
    if data[start : start + 1] != b"<" or data[end - 1 : end] != b">" or not _HEXADECIMAL.fullmatch(inner):
        raise Invalid("SIGN-525", what="không phải chuỗi thập lục phân")
    filled = bytes.fromhex(inner.decode("ascii"))
    try:
        *_, rest = der.read(filled)
    except Invalid as error:
        raise Invalid("SIGN-525", what="không phải DER") from error
    if rest.strip(b"\x00"):
        raise Invalid("SIGN-525", what="có dữ liệu sau chữ ký")
    return Gap(start, end, end + length, filled[: len(filled) - len(rest)])


def _account(document: Document, covered: int) -> None:
    """Every byte behind the seal belongs to an object of a table, to the table or to the trailer."""
    at, count = covered, 0
    for revision in document.revisions:
        if revision.end <= covered:
            continue
        found = offsets(document.data, revision)
        count += len(found)
        if count > _ADDED:
            raise Invalid("SIGN-510", what="quá nhiều đối tượng")
        starts = sorted(found.values())
        borders = [*starts, revision.table]
        if starts != sorted(set(starts)) or document.data[at : borders[0]].strip():
            raise Invalid("SIGN-510", what="dữ liệu ngoài bảng tham chiếu")
        numbers = {start: number for number, start in found.items()}
        for start, stop in itertools.pairwise(borders):
            _object(document.data, numbers[start], start, stop)
        at = revision.end


def _object(data: bytes, number: int, start: int, stop: int) -> None:
    stream = data.find(b"stream", start, stop)
    if (stop if stream < 0 else stream) - start > _PLAIN:
        raise Invalid("SIGN-510", what="đối tượng quá lớn")
    opening = _OPENING.match(data, start, stop)
    closing = _CLOSING.search(data, max(start, stop - 16), stop)
    if opening is None or int(opening[1]) != number or closing is None:
        raise Invalid("SIGN-510", what="đối tượng không khớp bảng tham chiếu")
