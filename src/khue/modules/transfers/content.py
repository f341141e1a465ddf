"""A parcel as canonical record text, and back (nội dung gói chuyển trường được ký).

`read_parcel` is the inverse of `parcel_text`: what one school signed is what the next one reads, whatever
program it runs. The format is described for strangers in docs/records/transfer.md.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from lxml import etree

from khue.modules.transcripts.data import Identity, Place, Relative
from khue.modules.transfers.data import Enclosed, Mark, Parcel, Step, SubjectTaken
from khue.signing.canonical import element, escape_text
from khue.signing.profile import NAMESPACE
from khue.signing.xades.record import build_head, build_section

if TYPE_CHECKING:
    from collections.abc import Iterable

KIND, SECTION, POSITION = "transfer-parcel", "parcel", 1
SECTION_NAME = "Hồ sơ chuyển trường"
_KR = f"{{{NAMESPACE}}}"
_IDENTITY = tuple(one.name for one in fields(Identity) if one.name != "relatives")
# Plain texts of a parcel that stand as attributes of its section.
_TEXTS = (
    "code", "made_on", "leaves_on", "reason", "to_school", "to_code", "level", "year", "class_name", "regime",
    "combination", "register_number",
)  # fmt: skip


def title_of(parcel: Parcel) -> str:
    """The name of a parcel: «Chuyển trường: Lý Tiến Bình, lớp 7A, đến Trường THCS Chi Lăng»."""
    return f"Chuyển trường: {parcel.identity.name}, lớp {parcel.class_name}, đến {parcel.to_school}"[:200]


def head_text(parcel: Parcel, *, identifier: str, version: int, replaces: str) -> str:
    """The head: which school gives whom to which school."""
    place = parcel.place
    return build_head(
        place.school, identifier,
        {
            "title": title_of(parcel), "transfer": parcel.code, "level": parcel.level, "year": parcel.year,
            "grade": str(parcel.grade), "class": parcel.class_name, "schoolCode": place.school_code or None,
            "commune": place.commune or None, "province": place.province or None,
            "version": str(version), "replaces": replaces or None,
        },
    )  # fmt: skip


def parcel_text(parcel: Parcel, record: str) -> str:
    """The whole parcel but the enclosed files, which it names by their digests."""
    attributes: dict[str, str | None] = {"name": SECTION_NAME, "grade": str(parcel.grade)}
    attributes |= {_camel(name): getattr(parcel, name) or None for name in _TEXTS}
    return build_section(SECTION, SECTION, record, [], attributes, *_parts(parcel)).text


def read_parcel(data: bytes) -> Parcel:
    """The parcel in a record file, or in its verified content alone; `ValueError` for anything else."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    content = root if root.tag == f"{_KR}Content" else root.find(f"{_KR}Content")
    head = None if content is None else content.find(f"{_KR}Head")
    section = None if content is None else content.find(f"{_KR}Section")
    if content is None or head is None or section is None or content.get("type") != KIND:
        msg = "this is no parcel of a transfer"
        raise ValueError(msg)
    pupil, plan = section.find(f"{_KR}Pupil"), section.find(f"{_KR}Plan")
    if pupil is None:
        msg = "a parcel names its pupil"
        raise ValueError(msg)
    return Parcel(
        **{name: section.get(_camel(name), "") for name in _TEXTS},
        place=Place(
            head.get("school", ""), head.get("schoolCode", ""), head.get("commune", ""),
            head.get("province", ""),
        ),
        identity=_identity(pupil), grade=int(section.get("grade", "0")),
        plan="" if plan is None else plan.text or "",
        subjects=tuple(_subject(one) for one in section.iterfind(f"{_KR}Subject")),
        marks=tuple(_mark(one) for one in section.iterfind(f"{_KR}Mark")),
        path=tuple(_step(one) for one in section.iterfind(f"{_KR}Step")),
        files=tuple(_file(one) for one in section.iterfind(f"{_KR}File")),
    )  # fmt: skip


def _parts(parcel: Parcel) -> Iterable[str]:
    identity = parcel.identity
    yield element(
        "Pupil",
        {_camel(name): getattr(identity, name) or None for name in _IDENTITY},
        *(
            element("Relative", {"relation": o.relation, "name": o.name, "occupation": o.occupation or None})
            for o in identity.relatives
        ),
    )
    if parcel.plan:
        yield element("Plan", {}, escape_text(parcel.plan))
    for one in parcel.subjects:
        attributes: dict[str, str | None] = {
            "code": one.code, "name": one.name, "kind": one.kind, "mode": one.mode or None,
            "elective": "true" if one.elective else None, "topic": "true" if one.topic else None,
            "decision": one.decision or None,
        }  # fmt: skip
        attributes |= {f"average{n}": value or None for n, value in enumerate(one.averages, 1)}
        yield element("Subject", attributes)
    for mark in parcel.marks:
        yield element(
            "Mark",
            {
                "subject": mark.subject or None, "term": str(mark.term), "column": mark.column,
                "state": mark.state if mark.state != "MARK" else None, "on": mark.on or None,
            },
            escape_text(mark.value),
        )  # fmt: skip
    for step in parcel.path:
        yield element(
            "Step",
            {"on": step.on, "what": step.what, "decision": step.decision or None, "at": step.school or None},
            escape_text(step.detail),
        )
    for file in parcel.files:
        yield element(
            "File",
            {"name": file.name, "title": file.title, "digest": file.digest, "size": str(file.size)},
        )


def _identity(pupil: etree._Element) -> Identity:
    relatives = tuple(
        Relative(one.get("relation", ""), one.get("name", ""), one.get("occupation", ""))
        for one in pupil.iterfind(f"{_KR}Relative")
    )
    return Identity(**{name: pupil.get(_camel(name), "") for name in _IDENTITY}, relatives=relatives)


def _subject(one: etree._Element) -> SubjectTaken:
    get: Any = lambda name: one.get(name, "")  # noqa: E731 - reads as a table below
    return SubjectTaken(
        get("code"), get("name"), get("kind"), get("elective") == "true", get("topic") == "true",
        get("mode"), get("decision"), (get("average1"), get("average2"), get("average3")),
    )  # fmt: skip


def _mark(one: etree._Element) -> Mark:
    return Mark(
        one.get("subject", ""), int(one.get("term", "0")), one.get("column", ""), one.text or "",
        one.get("state", "MARK"), one.get("on", ""),
    )  # fmt: skip


def _step(one: etree._Element) -> Step:
    return Step(
        one.get("on", ""), one.get("what", ""), one.text or "", one.get("decision", ""), one.get("at", "")
    )


def _file(one: etree._Element) -> Enclosed:
    return Enclosed(
        one.get("name", ""), one.get("title", ""), one.get("digest", ""), int(one.get("size", "0"))
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
