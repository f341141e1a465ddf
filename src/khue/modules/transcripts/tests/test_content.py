"""What a page states goes into the signed bytes and comes out again, whatever it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.modules.transcripts import content
from khue.modules.transcripts.data import Identity, Named, Place, Relative, SubjectLine, Trait, YearPage
from khue.signing.canonical import is_canonical
from khue.signing.xades.reading import parse
from khue.signing.xades.record import Record, assemble

CODE = "ABCD-EFGH-JKMN-PQRS"
# What XML 1.0 can carry; everything else is refused long before (`slots.clean`).
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12)
WORD = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=12
)
NAMED = st.builds(Named, WORD, TEXT)
IDENTITY = st.builds(
    Identity, WORD, *[TEXT] * 10,
    relatives=st.lists(st.builds(Relative, WORD, WORD, TEXT), max_size=3).map(tuple),
)  # fmt: skip
LINE = st.builds(
    SubjectLine, st.sampled_from(["TOAN", "VAN", "NN1", "HDTN-HN"]), WORD,
    st.sampled_from(["score", "comment"]), st.just(0), term1=TEXT, term2=TEXT, year=TEXT, retest=TEXT,
    test=TEXT, mode=TEXT, comment=TEXT, corrections=st.integers(0, 9),
    teachers=st.lists(NAMED, min_size=1, max_size=3).map(tuple),
)  # fmt: skip
TRIPLE = st.tuples(TEXT, TEXT, TEXT)


@st.composite
def pages(draw: st.DrawFn, level: str = "THCS") -> YearPage:
    lines = draw(st.lists(LINE, min_size=1, max_size=5))
    subjects = tuple(replace(line, position=number) for number, line in enumerate(lines, 1))
    if level == "TH":
        subjects = tuple(replace(line, teachers=()) for line in subjects)
    texts = {
        name: draw(TEXT)
        for name in (
            "register_number", "conduct_after", "learning_after", "absences", "absences_excused",
            "absences_unexcused", "height", "weight", "decision", "decision_code", "completion", "title",
            "comment", "summer_comment", "average",
        )
    }  # fmt: skip
    return YearPage(
        transcript=CODE, level=level, year="2025-2026", grade=draw(st.integers(1, 12)), class_name=draw(WORD),
        regime=draw(WORD), place=draw(st.builds(Place, WORD, TEXT, TEXT, TEXT)), identity=draw(IDENTITY),
        subjects=subjects, homeroom=draw(NAMED), conduct=draw(TRIPLE), learning=draw(TRIPLE),
        traits=tuple(draw(st.lists(st.builds(Trait, WORD, WORD, WORD, TEXT, TEXT), max_size=3))),
        awards=tuple(draw(st.lists(WORD, max_size=2))), certificates=tuple(draw(st.lists(WORD, max_size=2))),
        reasons=tuple(draw(st.lists(st.tuples(WORD, TEXT), max_size=2))),
        earlier=tuple(draw(st.lists(st.tuples(WORD, WORD, WORD), max_size=2))), **texts,
    )  # fmt: skip


def written(page: YearPage) -> bytes:
    head = content.head_text(page, identifier="MST:4900123456", version=2, replaces="")
    record = Record(
        content.kind_of(page.level), "K5T2-0000", head, tuple(content.sections_of(page, "K5T2-0000"))
    )
    return assemble(record)


@pytest.mark.parametrize("level", ["THCS", "TH"])
def test_reading_is_the_inverse_of_writing(level: str) -> None:
    @given(pages(level))
    def holds(page: YearPage) -> None:
        file = written(page)
        assert is_canonical(file)
        parse(file)
        assert content.read_page(file) == page
        assert content.read_record(file)[1] == {
            "code": "K5T2-0000", "type": content.kind_of(level), "version": "2", "replaces": "",
            "schoolIdentifier": "MST:4900123456",
        }  # fmt: skip

    holds()


@given(pages(), st.sampled_from(["comment", "decision", "title"]))
def test_what_changed_is_named(page: YearPage, field: str) -> None:
    assert content.changed_between(page, page) == (set(), False)
    assert content.changed_between(page, replace(page, **{field: "khác hẳn trước"})) == ({"year"}, False)
    line = page.subjects[0]
    other = replace(page, subjects=(replace(line, comment="khác hẳn trước"), *page.subjects[1:]))
    assert content.changed_between(page, other) == ({content.section_id(line)}, False)
    renamed = replace(page, identity=replace(page.identity, name="Nông Văn Tên Mới"))
    assert content.changed_between(page, renamed) == (set(), True)
    signed_by_others = replace(page, homeroom=Named("Người khác"))
    assert content.changed_between(page, signed_by_others) == (set(), False)


def test_what_is_no_page_is_refused() -> None:
    with pytest.raises(ValueError, match="no page"):
        content.read_page(
            b'<kr:Content xmlns:kr="urn:khue:record:1" code="a" type="gradebook-year"></kr:Content>'
        )
