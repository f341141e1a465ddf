"""The table of the Ministry's layout: shipped, replaced, refused; kinds of documents; sentences."""

from __future__ import annotations

import ast
import datetime as dt
import re
from importlib.resources import files

import pytest
from lxml import etree

from khue.core.errors import Invalid
from khue.signing import foreign
from khue.signing.foreign.layout import available, read, recognize, shipped
from khue.signing.foreign.sentences import CODES
from khue.signing.foreign.verify import verify_foreign
from khue.signing.report import Verdict
from khue.signing.tests.foreign_files import NOW, FakeTrust, Issuer, Paper

TEXT = files(foreign).joinpath("layouts", "hoc_ba.toml").read_text(encoding="utf-8")


def test_the_transcript_comes_first_and_has_the_four_roles_in_order() -> None:
    layout = shipped()[0]
    assert [slot.role for slot in layout.slots] == ["teacher", "homeroom", "principal", "school"]
    assert [slot.step for slot in layout.slots] == [1, 2, 3, 4]
    assert [slot.signer for slot in layout.slots] == ["person", "person", "person", "school"]
    assert "TH" not in layout.slot("teacher").levels
    assert layout.slot("nobody") is None
    assert {one.kind for one in shipped()} == {"HOC_BA", "TONG_KET", "LY_LICH"}


def test_a_file_of_the_installation_takes_the_place_of_ours_or_stands_beside_it(tmp_path) -> None:
    (tmp_path / "ministry.toml").write_text(TEXT.replace("DU_LIEU_HOC_BA", "DU_LIEU"), encoding="utf-8")
    later = TEXT.replace('code = "hoc-ba"', 'code = "hoc-ba-2027"').replace(
        "first_year = 2023", "first_year = 2027"
    )
    (tmp_path / "later.toml").write_text(later, encoding="utf-8")
    found = available(tmp_path)
    assert [one.code for one in found[:2]] == ["hoc-ba-2027", "hoc-ba"]
    assert found[1].content == ("DU_LIEU",)
    root = etree.fromstring(Paper().text())
    assert [one.code for one in recognize(root, found, 2026)] == ["hoc-ba"]
    assert [one.code for one in recognize(root, found, 2027)] == ["hoc-ba-2027", "hoc-ba"]


def test_years_have_an_end() -> None:
    layout = read(TEXT.replace("last_year = 0", "last_year = 2026"), "x.toml")
    assert [layout.holds_in(year) for year in (2022, 2023, 2026, 2027)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("first_year = 2023", "first_yaer = 2023"),
        ("chain = true", "chain = true\nchained = 1"),
        ('code = "hoc-ba"', "code ="),
        ('marker = "DANH_SACH_THONG_TIN_KY"', 'marker = "<x>"'),
        ('role = "homeroom"', 'role = "teacher"'),
        ("step = 2", "step = 0"),
        ('signer = "school"', 'signer = "province"'),
        ('covers = "section"', 'covers = "sections"'),
        ('"PHAT_HANH_HOC_BA/KY_PHAT_HANH"', '"DU_LIEU_HOC_BA/KY_PHAT_HANH"'),
        ('"PHAT_HANH_HOC_BA/*/CBQL"', '"PHAT_HANH_HOC_BA/*"'),
        ('"#data"', '"#daat"'),
        ('levels = ["TH", "THCS", "THPT", "GDTX"]', 'levels = ["MN"]'),
        ('"02" = "TH"', '"02" = "tieu hoc"'),
    ],
)
def test_a_wrong_table_is_refused_with_its_name(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(Invalid) as refusal:
        read(TEXT.replace(old, new), "mine.toml")
    assert refusal.value.code == "SIGN-600"
    assert refusal.value.params["name"] == "mine.toml"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<A><TONG_KET_CA_NAM Id="t"><X>1</X></TONG_KET_CA_NAM></A>', "tong-ket"),
        ('<A><THONG_TIN Id="lyLich"><X>1</X></THONG_TIN></A>', "ly-lich"),
    ],
)
def test_other_kinds_are_recognized_and_left_to_a_person(text: str, code: str) -> None:
    report = verify_foreign(text.encode(), trust=FakeTrust(Issuer()), now=NOW, layouts=available())
    assert (report.verdict, report.record_type) == (Verdict.UNCERTAIN, code)
    assert [found.code for found in report.findings] == ["SIGN-626"]
    assert report.content == b""


@pytest.mark.parametrize(
    "text", ["<A/>", "<A><TONG_KET_CA_NAM/></A>", '<A><THONG_TIN Id="x"/></A>', "<x:HOC_BA xmlns:x='u'/>"]
)
def test_an_unknown_document_is_not_certain(text: str) -> None:
    report = verify_foreign(text.encode(), trust=FakeTrust(Issuer()), now=NOW, layouts=available())
    assert report.verdict is Verdict.UNCERTAIN
    assert [found.code for found in report.findings] == ["SIGN-601"]
    assert "bố cục" in report.text


def test_a_layout_of_other_years_is_not_used() -> None:
    layouts = (read(TEXT.replace("last_year = 0", "last_year = 2024"), "x.toml"),)
    report = verify_foreign(Paper().text().encode(), trust=FakeTrust(Issuer()), now=NOW, layouts=layouts)
    assert "SIGN-627" in [found.code for found in report.findings]
    known = verify_foreign(
        Paper().text().encode(), trust=FakeTrust(Issuer()), now=NOW, layouts=layouts, school_year=2025
    )
    assert [found.code for found in known.findings] == ["SIGN-601"]


def _uses() -> list[tuple[str, set[str]]]:
    found = []
    for path in files(foreign).iterdir():
        if not path.name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                code = node.args[0].value
                if isinstance(code, str) and code.startswith("SIGN-"):
                    found.append((code, {one.arg for one in node.keywords if one.arg != "sub"}))
    return found


def test_every_code_has_its_sentence_with_exactly_its_parameters() -> None:
    uses = _uses()
    assert {code for code, _params in uses} == set(CODES)
    for code, params in uses:
        assert set(re.findall(r"\{(\w+)\}", CODES[code])) == params, code


def test_time_is_never_taken_from_a_clock() -> None:
    names = {"now", "today", "utcnow", "time"}
    for path in files(foreign).iterdir():
        if path.name.endswith(".py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
            assert not [one for one in calls if isinstance(one, ast.Attribute) and one.attr in names]
    assert NOW.tzinfo is dt.UTC
