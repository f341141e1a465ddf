"""What a signature must cover, computed from the record and never read from the signature (tham chiếu)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.algorithms import RULES, SHA256_URI, Algorithm
from khue.signing.canonical import digest
from khue.signing.profile import RecordType, Slot, record_types
from khue.signing.tbs import SlotRef
from khue.signing.xades import grammar
from khue.signing.xades.keys import encode
from khue.signing.xades.record import (
    CONTENT_ID,
    EmbeddedSignature,
    Place,
    Record,
    Section,
    Types,
    attributes_of,
    content_text,
    places_of,
    signers_of,
)

Covered = tuple[str, str]  # Id of an earlier signature, digest of its SignatureValue in base64


def signed_info_of(
    signature_id: str,
    algorithm: Algorithm,
    data: tuple[str, str],
    earlier: Iterable[Covered],
    properties: str,
) -> str:
    """`ds:SignedInfo` in place. `data`: Id of what the slot covers, and its digest in base64."""
    references = [_reference(f'Id="{signature_id}-data"', *data)]
    kind = f'Type="{grammar.COUNTERSIGNED}"'
    references += [_reference(kind, f"{other}-value", value) for other, value in earlier]
    kind = f'Type="{grammar.SIGNED_PROPERTIES}"'
    references.append(_reference(kind, f"{signature_id}-properties", properties_digest(properties)))
    return grammar.SIGNED_INFO.write(method=RULES[algorithm].uri, references="".join(references))


def properties_digest(properties: str) -> str:
    """The digest of SignedProperties, given as they stand in the file."""
    return _digest(grammar.alone(properties, grammar.IN_PROPERTIES))


def value_element(signature_id: str, value: str) -> bytes:
    """The canonical form of a `ds:SignatureValue` alone: what later signatures and time-stamps cover."""
    return grammar.alone(grammar.VALUE.write(id=signature_id, value=value), grammar.IN_VALUE).encode()


def value_digest(signature_id: str, value: str) -> str:
    """Its digest in base64."""
    return encode(digest(value_element(signature_id, value)))


def parts_of(embedded: EmbeddedSignature) -> dict[str, str]:
    """The parts of a finished signature as text; refuses one that is not of the profile (`SIGN-150`)."""
    found = grammar.SIGNATURE.read(embedded.text)
    if found is None or found["id"] != embedded.slot.signature_id:
        raise Invalid("SIGN-150", signature=embedded.slot.signature_id)
    return dict(found)


def subject_of(target: Record | Section, slot: SlotRef, types: Types | None = None) -> tuple[Slot, str]:
    """The rule of a slot and the code of the record it belongs to; refuses a slot that is not there."""
    if isinstance(target, Record):
        place = place_of(target, slot, types)
        return place.slot, target.code
    known = (record_types() if types is None else types).values()
    rule = next((found for one in known if (found := _first_step(one, target, slot))), None)
    if rule is None or slot.section != target.id:
        raise Refused("SIGN-133", slot=slot.signature_id)
    if slot.number > len(signers_of(target)):
        raise Refused("SIGN-130", slot=slot.signature_id)
    return rule, attributes_of(target).get("record", "")


def place_of(record: Record, slot: SlotRef, types: Types | None = None) -> Place:
    """The place of a slot in a record; refuses one that the record does not have (`SIGN-130`)."""
    found = next((one for one in places_of(record, types) if one.ref == slot), None)
    if found is None:
        raise Refused("SIGN-130", slot=slot.signature_id)
    return found


def data_of(target: Record | Section, slot: SlotRef) -> tuple[str, str]:
    """Id and digest (base64) of what a slot covers: its section or the whole content."""
    if isinstance(target, Section):
        return target.id, _digest(grammar.alone(target.text, grammar.IN_SECTION))
    if not slot.section:
        return CONTENT_ID, _digest(grammar.alone(content_text(target), grammar.IN_CONTENT))
    section = next(one for one in target.sections if one.id == slot.section)
    return data_of(section, slot)


def earlier_of(target: Record | Section, slot: SlotRef, types: Types | None = None) -> list[Covered]:
    """The signatures of all earlier steps, in order; refuses a slot whose turn it is not (`SIGN-132`)."""
    if isinstance(target, Section):
        return []
    places = places_of(target, types)
    step = next(one.slot.step for one in places if one.ref == slot)
    signed = {one.slot: one for one in target.signatures}
    before = [one for one in places if one.slot.step < step]
    lacking = next((one for one in before if one.slot.required and one.ref not in signed), None)
    if lacking is not None:
        raise Refused("SIGN-132", slot=slot.signature_id, missing=lacking.ref.signature_id)
    if any(one.slot.step > step and one.ref in signed for one in places):
        raise Conflict("SIGN-131", slot=slot.signature_id)
    return [_covered(signed[one.ref]) for one in before if one.ref in signed]


def expected_signed_info(
    target: Record | Section, slot: SlotRef, algorithm: Algorithm, properties: str, types: Types | None = None
) -> str:
    """`ds:SignedInfo` of a slot as it must be for the record as it is now, in place."""
    earlier: Sequence[Covered] = earlier_of(target, slot, types)
    return signed_info_of(slot.signature_id, algorithm, data_of(target, slot), earlier, properties)


def _covered(embedded: EmbeddedSignature) -> Covered:
    parts = parts_of(embedded)
    return parts["id"], value_digest(parts["id"], parts["value"])


def _first_step(kind: RecordType, section: Section, slot: SlotRef) -> Slot | None:
    """The slot of a record type that signs sections of this kind alone, before anybody else signs."""
    rule = kind.slot(slot.role)
    if rule is None or rule.section != section.kind or rule.step != min(one.step for one in kind.slots):
        return None
    return rule


def _reference(kind: str, target: str, value: str) -> str:
    return grammar.REFERENCE.write(kind=kind, target=target, method=SHA256_URI, digest=value)


def _digest(text: str) -> str:
    return encode(digest(text.encode()))
