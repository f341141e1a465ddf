"""Zip files that strangers send (tệp nén), read so that the reader cannot be hurt by them.

Everything is decided from the list at the end of the file, before one byte is decompressed; and what is
decompressed is counted again. Whatever another program could understand otherwise is refused.
"""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from khue.core.errors import Refused

_START, _END_SIZE, _HEADER = b"PK\x03\x04", 22, 30
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
            for entry in entries:
                _check_entry(entry, limits)
            return {entry.filename: _read(package, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise Refused("SIGN-460") from error


def _check_list(data: bytes, entries: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    """The file as a whole: nothing before, between or after its entries, not too many, no two of one name."""
    if len(entries) > limits.entries:
        raise Refused("SIGN-462", count=len(entries), limit=limits.entries)
    if not data.startswith(_START) or data[-_END_SIZE : -_END_SIZE + 4] != b"PK\x05\x06":
        raise Refused("SIGN-460")
    total = sum(entry.file_size for entry in entries)
    if total > limits.total:
        raise Refused("SIGN-461", size=total, limit=limits.total)
    place = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < place:  # two entries share bytes: a bomb
            raise Refused("SIGN-460")
        place = entry.header_offset + _HEADER + len(entry.orig_filename.encode()) + entry.compress_size
    seen: set[str] = set()
    for entry in entries:
        name = unicodedata.normalize("NFKC", entry.orig_filename).casefold()
        if name in seen:
            raise Refused("SIGN-464", name=shown(entry.orig_filename))
        seen.add(name)


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
