"""A record as it is signed: content in sections, and one place for each signature (hồ sơ số).

A section may be frozen and signed before the others exist, because its text carries the code of its
record. A signature in a step covers its section (or the whole content) and the `SignatureValue` of
every signature of every earlier step; signers of one step do not cover each other (ADR 20). Texts
here stand as they do in the file, where only the root declares the prefix `kr`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from khue.core.errors import Invalid
from khue.signing.canonical import element, escape_attribute, unescape
from khue.signing.profile import NAMESPACE, VERSION, RecordType, Slot, record_types
from khue.signing.tbs import SlotRef

OPEN = f'<kr:Record xmlns:kr="{NAMESPACE}" version="{VERSION}">'
BETWEEN = "<kr:Signatures>"
CLOSE = "</kr:Signatures></kr:Record>"
_OPENING = OPEN.encode()
CONTENT_ID = "content"
MOST_SIGNERS = 20  # of one section
_LONGEST_KEPT = 16_384  # characters that name signers, of what is remembered about many records
Types = Mapping[str, RecordType]
Shape = tuple[tuple[str, str, str], ...]  # of each section: Id, kind, the text that names its signers

_CODE = re.compile(r'[^\s&<>"]{1,128}')
_SECTION_ID = re.compile(r"[a-z][a-z0-9]{0,31}")
_ATTRIBUTE = r' ([^\s="<>/]+)="([^"<]*)"'
_EACH_ATTRIBUTE = re.compile(_ATTRIBUTE)
_OTHERS = r'(?: [^\s="<>/]+="[^"<]*")*'
_ATTRIBUTES = f"({_OTHERS})"
_SIGNER = re.compile(
    r'<kr:Signer identifier="([^"<]*)" name="([^"<]*)" number="([1-9][0-9]?)" role="([a-z-]+)"></kr:Signer>'
)
_SIGNERS = f"((?:{_SIGNER.pattern.replace('(', '(?:')})*)"
_SECTION_OPENING = re.compile(f"<kr:Section{_ATTRIBUTES}>{_SIGNERS}")
_SECTION_SHAPE = re.compile(f'<kr:Section Id="([^"<&]*)"{_OTHERS} kind="([^"<&]*)"{_OTHERS}>{_SIGNERS}')
_NEXT, _LAST = r'(?: [A-Za-z]++="[^"<]*+")*?', r'(?: [A-Za-z0-9]++="[^"<]*+")*+'
_SECTION_USUAL = re.compile(
    f'<kr:Section Id="([^"<&]*+)"{_NEXT} kind="([^"<&]*+)"{_NEXT} record="([^"<&]*+)"{_LAST}>{_SIGNERS}'
)  # the usual order of attributes, of which each stands there once
_HEAD_OPENING = re.compile(rf"<kr:Head{_ATTRIBUTES}>")
_OWN = ("Id", "kind", "record")  # attributes of a section that `build_section` writes itself


@dataclass(frozen=True, slots=True)
class Signer:
    """Who must sign a section (người phải ký); the identifier is «CCCD:…», or "" if it is not known."""

    identifier: str
    name: str
    number: int
    role: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a record that one role signs alone (phần); `text` is its canonical text in place.

    `known` keeps what was worked out from the text while a record is signed; it goes with the section.
    """

    id: str
    kind: str
    text: str
    known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


class Opened(NamedTuple):
    """A section of which the first lines have been read."""

    section: Section
    record: str | None  # code of the record that it says it belongs to
    signers: tuple[Signer, ...]
    naming: str  # the text that names them


