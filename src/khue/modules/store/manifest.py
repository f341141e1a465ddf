"""The manifest of a package as signed text, and back (bản kê của gói học bạ)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from khue.core.errors import Invalid
from khue.modules.store.data import Manifest, ManifestItem
from khue.signing.canonical import element
from khue.signing.profile import NAMESPACE
from khue.signing.xades.record import build_head, build_section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from khue.signing.report import Report

PACKAGE, MANIFEST = "transcript-package", "manifest"
LEVELS = ("TH", "THCS", "THPT")
_KR = f"{{{NAMESPACE}}}"
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_YEAR = re.compile(r"\d{4}-\d{4}\Z")
_NUMBER = re.compile(r"\d{1,9}\Z")
_CODE = re.compile(r"[!-~]{1,40}\Z")
_KIND = re.compile(r"[a-z-]{1,30}\Z")


def head_text(school: str, identifier: str, facts: Mapping[str, str], version: int) -> str:
    """The head: which school, year and level."""
    return build_head(school, identifier, {**facts, "version": str(version)})


def section_text(items: Sequence[ManifestItem], record: str, year: str, level: str, issued: int) -> str:
    """The list of files in the order in which they follow."""
    rows = [
        element(
            "Item",
            {
                "code": item.code, "digest": item.digest, "kind": item.kind, "size": str(item.size),
                "version": str(item.version),
            },
        )
        for item in items
    ]  # fmt: skip
    facts = {"count": str(len(items)), "issued": str(issued), "level": level, "name": "Bản kê", "year": year}
    return build_section(MANIFEST, MANIFEST, record, [], facts, *rows).text


def read(report: Report) -> Manifest:
    """The manifest in verified bytes; `STO-025` if it does not hold together."""
    content = _root(report.content)
    section = content.find(f"{_KR}Section")
    if section is None:
        raise Invalid("STO-025", what="Section")
    items = tuple(_item(one) for one in section.iterfind(f"{_KR}Item"))
    found = Manifest(
        report.record_code, report.facts.get("school", ""), report.facts.get("schoolIdentifier", ""),
        _text(section, "year", _YEAR), section.get("level", ""), int(_text(section, "issued", _NUMBER)),
        items,
    )  # fmt: skip
    if found.level not in LEVELS:
        raise Invalid("STO-025", what="level")
    if not items or int(_text(section, "count", _NUMBER)) != len(items):
        raise Invalid("STO-025", what="count")
    for name in ("code", "digest"):
        if len({getattr(item, name) for item in items}) != len(items):
            raise Invalid("STO-025", what=f"Item/@{name}")
    return found


def _root(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Invalid("STO-025", what="XML") from error


def _item(one: etree._Element) -> ManifestItem:
    size, version = int(_text(one, "size", _NUMBER)), int(_text(one, "version", _NUMBER))
    if not size or not version:
        raise Invalid("STO-025", what="Item/@size")
    return ManifestItem(
        _text(one, "code", _CODE), version, _text(one, "kind", _KIND), _text(one, "digest", _DIGEST), size
    )


def _text(one: etree._Element, name: str, pattern: re.Pattern[str]) -> str:
    text = one.get(name, "")
    if pattern.match(text) is None:
        raise Invalid("STO-025", what=f"@{name}")
    return text
