"""A year page in the Ministry's layout: taken by the reader of forms, signed, verified by others, too."""

from __future__ import annotations

import shutil
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from khue.core.errors import Invalid, Refused
from khue.modules.transcripts.data import Named, SubjectLine, YearPage
from khue.modules.transcripts.forms import ministry
from khue.project.bench.signing_people import pki
from khue.project.bench.signing_records import AT
from khue.project.bench.transcripts_keys import bench_ring, keys_for
from khue.project.bench.transcripts_pages import issued, year_page
from khue.signing.foreign.layout import available
from khue.signing.foreign.opinion import xmlsec1_opinion
from khue.signing.foreign.prepare import open_form
from khue.signing.foreign.verify import verify_foreign
from khue.signing.report import Verdict
from khue.signing.tbs import SlotRef

PAGES = {
    "THCS": year_page("THCS", 9), "THCS TT58": replace(year_page("THCS", 9, old=True), year="2023-2024"),
    "THPT": year_page("THPT", 12), "TH": year_page("TH", 5),
}  # fmt: skip
each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
needs_xmlsec1 = pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")
TRUST = pki().trust(at=AT)
LAYOUT = ministry.layout_of("2025-2026")


def signed(page: YearPage) -> bytes:
    return ministry.sign_form(ministry.write_form(page), LAYOUT, keys_for(page, bench_ring()), at=AT)


def checked(data: bytes, **known: Any) -> Any:
    return verify_foreign(data, trust=TRUST, now=AT, layouts=available(), **known)


@each_page
def test_the_form_says_everything_and_is_its_own_canonical_text(page: YearPage) -> None:
    data = ministry.write_form(page, issued(page))
    assert data == ministry.write_form(page, issued(page))
    root = etree.fromstring(data)
    assert etree.tostring(root, method="c14n", exclusive=True) == data
    assert root.xpath("/HOC_BA/DU_LIEU_HOC_BA/@Id") == ["data"]
    assert len(root.xpath("/HOC_BA/DU_LIEU_HOC_BA/*[@Id='thongtinhocba']")) == 1
    assert root.xpath("//DIEM_TONG_KET/@Id") == [ministry.section_id(line) for line in page.subjects]
    assert root.xpath("//DIEM_TONG_KET/TEN_MON_HOC/text()") == [line.name for line in page.subjects]
    assert root.xpath("//DIEM_TONG_KET/CA_NAM/text()") == [line.year for line in page.subjects]
    assert root.xpath("//NAM_HOC/text()") == [page.year]
    assert root.xpath("//HO_SO_GOC/SHA256/text()") == [issued(page).digest]
    assert root.xpath("//HOC_SINH/HO_VA_TEN/text()") == [page.identity.name]
    assert root.xpath("//NAM_TRUOC/NAM/text()") == [year for year, _name, _school in page.earlier]
    slots = root.xpath("/HOC_BA/DANH_SACH_THONG_TIN_KY//GVBM/@Id")
    assert (slots == []) == (page.level == "TH")
    assert set(slots) == set(root.xpath("//DIEM_TONG_KET//GVBM/@Id"))
    assert len(root.xpath("/HOC_BA/PHAT_HANH_HOC_BA/CBQL")) == 1
    assert len(root.xpath("/HOC_BA/PHAT_HANH_HOC_BA/KY_PHAT_HANH")) == 1


@each_page
def test_the_reader_of_forms_takes_it_and_everybody_signs(page: YearPage) -> None:
    form = open_form(ministry.write_form(page), LAYOUT)
    assert form.level == page.level
    assert form.code == page.transcript
    report = checked(signed(page))
    assert report.verdict is Verdict.VALID, report.text
    assert report.record_code == page.transcript
    assert report.facts["year"] == page.year
    teachers = len(ministry.teacher_ids(page)) if page.level != "TH" else 0
    assert len(report.signatures) == teachers + 3
    assert page.identity.name.encode() in report.content


@needs_xmlsec1
@pytest.mark.parametrize("name", ["THCS", "TH"])
def test_another_program_finds_every_signature_genuine(name: str) -> None:
    answers: list[bool | None] = []

    def opinion(data: bytes, questions: Any) -> list[bool | None]:
        answers.extend(xmlsec1_opinion(data, questions))
        return answers

    report = checked(signed(PAGES[name]), second_opinion=opinion)
    assert report.verdict is Verdict.VALID
    assert answers == [True] * len(report.signatures)


