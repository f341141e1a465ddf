"""The seal of a school on the PDF of a record (con dấu số trên bản thể hiện): PAdES B-B and B-T.

One seal on the paper, all roles in the XML (signing.md 3.3). The seal certifies the file at level 1, no
changes, and says in `/Reason` of which record, with which SHA-256, the paper is the true rendition, so
that whoever verifies can compare the two. No library for PDFs or ASN.1 is on this path.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from khue.core.errors import Invalid, Refused
from khue.signing import cms
from khue.signing.algorithms import RULES, Algorithm, default_for
from khue.signing.cms import CmsToSign
from khue.signing.pades.layout import read_layout
from khue.signing.pades.place import Rectangle, place
from khue.signing.pades.update import Placed, embed, fill
from khue.signing.trust.certificates import identity_of, parse

TOKEN_ROOM = 8 * 1024  # bytes for a time-stamp that comes with the seal or later
_ROOM = 1024  # bytes for attributes, names and an RSA-4096 value
_CODE = r"[^\s;]{1,64}"
_REASON = re.compile(rf"Bản thể hiện đúng của hồ sơ số ({_CODE}); SHA-256 của tệp XML: ([0-9a-f]{{64}})\.")


@dataclass(frozen=True, slots=True)
class SealToBeSigned:
    """A seal that waits for its value. Made again from the same input it is the same: only that is stored."""

    placed: Placed
    cms: CmsToSign

    @property
    def digest(self) -> bytes:
        """What the key signs."""
        return self.cms.digest

    @property
    def algorithm(self) -> Algorithm:
        """With which algorithm."""
        return self.cms.algorithm

    def stamp_digest(self, raw_value: bytes) -> bytes:
        """What a time-stamp authority stamps, once the value is there (SHA-256)."""
        return self.cms.stamp_digest(raw_value)


def reason_of(record_code: str, record_digest: str) -> str:
    """What the seal says: of which record, with which digest, the PDF is the true rendition."""
    reason = f"Bản thể hiện đúng của hồ sơ số {record_code}; SHA-256 của tệp XML: {record_digest}."
    if rendition_of(reason) != (record_code, record_digest):
        raise Invalid("SIGN-512", record=record_code, digest=record_digest)
    return reason


def rendition_of(reason: str) -> tuple[str, str] | None:
    """Code and SHA-256 (hex) of the record that a seal names; None if it says something else."""
    found = _REASON.fullmatch(reason)
    return (found[1], found[2]) if found else None


def prepare_seal(
    pdf: bytes,
    *,
    record_code: str,
    record_digest: str,
    school: str,
    at: dt.datetime,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    location: str = "",
    algorithm: Algorithm | None = None,
    rectangle: Rectangle | None = None,
) -> SealToBeSigned:
    """First step: the place in the PDF and the digest to sign.

    `record_digest` is the SHA-256 (hex) of the record's XML file; the certificate must be of an
    organization (`SIGN-513`). Room is left for a time-stamp.
    """
    owner = identity_of(certificate)
    if not owner.organization:
        raise Refused("SIGN-513", name=owner.name)
    chosen = algorithm or default_for(parse(certificate).public_key())
    placed = place(
        pdf,
        reason=reason_of(record_code, record_digest),
        location=location,
        name=school,
        at=at,
        reserve=len(certificate) + sum(map(len, chain)) + _ROOM + TOKEN_ROOM,
        rectangle=rectangle,
        digest=RULES[chosen].digest,
    )
    return SealToBeSigned(placed, cms.prepare_cms(placed.digest, certificate, chain, algorithm=chosen))


def complete_seal(tbs: SealToBeSigned, raw: bytes, token: bytes | None = None) -> bytes:
    """Second step: the sealed PDF, with the value that a key returned, once it is verified (`SIGN-500`).

    With a token over `tbs.stamp_digest(raw)` the seal is B-T; else B-B, and a token may come later.
    """
    return embed(tbs.placed, cms.complete_cms(tbs.cms, raw, token=token))


def stamp_digest_of(pdf: bytes) -> bytes:
    """What a time-stamp authority stamps for a PDF that is sealed already (SHA-256)."""
    return cms.cms_stamp_digest(read_layout(pdf).seal.cms)


def stamp_seal(pdf: bytes, token: bytes) -> bytes:
    """A sealed PDF with a time-stamp added in the place of the seal: B-B becomes B-T.

    Stamps may come hours later; nothing that the seal covers changes. A document time-stamp covers the
    place too, so after one it is too late (`SIGN-514`).
    """
    layout = read_layout(pdf)
    if len(layout.gaps) > 1:
        raise Invalid("SIGN-514")
    return fill(pdf, layout.seal.start, layout.seal.end, cms.add_token(layout.seal.cms, token))


def digest_of_file(data: bytes) -> str:
    """The SHA-256 of a record's XML file in the form that the seal names it (hex)."""
    return hashlib.sha256(data).hexdigest()
