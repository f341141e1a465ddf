"""What templates need: marks, days, short keys, a chart, a look-up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.html import json_script

from khue.core import ids
from khue.core.dates import format_date
from khue.core.decimals import format_mark
from khue.kit.errors import sentence
from khue.kit.ui import scripts, svg
from khue.kit.words import said, said_in_parts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.utils.safestring import SafeString

    from khue.signing.report import Finding

register = template.Library()


@register.filter
def mark(value: Decimal | str | None) -> str:
    """A mark as people read it: «7,5»."""
    if value is None or value == "":
        return ""
    return format_mark(value) if isinstance(value, Decimal) else str(value).replace(".", ",")


@register.filter
def day(value: dt.date | None) -> str:
    """A date as people read it: dd/mm/yyyy."""
    return format_date(value)


@register.filter
def short(value: UUID) -> str:
    """The short key of an identity, for addresses."""
    return ids.short(value)


@register.filter
def word(text: object) -> str:
    """A word of the system (a role, a state, a column) in the reader's language."""
    return said(text)


@register.filter
def words(texts: Iterable[str]) -> list[str]:
    """Several of them, each after the name it belongs to."""
    return [said_in_parts(text) for text in texts]


@register.filter
def told(finding: Finding) -> str:
    """What a verification found, as a sentence in the reader's language."""
    return sentence(finding.code, finding.params)


@register.filter
def low(text: str) -> str:
    """Inside a sentence: only the first letter small, so that «Học kì I» keeps its number."""
    return text[:1].lower() + text[1:]


@register.filter
def split(text: str) -> list[str]:
    """The words of a text, to repeat something for each."""
    return text.split()


@register.filter(name="get")
def get(mapping: Any, key: Any) -> Any:
    """The entry of a mapping."""
    return mapping.get(key) if mapping is not None else None


@register.simple_tag
def bars(data: list[dict[str, Any]], title: str = "", unit: str = "", limit: int | None = None) -> SafeString:
    """A small bar chart with its numbers."""
    rows = [(said(item["label"]), int(item["value"])) for item in data]
    return svg.bars(rows, title, unit=unit, limit=limit)


@register.simple_tag
def script_words() -> SafeString | str:
    """The table of words for the scripts of a page; nothing where they speak Vietnamese."""
    words = scripts.table()
    return json_script(words, "grid-words") if words else ""


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small picture beside a word."""
    return svg.icon(name)
