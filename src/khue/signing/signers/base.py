"""What every way to reach a key looks like (bên giữ khoá): two steps, many hashes at once, resumable.

A provider sees digests and a short description, never a record. What it returns is verified before
it is embedded, whoever it is: batches have come back swapped, cut short and twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from khue.signing.algorithms import Algorithm


@dataclass(frozen=True, slots=True)
class HashToSign:
    """One digest for a key; `id` is the id of its ToBeSigned and comes back with the value.

    `steady` asks for the same value each time (RFC 6979), for a seal that is made anew with each print;
    a key outside this process does not know of it.
    """

    id: str
    digest: bytes
    algorithm: Algorithm
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate that a signer offers, with its intermediates (chứng thư số), DER, leaf first."""

    key: str  # how the signer names it
    certificate: bytes
    chain: tuple[bytes, ...] = ()
    batch_limit: int = 0  # hashes in one confirmation; 0 = no limit that we know of


class Progress(StrEnum):
    """Where a request for signatures stands."""

    DONE = "done"
    WAITING = "waiting"  # for a phone, a PIN, a service
    REFUSED = "refused"  # the holder said no
    EXPIRED = "expired"  # nobody confirmed in time
    FAILED = "failed"  # the service or the token failed; may be tried again


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: values by id (raw, as the provider gives them), and where the request stands.

    `handle` is what the signer needs to ask again: plain JSON values without secrets, storable. `code`
    names the sentence for the person; `retry_after` is when to ask next.
    """

    progress: Progress
    values: Mapping[str, bytes] = field(default_factory=dict)
    handle: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    retry_after: dt.timedelta = dt.timedelta(seconds=2)


class Signer(Protocol):
    """A way to reach keys. Every method may raise a KhueError with a code of the 300s (`SIGN-3xx`)."""

    def credentials(self) -> Sequence[Credential]:
        """The certificates that can sign here."""

    def begin(self, credential: str, hashes: Sequence[HashToSign], description: str) -> Answer:
        """Ask for signatures; a local key answers at once, a remote one with a handle to ask again."""

    def poll(self, handle: Mapping[str, Any]) -> Answer:
        """Ask how a request stands; safe to call again, also after a restart."""

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """Give up a request."""
