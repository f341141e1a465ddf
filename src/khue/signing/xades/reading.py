"""Reading a record strictly (đọc hồ sơ): the stored bytes, taken apart where they must come apart.

The whole file is proved to be its own canonical form, by its bytes alone (`proof`) or by a parser. After
that `<` only ever opens a tag, so that parts can be found by looking for their tags, and the canonical
form of a part by itself is its bytes with the declaration of its prefix. Elements that give a record its
shape may stand only where the format puts them: whoever moves, doubles or wraps one is refused before a
signature is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lxml import etree

from khue.core.errors import Invalid
from khue.signing.canonical import assert_canonical, unescape
from khue.signing.profile import LARGEST, NAMESPACE, Slot, record_types
from khue.signing.xades import grammar
from khue.signing.xades.proof import is_proven_section, proven_sections, proven_signatures
from khue.signing.xades.record import (
    BETWEEN,
    CLOSE,
    CONTENT_ID,
    OPEN,
    EmbeddedSignature,
    Layout,
    Opened,
    Record,
    Section,
    Types,
    check_layout,
    check_section,
    open_section,
)
from khue.signing.xades.signature import Parts

_OPEN, _BETWEEN, _CLOSE = OPEN.encode(), BETWEEN.encode(), CLOSE.encode()
_CONTENT_END, _SECTION_START = b"</kr:Content>", b"<kr:Section "
_CONTENT = re.compile(rf'<kr:Content Id="{CONTENT_ID}" code="([^"<]*)" type="([^"<]*)">')
_SECTION_ALONE = f"<kr:Section{grammar.declaration('kr:Section')} ".encode()
_SIGNATURE_START = grammar.SIGNATURE.text.partition("{")[0]
_SIGNATURE_END = "</ds:Signature>"
_SHAPE = tuple(
    f"{{{NAMESPACE}}}{name}" for name in ("Record", "Content", "Head", "Section", "Signer", "Signatures")
)
_ROOT, _PARENT, _HEAD, _SECTION, _SIGNER, _SIGNATURES = _SHAPE
_BARE_TEXT = etree.XPath("boolean(text() | */text())")  # of the content: its children hold elements only
_LOOSE_TEXT = etree.XPath("boolean(text())")
_FOREIGN = etree.XPath("boolean(descendant-or-self::*[namespace-uri() != $own or @*[namespace-uri() != '']])")
_COUNT_IDS = etree.XPath("count(descendant-or-self::*/@*[translate(local-name(), 'ID', 'id') = 'id'])")


@dataclass(frozen=True, slots=True)
class Source:
    """A file taken apart: the record without signatures, the bytes that are digested, what else there is."""

    record: Record
    layout: Layout
    content: bytes  # canonical form of the content alone
    sections: Mapping[str, bytes]  # the same of each section, by Id
    signatures: tuple[str, ...]  # each ds:Signature as it stands, not looked at yet
    taken: tuple[Parts, ...] | None = None  # the same taken apart, where all could be


def read(data: bytes, types: Types | None = None, *, complete: bool = True) -> Source:
    """Take a file apart, or refuse it: size, canonical form, shape, names, ids, record type.

    A file that is still being signed (`complete` False) may lack sections that are frozen later.
    """
    if len(data) > LARGEST:
        raise Invalid("SIGN-110", size=len(data), limit=LARGEST)
    if not (data.startswith(_OPEN) and data.endswith(_CLOSE)):
        raise Invalid("SIGN-114", place="Record")
    whole = _proven(data) or _parsed(data)
    record, opened = _cut(whole)
    layout = check_layout(record, types, opened, complete=complete)
    _, *parts = whole.content.removesuffix(_CONTENT_END).split(_SECTION_START)
    return Source(
        record, layout, _alone(whole.content, "kr:Content"),
        {one.section.id: _SECTION_ALONE + part for one, part in zip(opened, parts, strict=True)},
        _cut_signatures(whole.region) if whole.signatures is None else whole.signatures, whole.taken,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Whole:
    """A canonical file in which everything that gives it its shape stands where it must."""

    content: bytes  # in place
    text: str  # the same
    sections: int
    region: bytes  # between the tags of kr:Signatures
    signatures: tuple[str, ...] | None = None
    taken: tuple[Parts, ...] | None = None


def _proven(data: bytes) -> _Whole | None:
    """The file if its bytes alone prove it; None where the parser must decide."""
    end = data.find(_CONTENT_END) + len(_CONTENT_END)
    region = data[end + len(_BETWEEN) : -len(_CLOSE)]
    content = data[len(_OPEN) : end]
    if not data.startswith(_BETWEEN, end):
        return None
    try:
        text, signatures = content.decode(), _cut_signatures(region)
    except (Invalid, UnicodeDecodeError):
        return None
    sections = proven_sections(content, text)
    taken = proven_signatures(signatures) if sections is not None else None
    if sections is None or taken is None:
        return None
    return _Whole(content, text, sections, region, signatures, taken)


def _parsed(data: bytes) -> _Whole:
    """The file by the tree that a parser makes of it, or a refusal."""
    root = assert_canonical(data)
    sections = _check_tree(root)
    end = data.index(_CONTENT_END) + len(_CONTENT_END)
    if not data.startswith(_BETWEEN, end):
        raise Invalid("SIGN-114", place="Signatures")
    content = data[len(_OPEN) : end]
    _check_names(content, root[0], 1 + sections)
    return _Whole(content, content.decode(), sections, data[end + len(_BETWEEN) : -len(_CLOSE)])


def parse(data: bytes, types: Types | None = None) -> Record:
    """The record in a file (đọc hồ sơ); strict about everything but the mathematics of signatures."""
    source = read(data, types)
    found: list[EmbeddedSignature] = []
    last = -1
    for text in source.signatures:
        parts = grammar.SIGNATURE.read(text)
        if parts is None:
            raise Invalid("SIGN-150", signature=signature_id(text))
        index, place = source.layout.named.get(parts["id"], (-1, None))
        if place is None or index <= last:
            raise Invalid("SIGN-151", signature=parts["id"])
        last = index
        found.append(EmbeddedSignature(place.ref, text))
    return replace(source.record, signatures=tuple(found))


def section_of(text: str, record: str, types: Types | None = None) -> Section:
    """A stored section (đọc một phần), as strictly as in a file; `record` is the code of its record."""
    data = text.encode()
    if len(data) > LARGEST:
        raise Invalid("SIGN-110", size=len(data), limit=LARGEST)
    if not data.startswith(_SECTION_START):
        raise Invalid("SIGN-114", place="Section")
    if not is_proven_section(data, text):
        _check_section_tree(data)
    opened = open_section(text)
    check_section(opened, record, _kinds_anywhere(opened, types))
    opened.section.known["bytes"] = data
    return opened.section


def signature_id(text: str) -> str:
    """The Id of a `ds:Signature` that may be otherwise unreadable, for reports."""
    found = re.match(r'[^>]*? Id="([^"<>]{1,100})"', text)
    return found[1] if found else ""


def _check_tree(root: etree._Element) -> int:
    """The number of sections, if the elements that give a record its shape stand where they must."""
    children = [*root]
    if [one.tag for one in children] != [_PARENT, _SIGNATURES]:
        raise Invalid("SIGN-114", place="Record")
    content, signatures = children
    parts = [*content]
    if [one.tag for one in parts] != [_HEAD, *[_SECTION] * (len(parts) - 1)]:
        raise Invalid("SIGN-114", place="Content")
    shape = [root, content]
    for one in parts:
        shape += one, *_signers(one)
    if [*root.iter(*_SHAPE)] != [*shape, signatures] or _signers(parts[0]):
        raise Invalid("SIGN-114", place="Content")
    if root.text or content.tail or signatures.text or _BARE_TEXT(content):
        raise Invalid("SIGN-114", place="text")
    return len(parts) - 1


def _signers(section: etree._Element) -> list[etree._Element]:
    """The signers at the beginning of a section."""
    found: list[etree._Element] = []
    for one in section:
        if one.tag != _SIGNER:
            break
        found.append(one)
    return found


def _check_section_tree(data: bytes) -> None:
    root = assert_canonical(_alone(data, "kr:Section"))
    if [*root.iter(*_SHAPE)] != [root, *_signers(root)] or _LOOSE_TEXT(root):
        raise Invalid("SIGN-114", place="Section")
    _check_names(data, root, 1)


def _check_names(part: bytes, root: etree._Element, ids: int) -> None:
    """Everything is in our namespace with our prefix, no attribute has one, no other Id exists.

    The quick looks at bytes find too much rather than too little (a text may hold ` xml` or ` id="`);
    only then the tree is asked.
    """
    if part.count(b"<") != 2 * part.count(b"<kr:"):  # canonical text closes every tag by another
        raise Invalid("SIGN-121")
    if (b" xml" in part or b" kr:" in part) and _FOREIGN(root, own=NAMESPACE):
        raise Invalid("SIGN-121")
    if part.lower().count(b' id="') != ids and _COUNT_IDS(root) != ids:
        raise Invalid("SIGN-116", id="")


def _cut(whole: _Whole) -> tuple[Record, list[Opened]]:
    """The record of a content whose shape is known, with its sections opened."""
    opening = _CONTENT.match(whole.text)
    if opening is None:
        raise Invalid("SIGN-115", place="Content")
    head, *sections = whole.text[opening.end() : -len(_CONTENT_END)].split(_SECTION_START.decode())
    if len(sections) != whole.sections:  # one has no attributes
        raise Invalid("SIGN-115", place="Section")
    opened = [open_section(_SECTION_START.decode() + one) for one in sections]
    code, kind = unescape(opening[1]), unescape(opening[2])
    return Record(kind, code, head, tuple(one.section for one in opened)), opened


def _cut_signatures(region: bytes) -> tuple[str, ...]:
    text, place, found = region.decode(), 0, []
    while place < len(text):
        end = text.find(_SIGNATURE_END, place) + len(_SIGNATURE_END)
        if end < len(_SIGNATURE_END) or not text.startswith(_SIGNATURE_START, place):
            raise Invalid("SIGN-114", place="Signatures")
        found.append(text[place:end])
        place = end
    return tuple(found)


def _alone(part: bytes, name: str) -> bytes:
    length = len(name) + 1
    return part[:length] + grammar.declaration(name).encode() + part[length:]


def _kinds_anywhere(one: Opened, types: Types | None) -> dict[str, Slot | None]:
    """The kind of a section with the slot that signs it, in whichever record type has both."""
    role, own = one.signers[0].role if one.signers else "", one.section.kind
    for kind in (record_types() if types is None else types).values():
        slot = kind.slot_of_section(own)
        if own in [name for name, _, _ in kind.sections] and (slot.role if slot else "") == role:
            return {own: slot}
    return {}
