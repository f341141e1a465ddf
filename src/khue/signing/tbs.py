"""What waits for a key (nội dung chờ ký): everything to finish a signature later, storable, and nothing more.

Signing has two steps. `prepare` freezes what one signature covers and gives a `ToBeSigned`; a key
somewhere (a file, a token, a phone) signs its digest; `complete` verifies the returned value and
embeds it. A provider sees 32 to 64 bytes, never a mark. The id is the idempotency key of the act.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from khue.signing.algorithms import Algorithm


class SlotRef(NamedTuple):
    """A place for one signature in one record: the role, the section it signs, which of its signers.

    `section` is the Id of a section, or "" where the role signs the whole content. `number` counts
    from 1 the signers that the section names for the role (co-teachers), in their order.
    """

    role: str
    section: str = ""
    number: int = 1

    @property
    def signature_id(self) -> str:
        """The Id of the `ds:Signature` in this slot; unique in the record, the same every time."""
        role, section, number = self
        return f"sig-{role}-{section}-{number}" if section else f"sig-{role}"


@dataclass(frozen=True, slots=True)
class ToBeSigned:
    """One prepared signature; refused when it is older than the installation allows."""

    id: str  # idempotency key: 32 hex digits
    record_code: str
    slot: SlotRef
    algorithm: Algorithm
    digest: bytes  # of the canonical SignedInfo; what the key signs
    signed_info: bytes  # canonical SignedInfo, as it is digested
    signed_properties: bytes  # xades:SignedProperties as they are embedded
    certificate: bytes  # leaf, DER
    chain: tuple[bytes, ...]  # intermediates, DER, without the root
    signing_time: dt.datetime  # UTC, whole seconds
