"""Zip files that strangers send (tệp nén), read so that the reader cannot be hurt by them.

Everything is decided from the list at the end of the file, before one byte is decompressed; and what is
decompressed is counted again. Whatever another program could understand otherwise is refused.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from khue.core.errors import Refused

_START, _END_SIZE = b"PK\x03\x04", 22
_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR, _MARKED = 0x8, 16
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_ARCHIVES = (  # how zip, gzip, 7z, rar, bzip2, xz and zstd begin
    _START, b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh",
    b"\xfd7zXZ", b"\x28\xb5\x2f\xfd",
)  # fmt: skip
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read at all, in bytes; `ratio` is how often a part may grow."""

    file: int = 16 * 1024 * 1024
    entries: int = 64
    entry: int = 8 * 1024 * 1024
    total: int = 24 * 1024 * 1024
    ratio: int = 200


LIMITS = Limits()


def write_package(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files: sorted, without times, so the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3  # Unix, wherever it is written
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            package.writestr(info, data, zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()


def read_package(data: bytes, limits: Limits = LIMITS) -> dict[str, bytes]:
    """The files of a zip; every trick that is known is refused by its own code (`SIGN-460` to `SIGN-468`)."""
    if len(data) > limits.file:
        raise Refused("SIGN-461", size=len(data), limit=limits.file)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
            _check_list(data, entries, limits)
            _check_places(data, entries, package.start_dir)
            for entry in entries:
                _check_entry(entry, limits)
            return {entry.filename: _read(package, entry) for entry in entries}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
        OSError,
        struct.error,
    ) as error:
        raise Refused("SIGN-460") from error


def _check_list(data: bytes, entries: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    """The file as a whole: a zip from first byte to last, not too much, no two of one name."""
    if len(entries) > limits.entries:
        raise Refused("SIGN-462", count=len(entries), limit=limits.entries)
    if not data.startswith(_START) or data[-_END_SIZE : -_END_SIZE + 4] != b"PK\x05\x06":
        raise Refused("SIGN-460")
    total = sum(entry.file_size for entry in entries)
    if total > limits.total:
        raise Refused("SIGN-461", size=total, limit=limits.total)
    seen: set[str] = set()
    for entry in entries:
        name = unicodedata.normalize("NFKC", entry.orig_filename).casefold()
        if name in seen:
            raise Refused("SIGN-464", name=shown(entry.orig_filename))
        seen.add(name)


def _check_places(data: bytes, entries: Sequence[zipfile.ZipInfo], end: int) -> None:
    """Entries stand one after the other up to the list, and say there what the list says of them.

    Else two could share their bytes (a bomb), or a program that reads from the front would find others.
    """
    place = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if not place <= entry.header_offset <= place + _after(data, place):
            raise Refused("SIGN-460")
        head = _LOCAL.unpack_from(data, entry.header_offset)
        _, _, flags, method, _, _, crc, packed, size, name, extra = head
        said = (entry.CRC, entry.compress_size, entry.file_size)
        if (flags, method) != (entry.flag_bits, entry.compress_type):
            raise Refused("SIGN-460")
        if (crc, packed, size) != said and not flags & _DESCRIPTOR:
            raise Refused("SIGN-460")
        place = entry.header_offset + _LOCAL.size + name + extra + entry.compress_size
    if not place <= end <= place + _after(data, place):
        raise Refused("SIGN-460")


def _after(data: bytes, place: int) -> int:
    """How long the descriptor is that may follow the bytes of an entry: 16 with its mark, else none."""
    return _MARKED if data.startswith(b"PK\x07\x08", place) else 0


def _check_entry(entry: zipfile.ZipInfo, limits: Limits) -> None:
    """One entry, by what the list says of it."""
    name = shown(entry.orig_filename)
    if entry.filename != entry.orig_filename or _PATH.fullmatch(entry.filename) is None:
        raise Refused("SIGN-463", name=name)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise Refused("SIGN-465", name=name)
    if entry.flag_bits & _ENCRYPTED:
        raise Refused("SIGN-466", name=name)
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Refused("SIGN-460")
    if entry.file_size > limits.entry:
        raise Refused("SIGN-461", size=entry.file_size, limit=limits.entry)
    if entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise Refused("SIGN-467", name=name)


def _read(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of an entry, no more than the list promised; an archive within is refused."""
    with package.open(entry) as source:
        data = source.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise Refused("SIGN-460")
    if data.startswith(_ARCHIVES):
        raise Refused("SIGN-468", name=shown(entry.filename))
    return data


def shown(name: str) -> str:
    """A name as it may stand in a sentence: short, nothing invisible."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:80])
