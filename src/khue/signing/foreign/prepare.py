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
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from lxml import etree

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.algorithms import (
    RULES,
    SHA256_URI,
    Algorithm,
    PublicKey,
    default_for,
    is_genuine,
    xml_value,
)
from khue.signing.foreign.layout import FormSlot, Layout, recognize
from khue.signing.foreign.reading import EXCLUSIVE, Stopped, parse
from khue.signing.foreign.shape import DS, Place, Shape, read_shape, signers_of, unsigned_sections
from khue.signing.foreign.signature import PROPERTIES_TYPE, XADES
from khue.signing.tbs import SlotRef, ToBeSigned
from khue.signing.trust.certificates import identity_of
from khue.signing.trust.certificates import parse as parse_certificate

COUNTERSIGNED_TYPE = "http://uri.etsi.org/01903#CountersignedSignature"
_DS = f' xmlns:ds="{DS}"'
_XADES = f' xmlns:xades="{XADES}"'
_TRANSFORM = (
    f'<ds:Transforms><ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{SHA256_URI}"></ds:DigestMethod>'
)
_VALUE = re.compile(rb'<ds:SignatureValue Id="([^"]+)">[^<]*</ds:SignatureValue>')


@dataclass(frozen=True, slots=True)
class Cell:
    """A slot of an opened form: empty, or with the signature that stands in it."""

    slot: FormSlot
    ref: SlotRef
    covers: tuple[str, ...]
    signature: bytes = b""
    value_id: str = ""
    value_digest: str = ""  # base64 of the SHA-256 of its canonical SignatureValue


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
    digests: dict[str, str] = field(default_factory=dict)  # of elements without slots, which never change

    @property
    def data(self) -> bytes:
        """The document as it stands now."""
        return self._between((0, 0), (len(self.pieces) - 1, len(self.pieces[-1])))

    def cell(self, ref: SlotRef) -> int:
        """The number of a slot; one that is not there is refused (`SIGN-660`)."""
        for number, cell in enumerate(self.cells):
            if cell.ref == ref:
                return number
        raise Refused("SIGN-660", role=ref.role, section=ref.section)

    def digest(self, identifier: str) -> str:
        """Base64 of the SHA-256 of an element's canonical text."""
        found = self.digests.get(identifier)
        if found is None:
            span = self.spans[identifier]
            found = _digest(self._apex(self._between(span.first, span.last)))
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
        root = parse(data)
        shape = read_shape(root, layout, level) if layout in recognize(root, (layout,)) else None
    except Stopped as stop:
        raise Invalid(stop.problem.finding.code, **stop.problem.finding.params) from stop
    if shape is None or not layout.slots:
        raise Invalid("SIGN-601")
    for problem in shape.problems:
        raise Invalid(problem.finding.code, **problem.finding.params)
    if not shape.level:
        raise Invalid("SIGN-662")
    _check_slots(shape)
    if etree.tostring(root, method="c14n", exclusive=True, with_comments=False) != data or b"<?" in data:
        raise Invalid("SIGN-661")
    # one default namespace at most: no prefix and no other namespace in what we cut and digest as text
    if data.count(b' xmlns="') > bool(layout.namespace):
        raise Invalid("SIGN-661")
    pieces, cells, spans = _cut(data, shape)
    if any(b" xmlns:" in piece for piece in pieces):
        raise Invalid("SIGN-661")
    return Form(layout, shape.level, code or shape.facts.get("code", ""), pieces, cells, spans)


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
            raise Invalid(problem.finding.code, **problem.finding.params)


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
        number = max(index for index, start in enumerate(starts) if start <= offset)
        return number, offset - starts[number]

    spans = {identifier: Span(position(first), position(last)) for identifier, (first, last) in ends.items()}
    return tuple(pieces), tuple(cells), spans