@dataclass(frozen=True, slots=True)
class EmbeddedSignature:
    """A finished signature and its slot; `text` is its `ds:Signature` in place.

    `known` keeps what was read in the text while a record is signed.
    """

    slot: SlotRef
    text: str
    known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its head, its sections, and the signatures that it has so far, in their order.

    `known` keeps what was worked out from its content, which `with_signatures` does not change; `tasks`
    what each next signature must cover.
    """

    type: str
    code: str
    head_text: str
    sections: tuple[Section, ...]
    signatures: tuple[EmbeddedSignature, ...] = ()
    known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    tasks: dict[SlotRef, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


class Place(NamedTuple):
    """Where one signature belongs: the slot of the record type, and which one of this record."""

    slot: Slot
    ref: SlotRef
    signer: Signer | None = None  # whom the section names


class Layout(NamedTuple):
    """Where signatures belong in a record of this type with these sections (bố cục)."""

    kind: RecordType
    places: tuple[Place, ...]  # in the order of the file
    order: Mapping[SlotRef, int]  # which of them a slot is
    named: Mapping[str, tuple[int, Place]]  # the same by the Id of the signature, with the place
    first: int  # step


def build_head(school: str, identifier: str, attributes: Mapping[str, str | None], *children: str) -> str:
    """The head of a record (phần đầu): the school's name and «MST:…» (or "" if it has none), and more."""
    return element("Head", {**attributes, "school": school, "schoolIdentifier": identifier}, *children)


def build_section(
    section_id: str, kind: str, record: str, signers: Sequence[Signer],
    attributes: Mapping[str, str | None], *children: str,
) -> Section:  # fmt: skip
    """A section of the record with this code; children are canonical texts of other elements.

    Freeze what comes out once through `reading.section_of`, which refuses a child that is not.
    """
    taken = [name for name in attributes if name in _OWN or name.lower() == "id"]
    if taken:
        raise Invalid("SIGN-115", place=f"Section/@{taken[0]}")
    named = [
        element("Signer", {"identifier": one.identifier, "name": one.name, "number": str(one.number),
                           "role": one.role})
        for one in signers
    ]  # fmt: skip
    own = {"Id": section_id, "kind": kind, "record": record}
    return Section(section_id, kind, element("Section", {**attributes, **own}, *named, *children))


def content_text(record: Record) -> str:
    """The content in place: what roles without a section sign."""
    return b"".join(content_parts(record)).decode()


def content_parts(record: Record) -> list[bytes]:
    """The same as bytes, in the parts that are kept: the text of a section is encoded once."""
    found: list[bytes] | None = record.known.get("parts")
    if found is None:
        opening = (
            f'<kr:Content Id="{CONTENT_ID}" code="{escape_attribute(record.code)}" '
            f'type="{escape_attribute(record.type)}">{record.head_text}'
        )
        found = [opening.encode(), *map(bytes_of, record.sections), b"</kr:Content>"]
        record.known["parts"] = found
    return found


def bytes_of(section: Section) -> bytes:
    """A section in place, in UTF-8."""
    found: bytes | None = section.known.get("bytes")
    if found is None:
        found = section.known["bytes"] = section.text.encode()
    return found


def assemble(record: Record) -> bytes:
    """The file (tệp hồ sơ): the bytes that are stored, logged and given out."""
    signatures = "".join([BETWEEN, *[one.text for one in record.signatures], CLOSE])
    return b"".join([_OPENING, *content_parts(record), signatures.encode()])


def with_signatures(record: Record, signatures: tuple[EmbeddedSignature, ...]) -> Record:
    """The same content with other signatures; what is known of the content stays known."""
    found = Record(record.type, record.code, record.head_text, record.sections, signatures)
    found.known.update(record.known)
    return found


def attributes_of(section: Section) -> Mapping[str, str]:
    """The attributes of a section."""
    return _attributes(_opening(section.text)[1])


def head_of(record: Record) -> Mapping[str, str]:
    """The attributes of the head: school, schoolIdentifier and what else the record type puts there."""
    return _head(record.head_text)


def signers_of(section: Section) -> tuple[Signer, ...]:
    """Who must sign this section, as it names them, in order."""
    return opened(section).signers


