"""Identities: UUIDv7, made anywhere without asking, and their short form for pages and operations."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from uuid import UUID

from khue.core.errors import Invalid

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A time-ordered UUID (RFC 9562 version 7), growing within a process even inside one millisecond."""
    global _last  # noqa: PLW0603 - monotonic counter of the process
    with _lock:
        # 48 bits of milliseconds and 12 bits of sub-millisecond counter, kept growing.
        stamp = time.time_ns() * 4096 // 1_000_000
        _last = stamp if stamp > _last else _last + 1
        stamp = _last
    milliseconds, fraction = stamp >> 12, stamp & 0xFFF
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | fraction << 64
    return UUID(int=value | 0b10 << 62 | secrets.randbits(62))


def short(value: UUID) -> str:
    """22 characters, safe in addresses: base64url without padding."""
    return base64.urlsafe_b64encode(value.bytes).rstrip(b"=").decode("ascii")


def from_short(text: str) -> UUID:
    """The UUID of a short form, or of the long form; anything else is refused (`CORE-004`)."""
    try:
        if len(text) == 22:  # noqa: PLR2004 - length of 16 bytes in base64
            return UUID(bytes=base64.urlsafe_b64decode(text + "=="))
        return UUID(text)
    except ValueError as error:
        raise Invalid("CORE-004", value=text[:40]) from error
