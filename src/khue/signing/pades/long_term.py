"""What lets a seal be verified in decades (B-LT, B-LTA, EN 319 142-1 5.4 and 5.5): added after sealing.

A DSS dictionary holds certificates, CRLs and OCSP answers; a document time-stamp covers the whole file.
Both are updates that a certification at level 1 permits (ISO 32000-2 12.8.2.2.2). They are written by
hand as the seal is: pyHanko's writer also changes title data and reads the clock, and what we write it
verifies. No VRI dictionaries: EN 319 142-1 calls them optional and validators gather from the DSS anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from khue.core.errors import Invalid
from khue.signing.pades.layout import read_layout
from khue.signing.pades.objects import Document
from khue.signing.pades.place import add_field
from khue.signing.pades.update import Placed, Update, embed
from khue.signing.trust.base import Evidence

STAMP_ROOM = 8 * 1024  # bytes for the token of a document time-stamp
_KINDS = {"Certs": "certificates", "CRLs": "crls", "OCSPs": "ocsps"}
_DSS = re.compile(rb"/DSS (\d+) 0 R")
_FIELDS = re.compile(rb"/Fields\[([^\]]*)\]")
_EXTENSION = b"/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>"  # EN 319 142-1, 5.6


def add_long_term(pdf: bytes, evidence: Evidence, *, stamp: Callable[[bytes], bytes] | None = None) -> bytes:
    """A sealed PDF with long-term data: B-LT, or B-LTA with `stamp` (SHA-256 → RFC 3161 token).

    May be called again with newer data: what is there is kept.
    """
    with_data = _add_evidence(pdf, evidence)
    if stamp is None:
        return with_data
    placed = prepare_document_stamp(with_data)
    return embed(placed, stamp(placed.digest))


def prepare_document_stamp(pdf: bytes) -> Placed:
    """A place for a document time-stamp over the whole file, for a token over its digest (SHA-256)."""
    layout = read_layout(pdf)
    update = Update(layout.document)
    field, stamp = update.reserve(), update.reserve()
    catalog = layout.document.dictionary(layout.document.root)
    fields = _FIELDS.search(catalog)
    if fields is None:
        raise Invalid("SIGN-510", what="biểu mẫu")
    more = b"/Fields[%b %d 0 R]" % (fields[1], field)
    update.add(layout.document.root, catalog[: fields.start()] + more + catalog[fields.end() :])
    add_field(update, field, stamp, f"KhueStamp{len(layout.gaps)}")
    opening = b"<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161"
    return update.finish_with_place(stamp, opening, reserve=STAMP_ROOM, digest="sha256")


def read_evidence(document: Document) -> Evidence:
    """What the DSS of a PDF holds; empty without one."""
    found = _references(document)
    read = {name: tuple(document.stream(number) for number in found[key]) for key, name in _KINDS.items()}
    return Evidence(**read)


def _add_evidence(pdf: bytes, evidence: Evidence) -> bytes:
    document = read_layout(pdf).document
    known, references = read_evidence(document), _references(document)
    update = Update(document)
    added = False
    for key, name in _KINDS.items():
        for one in dict.fromkeys(getattr(evidence, name)):
            if one not in getattr(known, name):
                references[key].append(update.stream(one))
                added = True
    if not added:
        return pdf
    lists = (
        b"/%b[%b]" % (key.encode(), b" ".join(b"%d 0 R" % number for number in numbers))
        for key, numbers in references.items()
        if numbers
    )
    catalog = document.dictionary(document.root)
    found = _DSS.search(catalog)
    number = int(found[1]) if found else update.reserve()
    update.add(number, b"<<%b>>" % b"".join(lists))
    if found is None:
        update.add(document.root, b"%b/DSS %d 0 R%b>>" % (catalog[:-2], number, _EXTENSION))
    return update.finish()


def _references(document: Document) -> dict[str, list[int]]:
    found = _DSS.search(document.dictionary(document.root))
    text = document.dictionary(int(found[1])) if found else b""
    lists = {key: re.search(rb"/" + key.encode() + rb"\s?\[([^\]]*)\]", text) for key in _KINDS}
    return {
        key: [int(number) for number in re.findall(rb"(\d+) 0 R", one[1])] if one else []
        for key, one in lists.items()
    }
