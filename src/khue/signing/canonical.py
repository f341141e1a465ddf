"""Text that is its own exclusive canonical form (dạng chuẩn tắc), written by joining strings.

A record is frozen as the bytes that exclusive canonicalization without comments (W3C xml-exc-c14n)
would give, so that signing needs no XML parser: what is stored is what is digested. Reading is
strict the other way: a file whose bytes differ from their own canonical form is refused, which
shuts out comments, entities, re-serialization and whitespace tricks at once.

All elements of a record have the prefix `kr`; attributes have none. Texts come in NFC: normalizing
is the caller's, because only the caller knows where a text comes from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any

from lxml import etree

from khue.core.errors import Invalid

PREFIX = "kr"
# What XML 1.0 (section 2.2) cannot carry, not even as a character reference.
_FORBIDDEN = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_IN_TEXT = re.compile(f"[&<>\r{_FORBIDDEN}]")
_IN_ATTRIBUTE = re.compile(f'[&<"\t\n\r{_FORBIDDEN}]')
_ILLEGAL = re.compile(f"[{_FORBIDDEN}]")
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
_ATTRIBUTE = {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
_BACK = {sign[1:-1]: character for character, sign in {**_TEXT, **_ATTRIBUTE}.items()}
_REFERENCE = re.compile(r"&([^;]*);")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ELEMENT = re.compile(rb"<[A-Za-z_]")
_Pick = Callable[[Mapping[str, Any]], tuple[Any, ...]]


def escape_text(text: str) -> str:
    """A text as canonical XML writes it between tags (C14N 1.0, 2.3); refuses `SIGN-100`."""
    return _IN_TEXT.sub(_text_sign, text) if _IN_TEXT.search(text) else text


def escape_attribute(text: str) -> str:
    """A text as canonical XML writes it in an attribute (C14N 1.0, 2.3); refuses `SIGN-100`."""
    return _IN_ATTRIBUTE.sub(_attribute_sign, text) if _IN_ATTRIBUTE.search(text) else text


def unescape(text: str) -> str:
    """The text behind canonical text without tags."""
    return _REFERENCE.sub(lambda found: _BACK[found[1]], text) if "&" in text else text


def element(name: str, attributes: Mapping[str, str | None], *children: str) -> str:
    """One element of a record (phần tử) in canonical form.

    Attributes are sorted, those that are None left out. Children are canonical already: other
    elements, or text through `escape_text`.
    """
    if None in attributes.values():
        attributes = {key: value for key, value in attributes.items() if value is not None}
    template, pick = _shape(name, tuple(attributes))
    values = pick(attributes)
    whole = "".join(values)
    if not whole.isprintable() or "&" in whole or "<" in whole or '"' in whole:
        values = tuple(escape_attribute(value) for value in values)
    return template % (*values, "".join(children))


def is_canonical(data: bytes) -> bool:
    """Whether a document is, byte for byte, its own exclusive canonical form without comments."""
    try:
        assert_canonical(data)
    except Invalid:
        return False
    return True


def assert_canonical(data: bytes) -> etree._Element:
    """The root of a document that is its own canonical form; refuses any other.

    Its first byte opens the root, so that no DTD is ever parsed. `SIGN-111` for comments, processing
    instructions, DTDs and CDATA; `SIGN-112` for what is not XML; `SIGN-101` for other bytes with the
    same meaning.
    """
    if _ELEMENT.match(data) is None or b"<?" in data:
        raise Invalid("SIGN-111")
    try:
        root = etree.fromstring(data, _parser())
        written = etree.tostring(root, method="c14n", exclusive=True, with_comments=False)
    except (etree.LxmlError, ValueError) as error:
        raise Invalid("SIGN-112") from error
    if written != data:
        if b"<!" in data:
            raise Invalid("SIGN-111")
        raise Invalid("SIGN-101")
    return root


def digest(data: bytes) -> bytes:
    """SHA-256, the only digest of references in the profile (giá trị băm)."""
    return hashlib.sha256(data).digest()


@lru_cache(maxsize=1)
def _parser() -> etree.XMLParser:
    """Nothing is resolved, loaded or fetched; libxml2 keeps its own limits of depth and size."""
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, collect_ids=False
    )


@lru_cache(maxsize=4096)
def _shape(name: str, keys: tuple[str, ...]) -> tuple[str, _Pick]:
    """The constant parts of an element and how to pick its values in their order.

    Names come from code, so there are few of them, and each is checked once.
    """
    for one in (name, *keys):
        if _NAME.fullmatch(one) is None or one.lower().startswith("xml"):
            raise Invalid("SIGN-102", name=one)
    order = sorted(keys)
    attributes = "".join(f' {key}="%s"' for key in order)
    template = f"<{PREFIX}:{name}{attributes}>%s</{PREFIX}:{name}>"
    if len(order) > 1:
        return template, itemgetter(*order)
    return template, lambda values: tuple(values[key] for key in order)


def _text_sign(found: re.Match[str]) -> str:
    return _sign(found[0], _TEXT)


def _attribute_sign(found: re.Match[str]) -> str:
    return _sign(found[0], _ATTRIBUTE)


def _sign(character: str, table: Mapping[str, str]) -> str:
    if character not in table:
        raise Invalid("SIGN-100", character=f"U+{ord(character):04X}")
    return table[character]
