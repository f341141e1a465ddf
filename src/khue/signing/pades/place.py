"""A place for the seal in a PDF of our own renderer (chỗ đặt con dấu số): an incremental update by hand.

The update adds a signature field, the signature dictionary with room for the CMS (ISO 32000-2 12.8.1,
EN 319 142-1), and certifies the document at level 1: no changes (12.8.2.2). Same input, same bytes.
PDFs of others go through pyHanko; here they are refused (`SIGN-510`).
"""

from __future__ import annotations

import datetime as dt
import re

from khue.core.errors import Invalid
from khue.signing.pades.objects import Document
from khue.signing.pades.update import Placed, Update

RESERVE = 12 * 1024  # bytes for the CMS, with a chain and a time-stamp
FIELD = "KhueSeal"  # without a period: that would name a parent field
Rectangle = tuple[float, float, float, float]

_PAGES = re.compile(rb"/Pages (\d+) 0 R")
_KIDS = re.compile(rb"/Kids\s?\[\s?(\d+) 0 R")
_ANNOTATIONS = re.compile(rb"/Annots\s?\[")
_DEEPEST = 16  # levels of a page tree
# What a rendition does not have, and what would clash with our own entries
_FOREIGN = (b"/AcroForm", b"/Perms", b"/OpenAction", b"/AA", b"/Names", b"/DSS", b"/Extensions")


def place(
    pdf: bytes,
    *,
    reason: str,
    location: str,
    name: str,
    at: dt.datetime,
    reserve: int = RESERVE,
    rectangle: Rectangle | None = None,
    digest: str = "sha256",
) -> Placed:
    """Make the place; `rectangle` (points, from the lower left of page 1) makes a spot to click on.

    `digest` names the hash of the signature algorithm. Empty texts are left out.
    """
    document = Document.read(pdf)
    root = document.root
    catalog = document.dictionary(root)
    if len(document.revisions) > 1 or any(key in catalog for key in _FOREIGN):
        raise Invalid("SIGN-510", what="tệp đã được sửa, hoặc có biểu mẫu, hành động")
    update = Update(document)
    field, signature = update.reserve(), update.reserve()
    form = f"/AcroForm<</Fields[{field} 0 R]/SigFlags 3>>/Perms<</DocMDP {signature} 0 R>>>>"
    update.add(root, catalog[:-2] + form.encode())
    add_field(update, field, signature, FIELD, rectangle)
    texts = {"Name": name, "Reason": reason, "Location": location}
    return update.finish_with_place(signature, _signature(texts, at), reserve=reserve, digest=digest)


def add_field(
    update: Update, field: int, signature: int, name: str, rectangle: Rectangle | None = None
) -> None:
    """A signature field with its widget in one, on page 1; printed and locked (ISO 32000-2 12.5.3)."""
    number, page = _first_page(update.document)
    reference = b"%d 0 R" % field
    found = _ANNOTATIONS.search(page)
    if found:
        page = b"".join((page[: found.end()], reference, b" ", page[found.end() :]))
    elif b"/Annots" in page:
        raise Invalid("SIGN-510", what="chú thích của trang 1")
    else:
        page = b"".join((page[:-2], b"/Annots[", reference, b"]>>"))
    looks = f"/AP<</N {_appearance(update, rectangle)} 0 R>>" if rectangle else ""
    corners = " ".join(f"{corner:g}" for corner in rectangle or (0, 0, 0, 0))
    widget = (
        f"<</Type/Annot/Subtype/Widget/FT/Sig/T({name})/F 132/Rect[{corners}]/P {number} 0 R"
        f"/V {signature} 0 R{looks}>>"
    )
    update.add(number, page)
    update.add(field, widget.encode())


def _first_page(document: Document) -> tuple[int, bytes]:
    number = _number(_PAGES, document.dictionary(document.root))
    for _ in range(_DEEPEST):
        found = document.dictionary(number)
        if b"/Type/Pages" not in found:
            break
        number = _number(_KIDS, found)
    if b"/Type/Page/" not in found:
        raise Invalid("SIGN-510", what="trang 1")
    return number, found


def _number(pattern: re.Pattern[bytes], text: bytes) -> int:
    found = pattern.search(text)
    if found is None:
        raise Invalid("SIGN-510", what="tham chiếu")
    return int(found[1])


def _appearance(update: Update, rectangle: Rectangle) -> int:
    """An empty drawing: the paper already says what there is to say."""
    left, bottom, right, top = rectangle
    box = f"0 0 {right - left:g} {top - bottom:g}"
    number = update.reserve()
    drawing = f"<</Type/XObject/Subtype/Form/BBox[{box}]/Length 0>>\nstream\n\nendstream"
    update.add(number, drawing.encode())
    return number


def _signature(texts: dict[str, str], at: dt.datetime) -> bytes:
    """The signature dictionary up to its byte range."""
    said = b"".join(b"/%b%b" % (key.encode(), _string(text)) for key, text in texts.items() if text)
    moment = f"{at.astimezone(dt.UTC):%Y%m%d%H%M%S}Z".encode()
    return (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached"
        b"%b/M(D:%b)/Reference[<</Type/SigRef/TransformMethod/DocMDP"
        b"/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]" % (said, moment)
    )


def _string(text: str) -> bytes:
    """A text string (ISO 32000-2 7.9.2.2): UTF-16 in hexadecimal reads the same in every PDF version."""
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode()