def opened(section: Section) -> Opened:
    """`open_section`, once for a section that is signed."""
    found: Opened | None = section.known.get("opened")
    if found is None:
        found = section.known["opened"] = open_section(section.text)
    return found


@lru_cache(maxsize=64)
def _head(text: str) -> Mapping[str, str]:
    opening = _HEAD_OPENING.match(text)
    if opening is None:
        raise Invalid("SIGN-115", place="Head")
    return _attributes(opening[1])


def shape_of(section: Section) -> tuple[str, str, str]:
    """Id, kind and the text that names the signers, as the text of the section says."""
    shape: tuple[str, str, str] | None = section.known.get("shape")
    if shape is None:
        found = _SECTION_SHAPE.match(section.text)
        if found is None:
            one = opened(section)
            shape = one.section.id, one.section.kind, one.naming
        else:
            shape = found[1], found[2], found[3]
        section.known["shape"] = shape
    return shape


def open_section(text: str) -> Opened:
    """The attributes of a section and the signers that it names first."""
    usual = _SECTION_USUAL.match(text)
    if usual is None:
        opening, naming = _opening(text).groups()
        own = _attributes(opening)
        shape, code = (own.get("Id", ""), own.get("kind", ""), naming), own.get("record")
    else:
        identifier, kind, code, naming = usual.groups()
        shape = identifier, kind, naming
    section = Section(shape[0], shape[1], text)
    section.known["shape"] = shape
    return Opened(section, code, _signers(naming), naming)


def _opening(text: str) -> re.Match[str]:
    if (found := _SECTION_OPENING.match(text)) is None:
        raise Invalid("SIGN-115", place="Section")
    return found


def _signers(text: str) -> tuple[Signer, ...]:
    """Signers as a section names them; the same people sign a class's sections and many pupils' records."""
    return _kept_signers(text) if len(text) <= _LONGEST_KEPT else _read_signers(text)


def _read_signers(text: str) -> tuple[Signer, ...]:
    return tuple(
        Signer(unescape(identifier), unescape(name), int(number), role)
        for identifier, name, number, role in _SIGNER.findall(text)
    )


_kept_signers = lru_cache(maxsize=1024)(_read_signers)


def check_section(one: Opened, code: str, kinds: Mapping[str, Slot | None]) -> None:
    """Refuse a section that is not one of the record with this code: Id, kind, code, signers.

    `kinds` are the kinds of section that the record type has, with the slot that signs each alone.
    """
    section = one.section
    if _SECTION_ID.fullmatch(section.id) is None or section.id == CONTENT_ID:
        raise Invalid("SIGN-116", id=section.id)
    if section.kind not in kinds:
        raise Invalid("SIGN-115", place=f"Section {section.id}")
    if one.record != code:
        raise Invalid("SIGN-118", section=section.id, record=one.record or "", expected=code)
    slot = kinds[section.kind]
    role = slot.role if slot else ""
    signers = [(signer.role, signer.number) for signer in one.signers]
    ordered = signers == [(role, number) for number in range(1, len(signers) + 1)]
    if not ordered or bool(signers) != bool(slot) or len(signers) > MOST_SIGNERS:
        raise Invalid("SIGN-120", section=section.id)


def check_shape(record: Record, types: Types | None = None, *, complete: bool = True) -> tuple[Place, ...]:
    """All places for signatures, if code, head and sections are as the record type wants them.

    The places stand in the order of the file: by step, then section, then number. Not yet `complete`,
    sections may be lacking.
    """
    return check_layout(record, types, complete=complete).places


