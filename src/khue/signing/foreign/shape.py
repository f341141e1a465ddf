"""Reads a document by its layout (đối chiếu bố cục): content, sections, slots, and what stands outside them.

Slots are found by their path from the root, never by searching; every element outside the content
must be part of the way to a slot. Whatever else stands there was signed by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from khue.signing.foreign.layout import SECTION, FormSlot, Layout
from khue.signing.foreign.reading import (
    Problem,
    Stopped,
    doubtful,
    forged,
    identifiers,
    local,
    notes,
    own_text,
)
from khue.signing.report import Sub
from khue.signing.tbs import SlotRef
from khue.signing.xades.grammar import DS

SIGNATURE = f"{{{DS}}}Signature"


@dataclass(frozen=True, slots=True)
class Place:
    """A slot as it stands in one document, empty or signed."""

    slot: FormSlot
    key: str  # the Id of the slot, where there are several of the role
    element: Any
    signatures: tuple[Any, ...]
    covers: tuple[str, ...]  # Ids of what must be signed here

    @property
    def ref(self) -> SlotRef:
        """The place in words that a `ToBeSigned` keeps."""
        return SlotRef(self.slot.role, self.key)


@dataclass(slots=True)
class Shape:
    """What a document holds, read by a layout."""

    layout: Layout
    root: Any
    content: Any = None
    by_id: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, tuple[str, ...]] = field(default_factory=dict)  # Id → who signs it
    places: list[Place] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    level: str = ""


def read_shape(root: Any, layout: Layout, level: str = "") -> Shape:
    """A document by its layout. Without its content it has no shape: `Stopped`."""
    shape = Shape(layout, root)
    shared = frozenset(layout.tag(name) for name in layout.shared_ids)
    shape.by_id, problems = identifiers(root, shared)
    shape.problems += [*notes(root), *problems]
    shape.content = _content(shape)
    _read_sections(shape)
    shape.facts = dict(_facts(shape))
    stated = layout.levels.get(shape.facts.get("level", ""), "")
    shape.level = level or stated
    if level and stated and level != stated:
        shape.problems.append(forged("SIGN-612", stated=stated, expected=level))
    for slot in layout.slots:
        shape.places += _places(shape, slot)
    _check_signatures_in_places(shape)
    _check_outside(shape)
    return shape


def _at(element: Any, path: tuple[str, ...], layout: Layout) -> list[Any]:
    found = [element]
    for name in path:
        tag = None if name == "*" else layout.tag(name)
        found = [
            child for above in found for child in above.iterchildren(tag)
            if isinstance(child.tag, str) and not child.tag.startswith(f"{{{DS}}}")
        ]  # fmt: skip
    return found


def _content(shape: Shape) -> Any:
    layout = shape.layout
    found = _at(shape.root, layout.content, layout)
    alike = list(shape.root.iter(layout.tag(layout.content[-1])))
    if len(found) != 1 or len(alike) != 1 or found[0].get("Id") != layout.content_id:
        raise Stopped(forged("SIGN-613", path="/".join(layout.content), id=layout.content_id))
    return found[0]


def _read_sections(shape: Shape) -> None:
    layout = shape.layout
    if not layout.section:
        return
    tag = layout.tag(layout.section)
    for element in shape.root.iter(tag):
        above = list(element.iterancestors())
        if shape.content not in above or any(one.tag == tag for one in above):
            shape.problems.append(forged("SIGN-614", tag=layout.section))
            continue
        signers = [one.get("Id", "") for one in element.iter(layout.tag(layout.section_signer))]
        identifier = element.get("Id", "")
        if "" in {identifier, *signers} or len(set(signers)) != len(signers):
            shape.problems.append(forged("SIGN-615", tag=layout.section, id=identifier))
        shape.sections[identifier] = tuple(signers)


def _facts(shape: Shape) -> Iterator[tuple[str, str]]:
    """Texts that the layout names, each only where the content holds it once."""
    for key, tags in shape.layout.facts.items():
        found = [one for tag in tags for one in shape.content.iter(shape.layout.tag(tag))]
        if len(found) == 1 and len(found[0]) == 0:
            yield key, own_text(found[0])


def _places(shape: Shape, slot: FormSlot) -> Iterator[Place]:
    by_path = [found for path in slot.paths if (found := _at(shape.root, path, shape.layout))]
    elements = [one for found in by_path for one in found]
    keys = [one.get("Id", "") if slot.keyed else "" for one in elements]
    if len(by_path) > 1 or len(set(keys)) != len(keys) or (slot.keyed and "" in keys):
        shape.problems.append(forged("SIGN-616", slot=slot.name))
        return
    for element, key in zip(elements, keys, strict=True):
        covers = _covered_by(shape, slot, key)
        targets = [shape.by_id.get(one) for one in covers]
        if any(above in targets for above in element.iterancestors()):
            shape.problems.append(forged("SIGN-617", slot=slot.name))
        yield Place(slot, key, element, tuple(element.iterchildren(SIGNATURE)), covers)


def _covered_by(shape: Shape, slot: FormSlot, key: str) -> tuple[str, ...]:
    if slot.covers == SECTION:
        return tuple(identifier for identifier, signers in shape.sections.items() if key in signers)
    identifier = slot.covers[1:]
    target = shape.by_id.get(identifier)
    if target is None or (target is not shape.content and shape.content not in target.iterancestors()):
        shape.problems.append(forged("SIGN-618", id=identifier, slot=slot.name))
    return (identifier,)


def _check_signatures_in_places(shape: Shape) -> None:
    """No signature anywhere else: readers that search for one would find it."""
    known = {id(one) for place in shape.places for one in place.signatures}
    stray = [one for one in shape.root.iter(SIGNATURE) if id(one) not in known]
    if stray:
        shape.problems.append(forged("SIGN-619", count=len(stray)))


def _check_outside(shape: Shape) -> None:
    """What stands outside the content is the way to a slot, a slot, or a signature in it."""
    way = {shape.root}
    for element in (shape.content, *(place.element for place in shape.places), *_lists(shape)):
        step = element
        while step not in way:
            way.add(step)
            step = step.getparent()
    reserved = {shape.layout.tag(name) for name in _reserved(shape.layout)}
    loose = {shape.layout.tag(name) for name in shape.layout.loose}
    for element in _outside(shape.root, shape.content):
        if element in way:
            said = own_text(element) or any(name != "Id" for name in element.attrib)
            if said and element is not shape.content:
                shape.problems.append(doubtful("SIGN-621", tag=local(element)))
        elif element.tag in reserved:
            shape.problems.append(forged("SIGN-620", tag=local(element)))
        elif element.tag not in loose:
            shape.problems.append(doubtful("SIGN-621", tag=local(element)))


def _lists(shape: Shape) -> Iterator[Any]:
    """Lists of slots, which stand there also without slots, as in primary schools."""
    for slot in shape.layout.slots:
        if slot.keyed:
            for path in slot.paths:
                yield from _at(shape.root, path[:-1], shape.layout)


def _reserved(layout: Layout) -> Iterator[str]:
    yield layout.section
    yield layout.content[-1]
    yield from (path[-1] for slot in layout.slots for path in slot.paths)


def _outside(element: Any, content: Any) -> Iterator[Any]:
    """Elements above and beside the content, not what is in it and not the signatures."""
    yield element
    if element is content:
        return
    for child in element:
        if isinstance(child.tag, str) and child.tag != SIGNATURE:
            yield from _outside(child, content)


def signers_of(shape: Shape) -> list[str]:
    """The Ids of those whom the sections name, each once, in their order."""
    return list(dict.fromkeys(key for signers in shape.sections.values() for key in signers))


def missing(shape: Shape) -> tuple[list[str], list[Problem]]:
    """The required signatures that are not there, by the level of the school (primary has no GVBM).

    A file that does not say its level is held to the most that the layout asks for; if it has nothing
    that only secondary schools have, the level must be known from elsewhere.
    """
    names: list[str] = []
    problems: list[Problem] = []
    signed = {(place.slot.role, place.key) for place in shape.places if place.signatures}
    for slot in shape.layout.slots:
        wanted = not shape.level or shape.level in slot.levels
        if not slot.keyed:
            names += [slot.name] if wanted and (slot.role, "") not in signed else []
            continue
        keys = signers_of(shape)
        if not wanted:
            if any(role == slot.role for role, _key in signed):
                problems.append(doubtful("SIGN-622", slot=slot.name, level=shape.level))
        elif keys or shape.level:
            names += [f"{slot.name} {key}" for key in keys if (slot.role, key) not in signed]
            problems += unsigned_sections(shape)
        else:
            problems.append(doubtful("SIGN-623"))
    problems += [forged("SIGN-624", Sub.ROLE_MISSING, names=", ".join(names))] if names else []
    return names, problems


def unsigned_sections(shape: Shape) -> Iterator[Problem]:
    """Sections that name nobody: no teacher answers for them."""
    bare = [identifier for identifier, signers in shape.sections.items() if not signers]
    if bare or not shape.sections:
        yield forged("SIGN-625", Sub.ROLE_MISSING, section=", ".join(bare) or shape.layout.section)
