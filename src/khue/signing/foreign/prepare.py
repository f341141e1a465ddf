"""Our own signatures in the places of the Ministry's layout (kí học bạ theo bố cục của Bộ), in two steps.

`open_form` reads a transcript once and cuts its text at the slots; after that nothing is parsed or
canonicalized again, because the text of a form is its own canonical form and signatures are written in
theirs. `prepare` gives what a key must sign, `complete` checks what came back and puts it in its place.

Exclusive C14N stated on every Reference, SHA-256, XAdES B-B; if the layout says so, a signature also
covers the SignatureValue of every earlier step, so that nobody can take one out unseen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.algorithms import RULES, SHA256_URI, Algorithm, default_for, is_genuine, xml_value
from khue.signing.foreign.layout import FormSlot, Layout, recognize
from khue.signing.foreign.reading import Problem, Stopped, canonical, parse
from khue.signing.foreign.shape import Place, Shape, read_shape, signers_of, unsigned_sections
from khue.signing.tbs import SlotRef, ToBeSigned
from khue.signing.xades import grammar
from khue.signing.xades.keys import encode, holder_of, key_info_of, path_of, smallest
from khue.signing.xades.prepare import signed_properties
from khue.signing.xades.references import properties_digest, value_digest

_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_VALUE = re.compile(rb'<ds:SignatureValue Id="([^"]+)-value">([^<]*)</ds:SignatureValue>')
_FORMAT = (
    '<xades:DataObjectFormat ObjectReference="#{reference}">'
    "<xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat>"
)
_LAST = "</xades:SignedDataObjectProperties>"


@dataclass(frozen=True, slots=True)
class Cell:
    """A slot of an opened form: empty, or with the signature that stands in it."""

    slot: FormSlot
    ref: SlotRef
    name: str  # Id of the signature
    covers: tuple[str, ...]
    signature: bytes = b""
    reference: str = ""  # the ds:Reference by which later steps cover its SignatureValue


@dataclass(frozen=True, slots=True)
class Span:
    """Where an element stands: from (piece, offset) to (piece, offset)."""

    first: tuple[int, int]
    last: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Form:
    """A transcript that is being signed: its text, cut at the slots, and what stands in them."""

    layout: Layout
    level: str
    code: str
    pieces: tuple[bytes, ...]  # cell i stands between piece i and piece i + 1
    cells: tuple[Cell, ...]
    spans: dict[str, Span]
    numbers: dict[SlotRef, int]
    digests: dict[str, str] = field(default_factory=dict)  # of elements without slots, which never change

    @property
    def data(self) -> bytes:
        """The document as it stands now."""
        return self._between((0, 0), (len(self.pieces) - 1, len(self.pieces[-1])))

    def cell(self, ref: SlotRef) -> int:
        """The number of a slot; one that is not there is refused (`SIGN-660`)."""
        if ref not in self.numbers:
            raise Refused("SIGN-660", role=ref.role, section=ref.section)
        return self.numbers[ref]

    def filled(self, number: int, cell: Cell) -> Form:
        """The form with another cell in the place of one."""
        cells = (*self.cells[:number], cell, *self.cells[number + 1 :])
        return Form(
            self.layout, self.level, self.code, self.pieces, cells, self.spans, self.numbers, self.digests
        )

    def digest(self, identifier: str) -> str:
        """Base64 of the SHA-256 of an element's canonical text."""
        found = self.digests.get(identifier)
        if found is None:
            span = self.spans[identifier]
            text = self._apex(self._between(span.first, span.last))
            found = encode(hashlib.sha256(text).digest())
            if span.first[0] == span.last[0]:
                self.digests[identifier] = found
        return found

    def _between(self, first: tuple[int, int], last: tuple[int, int]) -> bytes:
        if first[0] == last[0]:
            return self.pieces[first[0]][first[1] : last[1]]
        parts = [self.pieces[first[0]][first[1] :]]
        for number in range(first[0], last[0]):
            parts += [self.cells[number].signature, self.pieces[number + 1]]
        parts[-1] = parts[-1][: last[1]]
        return b"".join(parts)

    def _apex(self, text: bytes) -> bytes:
        """The text of an element standing alone: exclusive C14N states the namespace there."""
        if not self.layout.namespace:
            return text
        end = min(text.index(b">"), text.index(b" "))
        return text[:end] + f' xmlns="{self.layout.namespace}"'.encode() + text[end:]


def open_form(data: bytes, layout: Layout, *, level: str = "", code: str = "") -> Form:
    """A transcript ready to be signed; one that our own verifier would not take is refused.

    `level` (TH, THCS, THPT, GDTX) decides which slots there are; the content says it or the caller
    (`SIGN-662`). `code` is the record code that the prepared signatures carry.
    """
    try:
        shape = _shape(data, layout, level)
    except Stopped as stop:
        raise _refusal(stop.problem) from stop
    pieces, cells, spans = _cut(data, shape)
    if any(b" xmlns:" in piece for piece in pieces):
        raise Invalid("SIGN-661")
    numbers = {cell.ref: number for number, cell in enumerate(cells)}
    return Form(layout, shape.level, code or shape.facts.get("code", ""), pieces, cells, spans, numbers)


