"""A year page as canonical record text, and back (nội dung học bạ được ký).

`read_page` is the inverse of what is written here: nothing that a page states is lost on the way into the
signed bytes and out again. Sections bind themselves to their pupil by the code of the transcript, which
never changes, so that a corrected name takes no teacher's signature away.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from khue.modules.transcripts.data import (
    Identity,
    Named,
    Place,
    Relative,
    SubjectLine,
    Trait,
    YearPage,
)
from khue.signing.canonical import element, escape_text
from khue.signing.profile import NAMESPACE
from khue.signing.xades.record import Section, Signer, build_head, build_section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDARY, PRIMARY = "transcript-secondary", "transcript-primary"
KINDS = (SECONDARY, PRIMARY)
YEAR, YEAR_POSITION = "year", 900
LEVEL_NAMES = {"TH": "tiểu học", "THCS": "THCS", "THPT": "THPT"}
YEAR_SECTION = "Kết quả cả năm"
_KR = f"{{{NAMESPACE}}}"
_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_LONGEST_ID = 20
_TRIPLES = ("conduct", "learning")
# Plain texts of a page that stand as attributes of the year section.
_YEAR_TEXTS = (
    "conduct_after", "learning_after", "absences", "absences_excused", "absences_unexcused", "height",
    "weight", "decision", "decision_code", "completion", "title", "average",
)  # fmt: skip
_IDENTITY = tuple(one.name for one in fields(Identity) if one.name != "relatives")


def kind_of(level: str) -> str:
    """The record type of a level's pages."""
    return PRIMARY if level == "TH" else SECONDARY


def title_of(page: YearPage) -> str:
    """The name of a page: «Học bạ THCS, Lý Tiến Bình, lớp 6A, 2025-2026»."""
    level = LEVEL_NAMES[page.level]
    return f"Học bạ {level}, {page.identity.name}, lớp {page.class_name}, {page.year}"[:200]


def section_id(line: SubjectLine) -> str:
    """The Id of a subject's section: by its place and code, the same every time."""
    return section_key(line.position, line.code)


def section_key(position: int, code: str) -> str:
    """The same of a subject that has no line yet."""
    return f"s{position:02d}{_NOT_LETTERS.sub('', code.lower())}"[:_LONGEST_ID]


def holder_of(level: str, section: str) -> str:
    """Which section of the record holds it: everything on a primary page is part of the year."""
    return YEAR if level == "TH" else section


def sections_needed(page: YearPage) -> list[str]:
    """The Ids of all sections that a page must have."""
    subjects = [] if page.level == "TH" else [section_id(line) for line in page.subjects]
    return [*subjects, YEAR]


def head_text(page: YearPage, *, identifier: str, version: int, replaces: str) -> str:
    """The head: whose transcript it is, of which year, class and school (trang bìa, sơ yếu lí lịch)."""
    identity = page.identity
    relatives = [
        element(
            "Relative", {"relation": one.relation, "name": one.name, "occupation": one.occupation or None}
        )
        for one in identity.relatives
    ]
    pupil = element(
        "Pupil", {_camel(name): getattr(identity, name) or None for name in _IDENTITY}, *relatives
    )
    before = [
        element("Before", {"year": year, "class": name, "school": school})
        for year, name, school in page.earlier
    ]
    return build_head(
        page.place.school, identifier,
        {
            "title": title_of(page), "transcript": page.transcript, "level": page.level, "year": page.year,
            "grade": str(page.grade), "class": page.class_name, "regulation": page.regime,
            "schoolCode": page.place.school_code or None, "commune": page.place.commune or None,
            "province": page.place.province or None, "registerNumber": page.register_number or None,
            "version": str(version), "replaces": replaces or None,
        },
        pupil, *before,
    )  # fmt: skip


def subject_text(page: YearPage, line: SubjectLine, record: str, signers: Sequence[Named]) -> str:
    """A subject as its teachers sign it (một môn học, hoạt động giáo dục)."""
    return build_section(
        section_id(line), "subject", record, _signers("teacher", signers),
        {"transcript": page.transcript, "schoolYear": page.year, **_line(line)}, *_comment(line.comment),
    ).text  # fmt: skip


