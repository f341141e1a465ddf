"""Values that cross the module's border."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SlotFact:
    """A place for a signature in a document: who must sign there, who has (ô ký)."""

    role: str
    role_name: str
    section: str  # the section's name; empty where the whole is signed
    number: int
    name: str  # whom the section names; empty for an office
    signed_by: str = ""
    signed_at: dt.datetime | None = None
    ready: bool = False  # every earlier step is complete


@dataclass(frozen=True, slots=True)
class DocumentFact:
    """A document for lists and pages."""

    document_id: UUID
    kind: str
    code: str
    title: str
    version: int
    state: str
    digest: str
    made_at: dt.datetime
    issued_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class RecordFault:
    """One thing that does not hold between database, signed files and log."""

    kind: str  # section, signature, file, log, state
    document: str  # code and version, as people know it
    what: str


@dataclass(frozen=True, slots=True)
class GivenSignature:
    """A signature that stands in a document: who, in which role, when, and the time that is proved."""

    role: str
    section_id: str
    number: int
    name: str
    capacity: str
    at: dt.datetime
    proved: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class FileFact:
    """A finished file, byte for byte, with what is known of it."""

    document_id: UUID
    kind: str
    subject: UUID
    part: int
    code: str
    version: int
    state: str
    digest: str
    issued_at: dt.datetime | None
    print_code: str
    content: bytes
    signatures: tuple[GivenSignature, ...] = ()
