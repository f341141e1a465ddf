"""A parcel as one file: a zip of the signed record and what it encloses (tệp gói chuyển trường).

What is inside is found by fixed names and proved by digests, so nothing of a strange zip is trusted:
`unpack` reads within limits, in memory, and never by the names that the zip gives.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop as _

from khue.core.errors import Invalid, Refused
from khue.modules.transfers.content import read_parcel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from khue.modules.transfers.data import Parcel

RECORD, PAPER, NOTE = "chuyen-truong.xml", "chuyen-truong.pdf", "DOC-TRUOC.txt"
LIMIT = 20 * 1024 * 1024  # of the whole file
INFLATED = 60 * 1024 * 1024
MOST_FILES = 60
ONE_FILE = 4 * 1024 * 1024
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same bytes each time
_WORDS = """Gói hồ sơ chuyển trường

chuyen-truong.xml  bản gốc, có chữ ký số của hiệu trưởng và dấu của trường
hoc-ba/            học bạ của các năm, mỗi tệp có đủ chữ ký
chuyen-truong.pdf  bản để đọc và in

Kiểm tra: mở trang «Kiểm tra hồ sơ» của bất kì hệ thống Khuê nào rồi thả tệp vào, hoặc xem
docs/records/transfer.md để kiểm tra bằng tay với xmlsec1.
"""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a parcel holds: the signed record, what it says, and the files that it names."""

    record: bytes
    parcel: Parcel
    files: tuple[tuple[str, bytes], ...]


def pack(record: bytes, files: Iterable[tuple[str, bytes]], *, paper: bytes = b"") -> bytes:
    """The file of a parcel; the same parts give the same bytes."""
    parts = [(RECORD, record), *files, (NOTE, _WORDS.encode())]
    if paper:
        parts.append((PAPER, paper))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
        for name, data in parts:
            out.writestr(zipfile.ZipInfo(name, _MOMENT), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def unpack(data: bytes) -> Unpacked:
    """Read a parcel: `XFER-021` too large, `XFER-020` no parcel, `XFER-022` a file that it does not name so.

    The record's signatures are not verified here.
    """
    if len(data) > LIMIT:
        raise Invalid("XFER-021", field="file", limit=LIMIT // (1024 * 1024))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            return _read(source)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Invalid("XFER-020", field="file", what=_("không mở được tệp nén")) from error


def _read(source: zipfile.ZipFile) -> Unpacked:
    infos = source.infolist()
    names = [info.filename for info in infos]
    if len(infos) > MOST_FILES or len(set(names)) != len(names):
        raise Invalid("XFER-020", field="file", what=_("quá nhiều tệp hoặc tên trùng nhau"))
    if sum(info.file_size for info in infos) > INFLATED:
        raise Invalid("XFER-021", field="file", limit=INFLATED // (1024 * 1024))
    if RECORD not in names:
        raise Invalid("XFER-020", field="file", what=_("thiếu tệp chính"))
    record = _one(source, RECORD)
    try:
        parcel = read_parcel(record)
    except (ValueError, SyntaxError, TypeError) as error:
        raise Invalid("XFER-020", field="file", what=_("không đọc được tệp chính")) from error
    files = []
    for one in parcel.files:
        if one.name not in names:
            raise Refused("XFER-022", name=one.name)
        content = _one(source, one.name)
        if len(content) != one.size or hashlib.sha256(content).hexdigest() != one.digest:
            raise Refused("XFER-022", name=one.name)
        files.append((one.name, content))
    return Unpacked(record, parcel, tuple(files))


def _one(source: zipfile.ZipFile, name: str) -> bytes:
    """One part, never more than its limit whatever the directory says."""
    with source.open(name) as part:
        content = part.read(ONE_FILE + 1)
    if len(content) > ONE_FILE:
        raise Invalid("XFER-021", field="file", limit=ONE_FILE // (1024 * 1024))
    return content
