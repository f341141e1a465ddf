"""One `ds:Signature` taken apart by the templates (đọc một chữ ký); what does not fit is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from khue.core.errors import Invalid
from khue.signing.trust.base import Evidence
from khue.signing.xades import grammar
from khue.signing.xades.keys import certificates_of, decode
from khue.signing.xades.template import Template

_UNSIGNED_START = "<xades:UnsignedProperties>"
_NO_EVIDENCE = Evidence()
_MOST_ROLES = 2


class Parts(NamedTuple):
    """What a signature consists of; texts stand in place."""

    id: str
    signed_info: str
    method: str  # address of the signature algorithm
    references: str
    value: str  # base64
    value_bytes: bytes
    key_info: str
    certificates: tuple[bytes, ...]  # leaf first
    properties: str  # SignedProperties
    claimed_time: dt.datetime
    certificate_digest: str  # base64, from SigningCertificateV2
    roles: tuple[str, ...]
    unsigned: Unsigned


@dataclass(frozen=True, slots=True)
class Unsigned:
    """The unsigned properties (thuộc tính không ký), in their fixed order."""

    stamp: bytes = b""  # RFC 3161 token over the SignatureValue
    stamp_text: str = ""
    certificate_values: str = ""
    revocation_values: str = ""
    evidence: Evidence = _NO_EVIDENCE
    archives: tuple[bytes, ...] = ()
    archive_texts: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """The level of the signature: B, T, LT, LTA (EN 319 132-1, 6.1)."""
        if self.archives:
            return "LTA"
        if self.certificate_values:
            return "LT"
        return "T" if self.stamp else "B"


NONE = Unsigned()


def take_apart(text: str) -> Parts:
    """The parts of a signature; refuses any other text (`SIGN-150`, `SIGN-152`, `SIGN-153`)."""
    whole = grammar.SIGNATURE.read(text)
    if whole is None:
        raise Invalid("SIGN-150", signature="")
    return parts_of(whole)


def parts_of(whole: Mapping[str, str]) -> Parts:
    """The same for a signature whose outermost template has been read."""
    name = whole["id"]
    info = grammar.SIGNED_INFO.read(whole["signed_info"])
    properties, mark, rest = whole["properties"].partition(_UNSIGNED_START)
    signed = grammar.PROPERTIES.read(properties)
    if info is None or signed is None or signed["id"] != name:
        raise Invalid("SIGN-150", signature=name)
    return parts_from((
        name, whole["signed_info"], info["method"], info["references"], whole["value"], whole["key_info"],
        properties, signed["time"], signed["certificate"], signed["roles"], mark + rest,
    ))  # fmt: skip


def parts_from(texts: tuple[str, ...]) -> Parts:
    """The same from the texts in the holes of the templates, in the order of the file."""
    name, info, method, references, value, key_info, properties, time, certificate, own, unsigned = texts
    roles = _roles(own)
    if roles is None:
        raise Invalid("SIGN-150", signature=name)
    return Parts(
        name, info, method, references, value, decode(value), key_info, certificates_of(key_info),
        properties, _moment(time, name), certificate, roles,
        read_unsigned(unsigned, name) if unsigned else NONE,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _roles(text: str) -> tuple[str, ...] | None:
    """The claimed roles: the code of the role, and perhaps one free text."""
    rows = grammar.CLAIMED_ROLE.sequence(text)
    return tuple(row["role"] for row in rows) if rows is not None and len(rows) <= _MOST_ROLES else None


def read_unsigned(text: str, signature: str) -> Unsigned:
    """The unsigned properties: T, then LT, then LTA, each only after those before it."""
    whole = grammar.UNSIGNED.read(text)
    if whole is None:
        raise Invalid("SIGN-150", signature=signature)
    reader = _Reader(whole["properties"], signature)
    stamp_text, stamp = reader.need(grammar.SIGNATURE_STAMP)
    if reader.done:
        return Unsigned(decode(stamp["token"]), stamp_text)
    certificate_values, certificates = reader.need(grammar.CERTIFICATE_VALUES)
    revocation_values, revocation = reader.need(grammar.REVOCATION_VALUES)
    archives = []
    while not reader.done:
        archives.append(reader.need(grammar.ARCHIVE_STAMP))
    lists = _Reader(revocation["lists"], signature)
    crls, ocsps = lists.take(grammar.CRL_VALUES), lists.take(grammar.OCSP_VALUES)
    if not lists.done or len(archives) > grammar.MOST_ARCHIVE_STAMPS:
        raise Invalid("SIGN-150", signature=signature)
    evidence = Evidence(
        _items(certificates, grammar.EVIDENCE_CERTIFICATE, signature),
        _items(crls, grammar.EVIDENCE_CRL, signature),
        _items(ocsps, grammar.EVIDENCE_OCSP, signature),
    )
    return Unsigned(
        decode(stamp["token"]),
        stamp_text,
        certificate_values,
        revocation_values,
        evidence,
        tuple(decode(values["token"]) for _, values in archives),
        tuple(text for text, _ in archives),
    )


class _Reader:
    """Templates one after the other through a text."""

    def __init__(self, text: str, signature: str) -> None:
        self._text = text
        self._signature = signature
        self._place = 0

    @property
    def done(self) -> bool:
        return self._place == len(self._text)

    def take(self, template: Template) -> Mapping[str, str] | None:
        found = template.match(self._text, self._place)
        if found is None:
            return None
        self._place = found[1]
        return found[0]

    def need(self, template: Template) -> tuple[str, Mapping[str, str]]:
        start = self._place
        found = self.take(template)
        if found is None:
            raise Invalid("SIGN-150", signature=self._signature)
        return self._text[start : self._place], found


def _items(values: Mapping[str, str] | None, template: Template, signature: str) -> tuple[bytes, ...]:
    if values is None or not values["items"]:
        return ()
    rows = template.sequence(values["items"])
    if rows is None:
        raise Invalid("SIGN-150", signature=signature)
    return tuple(decode(row["item"]) for row in rows)


def _moment(text: str, signature: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("SIGN-150", signature=signature) from error
