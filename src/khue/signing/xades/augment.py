"""What makes a signature last: time-stamp, evidence, archive time-stamp (dấu thời gian, bằng chứng).

Each is an unsigned property that is inserted as text, in a fixed order: B-T, B-LT, B-LTA (EN 319
132-1, 5.3 to 5.5). Later signatures cover only `SignatureValue`, so all of this can be added at any
time without harm to them. Evidence of one signature serves all signatures of the record.
"""

from __future__ import annotations

from collections.abc import Sequence

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.canonical import digest
from khue.signing.trust.base import Evidence
from khue.signing.xades import grammar
from khue.signing.xades.keys import encode
from khue.signing.xades.record import (
    CONTENT_ID,
    EmbeddedSignature,
    Record,
    Section,
    content_text,
    with_signatures,
)
from khue.signing.xades.references import value_element
from khue.signing.xades.signature import Parts, take_apart
from khue.signing.xades.template import Template

_END = "</xades:QualifyingProperties></ds:Object></ds:Signature>"
_UNSIGNED_END = "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"


def stamp_digest(embedded: EmbeddedSignature) -> bytes:
    """What to send to the time-stamping authority: SHA-256 of the canonical `ds:SignatureValue`."""
    parts = _parts(embedded)
    return digest(value_element(parts.id, parts.value))


def with_timestamp(embedded: EmbeddedSignature, token: bytes) -> EmbeddedSignature:
    """The signature with a time-stamp (dấu thời gian, B-T); check the token before (`tsa`)."""
    if _parts(embedded).unsigned.stamp:
        raise Conflict("SIGN-142", slot=embedded.slot.signature_id)
    stamp = grammar.SIGNATURE_STAMP.write(token=encode(token))
    text = embedded.text.removesuffix(_END) + grammar.UNSIGNED.write(properties=stamp) + _END
    return _checked(embedded, text)


def with_evidence(embedded: EmbeddedSignature, evidence: Evidence) -> EmbeddedSignature:
    """The stamped signature with certificates and revocation data (bằng chứng kiểm tra, B-LT)."""
    unsigned = _parts(embedded).unsigned
    if not unsigned.stamp:
        raise Refused("SIGN-143", slot=embedded.slot.signature_id)
    if unsigned.certificate_values:
        raise Conflict("SIGN-142", slot=embedded.slot.signature_id)
    if not evidence.crls and not evidence.ocsps:
        raise Invalid("SIGN-144", slot=embedded.slot.signature_id)
    certificates = _written(grammar.EVIDENCE_CERTIFICATE, evidence.certificates)
    lists = "".join(
        outer.write(items=_written(inner, items))
        for outer, inner, items in (
            (grammar.CRL_VALUES, grammar.EVIDENCE_CRL, evidence.crls),
            (grammar.OCSP_VALUES, grammar.EVIDENCE_OCSP, evidence.ocsps),
        )
        if items
    )
    values = grammar.CERTIFICATE_VALUES.write(items=certificates)
    return _append(embedded, values + grammar.REVOCATION_VALUES.write(lists=lists))


def archive_digest(record: Record, embedded: EmbeddedSignature) -> bytes:
    """What an archive time-stamp covers, as SHA-256 (EN 319 132-1, 5.5.2).

    The data of every reference in order, then SignedInfo, SignatureValue, KeyInfo, then the unsigned
    properties that stand before it.
    """
    parts = _parts(embedded)
    return digest(archive_bytes(parts, referenced(record, embedded, parts), len(parts.unsigned.archives)))


def with_archive_timestamp(record: Record, embedded: EmbeddedSignature, token: bytes) -> EmbeddedSignature:
    """The signature with one more archive time-stamp (dấu thời gian lưu trữ, B-LTA)."""
    unsigned = _parts(embedded).unsigned
    if not unsigned.certificate_values or len(unsigned.archives) == grammar.MOST_ARCHIVE_STAMPS:
        raise Refused("SIGN-143", slot=embedded.slot.signature_id)
    return _append(embedded, grammar.ARCHIVE_STAMP.write(token=encode(token)))


def replace_signature(record: Record, embedded: EmbeddedSignature) -> Record:
    """The record with a signature that has gained unsigned properties in the place of the same one before."""
    signed = _signed_part(embedded)
    if not any(one.slot == embedded.slot and _signed_part(one) == signed for one in record.signatures):
        raise Conflict("SIGN-136", slot=embedded.slot.signature_id)
    found = tuple(embedded if one.slot == embedded.slot else one for one in record.signatures)
    return with_signatures(record, found)


def archive_bytes(parts: Parts, data: Sequence[bytes], before: int) -> bytes:
    """The octets under the archive stamp that has so many archive stamps before it."""
    unsigned = parts.unsigned
    texts = (
        grammar.alone(parts.signed_info, grammar.IN_SIGNED_INFO),
        value_element(parts.id, parts.value).decode(),
        grammar.alone(parts.key_info, grammar.IN_KEY_INFO),
        grammar.alone(unsigned.stamp_text, grammar.IN_SIGNATURE_STAMP),
        grammar.alone(unsigned.certificate_values, grammar.IN_CERTIFICATE_VALUES),
        grammar.alone(unsigned.revocation_values, grammar.IN_REVOCATION_VALUES),
        *(grammar.alone(one, grammar.IN_ARCHIVE_STAMP) for one in unsigned.archive_texts[:before]),
    )
    return b"".join((*data, "".join(texts).encode()))


def referenced(record: Record, embedded: EmbeddedSignature, parts: Parts) -> list[bytes]:
    """The canonical data of every reference of a signature, in order."""
    values = {}
    for one in record.signatures:
        other = _parts(one)
        values[f"{other.id}-value"] = value_element(other.id, other.value)
    sections = {one.id: one for one in record.sections}
    rows = grammar.REFERENCE.sequence(parts.references) or []
    found: list[bytes] = []
    for row in rows[:-1]:
        target = row["target"]
        known = values.get(target) or _data(record, sections, target)
        if known is None:
            raise Invalid("SIGN-150", signature=embedded.slot.signature_id)
        found.append(known)
    return [*found, grammar.alone(parts.properties, grammar.IN_PROPERTIES).encode()]


def _data(record: Record, sections: dict[str, Section], target: str) -> bytes | None:
    if target == CONTENT_ID:
        return grammar.alone(content_text(record), grammar.IN_CONTENT).encode()
    if target not in sections:
        return None
    return grammar.alone(sections[target].text, grammar.IN_SECTION).encode()


def _parts(embedded: EmbeddedSignature) -> Parts:
    parts = take_apart(embedded.text)
    if parts.id != embedded.slot.signature_id:
        raise Invalid("SIGN-150", signature=embedded.slot.signature_id)
    return parts


def _signed_part(embedded: EmbeddedSignature) -> tuple[str, str, str, str]:
    parts = _parts(embedded)
    return parts.signed_info, parts.value, parts.key_info, parts.properties


def _append(embedded: EmbeddedSignature, properties: str) -> EmbeddedSignature:
    end = _UNSIGNED_END + _END
    return _checked(embedded, embedded.text.removesuffix(end) + properties + end)


def _checked(embedded: EmbeddedSignature, text: str) -> EmbeddedSignature:
    found = EmbeddedSignature(embedded.slot, text)
    _parts(found)
    return found


def _written(template: Template, items: Sequence[bytes]) -> str:
    return "".join(template.write(item=encode(one)) for one in items)