@pytest.mark.parametrize(("old", "new"), [("<CA_NAM>", "<CA_NAM>1"), ("Được lên", "Không được lên")])
def test_a_changed_word_is_noticed(old: str, new: str) -> None:
    data = signed(PAGES["THCS"])
    assert old.encode() in data
    assert checked(data.replace(old.encode(), new.encode(), 1)).verdict is Verdict.INVALID


def test_the_number_of_a_teacher_is_not_told() -> None:
    page = PAGES["THCS"]
    data = ministry.write_form(page).decode()
    for teacher in ministry.teacher_ids(page):
        assert teacher.name in data
        assert teacher.identifier.partition(":")[2] not in data


def test_a_teacher_has_the_same_id_in_every_form() -> None:
    one, other = (ministry.teacher_ids(year_page("THCS", grade, grade)) for grade in (7, 8))
    assert one == other
    assert len(set(one.values())) == len(one)


def test_exempt_subjects_stand_with_the_year_and_need_no_teacher() -> None:
    page = PAGES["THCS"]
    exempt = replace(page.subjects[0], mode="EXEMPT", term1="", term2="", year="", teachers=())
    changed = replace(page, subjects=(exempt, *page.subjects[1:]))
    root = etree.fromstring(ministry.write_form(changed))
    assert root.xpath("//MON_KHONG_DANH_GIA/MON_HOC/MA_MON_HOC/text()") == [exempt.code]
    assert ministry.section_id(exempt) not in root.xpath("//DIEM_TONG_KET/@Id")
    assert checked(signed(changed)).verdict is Verdict.VALID


def test_a_subject_without_a_teacher_is_refused_by_name() -> None:
    page = PAGES["THCS"]
    bare = replace(page, subjects=(replace(page.subjects[0], teachers=()), *page.subjects[1:]))
    with pytest.raises(Invalid) as refusal:
        ministry.write_form(bare)
    assert refusal.value.code == "TRANS-101"
    assert refusal.value.params["subjects"] == page.subjects[0].name


def test_no_layout_for_a_year_before_all() -> None:
    with pytest.raises(Invalid) as refusal:
        ministry.layout_of("1999-2000")
    assert refusal.value.code == "TRANS-102"


def test_a_school_does_not_sign_for_a_person() -> None:
    ring = bench_ring()
    school = next(key for key in ring if key.startswith("MST:"))

    def wrong(ref: SlotRef) -> Any:
        return ring[school]

    with pytest.raises(Refused):
        ministry.sign_form(ministry.write_form(PAGES["TH"]), LAYOUT, wrong, at=AT)


# What XML can carry; a text that imitates a declaration of a namespace is refused by the reader of forms.
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
TEXT = st.text(CHARACTERS, max_size=60).map(lambda text: unicodedata.normalize("NFC", text))
NAMED = st.builds(Named, TEXT.filter(bool), TEXT)
LINES = st.lists(
    st.builds(
        SubjectLine, st.from_regex(r"[A-Z]{2,6}", fullmatch=True), TEXT, st.just("score"), st.integers(1, 40),
        term1=TEXT, year=TEXT, comment=TEXT, teachers=st.lists(NAMED, min_size=1, max_size=2).map(tuple),
    ),
    min_size=1, max_size=4, unique_by=lambda line: line.code,
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(LINES, TEXT, TEXT)
def test_whatever_people_write_the_form_can_be_opened(
    lines: list[SubjectLine], comment: str, name: str
) -> None:
    base = PAGES["THCS"]
    page = replace(base, subjects=tuple(lines), comment=comment, identity=replace(base.identity, name=name))
    data = ministry.write_form(page)
    form = open_form(data, LAYOUT)
    assert form.data == data
    root = etree.fromstring(data)
    said = root.findtext(".//NHAN_XET_GVCN") or ""
    assert unicodedata.normalize("NFC", said) == comment
    assert [one.findtext("NHAN_XET") or "" for one in root.iter("DIEM_TONG_KET")] == [
        line.comment for line in lines
    ]
