"""What can be signed (việc ký): other modules register their acts here; this module knows none of them.

An act is asked twice with the same question: when a person looks and confirms, and again when the
key has answered. If the answers differ in one byte, what was checked is not what would be signed,
and the signature is refused (boulder's idea: only what was checked can be issued).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from khue.core.actor import Actor
from khue.signing.tbs import SlotRef


@dataclass(frozen=True, slots=True)
class DocumentSpec:
    """Which document an act belongs to; the head is written once, when the document is made."""

    kind: str
    subject: UUID
    part: int
    school_id: UUID
    title: str
    head: Callable[[int, str], str]  # (version, digest of the replaced file) → canonical kr:Head


@dataclass(frozen=True, slots=True)
class NewSection:
    """A section that is frozen together with its first signature."""

    section_id: str
    kind: str
    position: int
    source: UUID
    text: Callable[[str], str]  # (record code) → canonical kr:Section


@dataclass(frozen=True, slots=True)
class Wanted:
    """One signature that an act asks for, as it is now."""

    document: DocumentSpec
    slot: SlotRef
    title: str  # for the person who signs: «Toán, lớp 6A»
    section: NewSection | None = None
    signer: str = "person"  # person or school: whose certificate
    capacity: str = ""  # «Phó Hiệu trưởng, uỷ quyền theo …»
    facts: Mapping[str, Any] = field(default_factory=dict)  # what `done` needs from `check`


@dataclass(frozen=True, slots=True)
class SignatureRef:
    """A signature that has just been embedded, for the act's own records."""

    document_id: UUID
    signature_id: UUID
    digest: str  # SHA-256 of the signature's XML


class Act(Protocol):
    """One kind of legal act that is made by signing."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> Wanted:
        """Load in scope, lock, authorize, ask the rule, compose; refuse with the module's codes."""

    def done(self, actor: Actor, wanted: Wanted, signature: SignatureRef) -> None:
        """Write what the act means, in the same transaction as the signature."""


class ActHome(NamedTuple):
    """The page where people find what an act signs: name of its address, and of the page."""

    address: str
    name: str


_ACTS: dict[str, Act] = {}
_HOMES: dict[str, ActHome] = {}


def register_act(code: str, act: Act, home: ActHome) -> None:
    """Declare an act; called once at start-up by the module that owns it."""
    _ACTS[code] = act
    _HOMES[code] = home


def act_of(code: str) -> Act:
    """The act of a code; a code that no installed module knows is a bug."""
    return _ACTS[code]


def home_of(code: str) -> ActHome:
    """Where an act leads on to."""
    return _HOMES[code]


def text_digest(text: str) -> str:
    """SHA-256 of a text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()