def _shape(data: bytes, layout: Layout, level: str) -> Shape:
    """The document by its layout, without any fault, in canonical form, with at most a default namespace."""
    root = parse(data)
    if not layout.slots or layout not in recognize(root, (layout,)):
        raise Invalid("SIGN-601")
    shape = read_shape(root, layout, level)
    for problem in shape.problems:
        raise Stopped(problem)
    if not shape.level:
        raise Invalid("SIGN-662")
    _check_slots(shape)
    namespaces = data.count(b' xmlns="')
    if canonical(root, grammar.EXCLUSIVE) != data or b"<?" in data or namespaces > bool(layout.namespace):
        raise Invalid("SIGN-661")
    return shape


def _check_slots(shape: Shape) -> None:
    """Everybody who must sign has a slot, and every section somebody who signs it."""
    for slot in shape.layout.slots:
        if shape.level not in slot.levels:
            continue
        there = {place.key for place in shape.places if place.slot is slot}
        wanted = signers_of(shape) if slot.keyed else [""]
        for key in wanted:
            if key not in there:
                raise Invalid("SIGN-670", slot=f"{slot.name} {key}".strip())
        for problem in unsigned_sections(shape) if slot.keyed else ():
            raise Stopped(problem)


def _refusal(problem: Problem) -> Invalid:
    found = Invalid(problem.finding.code)
    found.params.update(problem.finding.params)
    return found


def _cut(data: bytes, shape: Shape) -> tuple[tuple[bytes, ...], tuple[Cell, ...], dict[str, Span]]:
    """The document cut at its slots, and where each element that is signed stands.

    In canonical text «<» stands only in tags, so that tags can be found without a parser; they come in
    the same order as in the tree, which says which is which.
    """
    targets = {identifier: shape.by_id[identifier] for place in shape.places for identifier in place.covers}
    by_element: dict[Any, str] = {element: identifier for identifier, element in targets.items()}
    places = {place.element: place for place in shape.places}
    tags = {str(element.tag) for element in (*by_element, *places)}
    names = "|".join(re.escape(tag.rpartition("}")[2]) for tag in sorted(tags))
    pattern = re.compile(rf'<(/?)(?:{names})((?: [^\s=]+="[^"]*")*)>'.encode())
    elements = shape.root.iter(*tags)
    marks: list[tuple[int, Place]] = []  # where to cut, in order
    ends: dict[str, tuple[int, int]] = {}
    open_ones: list[tuple[Any, int, int]] = []
    for found in pattern.finditer(data):
        if not found[1]:
            open_ones.append((next(elements), found.start(), found.end()))
            continue
        element, start, inner = open_ones.pop()
        if element in by_element:
            ends[by_element[element]] = start, found.end()
        if element in places:
            marks += [(inner, places[element]), (found.start(), places[element])]
    return _pieces(data, sorted(marks, key=lambda mark: mark[0]), ends, shape)


def _pieces(
    data: bytes, marks: list[tuple[int, Place]], ends: dict[str, tuple[int, int]], shape: Shape
) -> tuple[tuple[bytes, ...], tuple[Cell, ...], dict[str, Span]]:
    pieces, cells, starts, begin = [], [], [0], 0
    for (inner, place), (close, _same) in zip(marks[::2], marks[1::2], strict=True):
        pieces.append(data[begin:inner])
        cells.append(_cell(place, data[inner:close]))
        begin = close
        starts.append(begin)
    pieces.append(data[begin:])

    def position(offset: int) -> tuple[int, int]:
        number = bisect_right(starts, offset) - 1
        return number, offset - starts[number]

    spans = {identifier: Span(position(first), position(last)) for identifier, (first, last) in ends.items()}
    return tuple(pieces), tuple(cells), spans


def _cell(place: Place, text: bytes) -> Cell:
    """A slot as it stands; what is not empty must be one signature of ours (`SIGN-663`)."""
    name = place.ref.signature_id
    empty = Cell(place.slot, place.ref, name, place.covers)
    if not text:
        return empty
    value = _VALUE.search(text)
    if value is None or value[1] != name.encode() or len(place.signatures) != 1 or len(place.element) != 1:
        raise Refused("SIGN-663", slot=f"{place.slot.name} {place.key}".strip())
    return _signed(empty, text, value[2].decode())


def _signed(cell: Cell, signature: bytes, value: str) -> Cell:
    digest = value_digest(cell.name, value)
    reference = _reference(f'Type="{grammar.COUNTERSIGNED}"', f"{cell.name}-value", digest)
    return Cell(cell.slot, cell.ref, cell.name, cell.covers, signature, reference)


