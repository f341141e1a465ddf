"""Honest files of other tools are accepted; what cannot be known is said; a second program is asked."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import itertools
import shutil
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml import SignatureConstructionMethod, XMLSigner

from khue.signing.demo.pki import DemoPki
from khue.signing.foreign.layout import available
from khue.signing.foreign.opinion import xmlsec1_opinion
from khue.signing.foreign.reading import canonical
from khue.signing.foreign.verify import Question, verify_foreign
from khue.signing.report import Indication, Sub, Verdict
from khue.signing.tests.foreign_files import (
    DS,
    ENVELOPED,
    EXC,
    INC,
    NOW,
    STAMPED,
    Cast,
    FakeTrust,
    Issuer,
    Paper,
    Tool,
    c14n,
    cast,
    sign,
    signed,
    written,
)  # fmt: skip
from khue.signing.tsa.local import LocalTsa

LAYOUTS = available()
XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
needs_xmlsec1 = pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")

TOOLS = {
    "exclusive": Tool(),
    "inclusive, as .NET": Tool(INC, (ENVELOPED,), prefix=None, lines="\n", key_value=True, chain=False),
    "inclusive named": Tool(INC, (ENVELOPED, INC), xades="v1"),
    "no transforms": Tool(INC, ()),
    "mixed": Tool(EXC, (INC,), xades="v2"),
    "XAdES, SHA-512": Tool(EXC, (ENVELOPED, EXC), digest="sha512", sign="sha512", xades="v2"),
    "time as in invoices": Tool(INC, (ENVELOPED,), prefix=None, xades="properties"),
    "carriage returns": Tool(EXC, (EXC,), lines="\r\n    "),
}
PAPERS = {
    "plain": Paper(teachers=2),
    "pretty, inside, namespaces": Paper(teachers=2, inside=True, pretty=True, declaration=True, root=XSI),
    "in a namespace, other tag": Paper(teachers=2, school_tag="CHUKYDONVI", wrap_principal=False, head="\n "),
}


@pytest.fixture(scope="module")
def rsa_school() -> Cast:
    return cast("rsa", 2)


@pytest.fixture(scope="module")
def school() -> Cast:
    return cast("ec", 3)


def checked(data: bytes, people: Cast, **known):
    known.setdefault("trust", FakeTrust(people.issuer))
    return verify_foreign(data, now=NOW, layouts=LAYOUTS, **known)


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_honest_files_are_valid(rsa_school: Cast, tool: Tool, paper: Paper) -> None:
    report = checked(signed(paper, rsa_school, tool), rsa_school)
    assert report.verdict is Verdict.VALID, report.text
    assert report.exit_code == 0
    assert [one.role for one in report.signatures] == [
        "teacher", "teacher", "homeroom", "principal", "school"
    ]  # fmt: skip
    for one in report.signatures:
        assert (one.intact, one.valid, one.trusted, one.position_ok, one.role_ok) == (True,) * 5
        assert one.indication is Indication.PASSED
        assert one.anchor_set == "TEST"
    assert (report.record_type, report.record_code) == ("hoc-ba", "HB-0001")
    assert report.facts == {"level": "THCS", "year": "2025-2026"}
    assert etree.fromstring(report.content).find(".//HO_TEN").text == "Hoàng Thị Mai"


@needs_xmlsec1
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_another_program_says_the_same(rsa_school: Cast, tool: Tool, paper: Paper) -> None:
    answers: list[bool | None] = []

    def opinion(data, questions):
        answers.extend(xmlsec1_opinion(data, questions))
        return answers

    report = checked(signed(paper, rsa_school, tool), rsa_school, second_opinion=opinion)
    assert answers == [True] * 5
    assert report.verdict is Verdict.VALID


def test_each_signer_may_use_another_tool(school: Cast) -> None:
    net = TOOLS["inclusive, as .NET"]
    tools = {"homeroom": net, "principal": Tool(xades="v2"), "school": Tool(INC, (INC,))}
    report = checked(signed(Paper(), school, tools=tools), school)
    assert report.verdict is Verdict.VALID
    assert [one.level for one in report.signatures][-3:] == ["", "B", ""]


@pytest.mark.parametrize("method", [EXC, INC])
def test_the_digested_octets_are_those_of_a_document_of_its_own(method: str) -> None:
    """Also below a default namespace, where lxml alone writes xmlns="" into inclusive C14N."""
    text = (
        '<a xmlns="urn:u" xmlns:z="urn:z"><b><c Id="x" z:k="1"><d><e>1&#13;\n</e></d>'
        '<f xmlns="urn:y"><g/></f><h xmlns=""><i/></h></c> tail</b></a>'
    )
    element = etree.fromstring(text)[0][0]
    octets = canonical(element, method)
    assert octets == c14n(element, method)
    assert b"<e>" in octets
    assert b'xmlns:z="urn:z"' in octets
    assert b"tail" not in octets


@pytest.mark.parametrize(
    ("method", "verdict"),
    [(EXC, Verdict.VALID), (INC, Verdict.VALID), ("http://www.w3.org/2006/12/xml-c14n11", Verdict.UNCERTAIN)],
)
def test_signatures_of_signxml(rsa_school: Cast, method: str, verdict: Verdict) -> None:
    """A library that signs each part alone; without being asked it takes C14N 1.1, which we do not know."""
    paper = Paper(teachers=2)
    root = etree.fromstring(paper.text())
    for role, key, path, target in paper.slots():
        person = rsa_school.of(role, key)
        signer = XMLSigner(
            method=SignatureConstructionMethod.detached, signature_algorithm="rsa-sha256",
            digest_algorithm="sha256", c14n_algorithm=method,
        )  # fmt: skip
        pem = person.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        part = root.xpath("//*[@Id=$id]", id=target)[0]
        certificate = x509.load_der_x509_certificate(person.certificate)
        made = signer.sign(part, key=pem, cert=[certificate], reference_uri=f"#{target}")
        root.find(path).append(made)
    assert checked(etree.tostring(root), rsa_school).verdict is verdict


# What the file does not say


def test_primary_schools_have_no_subject_teachers(school: Cast) -> None:
    primary = signed(Paper(secondary=False, level="TH"), school)
    assert checked(primary, school).verdict is Verdict.VALID
    silent = signed(Paper(secondary=False, level=""), school)
    report = checked(silent, school)
    assert report.verdict is Verdict.UNCERTAIN
    assert [found.code for found in report.findings] == ["SIGN-623"]
    assert checked(silent, school, level="TH").verdict is Verdict.VALID
    other = checked(silent, school, level="THCS")
    assert (other.verdict, other.findings[0].code) == (Verdict.INVALID, "SIGN-625")
    assert checked(primary, school, level="THPT").findings[0].code == "SIGN-612"


def test_a_secondary_file_need_not_say_its_level(school: Cast) -> None:
    assert checked(signed(Paper(level=""), school), school).verdict is Verdict.VALID


def test_subject_teachers_in_a_primary_file(school: Cast) -> None:
    report = checked(signed(Paper(level="TH"), school), school)
    assert (report.verdict, report.findings[0].code) == (Verdict.UNCERTAIN, "SIGN-622")


@pytest.mark.parametrize("role", ["teacher", "homeroom", "principal", "school"])
def test_a_missing_signature_is_named(school: Cast, role: str) -> None:
    paper = Paper()
    root = etree.fromstring(paper.text())
    for one, key, path, target in paper.slots():
        if (one, key) not in {(role, ""), (role, "GV02")}:
            sign(root, path, target, school.of(one, key))
    report = checked(written(root, paper), school)
    name = {"teacher": "Giáo viên bộ môn GV02", "homeroom": "Giáo viên chủ nhiệm",
            "principal": "Cán bộ quản lí", "school": "Nhà trường"}[role]  # fmt: skip
    assert report.verdict is Verdict.INVALID
    assert report.missing == (name,)
    assert name in report.text
    assert report.content == b""


# Who signed, and when


def test_a_stranger_is_not_certain(school: Cast) -> None:
    report = checked(signed(Paper(), school), school, trust=FakeTrust(Issuer()))
    assert report.verdict is Verdict.UNCERTAIN
    assert {one.sub for one in report.signatures} == {Sub.NO_CERTIFICATE_CHAIN_FOUND}
    assert all(one.trusted is None and one.intact and one.valid for one in report.signatures)
    assert report.content


def test_a_revoked_signer(school: Cast) -> None:
    revoked = FakeTrust(school.issuer, frozenset({school.homeroom.certificate}))
    report = checked(signed(Paper(), school), school, trust=revoked)
    assert report.verdict is Verdict.INVALID
    assert [one.sub for one in report.signatures if one.indication is Indication.FAILED] == [Sub.REVOKED]
    stamped = checked(signed(Paper(), school, Tool(xades="v2", stamp=True)), school, trust=revoked)
    assert stamped.verdict is Verdict.VALID
    assert {one.level for one in stamped.signatures} == {"T"}
    assert {one.best_time for one in stamped.signatures} == {dt.datetime(2026, 6, 1, 1, 5, tzinfo=dt.UTC)}
    assert set(revoked.asked[-6:]) == {(dt.datetime(2026, 6, 1, 1, 5, tzinfo=dt.UTC), True)}


def test_a_time_stamp_over_something_else_is_not_used(school: Cast) -> None:
    data = signed(Paper(), school, Tool(xades="v2", stamp=True))
    root = etree.fromstring(data)
    tokens = list(root.iter("{*}EncapsulatedTimeStamp"))
    tokens[0].text = tokens[1].text
    report = checked(etree.tostring(root), school)
    assert report.verdict is Verdict.UNCERTAIN
    assert [found.code for found in report.signatures[0].findings] == ["SIGN-656"]
    assert report.signatures[0].best_time is None


def test_the_claimed_time(school: Cast) -> None:
    for tool, time in (
        (Tool(xades="v2"), "2026-06-01T01:00:00+00:00"),
        (Tool(xades="properties"), "2026-06-01T01:00:00+00:00"),
        (Tool(), None),
    ):
        report = checked(signed(Paper(), school, tool), school)
        wanted = dt.datetime.fromisoformat(time) if time else None
        assert {one.claimed_time for one in report.signatures} == {wanted}


def test_rsa_with_padding_1_5_ends_with_2028(rsa_school: Cast) -> None:
    data = signed(Paper(teachers=2), rsa_school)
    late = verify_foreign(
        data, trust=FakeTrust(rsa_school.issuer), now=dt.datetime(2029, 1, 2, tzinfo=dt.UTC), layouts=LAYOUTS
    )
    assert late.verdict is Verdict.UNCERTAIN
    assert {one.sub for one in late.signatures} == {Sub.CRYPTO_CONSTRAINTS_FAILURE}


def test_the_report_as_json(school: Cast) -> None:
    plain = checked(signed(Paper(), school), school).as_json()
    assert plain["verdict"] == "valid"
    assert plain["signatures"][0]["identifiers"] == ["CCCD:001099000001"]
    assert plain["signatures"][-1]["identifiers"] == ["MST:4900000001"]
    assert "content" not in plain


# A second program


def test_disagreement_is_not_certain(school: Cast) -> None:
    data = signed(Paper(), school)
    asked: list[Question] = []

    def contrary(_data, questions):
        asked.extend(questions)
        return [index != 2 for index in range(len(questions))]

    report = checked(data, school, second_opinion=contrary)
    assert report.verdict is Verdict.UNCERTAIN
    assert [found.code for found in report.signatures[2].findings] == ["SIGN-629"]
    assert asked[0].id_tags == ("DIEM_TONG_KET",)
    root = etree.fromstring(data)
    assert [root.xpath(one.path)[0].tag for one in asked] == [f"{{{DS}}}Signature"] * 6
    broken = data.replace(b"<HK1>8.1", b"<HK1>9.1")
    assert checked(broken, school).verdict is Verdict.INVALID
    for answer, verdict in ((True, Verdict.UNCERTAIN), (False, Verdict.INVALID)):
        report = checked(broken, school, second_opinion=lambda _d, qs, said=answer: [said] * len(qs))
        assert report.verdict is verdict


def test_disagreement_does_not_save_what_is_in_the_wrong_place(school: Cast) -> None:
    paper = Paper()
    root = etree.fromstring(paper.text())
    for role, key, path, target in paper.slots():
        sign(root, path, "mon02" if key == "GV01" else target, school.of(role, key))
    report = checked(written(root, paper), school, second_opinion=lambda _d, qs: [False] * len(qs))
    assert report.verdict is Verdict.INVALID


def test_no_answer_changes_nothing(school: Cast) -> None:
    data = signed(Paper(), school)
    missing = xmlsec1_opinion(data, [Question("/*", (), school.school.certificate)], "no-such-program")
    assert missing == [None]
    assert checked(data, school, second_opinion=lambda _d, qs: [None] * len(qs)).verdict is Verdict.VALID


@needs_xmlsec1
def test_the_second_program_notices_what_was_changed(school: Cast) -> None:
    data = signed(Paper(), school)
    broken = data.replace(b"<HK1>8.1", b"<HK1>9.1")
    answers: list[bool | None] = []

    def opinion(given, questions):
        answers.extend(xmlsec1_opinion(given, questions))
        return answers

    assert checked(broken, school, second_opinion=opinion).verdict is Verdict.INVALID
    assert answers == [False, True, True, True, False, False]
    question = Question("/*[9]", ("DIEM_TONG_KET",), school.school.certificate)
    assert xmlsec1_opinion(data, [question]) == [None]  # no signature there
    assert xmlsec1_opinion(data, [replace(question, certificate=b"none")]) == [None]


# With real certificates, roots, lists of revoked ones and time-stamps


@pytest.fixture(scope="module")
def pki() -> DemoPki:
    return DemoPki.create(NOW - dt.timedelta(days=200))


def of_pki(pki: DemoPki) -> Cast:
    numbers = (1, 2, 3)
    teachers = {f"GV0{n}": pki.person(f"Nguyễn Văn {n}", f"CCCD:00109900000{n}") for n in numbers}
    homeroom = pki.person("Trần Thị Chủ Nhiệm", "CCCD:001099000091")
    principal = pki.person("Lê Hiệu Trưởng", "CCCD:001099000092")
    return Cast(Issuer(), teachers, homeroom, principal, pki.school("THCS Khau Sao", "MST:4900000001"))


def test_the_whole_way_with_a_real_trust(pki: DemoPki) -> None:
    people = of_pki(pki)
    plain, stamped = (signed(Paper(), people, Tool(xades="v2", stamp=stamp)) for stamp in (False, True))
    report = checked(plain, people, trust=pki.trust(at=NOW))
    assert report.verdict is Verdict.VALID, report.text
    assert {one.anchor_set for one in report.signatures} == {"TEST"}
    assert checked(plain, people, trust=pki.trust(at=NOW, allow_test=False)).verdict is not Verdict.VALID
    pki.revoke(people.homeroom.certificate, NOW - dt.timedelta(days=1))
    late = checked(plain, people, trust=pki.trust(at=NOW))
    assert late.verdict is not Verdict.VALID
    assert [one.sub for one in late.signatures if one.sub] == [Sub.REVOKED_NO_POE]
    root = etree.fromstring(stamped)
    clock = pki.tsa()
    authority = LocalTsa(clock.key, clock.certificate, clock.chain, serials=itertools.count(1).__next__)
    for one in root.iter(f"{{{DS}}}Signature"):
        digest = hashlib.sha256(c14n(one.find(f"{{{DS}}}SignatureValue"), EXC)).digest()
        token = next(one.iter("{*}EncapsulatedTimeStamp"))
        token.text = base64.b64encode(authority.token(digest, STAMPED)).decode()
    proved = checked(etree.tostring(root), people, trust=pki.trust(at=NOW))
    assert proved.verdict is Verdict.VALID, proved.text
    assert {(one.level, one.best_time) for one in proved.signatures} == {("T", STAMPED)}
