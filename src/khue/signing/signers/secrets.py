"""What a remote service needs and no handle may hold (bí mật của phiên ký): passwords, PINs, tokens, SADs.

Handles are stored with the records' workflow and read by many; so a signer asks an object of this kind
for what the holder or the operator knows (`ask`), and puts there what it must find again later: access
tokens, the activation data (SAD) of a CSC service, and its own last handle of each transaction, which is
why asking twice does not make a phone ring twice. `MemorySecrets` forgets everything with the process:
a request that then lacks its SAD ends with `SIGN-339`, and the holder confirms anew. An installation with
several processes gives an object over its sealed store instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Protocol

from khue.core.errors import Refused

DAY = 24 * 3600


class Secrets(Protocol):
    """Where a signer asks for secrets and keeps those of a running request."""

    def ask(self, what: str, credential: str) -> str:
        """«client_secret», «token», «sp_password», «pin», «otp»; refuses what is not there (`SIGN-328`)."""

    def keep(self, name: str, value: str, seconds: int) -> None:
        """Keep something for a while."""

    def recall(self, name: str) -> str:
        """What is kept under a name and not yet too old; empty if nothing."""

    def forget(self, name: str) -> None:
        """Keep it no longer."""


class MemorySecrets:
    """Secrets in the memory of this process; known ones are given, by name or by name and credential."""

    def __init__(
        self, known: Mapping[str, str | Callable[[], str]] | None = None, *, now: Callable[[], dt.datetime]
    ) -> None:
        self._known = dict(known or {})
        self._now = now
        self._kept: dict[str, tuple[str, dt.datetime]] = {}
        self._lock = Lock()

    def ask(self, what: str, credential: str) -> str:
        """A known secret; one of a single credential is known as «pin/KEY»."""
        found = self._known.get(f"{what}/{credential}", self._known.get(what, ""))
        value = found if isinstance(found, str) else found()
        if not value:
            raise Refused("SIGN-328", what=what)
        return value

    def keep(self, name: str, value: str, seconds: int) -> None:
        """Keep until its time is over."""
        now = self._now()
        with self._lock:
            self._kept = {key: item for key, item in self._kept.items() if item[1] > now}
            self._kept[name] = (value, now + dt.timedelta(seconds=seconds))

    def recall(self, name: str) -> str:
        """What is kept, unless its time is over."""
        with self._lock:
            value, until = self._kept.get(name, ("", self._now()))
        return value if until > self._now() else ""

    def forget(self, name: str) -> None:
        """Drop it."""
        with self._lock:
            self._kept.pop(name, None)