def year_text(page: YearPage, record: str, homeroom: Named) -> str:
    """The year as the homeroom teacher signs it: conduct, learning, decision, comment (trang kết quả năm)."""
    attributes: dict[str, str | None] = {
        "name": YEAR_SECTION, "transcript": page.transcript, "schoolYear": page.year,
    }  # fmt: skip
    for name in _TRIPLES:
        for number, value in enumerate(getattr(page, name), 1):
            attributes[f"{name}{number}"] = value or None
    attributes |= {_camel(name): getattr(page, name) or None for name in _YEAR_TEXTS}
    return build_section(
        YEAR, YEAR, record, _signers("homeroom", [homeroom]), attributes, *_year_parts(page)
    ).text  # fmt: skip


def sections_of(page: YearPage, record: str) -> list[Section]:
    """All sections of a page, with the signers that it names."""
    lines = [] if page.level == "TH" else page.subjects
    found = [
        Section(section_id(line), "subject", subject_text(page, line, record, line.teachers))
        for line in lines
    ]
    return [*found, Section(YEAR, YEAR, year_text(page, record, page.homeroom))]


def changed_between(before: YearPage, after: YearPage) -> tuple[set[str], bool]:
    """The sections that read otherwise now, and whether the head does; signers do not count."""
    nobody = Named("")
    old, new = (
        {one.id: one.text for one in sections_of(without_signers(page), nobody.name)}
        for page in (before, after)
    )
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
    heads = {head_text(page, identifier="", version=1, replaces="") for page in (before, after)}
    return changed, len(heads) > 1


def without_signers(page: YearPage) -> YearPage:
    """A page as it is frozen: who signs is settled when it is signed."""
    return replace(
        page, homeroom=Named(""), subjects=tuple(replace(line, teachers=()) for line in page.subjects)
    )


def read_page(data: bytes) -> YearPage:
    """The page in a record file, or in its verified content alone."""
    return read_record(data)[0]


