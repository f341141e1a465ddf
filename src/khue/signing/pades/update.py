"""One more revision at the end of a PDF (cập nhật tăng dần, ISO 32000-2 7.5.6), written by hand.

Deterministic: no clock and no random identifier. All offsets are known before they are written, also
behind the place that is left for a signature.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from khue.core.errors import Invalid
from khue.signing.pades.objects import Document

_INFO = re.compile(rb"/Info\s+\d+ 0 R")
_ID = re.compile(rb"/ID\s*\[\s*(\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f]*>)", re.DOTALL)
_BYTE_RANGE = b"/ByteRange[0 %10d %10d %10d]/Contents"
_NAME = 32  # hexadecimal digits of the identifier of a revision


@dataclass(frozen=True, slots=True)
class Placed:
    """A PDF with an empty place for a CMS or a token; `digest` is over everything but the place."""

    pdf: bytes
    byte_range: tuple[int, int, int, int]
    digest: bytes


class Update:
    """A revision while it is written: parts, and where each object begins."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.next = document.size
        self._parts = [document.data]
        self._at = len(document.data)
        self._offsets: dict[int, int] = {}
        if not document.data.endswith(b"\n"):
            self._write(b"\n")

    def reserve(self) -> int:
        """A fresh object number."""
        self.next += 1
        return self.next - 1

    def add(self, number: int, content: bytes) -> None:
        """An object, new or in place of an older one."""
        self._open(number)
        self._write(content)
        self._write(b"\nendobj\n")

    def stream(self, content: bytes) -> int:
        """A new stream object."""
        number = self.reserve()
        self.add(number, b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content))
        return number

    def finish(self) -> bytes:
        """The whole PDF, without a new signature."""
        before = b"".join(self._parts)
        hashed = hashlib.sha256(before).hexdigest()[:_NAME].encode()
        return before + self._table() + self._trailer() + hashed + self._end(self._at)

    def finish_with_place(self, number: int, dictionary: bytes, *, reserve: int, digest: str) -> Placed:
        """The whole PDF with one more object, a signature dictionary that ends in an empty place.

        `dictionary` is its text up to the byte range; `digest` names the hash.
        """
        self._open(number)
        self._write(dictionary)
        start = self._at + len(_BYTE_RANGE % (0, 0, 0))
        end = start + 2 + 2 * reserve
        closing = b">>\nendobj\n"
        table = closing + self._table() + self._trailer()
        ending = self._end(end + len(closing))
        length = len(table) + _NAME + len(ending)
        before = b"".join((*self._parts, _BYTE_RANGE % (start, end, length)))
        # The second identifier names this revision: from what it holds, so that the bytes are the same again
        hashed = hashlib.new(digest, before)
        after = b"".join((table, hashed.copy().hexdigest()[:_NAME].encode(), ending))
        hashed.update(after)
        whole = b"".join((before, b"<", b"0" * (2 * reserve), b">", after))
        return Placed(whole, (0, start, end, length), hashed.digest())

    def _open(self, number: int) -> None:
        self._offsets[number] = self._at
        self._write(b"%d 0 obj\n" % number)

    def _write(self, part: bytes) -> None:
        self._parts.append(part)
        self._at += len(part)

    def _table(self) -> bytes:
        """The cross-reference table: neighbouring numbers share a section."""
        lines, count = [b"xref\n"], 0
        for number in sorted(self._offsets):
            if count == 0:
                while number + count in self._offsets:
                    count += 1
                lines.append(b"%d %d\n" % (number, count))
            lines.append(b"%010d 00000 n\r\n" % self._offsets[number])
            count -= 1
        return b"".join(lines)

    def _trailer(self) -> bytes:
        """The trailer up to the second identifier."""
        last = self.document.last
        info, first = _INFO.search(last.trailer), _ID.search(last.trailer)
        if first is None:
            raise Invalid("SIGN-510", what="mã định danh tệp")
        return b"trailer\n<</Size %d/Root %d 0 R%b/Prev %d/ID[%b<" % (
            self.next, self.document.root, info[0] if info else b"", last.table, first[1],
        )  # fmt: skip

    def _end(self, table: int) -> bytes:
        return b">]>>\nstartxref\n%d\n%%%%EOF\n" % table


def embed(placed: Placed, cms: bytes) -> bytes:
    """The PDF with the CMS in its place, the rest of which stays zero; too long a CMS is `SIGN-511`."""
    _, start, end, _ = placed.byte_range
    return fill(placed.pdf, start, end, cms)


def fill(pdf: bytes, start: int, end: int, cms: bytes) -> bytes:
    """Write a CMS into the place between `<` at `start` and the byte behind `>` at `end`."""
    room = (end - start - 2) // 2
    if len(cms) > room:
        raise Invalid("SIGN-511", length=len(cms), room=room)
    filled = cms.hex().encode().ljust(2 * room, b"0")
    return b"".join((pdf[: start + 1], filled, pdf[end - 1 :]))
