"""Hostile zips: each trick is refused by its own code, before it can do harm."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Refused
from khue.signing.log.package import Limits, read_package, write_package

FILES = {"a.txt": b"first", "folder/b.bin": bytes(range(256)) * 10, "Z": b""}


def code(data: bytes, limits: Limits = Limits()) -> str:  # noqa: B008 - frozen
    with pytest.raises(Refused) as refused:
        read_package(data, limits)
    return refused.value.code


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as package:
        for name, data in entries:
            package.writestr(name, data)
    return target.getvalue()


def info(name: str, mode: int) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.create_system = 3
    found.external_attr = mode << 16
    return found


def test_files_come_back_and_the_bytes_are_the_same_every_time() -> None:
    data = write_package(FILES)
    assert read_package(data) == FILES
    assert write_package(dict(reversed(FILES.items()))) == data
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.namelist() == sorted(FILES)
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../x", "a/../../x", "a\\b", "C:x", "./a", "a//b", "a/", "tệp", " a", "a ", "a\nb", "..",
     "con:",
     "~x", ".hidden"],
)  # fmt: skip
def test_names_that_lead_elsewhere(name: str) -> None:
    assert code(zipped((name, b""))) == "SIGN-463"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twin", ["a.txt", "A.TXT", "a.tx\uff54"])
def test_two_files_of_one_name(twin: str) -> None:
    assert code(zipped(("a.txt", b"1"), (twin, b"2"))) == "SIGN-464"


def test_a_name_with_a_zero_byte() -> None:
    data = zipped(("a.txtXb", b"1"))
    assert code(data.replace(b"a.txtXb", b"a.txt\0b")) == "SIGN-463"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_what_is_no_plain_file(kind: int) -> None:
    assert code(zipped((info("a.txt", kind | 0o644), b"/etc/passwd"))) == "SIGN-465"


def test_an_encrypted_file() -> None:
    data = bytearray(zipped(("a.txt", b"secret")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    assert code(bytes(data)) == "SIGN-466"


def test_a_bomb_is_seen_in_the_list() -> None:
    assert code(zipped(("a.txt", bytes(4_000_000)))) == "SIGN-467"
    assert code(zipped(("a.txt", bytes(9_000_000)))) == "SIGN-461"
    small = Limits(total=1000)
    assert (
        code(zipped(("a", b"x" * 600), ("b", b"y" * 600), compression=zipfile.ZIP_STORED), small)
        == "SIGN-461"
    )
    assert code(bytes(2000), Limits(file=1999)) == "SIGN-461"


def test_a_bomb_that_lies_about_its_size() -> None:
    """The list says ten bytes; what comes out is more, and is neither read nor given out."""
    data = zipped(("a.txt", bytes(100_000)))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(mark) + offset
        data = data[:place] + struct.pack("<L", 10) + data[place + 4 :]
    assert code(data) == "SIGN-460"


def test_too_many_files() -> None:
    many = zipped(*((f"f{number}", b"") for number in range(65)))
    assert code(many) == "SIGN-462"


class Stream(io.BytesIO):
    """Where a zip is written without going back, so that sizes follow the bytes."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation


def test_a_zip_that_was_written_as_a_stream_is_read() -> None:
    target = Stream()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in FILES.items():
            package.writestr(name, data)
    assert read_package(target.getvalue()) == FILES


def test_an_entry_that_the_list_does_not_name() -> None:
    """Whoever reads from the front finds a file that whoever reads the list does not."""
    data = zipped(("a.txt", b"1"), ("b.txt", b"2"))
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    end = data.index(b"PK\x05\x06")
    listed = data[first:second]
    tail = data[end : end + 8] + struct.pack("<HHLL", 1, 1, len(listed), first) + data[-2:]
    with zipfile.ZipFile(io.BytesIO(data[:first] + listed + tail)) as package:
        assert package.namelist() == ["a.txt"]  # Python alone would take it
    assert code(data[:first] + listed + tail) == "SIGN-460"


@pytest.mark.parametrize("offset", [8, 14, 18, 22])  # method, checksum, both sizes
def test_a_header_that_says_something_else_than_the_list(offset: int) -> None:
    data = zipped(("a.txt", b"11111"), compression=zipfile.ZIP_STORED)
    assert code(data[:offset] + bytes([data[offset] ^ 8]) + data[offset + 1 :]) == "SIGN-460"


def test_entries_that_share_their_bytes() -> None:
    """Two entries of the list point at one place: the overlapping bomb."""
    data = zipped(("a.txt", b"1"), ("b.txt", b"1"))
    central = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    data = data[: central + 42] + bytes(4) + data[central + 46 :]
    assert code(data) == "SIGN-460"


@pytest.mark.parametrize(
    "begin", [b"PK\x03\x04", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a", b"\xfd7zXZ\x00"]
)
def test_archives_within(begin: bytes) -> None:
    assert code(zipped(("ho-so.pdf", begin + b"anything"))) == "SIGN-468"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"no zip at all",
        lambda data: data[:-10],
        lambda data: data[10:],
        lambda data: b"MZ program" + data,
        lambda data: data + b"something after",
        lambda data: data.replace(b"first", b"worst"),
    ],
)
def test_files_that_are_something_else(spoil: Callable[[bytes], bytes]) -> None:
    stored = zipped(("a.txt", b"first"), compression=zipfile.ZIP_STORED)
    assert code(spoil(stored)) == "SIGN-460"


def test_a_comment_at_the_end_could_hold_a_second_zip() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("a.txt", b"1")
        package.comment = b"hello"
    assert code(target.getvalue()) == "SIGN-460"


def test_other_compressions() -> None:
    assert code(zipped(("a.txt", b"1" * 50), compression=zipfile.ZIP_BZIP2)) == "SIGN-460"


@settings(max_examples=200)
@given(st.integers(0, len(write_package(FILES)) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_nothing_that_is_read(place: int, change: int) -> None:
    data = bytearray(write_package(FILES))
    data[place] ^= change
    try:
        found = read_package(bytes(data))
    except Refused:
        return
    assert sorted(found.values()) == sorted(FILES.values())


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_noise(data: bytes) -> None:
    assert code(data) == "SIGN-460"