def _cell(place: Place, text: bytes) -> Cell:
    """A slot as it stands; what is not empty must be one signature of ours (`SIGN-663`)."""
    if not text:
        return Cell(place.slot, place.ref, place.covers)
    value = _VALUE.search(text)
    if value is None or len(place.signatures) != 1 or len(place.element) != 1:
        raise Refused("SIGN-663", slot=f"{place.slot.name} {place.key}".strip())
    return _signed(Cell(place.slot, place.ref, place.covers), text, value[1].decode(), value[0])


def _signed(cell: Cell, signature: bytes, value_id: str, value: bytes) -> Cell:
    canonical = value.replace(b"<ds:SignatureValue", f"<ds:SignatureValue{_DS}".encode(), 1)
    return replace(cell, signature=signature, value_id=value_id, value_digest=_digest(canonical))


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
    parsed = parse_certificate(certificate)
    if identity_of(certificate).organization != (cell.slot.signer == "school"):
        raise Refused("SIGN-666", slot=cell.slot.name, signer=identity_of(certificate).name)
    moment = signing_time.astimezone(dt.UTC).replace(microsecond=0)
    if not parsed.not_valid_before_utc <= moment <= parsed.not_valid_after_utc:
        raise Refused("SIGN-667", signer=identity_of(certificate).name)
    algorithm = default_for(_key(certificate))
    properties = _properties(cell, _digest(certificate), moment)
    info = _signed_info(form, cell, algorithm, properties)
    return ToBeSigned(
        id=tbs_id,
        record_code=form.code,
        slot=slot,
        algorithm=algorithm,
        digest=hashlib.new(RULES[algorithm].digest, info).digest(),
        signed_info=info,
        signed_properties=properties,
        certificate=certificate,
        chain=tuple(chain),
        signing_time=moment,
    )


def complete(form: Form, tbs: ToBeSigned, raw: bytes) -> Form:
    """The form with the signature in its place, after the value was found to be the key's (`SIGN-669`).

    Refused if the slot was filled meanwhile (`SIGN-664`) or what is covered changed (`SIGN-668`).
    """
    number = form.cell(tbs.slot)
    cell = form.cells[number]
    _check_turn(form, cell)
    if _signed_info(form, cell, tbs.algorithm, tbs.signed_properties) != tbs.signed_info:
        raise Conflict("SIGN-668", slot=f"{cell.slot.name} {cell.ref.section}".strip())
    key = _key(tbs.certificate)
    value = xml_value(key, raw)
    digest = hashlib.new(RULES[tbs.algorithm].digest, tbs.signed_info).digest()
    if digest != tbs.digest or not is_genuine(key, tbs.algorithm, digest, value):
        raise Refused("SIGN-669", slot=f"{cell.slot.name} {cell.ref.section}".strip())
    value_id = f"{tbs.slot.signature_id}-value"
    element = f'<ds:SignatureValue Id="{value_id}">{b64encode(value).decode()}</ds:SignatureValue>'.encode()
    signed = _signed(cell, _signature(tbs, element), value_id, element)
    return replace(form, cells=(*form.cells[:number], signed, *form.cells[number + 1 :]))


def _check_turn(form: Form, cell: Cell) -> None:
    """The slot is empty and of this level, and every required slot of an earlier step is full."""
    if cell.signature:
        raise Conflict("SIGN-664", slot=f"{cell.slot.name} {cell.ref.section}".strip())
    if form.level not in cell.slot.levels or not cell.covers:
        raise Refused("SIGN-660", role=cell.ref.role, section=cell.ref.section)
    for slot in form.layout.slots:
        if slot.step >= cell.slot.step or form.level not in slot.levels:
            continue
        mine = [one for one in form.cells if one.slot is slot and one.covers]
        waiting = [f"{slot.name} {one.ref.section}".strip() for one in mine if not one.signature]
        if waiting or not mine:
            raise Refused("SIGN-665", slot=cell.slot.name, waiting=", ".join(waiting) or slot.name)


@lru_cache(maxsize=4096)
def _key(certificate: bytes) -> PublicKey:
    key = parse_certificate(certificate).public_key()
    default_for(key)  # refuses a key outside the profile
    return key  # type: ignore[return-value]


def _digest(text: bytes) -> str:
    return b64encode(hashlib.sha256(text).digest()).decode()


