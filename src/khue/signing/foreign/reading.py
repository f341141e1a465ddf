"""Opens XML of strangers without obeying it (đọc XML an toàn): size, encoding, no DTD, no tricks.

What is wrong is a `Problem`: forged things make a file invalid, things outside the profile leave it to
a person. Both sides of this package open files here, so that what we sign is what we would accept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from khue.signing.profile import LARGEST
from khue.signing.report import Finding, Sub
from khue.signing.xades.grammar import EXCLUSIVE

INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ID_VALUE = re.compile(r"[\w.\-]{1,200}\Z")
_XML = "{http://www.w3.org/XML/1998/namespace}"
_DECLARED = re.compile(r"""\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_ID_NAMES = frozenset({"Id", "ID", "id", f"{_XML}id"})
_NOTES = etree.XPath("//comment() | //processing-instruction()")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong: forged, or only outside the profile; with its sentence and sub-indication."""

    finding: Finding
    forged: bool
    sub: Sub = Sub.FORMAT_FAILURE


class Stopped(Exception):
    """Nothing more can be read, because of this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.finding.code)
        self.problem = problem


def forged(code: str, sub: Sub = Sub.FORMAT_FAILURE, **params: object) -> Problem:
    """A problem that no honest file has."""
    return Problem(Finding(code, params), forged=True, sub=sub)


def doubtful(code: str, sub: Sub = Sub.FORMAT_FAILURE, **params: object) -> Problem:
    """A problem that an honest file of another tool may have: a person must look."""
    return Problem(Finding(code, params), forged=False, sub=sub)


def _parsed(data: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=False,
        remove_pis=False, strip_cdata=True,
    )  # fmt: skip
    return etree.fromstring(data, parser)


def parse(data: bytes) -> Any:
    """The root of a document, or `Stopped`."""
    if len(data) > LARGEST:
        raise Stopped(doubtful("SIGN-602", size=len(data), largest=LARGEST))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Stopped(doubtful("SIGN-603", encoding="?")) from error
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() != "utf-8":
        raise Stopped(doubtful("SIGN-603", encoding=declared[1]))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Stopped(forged("SIGN-604"))
    try:
        root = _parsed(data)
    except etree.XMLSyntaxError as error:
        raise Stopped(forged("SIGN-605", reason=str(error)[:120])) from error
    if root.getroottree().docinfo.doctype or next(root.iter(etree.Entity), None) is not None:
        raise Stopped(forged("SIGN-604"))
    return root


def notes(root: Any) -> Iterator[Problem]:
    """Comments and processing instructions.

    A comment is not signed and does not show in what was signed, but it cuts a text in two for careless
    readers: «1<!-- -->0». Between elements it says nothing and is let be.
    """
    for node in _NOTES(root):
        if node.tag is etree.ProcessingInstruction:
            yield doubtful("SIGN-608", target=node.target[:40])
            continue
        parent = node.getparent()
        if parent is not None and _has_text(parent):
            yield forged("SIGN-606", tag=local(parent))


def _has_text(element: Any) -> bool:
    return any((part or "").strip() for part in (element.text, *(child.tail for child in element)))


def own_text(element: Any) -> str:
    """The text that stands in an element itself, outside its children, without space around it."""
    return "".join(part or "" for part in (element.text, *(child.tail for child in element))).strip()


def identifiers(root: Any, shared: frozenset[str]) -> tuple[dict[str, Any], list[Problem]]:
    """Elements by Id, and what is wrong with the Ids: each names one element, under one spelling.

    `shared` are qualified names whose Id names a person and may stand on several elements of these names;
    nothing may refer to such an Id.
    """
    found: dict[str, Any] = {}
    persons: set[str] = set()
    problems: list[Problem] = []
    for element in root.iter("*"):
        if _ID_NAMES.isdisjoint(element.keys()):
            continue
        values = [value for name, value in element.items() if name in _ID_NAMES]
        for place, value in enumerate(values):
            if place or not ID_VALUE.match(value):
                problems.append(forged("SIGN-609", value=value[:40]))
            elif element.tag in shared:
                persons.add(value)
            elif value in found:
                problems.append(forged("SIGN-610", value=value))
            else:
                found[value] = element
    problems += [forged("SIGN-610", value=value) for value in sorted(persons & set(found))]
    return found, problems


def inherits_xml_attributes(element: Any) -> bool:
    """Whether an ancestor carries xml:lang, xml:space or xml:base.

    Inclusive C14N copies them to the element that is digested; lxml does not, so the case is refused.
    """
    return any(name.startswith(_XML) for above in element.iterancestors() for name in above.attrib)


def canonical(element: Any, method: str) -> bytes:
    """The canonical octets of an element, without comments, by one of the two methods of the profile.

    Below a default namespace lxml (6.1) writes xmlns="" into inclusive C14N of an element that is not the
    root, so there the element becomes a document of its own first, with the namespaces in scope.
    """
    if method == INCLUSIVE:
        if inherits_xml_attributes(element):
            raise Stopped(doubtful("SIGN-611", tag=local(element)))
        element = _parsed(etree.tostring(element, encoding="UTF-8", with_tail=False))
    elif method != EXCLUSIVE:
        raise Stopped(doubtful("SIGN-635", algorithm=method[-60:]))
    try:
        octets: bytes = etree.tostring(
            element, method="c14n", exclusive=method == EXCLUSIVE, with_comments=False, with_tail=False
        )
    except etree.C14NError as error:  # a namespace without a scheme, which C14N does not allow
        raise Stopped(doubtful("SIGN-659", tag=local(element))) from error
    return octets


def local(element: Any) -> str:
    """The name of an element without its namespace, for sentences."""
    tag: str = element.tag
    return tag.rpartition("}")[2]
