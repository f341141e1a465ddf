"""Identities: UUIDv7, made anywhere without asking, and their short form for pages and operations."""

from __future__ import annotations

import secrets
import threading
import time
from binascii import a2b_base64, b2a_base64
from uuid import UUID

from khue.core.errors import Invalid

_lock = threading.Lock()
_last = 0
_FOR_ADDRESSES = bytes.maketrans(b"+/", b"-_")
_FROM_ADDRESSES = bytes.maketrans(b"-_", b"+/")
_LOW = (1 << 62) - 1


def uuid7() -> UUID:
    """A time-ordered UUID (RFC 9562 version 7), growing within a process even inside one millisecond."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """So many of them, growing, for rows that are made together."""
    global _last  # noqa: PLW0603 - monotonic counter of the process
    with _lock:
        # 48 bits of milliseconds and 12 bits of sub-millisecond counter, kept growing.
        stamp = time.time_ns() * 4096 // 1_000_000
        first = stamp if stamp > _last else _last + 1
        _last = first + count - 1
    chance = secrets.randbits(62 * count)
    made = []
    for stamp in range(first, first + count):
        milliseconds, fraction = stamp >> 12, stamp & 0xFFF
        value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62
        made.append(UUID(int=value | chance & _LOW))
        chance >>= 62
    return made


def short(value: UUID) -> str:
    """22 characters, safe in addresses: base64url without padding."""
    return b2a_base64(value.bytes, newline=False)[:22].translate(_FOR_ADDRESSES).decode("ascii")


def from_short(text: str) -> UUID:
    """The UUID of a short form, or of the long form; anything else is refused (`CORE-004`)."""
    try:
        if len(text) == 22:  # noqa: PLR2004 - length of 16 bytes in base64
            return UUID(bytes=a2b_base64(text.encode("ascii").translate(_FROM_ADDRESSES) + b"=="))
        return UUID(text)
    except ValueError as error:
        raise Invalid("CORE-004", value=text[:40]) from error
