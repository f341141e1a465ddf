"""What a signature must cover, computed from the record and never read from the signature (tham chiếu)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.algorithms import BY_URI, RULES, SHA256_URI, Algorithm
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
    bytes_of,
    check_complete,
    content_parts,
    opened,
    places_of,
)

Covered = tuple[str, str]  # Id of an earlier signature, digest of its SignatureValue in base64


@dataclass(frozen=True, slots=True)
class Info:
    """`ds:SignedInfo`: in place, in canonical form alone, and the digest that a key signs."""

    text: str
    canonical: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Task:
    """What one signature must cover, and where it belongs (việc ký)."""

    place: Place
    code: str  # of the record
    data: tuple[str, str]  # Id of what the slot covers, and its digest in base64
    earlier: tuple[Covered, ...]
    infos: dict[tuple[Algorithm, str], Info] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )


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


@lru_cache(maxsize=256)
def properties_digest(properties: str) -> str:
    """The digest of SignedProperties, given as they stand in the file."""
    return _digest(grammar.alone(properties, grammar.IN_PROPERTIES))


def value_element(signature_id: str, value: str) -> bytes:
    """The canonical form of a `ds:SignatureValue` alone: what later signatures and time-stamps cover."""
    return grammar.alone(grammar.VALUE.write(id=signature_id, value=value), grammar.IN_VALUE).encode()


def value_digest(signature_id: str, value: str) -> str:
    """Its digest in base64."""
    return encode(digest(value_element(signature_id, value)))


def embedded_of(slot: SlotRef, parts: Mapping[str, str], algorithm: Algorithm) -> EmbeddedSignature:
    """A signature written from its parts, which need not be read in it again."""
    found = EmbeddedSignature(slot, grammar.SIGNATURE.write(**parts))
    found.known.update(parts=parts, algorithm=algorithm)
    return found


def parts_of(embedded: EmbeddedSignature) -> Mapping[str, str]:
    """The parts of a finished signature as text; refuses one that is not of the profile (`SIGN-150`)."""
    found: Mapping[str, str] | None = embedded.known.get("parts")
    if found is None:
        found = grammar.SIGNATURE.read(embedded.text)
        if found is None or found["id"] != embedded.slot.signature_id:
            raise Invalid("SIGN-150", signature=embedded.slot.signature_id)
        embedded.known["parts"] = found
    return found


def algorithm_of(embedded: EmbeddedSignature) -> Algorithm | None:
    """With which algorithm of the profile a finished signature says that it was made."""
    found: Algorithm | None = embedded.known.get("algorithm")
    if found is None:
        info = grammar.SIGNED_INFO.read(parts_of(embedded)["signed_info"])
        found = BY_URI.get(info["method"]) if info else None
    return found


def task_of(target: Record | Section, slot: SlotRef, types: Types | None = None) -> Task:
    """What a signature in a slot must cover now, and of whom.

    Refused: a slot that is not there (`SIGN-130`), that is taken (`SIGN-131`), whose turn it is not
    (`SIGN-132`), that cannot be signed without the rest of the record (`SIGN-133`), the whole of a
    record that lacks sections (`SIGN-119`).
    """
    if isinstance(target, Section):
        return _task_of_section(target, slot, types)
    if types is not None:
        return _task_of_record(target, slot, types)
    found: Task | None = target.tasks.get(slot)
    if found is None:
        found = target.tasks[slot] = _task_of_record(target, slot, types)
    return found


def _task_of_record(target: Record, slot: SlotRef, types: Types | None) -> Task:
    places = places_of(target, types)
    own = next((one for one in places if one.ref == slot), None)
    if own is None:
        raise Refused("SIGN-130", slot=slot.signature_id)
    if not slot.section:
        check_complete(target, types)
    signed = {one.slot: one for one in target.signatures}
    before = [one for one in places if one.slot.step < own.slot.step]
    if slot in signed or any(one.slot.step > own.slot.step and one.ref in signed for one in places):
        raise Conflict("SIGN-131", slot=slot.signature_id)
    lacking = next((one for one in before if one.slot.required and one.ref not in signed), None)
    if lacking is not None:
        raise Refused("SIGN-132", slot=slot.signature_id, missing=lacking.ref.signature_id)
    earlier = tuple(_covered(signed[one.ref]) for one in before if one.ref in signed)
    return Task(own, target.code, _data_of(target, slot), earlier)


def task_info(task: Task, algorithm: Algorithm, properties: str) -> Info:
    """`ds:SignedInfo` of a task; it is asked for when it is prepared, completed and added."""
    found = task.infos.get((algorithm, properties))
    if found is None:
        text = signed_info_of(task.place.ref.signature_id, algorithm, task.data, task.earlier, properties)
        canonical = grammar.alone(text, grammar.IN_SIGNED_INFO).encode()
        value = hashlib.new(RULES[algorithm].digest, canonical).digest()
        found = task.infos[algorithm, properties] = Info(text, canonical, value)
    return found


def _task_of_section(section: Section, slot: SlotRef, types: Types | None) -> Task:
    table = (record_types() if types is None else types).values()
    rule = next((found for one in table if (found := _first_step(one, section, slot))), None)
    if rule is None or slot.section != section.id:
        raise Refused("SIGN-133", slot=slot.signature_id)
    known = opened(section)
    if not 1 <= slot.number <= len(known.signers):
        raise Refused("SIGN-130", slot=slot.signature_id)
    place = Place(rule, slot, known.signers[slot.number - 1])
    code = known.attributes.get("record", "")
    return Task(place, code, (section.id, _section_digest(section)), ())


def _data_of(record: Record, slot: SlotRef) -> tuple[str, str]:
    if slot.section:
        section = next(one for one in record.sections if one.id == slot.section)
        return section.id, _section_digest(section)
    return CONTENT_ID, _content_digest(record)


# A record is digested when it is prepared, completed, and added to: what was digested once stays known.


def _section_digest(section: Section) -> str:
    """Of the section alone: it declares its prefix, which stands in the root of the file."""
    found: str | None = section.known.get("digest")
    if found is None:
        found = section.known["digest"] = _digest_alone("kr:Section", [bytes_of(section)])
    return found


def _content_digest(record: Record) -> str:
    found: str | None = record.known.get("digest")
    if found is None:
        found = record.known["digest"] = _digest_alone("kr:Content", content_parts(record))
    return found


def _digest_alone(name: str, parts: Sequence[bytes]) -> str:
    """Of an element given in parts, the first of which opens it, with the declaration of its prefix."""
    opening = f"<{name}".encode()
    first, *others = parts
    if not first.startswith(opening):
        raise Invalid("SIGN-115", place=name)
    found = hashlib.sha256(opening + grammar.declaration(name).encode())
    found.update(memoryview(first)[len(opening) :])
    for one in others:
        found.update(one)
    return encode(found.digest())


def _covered(embedded: EmbeddedSignature) -> Covered:
    found: Covered | None = embedded.known.get("covered")
    if found is None:
        parts = parts_of(embedded)
        found = embedded.known["covered"] = parts["id"], value_digest(parts["id"], parts["value"])
    return found


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