def read_record(data: bytes) -> tuple[YearPage, dict[str, str]]:
    """The page, and what else the file says: its code, type, version, what it replaces, the seal's number."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    content = root if root.tag == f"{_KR}Content" else root.find(f"{_KR}Content")
    head = None if content is None else content.find(f"{_KR}Head")
    if content is None or head is None or content.get("type") not in KINDS:
        msg = "this is no page of a transcript"
        raise ValueError(msg)
    sections = {one.get("Id", ""): one for one in content.iterfind(f"{_KR}Section")}
    said = {
        "code": content.get("code", ""), "type": content.get("type", ""), "version": head.get("version", "1"),
        "replaces": head.get("replaces", ""), "schoolIdentifier": head.get("schoolIdentifier", ""),
    }  # fmt: skip
    return _page(head, sections), said


def _page(head: etree._Element, sections: Mapping[str, etree._Element]) -> YearPage:
    year = sections.get(YEAR)
    own = [_read_line(one) for key, one in sections.items() if key != YEAR]
    inside = [] if year is None else [_read_line(one) for one in year.iterfind(f"{_KR}Subject")]
    get = _getter(head)
    page = YearPage(
        transcript=get("transcript"), level=get("level"), year=get("year"), grade=int(get("grade")),
        class_name=get("class"), regime=get("regulation"),
        place=Place(get("school"), get("schoolCode"), get("commune"), get("province")),
        identity=_identity(head), register_number=get("registerNumber"),
        subjects=tuple(own or inside), homeroom=Named(""),
        earlier=tuple(
            (one.get("year", ""), one.get("class", ""), one.get("school", ""))
            for one in head.iterfind(f"{_KR}Before")
        ),
    )  # fmt: skip
    return page if year is None else replace(page, **_read_year(year))


def _identity(head: etree._Element) -> Identity:
    pupil = head.find(f"{_KR}Pupil")
    if pupil is None:
        msg = "a page names its pupil"
        raise ValueError(msg)
    relatives = tuple(
        Relative(one.get("relation", ""), one.get("name", ""), one.get("occupation", ""))
        for one in pupil.iterfind(f"{_KR}Relative")
    )
    return Identity(**{name: pupil.get(_camel(name), "") for name in _IDENTITY}, relatives=relatives)


def _read_line(one: etree._Element) -> SubjectLine:
    get = _getter(one)
    comment = one.find(f"{_KR}Comment")
    teachers = tuple(_named(signer) for signer in one.iterfind(f"{_KR}Signer"))
    return SubjectLine(
        get("subject"), get("name"), get("assessment"), int(get("position")),
        term1=get("term1"), term2=get("term2"), year=get("result"), retest=get("retest"), test=get("test"),
        mode=get("mode"), comment="" if comment is None else comment.text or "",
        corrections=int(get("corrections") or 0), teachers=teachers,
    )  # fmt: skip


def _read_year(section: etree._Element) -> dict[str, Any]:
    get = _getter(section)
    homeroom = section.find(f"{_KR}Signer")
    found: dict[str, Any] = {name: get(_camel(name)) for name in _YEAR_TEXTS}
    for name in _TRIPLES:
        found[name] = (get(f"{name}1"), get(f"{name}2"), get(f"{name}3"))
    texts = {"Award": [], "Certificate": [], "Comment": [], "SummerComment": []}  # type: ignore[var-annotated]
    for name, into in texts.items():
        into += [one.text or "" for one in section.iterfind(f"{_KR}{name}")]
    return found | {
        "homeroom": Named("") if homeroom is None else _named(homeroom),
        "traits": tuple(_read_trait(one) for one in section.iterfind(f"{_KR}Trait")),
        "awards": tuple(texts["Award"]), "certificates": tuple(texts["Certificate"]),
        "comment": "".join(texts["Comment"]), "summer_comment": "".join(texts["SummerComment"]),
        "reasons": tuple(
            (one.get("clause", ""), one.text or "") for one in section.iterfind(f"{_KR}Reason")
        ),
    }  # fmt: skip


def _read_trait(one: etree._Element) -> Trait:
    return Trait(
        one.get("group", ""), one.get("code", ""), one.get("name", ""), one.get("level", ""), one.text or ""
    )


def _named(signer: etree._Element) -> Named:
    return Named(signer.get("name", ""), signer.get("identifier", ""))


def _getter(one: etree._Element) -> Any:
    return lambda name: one.get(name, "")


def _year_parts(page: YearPage) -> list[str]:
    lines = page.subjects if page.level == "TH" else ()
    return [
        *(element("Subject", _line(line), *_comment(line.comment)) for line in lines),
        *(
            element(
                "Trait", {"group": one.group, "code": one.code, "name": one.name, "level": one.level or None},
                escape_text(one.comment),
            )
            for one in page.traits
        ),
        *(element("Award", {}, escape_text(text)) for text in page.awards),
        *(element("Certificate", {}, escape_text(text)) for text in page.certificates),
        *_comment(page.comment),
        *([element("SummerComment", {}, escape_text(page.summer_comment))] if page.summer_comment else ()),
        *(element("Reason", {"clause": clause}, escape_text(text)) for clause, text in page.reasons),
    ]  # fmt: skip


def _line(line: SubjectLine) -> dict[str, str | None]:
    return {
        "name": line.name, "subject": line.code, "assessment": line.kind, "position": str(line.position),
        "term1": line.term1 or None, "term2": line.term2 or None, "result": line.year or None,
        "retest": line.retest or None, "test": line.test or None, "mode": line.mode or None,
        "corrections": str(line.corrections) if line.corrections else None,
    }  # fmt: skip


def _comment(text: str) -> list[str]:
    return [element("Comment", {}, escape_text(text))] if text else []


def _signers(role: str, signers: Sequence[Named]) -> list[Signer]:
    return [Signer(one.identifier, one.name, number, role) for number, one in enumerate(signers, 1)]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
