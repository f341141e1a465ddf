"""What one signature must cover, and its text, while it is made (việc ký).

All that a signature says, except three digests and a value, depends on who signs which slot at which
moment. That is written once by the templates, with holes for the rest, and the SHA-256 of what stands
before the first hole is kept half finished. What is worked out for a record stays with the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.algorithms import BY_URI, RULES, Algorithm
from khue.signing.canonical import digest
from khue.signing.profile import RecordType, Slot, record_types
from khue.signing.tbs import SlotRef, ToBeSigned
from khue.signing.xades import grammar
from khue.signing.xades.keys import Holder, encode, key_info_of
from khue.signing.xades.record import (
    CONTENT_ID,
    EmbeddedSignature,
    Layout,
    Place,
    Record,
    Section,
    Types,
    bytes_of,
    check_complete,
    content_parts,
    layout_of,
    opened,
)
from khue.signing.xades.references import signed_info_of, value_element

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOLE = "\0"  # no XML can hold it
_KEPT = 256  # texts with holes: a batch needs one or two
_DECLARED = {name: f"<{name}{grammar.declaration(name)}".encode() for name in ("kr:Section", "kr:Content")}


class Info(NamedTuple):
    """`ds:SignedInfo`: in place, in canonical form alone, and the digest that a key signs."""

    text: str
    canonical: bytes
    digest: bytes


class Frame(NamedTuple):
    """`ds:Signature` around its SignedInfo and its value."""

    before: str
    between: str
    after: str


class Made(NamedTuple):
    """A signature that was prepared for this very task, in this process."""

    tbs: ToBeSigned
    info: str  # SignedInfo in place
    holder: Holder
    frame: Frame


class Task:
    """What one signature must cover, and where it belongs (việc ký)."""

    __slots__ = ("code", "data", "earlier", "made", "place", "values")

    def __init__(
        self, place: Place, code: str, data: tuple[str, str], earlier: Sequence[EmbeddedSignature]
    ) -> None:
        self.place = place
        self.code = code  # of the record
        self.data, own = data  # Id of what the slot covers
        self.earlier: tuple[str, ...] = ()  # Ids of the signatures that it covers
        self.values: tuple[str, ...] = (own,)  # digests in base64: of the data, then of the earlier ones
        self.made: Made | None = None
        if earlier:
            covered = [_covered(one) for one in earlier]
            self.earlier = tuple([name for name, _ in covered])
            self.values = (own, *[value for _, value in covered])

    def info(self, algorithm: Algorithm, properties: str) -> Info:
        """`ds:SignedInfo` with these SignedProperties, given as they stand in the file."""
        start, rest, canonical, begun = _info_frame(
            self.place.ref, algorithm, self.data, self.earlier, properties
        )
        filled = rest % self.values
        tail = filled.encode()
        whole = begun.copy()
        whole.update(tail)
        return Info(start + filled, canonical + tail, whole.digest())


def task_of(target: Record | Section, slot: SlotRef, types: Types | None = None) -> Task:
    """What a signature in a slot must cover now, and of whom.

    Refused: a slot that is not there (`SIGN-130`), that is taken (`SIGN-131`), whose turn it is not
    (`SIGN-132`), that cannot be signed without the rest of the record (`SIGN-133`), the whole of a
    record that lacks sections (`SIGN-119`).
    """
    known: dict[Any, Any] = target.known if isinstance(target, Section) else target.tasks
    found: Task | None = known.get(slot) if types is None else None
    if found is None:
        if isinstance(target, Section):
            found = _task_of_section(target, slot, types)
        else:
            found = _task_of_record(target, slot, types)
        if types is None:
            known[slot] = found
    return found


def _task_of_record(target: Record, slot: SlotRef, types: Types | None) -> Task:
    layout = layout_of(target, types)
    at = layout.order.get(slot)
    if at is None:
        raise Refused("SIGN-130", slot=slot.signature_id)
    own = layout.places[at]
    if not slot.section:
        check_complete(target, types)
    earlier = _earlier(target, own, layout) if target.signatures or own.slot.step != layout.first else ()
    return Task(own, target.code, _data_of(target, slot), earlier)


def _earlier(target: Record, own: Place, layout: Layout) -> Sequence[EmbeddedSignature]:
    """The signatures of earlier steps, if all that are required are there and none of a later step is."""
    step, signed = own.slot.step, {one.slot: one for one in target.signatures}
    earlier: list[EmbeddedSignature] = []
    lacking: SlotRef | None = None
    taken = own.ref in signed
    for rule, ref, _ in layout.places:
        there = signed.get(ref)
        if rule.step < step:
            if there is not None:
                earlier.append(there)
            elif rule.required and lacking is None:
                lacking = ref
        elif there is not None and rule.step > step:
            taken = True
    if taken:
        raise Conflict("SIGN-131", slot=own.ref.signature_id)
    if lacking is not None:
        raise Refused("SIGN-132", slot=own.ref.signature_id, missing=lacking.signature_id)
    return earlier


def _task_of_section(section: Section, slot: SlotRef, types: Types | None) -> Task:
    table = (record_types() if types is None else types).values()
    rule = next((found for one in table if (found := _first_step(one, section, slot))), None)
    if rule is None or slot.section != section.id:
        raise Refused("SIGN-133", slot=slot.signature_id)
    known = opened(section)
    if not 1 <= slot.number <= len(known.signers):
        raise Refused("SIGN-130", slot=slot.signature_id)
    place = Place(rule, slot, known.signers[slot.number - 1])
    code = known.record or ""
    return Task(place, code, (section.id, _section_digest(section)), ())


def _first_step(kind: RecordType, section: Section, slot: SlotRef) -> Slot | None:
    """The slot of a record type that signs sections of this kind alone, before anybody else signs."""
    rule = kind.slot(slot.role)
    if rule is None or rule.section != section.kind or rule.step != min(one.step for one in kind.slots):
        return None
    return rule


# --- digests -------------------------------------------------------------------------------------
# A record is digested when it is prepared, completed, and added to: what was digested once stays known.


def _data_of(record: Record, slot: SlotRef) -> tuple[str, str]:
    if slot.section:
        for section in record.sections:
            if section.id == slot.section:
                return section.id, _section_digest(section)
        raise Refused("SIGN-130", slot=slot.signature_id)
    return CONTENT_ID, _content_digest(record)


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
    length = len(name) + 1
    first, *others = parts
    if not first.startswith(f"<{name}".encode()):
        raise Invalid("SIGN-115", place=name)
    found = hashlib.sha256(_DECLARED[name])
    found.update(memoryview(first)[length:])
    for one in others:
        found.update(one)
    return encode(found.digest())


def _covered(embedded: EmbeddedSignature) -> tuple[str, str]:
    """Id of an earlier signature, and the digest of its SignatureValue in base64."""
    found: tuple[str, str] | None = embedded.known.get("covered")
    if found is None:
        name, start, end = _value_frame(embedded.slot)
        value = embedded.known.get("value") or parts_of(embedded)["value"]
        whole = f"{start}{value}{end}".encode()
        found = embedded.known["covered"] = name, encode(digest(whole))
    return found


# --- text ----------------------------------------------------------------------------------------


@lru_cache(maxsize=_KEPT)
def _info_frame(
    slot: SlotRef, algorithm: Algorithm, data: str, earlier: tuple[str, ...], properties: str
) -> tuple[str, str, bytes, Any]:
    """SignedInfo up to its first hole, the rest with holes; canonical up to there, and begun to digest."""
    holes = [(other, _HOLE) for other in earlier]
    text = signed_info_of(slot.signature_id, algorithm, (data, _HOLE), holes, properties)
    start, _, rest = text.partition(_HOLE)
    canonical = grammar.alone(start, grammar.IN_SIGNED_INFO).encode()
    begun = hashlib.new(RULES[algorithm].digest, canonical)
    return start, "%s" + rest.replace("%", "%%").replace(_HOLE, "%s"), canonical, begun


@lru_cache(maxsize=_KEPT)
def _value_frame(slot: SlotRef) -> tuple[str, str, str]:
    """Id of a signature, and the canonical form of its SignatureValue alone around the value."""
    name = slot.signature_id
    start, _, end = value_element(name, _HOLE).decode().partition(_HOLE)
    return name, start, end


@lru_cache(maxsize=_KEPT)
def frame_of(slot: SlotRef, certificates: tuple[bytes, ...], properties: str) -> Frame:
    """What stands around SignedInfo and value; certificates leaf first, properties as in the file."""
    text = grammar.SIGNATURE.write(
        id=slot.signature_id, signed_info=_HOLE, value=_HOLE, key_info=key_info_of(certificates),
        properties=properties,
    )  # fmt: skip
    before, between, after = text.split(_HOLE, 2)
    return Frame(before, between, after)


def embedded_of(task: Task, made: Made, value: bytes) -> EmbeddedSignature:
    """A signature written from its parts, which need not be read in it again."""
    before, between, after = made.frame
    written = encode(value)
    found = EmbeddedSignature(task.place.ref, f"{before}{made.info}{between}{written}{after}")
    found.known.update(task=task, value=written)
    return found


def parts_of(embedded: EmbeddedSignature) -> Mapping[str, str]:
    """Id, SignedInfo, value and properties; refuses one that is not of the profile (`SIGN-150`)."""
    found: Mapping[str, str] | None = embedded.known.get("parts")
    if found is None:
        found = grammar.SIGNATURE.read(embedded.text)
        if found is None or found["id"] != embedded.slot.signature_id:
            raise Invalid("SIGN-150", signature=embedded.slot.signature_id)
        embedded.known["parts"] = found
    return found


def algorithm_of(signed_info: str) -> Algorithm | None:
    """With which algorithm of the profile a finished signature says that it was made."""
    info = grammar.SIGNED_INFO.read(signed_info)
    return BY_URI.get(info["method"]) if info else None