def check_layout(
    record: Record, types: Types | None = None, parts: Sequence[Opened] | None = None, *,
    complete: bool = True,
) -> Layout:  # fmt: skip
    """The same, as the layout; `parts` are the sections, where they have been opened already."""
    kind = type_of(record, types)
    sections = [opened(one) for one in record.sections] if parts is None else parts
    head = head_of(record)
    if _CODE.fullmatch(record.code) is None:
        raise Invalid("SIGN-115", place="Content/@code")
    if not head.get("school") or "schoolIdentifier" not in head:
        raise Invalid("SIGN-115", place="Head")
    shape = tuple([shape_of(one.section) for one in sections])
    pairs = [*zip(sections, record.sections, strict=True)]
    same = all(one.section is kept and one.record == record.code for one, kept in pairs)
    kept_in_mind = types is None and sum([len(naming) for _, _, naming in shape]) <= _LONGEST_KEPT
    if kept_in_mind and same:
        return _layout_if_fit(record.type, shape, complete)
    kinds = {name: kind.slot_of_section(name) for name, _, _ in kind.sections}
    for one, kept in pairs:
        if one.section != kept:
            raise Invalid("SIGN-115", place=f"Section {kept.id}")
        check_section(one, record.code, kinds)
    _check_order(shape, kind, complete=complete)
    return _layout_of_type(record.type, shape) if kept_in_mind else _layout(kind, shape)


@lru_cache(maxsize=1024)
def _layout_if_fit(code: str, shape: Shape, complete: bool) -> Layout:  # noqa: FBT001 — part of a key
    """The layout of a type in the table, if the sections are as it wants them; remembered for a class."""
    kind = record_types()[code]
    kinds = {name: kind.slot_of_section(name) for name, _, _ in kind.sections}
    for identifier, own, naming in shape:
        check_section(Opened(Section(identifier, own, ""), "", _signers(naming), naming), "", kinds)
    _check_order(shape, kind, complete=complete)
    return _layout_of_type(code, shape)


def _check_order(shape: Shape, kind: RecordType, *, complete: bool) -> None:
    """No Id twice, and of each kind as many sections as there may be, in their order."""
    twice = _first_twice([identifier for identifier, _, _ in shape])
    if twice:
        raise Invalid("SIGN-116", id=twice)
    _check_counts([own for _, own, _ in shape], kind, complete=complete)


def check_complete(record: Record, types: Types | None = None) -> None:
    """Refuse a record that lacks sections: nobody signs the whole before it is there (`SIGN-119`)."""
    kinds = tuple([one.kind for one in record.sections])
    if types is None:
        _check_complete(record.type, kinds)
    else:
        _check_counts(kinds, type_of(record, types), complete=True)


@lru_cache(maxsize=1024)
def _check_complete(code: str, kinds: tuple[str, ...]) -> None:
    """The same for a type in the table; hundreds of records of a school have the same sections."""
    kind = record_types().get(code)
    if kind is None:
        raise Invalid("SIGN-117", type=code)
    _check_counts(kinds, kind, complete=True)


def places_of(record: Record, types: Types | None = None) -> tuple[Place, ...]:
    """All places for signatures in a record, in the order of the file."""
    return layout_of(record, types).places


def layout_of(record: Record, types: Types | None = None) -> Layout:
    """The same with what signing asks of it again and again."""
    found: Layout | None = record.known.get("layout") if types is None else None
    if found is None:
        kind = type_of(record, types)
        shape = tuple([shape_of(one) for one in record.sections])
        if types is not None:
            return _layout(kind, shape)
        found = record.known["layout"] = _layout_of_type(record.type, shape)
    return found


@lru_cache(maxsize=1024)
def _layout_of_type(code: str, shape: Shape) -> Layout:
    """The layout of a type in the table; hundreds of records of a school have the same."""
    return _layout(record_types()[code], shape)


def _layout(kind: RecordType, shape: Shape) -> Layout:
    places = tuple(_places(shape, kind))
    order: dict[SlotRef, int] = {}
    for index, place in enumerate(places):
        order.setdefault(place.ref, index)
    named = {place.ref.signature_id: (index, place) for index, place in enumerate(places)}
    first = min(one.step for one in kind.slots)
    return Layout(kind, places, MappingProxyType(order), MappingProxyType(named), first)


