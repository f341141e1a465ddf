"""A signed page of the register read back (đọc lại trang sổ đã ký): only from verified or stored bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from khue.signing.profile import NAMESPACE

_KR = f"{{{NAMESPACE}}}"


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event as the page says it, with the facts it changed: (field, old, new)."""

    facts: Mapping[str, str]
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """A pupil's line of a page."""

    facts: Mapping[str, str]
    family: tuple[Mapping[str, str], ...]
    events: tuple[SignedEvent, ...]


@dataclass(frozen=True, slots=True)
class SignedPage:
    """A page with its head."""

    code: str
    head: Mapping[str, str]
    facts: Mapping[str, str]
    entries: tuple[SignedEntry, ...]


def read(data: bytes) -> SignedPage:
    """The page of a record file, or of its verified content alone."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    content = root if root.tag == f"{_KR}Content" else root.find(f"{_KR}Content")
    section = content.find(f"{_KR}Section") if content is not None else None
    if content is None or section is None:
        msg = "a page of the register has one section"
        raise ValueError(msg)
    head = content.find(f"{_KR}Head")
    return SignedPage(
        content.get("code", ""), dict(head.attrib) if head is not None else {}, dict(section.attrib),
        tuple(_entry(one) for one in section.iterfind(f"{_KR}Entry")),
    )  # fmt: skip


def _entry(element: etree._Element) -> SignedEntry:
    return SignedEntry(
        dict(element.attrib), tuple(dict(one.attrib) for one in element.iterfind(f"{_KR}Relative")),
        tuple(_event(one) for one in element.iterfind(f"{_KR}Event")),
    )  # fmt: skip


def _event(element: etree._Element) -> SignedEvent:
    changes = tuple(
        (one.get("field", ""), one.get("old", ""), one.get("new", ""))
        for one in element.iterfind(f"{_KR}Change")
    )
    return SignedEvent(dict(element.attrib), changes)