def prepare(
    form: Form,
    slot: SlotRef,
    *,
    certificate: bytes,
    chain: Sequence[bytes],
    signing_time: dt.datetime,
    tbs_id: str,
) -> ToBeSigned:
    """What a key must sign to fill a slot.

    Refused: a slot that is not there (`SIGN-660`) or full (`SIGN-664`), a step before its turn
    (`SIGN-665`), the wrong kind of certificate (`SIGN-666`) or one that is not valid then (`SIGN-667`).
    """
    cell = form.cells[form.cell(slot)]
    _check_turn(form, cell)
    holder = holder_of(certificate)
    if holder.identity.organization != (cell.slot.signer == "school"):
        raise Refused("SIGN-666", slot=cell.slot.name, signer=holder.identity.name)
    moment = signing_time.astimezone(dt.UTC).replace(microsecond=0)
    if not holder.valid_at(moment):
        raise Refused("SIGN-667", signer=holder.identity.name)
    algorithm = default_for(holder.key)
    properties = _properties(cell, holder.digest, moment)
    info = _signed_info(form, cell, algorithm, properties)
    return ToBeSigned(
        id=tbs_id,
        record_code=form.code,
        slot=slot,
        algorithm=algorithm,
        digest=_HASHES[RULES[algorithm].digest](info).digest(),
        signed_info=info,
        signed_properties=properties.encode(),
        certificate=certificate,
        chain=path_of(certificate, tuple(chain)),
        signing_time=moment,
    )


def complete(form: Form, tbs: ToBeSigned, raw: bytes) -> Form:
    """The form with the signature in its place, after the value was found to be the key's (`SIGN-669`).

    Refused if the slot was filled meanwhile (`SIGN-664`) or what is covered changed (`SIGN-668`).
    """
    number = form.cell(tbs.slot)
    cell = form.cells[number]
    _check_turn(form, cell)
    properties = tbs.signed_properties.decode()
    if _signed_info(form, cell, tbs.algorithm, properties) != tbs.signed_info:
        raise Conflict("SIGN-668", slot=f"{cell.slot.name} {cell.ref.section}".strip())
    key = holder_of(tbs.certificate).key
    default_for(key)  # refuses a key outside the profile
    value = smallest(key, xml_value(key, raw))
    digest = _HASHES[RULES[tbs.algorithm].digest](tbs.signed_info).digest()
    if digest != tbs.digest or not is_genuine(key, tbs.algorithm, digest, value):
        raise Refused("SIGN-669", slot=f"{cell.slot.name} {cell.ref.section}".strip())
    text = grammar.SIGNATURE.write(
        id=cell.name,
        signed_info=tbs.signed_info.decode().replace(grammar.declaration("ds:SignedInfo"), "", 1),
        value=encode(value),
        key_info=key_info_of((tbs.certificate, *tbs.chain)),
        properties=properties,
    )
    return form.filled(number, _signed(cell, text.encode(), encode(value)))


def _check_turn(form: Form, cell: Cell) -> None:
    """The slot is empty and of this level, and every required slot of an earlier step is full."""
    if cell.signature:
        raise Conflict("SIGN-664", slot=f"{cell.slot.name} {cell.ref.section}".strip())
    if form.level not in cell.slot.levels or not cell.covers:
        raise Refused("SIGN-660", role=cell.ref.role, section=cell.ref.section)
    step, level = cell.slot.step, form.level
    waiting = [
        f"{one.slot.name} {one.ref.section}".strip() for one in form.cells
        if not one.signature and one.slot.step < step and one.covers and level in one.slot.levels
    ]  # fmt: skip
    if waiting:
        raise Refused("SIGN-665", slot=cell.slot.name, waiting=", ".join(waiting))


def _signed_info(form: Form, cell: Cell, algorithm: Algorithm, properties: str) -> bytes:
    """The canonical SignedInfo: what the slot covers, earlier signatures where the layout says so."""
    references = [
        _reference(f'Id="{name}"', identifier, form.digest(identifier))
        for name, identifier in zip(_reference_ids(cell), cell.covers, strict=True)
    ]
    if form.layout.chain:
        step = cell.slot.step
        references += [one.reference for one in form.cells if one.signature and one.slot.step < step]
    kind = f'Type="{grammar.SIGNED_PROPERTIES}"'
    references.append(_reference(kind, f"{cell.name}-properties", properties_digest(properties)))
    text = grammar.SIGNED_INFO.write(method=RULES[algorithm].uri, references="".join(references))
    return grammar.alone(text, grammar.IN_SIGNED_INFO).encode()


def _reference(kind: str, target: str, digest: str) -> str:
    return grammar.REFERENCE.write(kind=kind, target=target, method=SHA256_URI, digest=digest)


def _reference_ids(cell: Cell) -> list[str]:
    """The Ids of the references to what a slot covers; more than one for a teacher of several subjects."""
    return [f"{cell.name}-data{number or ''}" for number in range(len(cell.covers))]


def _properties(cell: Cell, certificate: str, moment: dt.datetime) -> str:
    """xades:SignedProperties as they stand in the signature, with a format for each covered section."""
    text = signed_properties(cell.ref, certificate, moment, "")
    more = "".join(_FORMAT.format(reference=name) for name in _reference_ids(cell)[1:])
    return text.replace(_LAST, more + _LAST) if more else text
