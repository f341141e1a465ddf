"""Whether a certificate names whom its slot asks for (đúng người, đúng vai trò, đúng trường)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from khue.signing.profile import Slot
from khue.signing.report import Finding
from khue.signing.trust.certificates import Identity
from khue.signing.xades.record import Signer


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a certificate does not fit a slot; `certain` is False where only the name could be compared."""

    certain: bool
    finding: Finding


def misfit_of(
    slot: Slot, identity: Identity, *, signer: Signer | None, head: Mapping[str, str]
) -> Misfit | None:
    """Why the holder does not fit the slot, or None.

    «named»: the holder is the person whom the section names. «office»: any person; the school's seal
    vouches for it. «school»: the organization that the head names. A number decides where the record
    has one. Where it has none, an equal name leaves it uncertain, because namesakes are many, and
    another name is refused.
    """
    organization = slot.signer == "school"
    if identity.organization != organization:
        code = "SIGN-161" if identity.organization else "SIGN-162"
        return Misfit(True, Finding(code, {"role": slot.name, "found": identity.name}))
    if slot.bound == "named":
        wanted = signer or Signer("", "", 0, slot.role)
        return _compared(slot, identity, wanted.identifier, wanted.name)
    if slot.bound == "school":
        return _compared(slot, identity, head.get("schoolIdentifier", ""), head.get("school", ""))
    return None


def _compared(slot: Slot, identity: Identity, identifier: str, name: str) -> Misfit | None:
    if identifier and identifier in identity.identifiers:
        return None
    same_name = unicodedata.normalize("NFC", identity.name) == unicodedata.normalize("NFC", name)
    if identifier or not same_name:
        params = {"role": slot.name, "expected": name, "found": identity.name}
        return Misfit(True, Finding("SIGN-163", params))
    return Misfit(False, Finding("SIGN-164", {"role": slot.name, "found": identity.name}))
