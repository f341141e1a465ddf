"""Words of closed sets in the reader's language: Vietnamese is the source, other languages are catalogues.

Models, policies and rules say their words in Vietnamese, and in Vietnamese they are stored and
printed; only what is shown on a page goes through here (template filter `word`).
"""

from __future__ import annotations

from django.utils.translation import gettext


def said(text: object) -> str:
    """A word as this reader reads it; a number at either end stays: «Điểm đánh giá thường xuyên 2»."""
    source = str(text) if text else ""
    whole = gettext(source) if source else ""
    if whole != source:
        return whole
    stem, _, number = source.rpartition(" ")
    if stem and number.isdigit():
        return f"{gettext(stem)} {number}"
    number, _, stem = source.partition(" ")
    if stem and number.isdigit():
        return f"{number} {gettext(stem)}"
    return source


def said_in_parts(text: str) -> str:
    """Words after a name: in «Toán: 2 lần đánh giá thường xuyên, đánh giá cuối kì» the subject stays."""
    name, colon, rest = text.partition(": ")
    if not colon:
        return said(text)
    return f"{said(name)}: {', '.join(said(part) for part in rest.split(', '))}"