def required_slots(record: Record, types: Types | None = None) -> list[SlotRef]:
    """The slots that must be filled before the record is complete, in order."""
    return [one.ref for one in places_of(record, types) if one.slot.required]


def open_slots(record: Record, types: Types | None = None) -> list[SlotRef]:
    """The required slots that are still empty, in order (còn thiếu)."""
    signed = {one.slot for one in record.signatures}
    return [ref for ref in required_slots(record, types) if ref not in signed]


def next_slots(record: Record, types: Types | None = None) -> list[SlotRef]:
    """The empty slots whose turn it is (đến lượt ký).

    Every required slot of every earlier step is filled, and none of a later step: a signature there
    would not cover the new one. Nobody signs the whole while sections are lacking.
    """
    whole = _counts_fit(record.sections, type_of(record, types))
    places = places_of(record, types)
    signed = {one.slot for one in record.signatures}
    steps = [one.slot.step for one in places]
    lacking = [one.slot.step for one in places if one.slot.required and one.ref not in signed]
    earliest = max((one.slot.step for one in places if one.ref in signed), default=0)
    latest = min(lacking, default=max(steps, default=0))
    return [
        one.ref
        for one in places
        if one.ref not in signed and earliest <= one.slot.step <= latest and (whole or one.slot.section)
    ]


def replace_section(record: Record, section: Section, types: Types | None = None) -> Record:
    """The record with one section corrected: its signatures and those of later steps fall away.

    The signatures of the other sections stay, because they do not cover this one.
    """
    if section.id not in {one.id for one in record.sections}:
        raise Invalid("SIGN-116", id=section.id)
    sections = tuple(section if one.id == section.id else one for one in record.sections)
    changed = replace(record, sections=sections, signatures=())
    steps = {one.ref: one.slot.step for one in check_shape(changed, types)}
    touched = {ref: step for ref, step in steps.items() if ref.section in ("", section.id)}
    first = min(touched.values(), default=0)
    kept = tuple(
        one
        for one in record.signatures
        if one.slot in steps and one.slot not in touched and (not touched or steps[one.slot] <= first)
    )
    return replace(changed, signatures=kept)


def type_of(record: Record, types: Types | None = None) -> RecordType:
    """The type of a record; refuses one that is not in the table (`SIGN-117`)."""
    found = (record_types() if types is None else types).get(record.type)
    if found is None:
        raise Invalid("SIGN-117", type=record.type)
    return found


def _places(sections: Iterable[tuple[str, str, str]], kind: RecordType) -> Iterator[Place]:
    for slot in sorted(kind.slots, key=_step):
        if not slot.section:
            yield Place(slot, SlotRef(slot.role))
            continue
        for name, own, naming in sections:
            if own == slot.section:
                for signer in _signers(naming):
                    yield Place(slot, SlotRef(slot.role, name, signer.number), signer)


def _step(slot: Slot) -> int:
    return slot.step


def _check_counts(order: Sequence[str], kind: RecordType, *, complete: bool) -> None:
    """Sections of one kind stand together, in the order of the table, as many as it allows."""
    names = [name for name, _, _ in kind.sections]
    if sorted(order, key=names.index) != [*order]:
        raise Invalid("SIGN-114", place="Section")
    for name, least, most in kind.sections:
        if not (least if complete else 0) <= order.count(name) <= most:
            raise Invalid("SIGN-119", kind=name, count=order.count(name), least=least, most=most)


def _counts_fit(sections: Sequence[Section], kind: RecordType) -> bool:
    order = [one.kind for one in sections]
    return all(least <= order.count(name) <= most for name, least, most in kind.sections)


def _attributes(text: str) -> Mapping[str, str]:
    found = _EACH_ATTRIBUTE.findall(text)
    if "&" in text:
        found = [(name, unescape(value)) for name, value in found]
    return MappingProxyType(dict(found))


def _first_twice(items: Sequence[str]) -> str:
    return next((item for index, item in enumerate(items) if item in items[:index]), "")