def _references(form: Form, cell: Cell) -> list[tuple[str, str, str, str]]:
    """Id, Type, target and digest of everything that a slot covers, in the fixed order."""
    name = cell.ref.signature_id
    found = [
        (f' Id="{name}-ref{number}"', "", identifier, form.digest(identifier))
        for number, identifier in enumerate(cell.covers, 1)
    ]
    if form.layout.chain:
        found += [
            ("", f' Type="{COUNTERSIGNED_TYPE}"', one.value_id, one.value_digest)
            for one in form.cells
            if one.signature and one.slot.step < cell.slot.step
        ]
    return found


def _signed_info(form: Form, cell: Cell, algorithm: Algorithm, properties: bytes) -> bytes:
    """The canonical SignedInfo; attributes stand in the order of their names, as C14N wants it."""
    name = f"{cell.ref.signature_id}-properties"
    own = ("", f' Type="{PROPERTIES_TYPE}"', name, _digest(_standing_alone(properties)))
    references = "".join(
        f'<ds:Reference{identifier}{kind} URI="#{target}">{_TRANSFORM}'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
        for identifier, kind, target, digest in (*_references(form, cell), own)
    )
    return (
        f'<ds:SignedInfo{_DS}><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{RULES[algorithm].uri}"></ds:SignatureMethod>'
        f"{references}</ds:SignedInfo>"
    ).encode()


def _properties(cell: Cell, certificate_digest: str, moment: dt.datetime) -> bytes:
    """xades:SignedProperties as they stand in the signature (EN 319 132-1, level B-B)."""
    name = cell.ref.signature_id
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#{name}-ref{number}">'
        "<xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat>"
        for number in range(1, len(cell.covers) + 1)
    )
    return (
        f'<xades:SignedProperties Id="{name}-properties"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{moment:%Y-%m-%dT%H:%M:%SZ}</xades:SigningTime>"
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f'<ds:DigestMethod Algorithm="{SHA256_URI}"></ds:DigestMethod>'
        f"<ds:DigestValue>{certificate_digest}</ds:DigestValue>"
        "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        "<xades:SignerRoleV2><xades:ClaimedRoles>"
        f"<xades:ClaimedRole>{cell.slot.role}</xades:ClaimedRole>"
        "</xades:ClaimedRoles></xades:SignerRoleV2></xades:SignedSignatureProperties>"
        f"<xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties></xades:SignedProperties>"
    ).encode()


def _standing_alone(properties: bytes) -> bytes:
    """SignedProperties as they are digested: exclusive C14N states each namespace where it is first used."""
    stated = properties.replace(b"<xades:SignedProperties", f"<xades:SignedProperties{_XADES}".encode(), 1)
    stated = stated.replace(b"<ds:DigestMethod", f"<ds:DigestMethod{_DS}".encode())
    return stated.replace(b"<ds:DigestValue", f"<ds:DigestValue{_DS}".encode())


def _signature(tbs: ToBeSigned, value: bytes) -> bytes:
    name = tbs.slot.signature_id.encode()
    info = tbs.signed_info.replace(_DS.encode(), b"", 1)
    return b"".join((
        b"<ds:Signature", _DS.encode(), b' Id="', name, b'">', info, value,
        _key_info(tbs.certificate, tbs.chain), b"<ds:Object><xades:QualifyingProperties", _XADES.encode(),
        b' Target="#', name, b'">', tbs.signed_properties,
        b"</xades:QualifyingProperties></ds:Object></ds:Signature>",
    ))  # fmt: skip


@lru_cache(maxsize=4096)
def _key_info(certificate: bytes, chain: tuple[bytes, ...]) -> bytes:
    """X509Data, the signer's certificate first, then the intermediates."""
    texts = [b64encode(one) for one in (certificate, *chain)]
    parts = [b"<ds:X509Certificate>" + text + b"</ds:X509Certificate>" for text in texts]
    return b"<ds:KeyInfo><ds:X509Data>" + b"".join(parts) + b"</ds:X509Data></ds:KeyInfo>"
