"""Our own signatures in the Ministry's places: a whole school signs, in order, and everybody accepts it."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from importlib.resources import files

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from khue.core.errors import Conflict, Invalid, KhueError, Refused
from khue.signing import foreign
from khue.signing.foreign.layout import Layout, available, read
from khue.signing.foreign.opinion import xmlsec1_opinion
from khue.signing.foreign.prepare import Form, complete, open_form, prepare
from khue.signing.foreign.verify import verify_foreign
from khue.signing.report import Verdict
from khue.signing.tbs import SlotRef, ToBeSigned
from khue.signing.tests.foreign_files import DS, NOW, Cast, FakeTrust, Paper, Person, cast, sign, signed

LAYOUT = available()[0]
TEXT = files(foreign).joinpath("layouts", "hoc_ba.toml").read_text(encoding="utf-8")
HOMEROOM, PRINCIPAL, SCHOOL = SlotRef("homeroom"), SlotRef("principal"), SlotRef("school")
needs_xmlsec1 = pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")


@pytest.fixture(scope="module")
def school() -> Cast:
    return cast("ec", 12)


def canonical(paper: Paper) -> bytes:
    return etree.tostring(etree.fromstring(paper.text()), method="c14n", exclusive=True)


def raw(person: Person, tbs: ToBeSigned) -> bytes:
    """What a key returns: DER for ECDSA, as tokens and services do."""
    digest = utils.Prehashed(hashes.SHA384() if len(tbs.digest) == 48 else hashes.SHA256())
    if isinstance(person.key, rsa.RSAPrivateKey):
        return person.key.sign(tbs.digest, padding.PKCS1v15(), digest)
    return person.key.sign(tbs.digest, ec.ECDSA(digest))


def ready(form: Form, ref: SlotRef, person: Person, at: dt.datetime = NOW) -> ToBeSigned:
    return prepare(
        form, ref, certificate=person.certificate, chain=person.chain, signing_time=at, tbs_id="ab" * 16
    )


def put(form: Form, ref: SlotRef, person: Person) -> Form:
    tbs = ready(form, ref, person)
    return complete(form, tbs, raw(person, tbs))


def all_signed(form: Form, people: Cast, *, until: int = 9) -> Form:
    for ref in [cell.ref for cell in form.cells if cell.covers and cell.slot.step < until]:
        if form.level in form.cells[form.cell(ref)].slot.levels:
            form = put(form, ref, people.of(ref.role, ref.section))
    return form


def checked(data: bytes, people: Cast, layout: Layout = LAYOUT, **known: object):
    return verify_foreign(data, trust=FakeTrust(people.issuer), now=NOW, layouts=(layout,), **known)


PAPERS = {
    "beside": Paper(teachers=12),
    "inside": Paper(teachers=12, inside=True),
    "other tag": Paper(school_tag="CHUKYDONVI", wrap_principal=False),
    "pretty": Paper(pretty=True),
    "level by code": Paper(level="04"),
    "primary": Paper(secondary=False, level="TH"),
}


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_whole_school_signs_and_the_verifier_agrees(school: Cast, paper: Paper) -> None:
    data = canonical(paper)
    form = all_signed(open_form(data, LAYOUT), school)
    report = checked(form.data, school)
    assert report.verdict is Verdict.VALID, report.text
    assert len(report.signatures) == (paper.teachers if paper.secondary else 0) + 3
    assert {one.level for one in report.signatures} == {"B"}
    assert report.record_code == "HB-0001"
    assert etree.tostring(etree.fromstring(form.data), method="c14n", exclusive=True) == form.data
    root = etree.fromstring(form.data)
    for one in list(root.iter(f"{{{DS}}}Signature")):
        one.getparent().remove(one)
    assert etree.tostring(root, method="c14n", exclusive=True) == data  # nothing but signatures was added


@needs_xmlsec1
@pytest.mark.parametrize("inside", [False, True])
def test_another_program_agrees_on_every_signature(school: Cast, inside: bool) -> None:
    form = all_signed(open_form(canonical(Paper(teachers=3, inside=inside)), LAYOUT), school)
    answers = []

    def opinion(data, questions):
        answers.extend(xmlsec1_opinion(data, questions))
        return answers

    report = checked(form.data, school, second_opinion=opinion)
    assert answers == [True] * 6
    assert report.verdict is Verdict.VALID


@pytest.mark.parametrize("kind", ["rsa", "p384"])
def test_keys_of_other_kinds(kind: str) -> None:
    people = cast(kind, 1)
    form = all_signed(open_form(canonical(Paper(teachers=1)), LAYOUT), people)
    report = checked(form.data, people)
    assert report.verdict is Verdict.VALID
    assert {one.algorithm for one in report.signatures} == {
        "rsa": {"rsa-sha256"}, "p384": {"ecdsa-p384-sha384"}
    }[kind]  # fmt: skip


def test_signing_goes_on_from_the_stored_document(school: Cast) -> None:
    form = open_form(canonical(Paper()), LAYOUT)
    for ref in [cell.ref for cell in form.cells]:
        tbs = ready(form, ref, school.of(ref.role, ref.section))
        value = raw(school.of(ref.role, ref.section), tbs)
        straight = complete(form, tbs, value)
        form = complete(open_form(form.data, LAYOUT), tbs, value)
        assert form.data == straight.data
    assert checked(form.data, school).verdict is Verdict.VALID


def test_teachers_do_not_wait_for_each_other(school: Cast) -> None:
    form = open_form(canonical(Paper()), LAYOUT)
    refs = [cell.ref for cell in form.cells if cell.slot.role == "teacher"]
    prepared = [ready(form, ref, school.of("teacher", ref.section)) for ref in refs]
    for tbs in reversed(prepared):
        form = complete(form, tbs, raw(school.of("teacher", tbs.slot.section), tbs))
    assert checked(all_signed(form, school, until=0).data, school).missing == (
        "Giáo viên chủ nhiệm", "Cán bộ quản lí", "Nhà trường"
    )  # fmt: skip
    for ref in (HOMEROOM, PRINCIPAL, SCHOOL):
        form = put(form, ref, school.of(ref.role))
    assert checked(form.data, school).verdict is Verdict.VALID


def test_a_teacher_of_two_subjects_signs_once_over_both(school: Cast) -> None:
    two = '<DIEM_TONG_KET Id="mon99"><MON>Tin học</MON><GVBM Id="GV02"></GVBM></DIEM_TONG_KET>'
    form = all_signed(open_form(canonical(Paper(section=two)), LAYOUT), school)
    report = checked(form.data, school)
    assert report.verdict is Verdict.VALID
    assert [one.section for one in report.signatures][1] == "mon02, mon99"
    changed = form.data.replace("Tin học".encode(), "Tin tức".encode())
    assert checked(changed, school).verdict is Verdict.INVALID


def test_two_teachers_of_one_subject_both_sign_it(school: Cast) -> None:
    both = '<GVBM Id="GV01"></GVBM><GVBM Id="GV03"></GVBM>'
    two = f'<DIEM_TONG_KET Id="mon99"><MON>KHTN</MON>{both}</DIEM_TONG_KET>'
    form = open_form(canonical(Paper(section=two)), LAYOUT)
    assert [cell.covers for cell in form.cells][:3] == [("mon01", "mon99"), ("mon02",), ("mon03", "mon99")]
    assert checked(all_signed(form, school).data, school).verdict is Verdict.VALID


def test_a_layout_with_a_namespace(school: Cast) -> None:
    layout = read(TEXT.replace('namespace = ""', 'namespace = "urn:moet:hocba"'), "x.toml")
    paper = Paper(root=' xmlns="urn:moet:hocba"')
    form = all_signed(open_form(canonical(paper), layout), school)
    report = checked(form.data, school, layout)
    assert report.verdict is Verdict.VALID, report.text
    assert report.content.startswith(b'<DU_LIEU_HOC_BA xmlns="urn:moet:hocba" Id="data">')
    assert checked(form.data, school).verdict is Verdict.UNCERTAIN  # not the layout without


def test_a_layout_without_chain_references(school: Cast) -> None:
    layout = read(TEXT.replace("chain = true", "chain = false"), "x.toml")
    form = all_signed(open_form(canonical(Paper()), layout), school)
    assert b"CountersignedSignature" not in form.data
    assert checked(form.data, school).verdict is Verdict.VALID


def test_the_chain_proves_which_signatures_came_before(school: Cast) -> None:
    form = all_signed(open_form(canonical(Paper()), LAYOUT), school)
    assert form.data.count(b"#CountersignedSignature") == 3 + 4 + 5
    root = etree.fromstring(form.data)
    slot = root.find("DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM")
    first = SlotRef("teacher", "GV01")
    again = put(open_form(canonical(Paper()), LAYOUT), first, school.of("teacher", "GV01"))
    fresh = etree.fromstring(again.data).find("DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM")[0]
    slot.replace(slot[0], fresh)  # signed anew after the others: itself genuine
    report = checked(etree.tostring(root), school)
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].valid
    assert not report.signatures[-1].intact


# What is refused


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        (HOMEROOM, "SIGN-665"),
        (PRINCIPAL, "SIGN-665"),
        (SCHOOL, "SIGN-665"),
        (SlotRef("teacher", "GV99"), "SIGN-660"),
        (SlotRef("clerk"), "SIGN-660"),
        (SlotRef("homeroom", "x"), "SIGN-660"),
    ],
)
def test_a_slot_that_is_not_there_or_not_due(school: Cast, ref: SlotRef, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        ready(open_form(canonical(Paper()), LAYOUT), ref, school.homeroom)
    assert refusal.value.code == code


def test_the_homeroom_teacher_waits_for_the_last_subject_teacher(school: Cast) -> None:
    form = open_form(canonical(Paper()), LAYOUT)
    for number in (1, 2):
        form = put(form, SlotRef("teacher", f"GV0{number}"), school.of("teacher", f"GV0{number}"))
    with pytest.raises(Refused) as refusal:
        ready(form, HOMEROOM, school.homeroom)
    assert refusal.value.params["waiting"] == "Giáo viên bộ môn GV03"
    form = put(form, SlotRef("teacher", "GV03"), school.of("teacher", "GV03"))
    assert ready(form, HOMEROOM, school.homeroom).slot == HOMEROOM


def test_primary_schools_have_no_subject_teachers(school: Cast) -> None:
    form = open_form(canonical(Paper(level="TH")), LAYOUT)
    with pytest.raises(Refused) as refusal:
        ready(form, SlotRef("teacher", "GV01"), school.of("teacher", "GV01"))
    assert refusal.value.code == "SIGN-660"
    assert put(form, HOMEROOM, school.homeroom).data != form.data


def test_a_full_slot(school: Cast) -> None:
    form = open_form(canonical(Paper()), LAYOUT)
    ref = SlotRef("teacher", "GV01")
    tbs = ready(form, ref, school.of("teacher", "GV01"))
    done = complete(form, tbs, raw(school.of("teacher", "GV01"), tbs))
    for act in (lambda: ready(done, ref, school.homeroom), lambda: complete(done, tbs, b"")):
        with pytest.raises(Conflict) as refusal:
            act()
        assert refusal.value.code == "SIGN-664"


def test_the_wrong_kind_of_certificate(school: Cast) -> None:
    form = all_signed(open_form(canonical(Paper()), LAYOUT), school, until=4)
    for ref, person in ((SCHOOL, school.principal),):
        with pytest.raises(Refused) as refusal:
            ready(form, ref, person)
        assert refusal.value.code == "SIGN-666"
    with pytest.raises(Refused) as refusal:
        ready(open_form(canonical(Paper()), LAYOUT), SlotRef("teacher", "GV01"), school.school)
    assert refusal.value.code == "SIGN-666"


@pytest.mark.parametrize("days", [-400, 400])
def test_a_certificate_outside_its_time(school: Cast, days: int) -> None:
    with pytest.raises(Refused) as refusal:
        ready(
            open_form(canonical(Paper()), LAYOUT), SlotRef("teacher", "GV01"), school.of("teacher", "GV01"),
            NOW + dt.timedelta(days=days),
        )  # fmt: skip
    assert refusal.value.code == "SIGN-667"


def test_a_key_outside_the_profile(school: Cast) -> None:
    weak = school.issuer.give(ec.generate_private_key(ec.SECP256K1()), "Khoá Lạ", "CCCD:001099000077")
    with pytest.raises(Invalid) as refusal:
        ready(open_form(canonical(Paper()), LAYOUT), SlotRef("teacher", "GV01"), weak)
    assert refusal.value.code == "SIGN-001"


def test_values_that_come_back_swapped_cut_or_changed(school: Cast) -> None:
    form = open_form(canonical(Paper()), LAYOUT)
    one, two = (ready(form, SlotRef("teacher", key), school.of("teacher", key)) for key in ("GV01", "GV02"))
    value = raw(school.of("teacher", "GV01"), one)
    for tbs, returned in ((two, value), (one, value[:-1]), (one, b""), (one, bytes(64))):
        with pytest.raises(KhueError) as refusal:
            complete(form, tbs, returned)
        assert refusal.value.code in {"SIGN-669", "SIGN-002"}
    for changed in (replace(one, digest=two.digest), replace(one, certificate=two.certificate)):
        with pytest.raises(KhueError) as refusal:
            complete(form, changed, value)
        assert refusal.value.code == "SIGN-669"
    assert complete(form, one, value).data != form.data


def test_a_document_that_changed_since_it_was_prepared(school: Cast) -> None:
    form = open_form(canonical(Paper()), LAYOUT)
    person = school.of("teacher", "GV01")
    tbs = ready(form, SlotRef("teacher", "GV01"), person)
    other = open_form(form.data.replace(b"<HK1>8.1", b"<HK1>9.1"), LAYOUT)
    with pytest.raises(Conflict) as refusal:
        complete(other, tbs, raw(person, tbs))
    assert refusal.value.code == "SIGN-668"
    with pytest.raises(Conflict) as refusal:
        complete(form, replace(tbs, signed_properties=tbs.signed_properties + b" "), raw(person, tbs))
    assert refusal.value.code == "SIGN-668"


BAD_DOCUMENTS = {
    "not canonical": (lambda text: text.replace("<CBQL></CBQL>", "<CBQL/>"), "SIGN-661"),
    "declaration": (lambda text: f'<?xml version="1.0"?>{text}', "SIGN-661"),
    "instruction": (lambda text: text.replace("<KET_QUA>", "<?x y?><KET_QUA>"), "SIGN-608"),
    "prefix": (lambda text: text.replace("<KET_QUA>", '<KET_QUA xmlns:a="urn:a" a:b="1">'), "SIGN-661"),
    "namespace": (lambda text: text.replace("<KET_QUA>", '<KET_QUA xmlns="urn:a">'), "SIGN-661"),
    "other namespace": (lambda text: text.replace("<HOC_BA>", '<HOC_BA xmlns="urn:a">'), "SIGN-601"),
    "no level": (lambda text: text.replace("<MA_CAP_HOC>THCS</MA_CAP_HOC>", ""), "SIGN-662"),
    "comment in a text": (lambda text: text.replace("Khá", "K<!-- -->há"), "SIGN-606"),
    "doctype": (lambda text: f"<!DOCTYPE HOC_BA>{text}", "SIGN-604"),
    "same Id": (lambda text: text.replace('Id="mon02"', 'Id="mon01"'), "SIGN-610"),
    "no slot for a teacher": (
        lambda text: text.replace('<DANH_SACH_GVBM><GVBM Id="GV01"></GVBM>', "<DANH_SACH_GVBM>"), "SIGN-670"
    ),
    "no slot for the school": (lambda text: text.replace("<KY_PHAT_HANH></KY_PHAT_HANH>", ""), "SIGN-670"),
    "a subject without a teacher": (
        lambda text: text.replace('<CN>7.2</CN><GVBM Id="GV02"></GVBM>', "<CN>7.2</CN>"), "SIGN-625"
    ),
    "something outside": (lambda text: text.replace("</HOC_BA>", "<X></X></HOC_BA>"), "SIGN-621"),
    "text outside": (lambda text: text.replace("<XAC_NHAN>", "<XAC_NHAN>ok"), "SIGN-621"),
    "two contents": (
        lambda text: text.replace("</HOC_BA>", "<DU_LIEU_HOC_BA></DU_LIEU_HOC_BA></HOC_BA>"), "SIGN-613"
    ),
    "not XML": (lambda text: text[:-3], "SIGN-605"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "code"), BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_documents_that_are_not_signed(change, code: str) -> None:
    text = canonical(Paper()).decode()
    changed = change(text)
    assert changed != text
    with pytest.raises(Invalid) as refusal:
        open_form(changed.encode(), LAYOUT)
    assert refusal.value.code == code


def test_a_level_that_the_caller_knows() -> None:
    text = canonical(Paper(level=""))
    assert open_form(text, LAYOUT, level="THPT").level == "THPT"
    with pytest.raises(Invalid) as refusal:
        open_form(canonical(Paper(level="TH")), LAYOUT, level="THCS")
    assert refusal.value.code == "SIGN-612"
    assert open_form(text, LAYOUT, level="THPT", code="HB-9").code == "HB-9"


def test_signatures_of_other_tools_are_not_built_upon(school: Cast) -> None:
    root = etree.fromstring(canonical(Paper()))
    path = "DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM"
    sign(root, path, "mon01", school.of("teacher", "GV01"))
    with pytest.raises(Refused) as refusal:
        open_form(etree.tostring(root, method="c14n", exclusive=True), LAYOUT)
    assert refusal.value.code == "SIGN-663"
    foreign_file = etree.fromstring(signed(Paper(), school))
    assert foreign_file.find(path)[0].tag == f"{{{DS}}}Signature"


TEXTS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x1FFF, exclude_categories=["Cs", "Cc", "Cn"])
    | st.sampled_from("<>&\"'\t\n\r>𠀀"),
    max_size=30,
)


@given(name=TEXTS, attribute=TEXTS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_signed_as_it_stands(school: Cast, name: str, attribute: str) -> None:
    root = etree.fromstring(Paper(teachers=1).text())
    root.find(".//HO_TEN").text = name
    root.find(".//THONG_TIN_CHUNG").set("ghi_chu", attribute)
    root.find(".//DIEM_TONG_KET").set("ghi_chu", attribute)
    data = etree.tostring(root, method="c14n", exclusive=True)
    try:
        form = open_form(data, LAYOUT)
    except Invalid as refusal:
        assert " xmlns" in name + attribute or "<?" in data.decode(), refusal.code  # noqa: PT017
        return
    form = all_signed(form, school)
    report = checked(form.data, school)
    assert report.verdict is Verdict.VALID
    shown = etree.fromstring(report.content)
    assert (shown.find(".//HO_TEN").text or "") == name
