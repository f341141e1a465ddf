"""Proof from the bytes alone that a record is canonical and well shaped (chứng minh không cần phân tích XML).

Parsing a file and writing it out again is the surest way to see that it is its own canonical form, and
the dearest. This pass takes content apart at its quotes and its opening tags, and is sure only where
everything it meets is of one plain kind: elements with our prefix, attributes without one in rising
order, text only before a closing tag, no signs but those that canonical XML writes. What is in the
least unusual is not proven here, and then the parser decides (`reading`), also on what to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from khue.core.errors import Invalid
from khue.signing.algorithms import BY_URI, SHA256_URI
from khue.signing.xades import grammar
from khue.signing.xades.signature import Parts, parts_from

LARGEST_PROVEN = 4 * 1024 * 1024  # bytes; far below where libxml2 has limits of its own
DEEPEST = 64  # elements in one another, below a section
_MOST_KEPT, _LONGEST_KEPT = 8192, 128  # pieces that are remembered, and bytes of one
_LONGEST_TAG = 2048

# XML 1.0 has no other controls than these three; of them canonical text has no bare carriage return.
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n")
_IN_TEXT = (b"&amp;", b"&lt;", b"&gt;", b"&#xD;")
_IN_VALUE = (b"&amp;", b"&lt;", b"&quot;", b"&#x9;", b"&#xA;", b"&#xD;")

# Everything below is looked for in a skeleton: content without what stands between quotes.
_NAME = rb"[A-Za-z_][A-Za-z0-9_.-]*"
_ATTRIBUTES = rb'((?: %s="")*)' % _NAME
_PIECE = re.compile(rb'(%s)%s>([^<>"]*)((?:</kr:%s>)*)' % (_NAME, _ATTRIBUTES, _NAME))
_HEAD_OPENING = re.compile(rb"Head%s>" % _ATTRIBUTES)
_SECTION_OPENING = re.compile(_ATTRIBUTES + rb">")
_CONTENT = b'<kr:Content Id="" code="" type=""><kr:'
_CONTENT_END, _HEAD_END, _SECTION_END = b"</kr:Content>", b"</kr:Head>", b"</kr:Section>"
_OPENING, _SECTION = b"<kr:", b"<kr:Section"
_SIGNER = b'Signer identifier="" name="" number="" role=""></kr:Signer>'
_SHAPING = {b"Record", b"Content", b"Head", b"Section", b"Signer", b"Signatures"}

# The references of a signature, with each hole narrowed to what our own signatures have there.
_REFERENCES = re.compile(
    "(?:{})++".format(
        re.escape(grammar.REFERENCE.text)
        .replace(r"\{kind\}", f'(?:Id="[a-z0-9-]++"|Type="{re.escape(grammar.COUNTERSIGNED)}"'
                 f'|Type="{re.escape(grammar.SIGNED_PROPERTIES)}")')
        .replace(r"\{target\}", "[a-z0-9-]++")
        .replace(r"\{method\}", re.escape(SHA256_URI))
        .replace(r"\{digest\}", "[A-Za-z0-9+/]++={0,2}")
    )
)  # fmt: skip
_DIGEST = re.compile("[A-Za-z0-9+/]++={0,2}")
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_NAMED = re.compile("sig-[a-z0-9-]{1,100}")
_ANCHOR = re.compile('[^>"]*[>"]')
_SIGNATURE_START = grammar.SIGNATURE.text.partition("{")[0]
_NUMBER = 1  # of the hole with the references
_INFO_END = "</ds:SignedInfo>"
_HOLE = "\x00"

# What a piece does to the elements that are open: it opens one more (its name), or it opens and closes
# its own and then closes these. Scores and short words come again and again, so pieces are remembered.
_Effect = bytes | tuple[bytes, ...]
_effects: dict[bytes, _Effect] = {}


def proven_sections(content: bytes, text: str) -> int | None:
    """The number of sections in a `kr:Content` in place that is canonical and well shaped; None: not sure.

    `text` is the content decoded, which whoever asks needs anyway.
    """
    skeleton = _skeleton(content, text)
    if skeleton is None or not (skeleton.startswith(_CONTENT) and skeleton.endswith(_CONTENT_END)):
        return None
    head, *sections = skeleton[len(_CONTENT) : -len(_CONTENT_END)].split(_SECTION)
    if _is_head(head) and all(map(_is_section, sections)):
        return len(sections)
    return None


def is_proven_section(section: bytes, text: str) -> bool:
    """Whether a `kr:Section` in place is surely canonical and well shaped; `text` is the same decoded."""
    skeleton = _skeleton(section, text)
    return skeleton is not None and skeleton.startswith(_SECTION) and _is_section(skeleton[len(_SECTION) :])


def proven_signatures(texts: Sequence[str]) -> tuple[Parts, ...] | None:
    """Signatures that are filled templates through and through, and so canonical; None: not sure.

    What the templates leave open is narrowed to texts in which no sign needs another form.
    """
    found: list[Parts] = []
    for text in texts:
        try:
            holes = _holes_of(text)
            parts = parts_from(holes) if holes is not None else None
        except Invalid:
            return None
        if parts is None or not all(map(_is_plain, parts.roles)):
            return None
        found.append(parts)
    return tuple(found)


class _Frame(NamedTuple):
    """What stands around the holes of a signature with one Id; the holes are method, references, value,
    certificates, time, digest of the certificate, roles, unsigned properties.
    """

    first: str
    rest: tuple[tuple[str, str], ...]  # how it begins, up to the end of a tag or a value; and all of it
    info: int  # where SignedInfo begins
    properties: int  # how long before the time SignedProperties begin


@lru_cache(maxsize=4096)
def _frame(name: str) -> _Frame | None:
    if _NAMED.fullmatch(name) is None:
        return None
    properties = grammar.PROPERTIES.write(id=name, time=_HOLE, certificate=_HOLE, roles=_HOLE)
    info = grammar.SIGNED_INFO.write(method=_HOLE, references=_HOLE)
    whole = grammar.SIGNATURE.write(
        id=name, signed_info=info, value=_HOLE, key_info=_HOLE, properties=properties + _HOLE
    )
    first, *rest = whole.split(_HOLE)
    starts = [_ANCHOR.match(one) for one in rest]
    return _Frame(
        first,
        tuple([(start[0], one) for start, one in zip(starts, rest, strict=True) if start]),
        whole.index(info),
        properties.index(_HOLE),
    )


def _holes_of(text: str) -> tuple[str, ...] | None:
    """What `parts_from` asks for; None where it could be anything else than a signature with plain holes.

    No hole has the beginning of what follows it, so that the templates find the same.
    """
    begin = len(_SIGNATURE_START)
    name = text[begin : text.find('"', begin)]
    frame = _frame(name) if len(name) < _LONGEST_KEPT else None
    if frame is None or not text.startswith(frame.first):
        return None
    place = len(frame.first)
    holes: list[str] = []
    ends: list[int] = []
    for start, literal in frame.rest:
        end = text.find(start, place) if len(holes) != _NUMBER else _references_end(text, place)
        if end < 0 or not text.startswith(literal, end):
            return None
        holes.append(text[place:end])
        ends.append(end)
        place = end + len(literal)
    method, references, value, key_info, time, certificate, roles, unsigned = holes
    plain = (
        place == len(text) and value and method in BY_URI
        and _TIME.fullmatch(time) and _DIGEST.fullmatch(certificate)
    )  # fmt: skip
    if not plain:
        return None
    info = text[frame.info : ends[1] + len(_INFO_END)]
    properties = text[ends[4] - len(time) - frame.properties : ends[6] + len(frame.rest[6][1])]
    return (
        name, info, method, references, value, key_info, properties, time, certificate, roles, unsigned,
    )  # fmt: skip


def _references_end(text: str, place: int) -> int:
    """Where plain references end that begin at a place; -1 where there is none."""
    found = _REFERENCES.match(text, place)
    return found.end() if found else -1


def _skeleton(data: bytes, text: str) -> bytes | None:
    """The bytes without what stands between quotes, if characters and signs are surely canonical.

    A quote in a text shifts what counts as quoted, and then the skeleton fits no expression below: there
    `""` follows only the name of an attribute, and no text has quotes.
    """
    if len(data) > LARGEST_PROVEN or len(data.translate(None, _CONTROLS)) != len(data):
        return None
    parts = data.split(b'"')
    skeleton, values = b'""'.join(parts[::2]), b'"'.join(parts[1::2])
    if len(parts) % 2 == 0 or b"<" in values or b"\n" in values or b"\t" in values:
        return None
    if b"&" in data and not (_has_only(_IN_TEXT, skeleton) and _has_only(_IN_VALUE, values)):
        return None
    return skeleton if _is_plain(text) else None


def _is_plain(text: str) -> bool:
    """Whether a decoded text has only characters that XML has; controls are looked at elsewhere."""
    return "\ufffe" not in text and "\uffff" not in text


def _has_only(signs: Sequence[bytes], data: bytes) -> bool:
    return data.count(b"&") == sum(map(data.count, signs))


def _is_head(head: bytes) -> bool:
    if not head.endswith(_HEAD_END):
        return False
    pieces = head[: -len(_HEAD_END)].split(_OPENING)
    opening = _HEAD_OPENING.fullmatch(pieces[0])
    return opening is not None and _are_attributes(opening[1], 0) and _is_balanced(pieces[1:])


def _is_section(section: bytes) -> bool:
    """Of a section after its name; its signers stand first."""
    if not section.endswith(_SECTION_END):
        return False
    pieces = section[: -len(_SECTION_END)].split(_OPENING)
    if len(pieces[0]) > _LONGEST_TAG or not _opens_section(pieces[0]):
        return False
    first = 1
    while first < len(pieces) and pieces[first] == _SIGNER:
        first += 1
    return _is_balanced(pieces[first:])


@lru_cache(maxsize=1024)
def _opens_section(skeleton: bytes) -> bool:
    opening = _SECTION_OPENING.fullmatch(skeleton)
    return opening is not None and _are_attributes(opening[1], 1)


def _is_balanced(pieces: list[bytes]) -> bool:
    """Whether the pieces, each from one opening tag to the next, open and close what they must."""
    effects = list(map(_effects.get, pieces))
    if None in effects:
        effects = [
            _effect(piece) if known is None else known for piece, known in zip(pieces, effects, strict=True)
        ]
        if None in effects:
            return False
    opened: list[bytes] = []
    for effect in filter(None, effects):  # most pieces are whole elements and do nothing
        if effect.__class__ is bytes:
            opened.append(effect)
            if len(opened) > DEEPEST:
                return False
            continue
        for name in effect:
            if not opened or opened.pop() != name:
                return False
    return not opened


def _effect(piece: bytes) -> _Effect | None:
    """What a piece does, or None where it is not plain."""
    found = _PIECE.fullmatch(piece)
    if found is None or found[1] in _SHAPING or not _are_attributes(found[2], 0):
        return None
    name, closing = found[1], tuple(found[4][5:-1].split(b"></kr:")) if found[4] else ()
    if closing and closing[0] != name:
        return None
    effect: _Effect = closing[1:] if closing else name
    if len(piece) <= _LONGEST_KEPT:
        if len(_effects) >= _MOST_KEPT:
            _effects.clear()
        _effects[piece] = effect
    return effect


def _are_attributes(skeleton: bytes, ids: int) -> bool:
    """Whether attributes stand in canonical order, each once, with so many Ids and nothing of XML's own."""
    return len(skeleton) <= _LONGEST_TAG and _ordered(skeleton, ids)


@lru_cache(maxsize=1024)
def _ordered(skeleton: bytes, ids: int) -> bool:
    names = [one[1:] for one in skeleton.split(b'=""')[:-1]]
    lowered = [one.lower() for one in names]
    reserved = any(one.startswith(b"xml") for one in lowered)
    named = [one for one in names if one.lower() == b"id"] == [b"Id"] * ids
    return named and not reserved and names == sorted(set(names))
