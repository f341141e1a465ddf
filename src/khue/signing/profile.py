"""Which signatures a record of each kind must carry (vai trò, thứ tự kí): data, never code paths.

The rules belong to the type of the record, not to the file: whoever cuts off the last signatures of
a file leaves a shorter record that is not complete. The table is `record_types.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NAMESPACE = "urn:khue:record:1"
VERSION = "1"
LARGEST = 2 * 1024 * 1024  # bytes of a record that are parsed at all (signing.md 4)


@dataclass(frozen=True, slots=True)
class Slot:
    """One role of a record type (ô kí).

    `step` orders roles: a signature covers its content and the `SignatureValue` of every signature
    of every earlier step. Signers of one step do not wait for each other (ADR 20).
    """

    role: str  # «teacher», as in xades:ClaimedRole
    name: str  # «Giáo viên bộ môn»
    step: int
    section: str  # the kind of section each signer signs alone; "" for the whole content
    signer: str  # person: a certificate of a person; school: of the organization
    bound: str  # named: the section names who; office: vouched for by the school's seal; school: the head's
    required: bool = True


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of record: its name, its sections, its slots in order."""

    code: str
    name: str
    sections: tuple[tuple[str, int, int], ...]  # kind, least, most
    slots: tuple[Slot, ...]

    def slot(self, role: str) -> Slot | None:
        """The slot of a role."""
        return next((slot for slot in self.slots if slot.role == role), None)

    def slot_of_section(self, kind: str) -> Slot | None:
        """The slot that signs sections of a kind, if one does so alone."""
        return next((slot for slot in self.slots if slot.section == kind), None)


@cache
def record_types() -> dict[str, RecordType]:
    """All types by code, from the table."""
    text = files(__package__).joinpath("record_types.toml").read_text(encoding="utf-8")
    found = {}
    for code, row in tomllib.loads(text).items():
        slots = tuple(Slot(**slot) for slot in row["slots"])
        sections = tuple((item["kind"], item["least"], item["most"]) for item in row["sections"])
        found[code] = RecordType(code, row["name"], sections, slots)
    return found
