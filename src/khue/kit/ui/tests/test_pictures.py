"""Template filters, charts, icons, and the words borrowed pages speak."""

from __future__ import annotations

import datetime as dt
import gettext
import re
import uuid
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import pytest
from django.template import Context, Template

import khue
from khue.core import ids
from khue.kit.ui import svg

LOCALE = Path(khue.__file__).parent / "locale" / "vi" / "LC_MESSAGES"


def _render(text: str, **context: object) -> str:
    return Template("{% load ui %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("value", "shown"), [(Decimal("7.5"), "7,5"), ("8.0", "8,0"), ("", ""), (None, ""), ("Đ", "Đ")]
)
def test_marks_have_a_comma(value: object, shown: str) -> None:
    assert _render("{{ value|mark }}", value=value) == shown


def test_small_filters() -> None:
    key = uuid.UUID(int=7)
    assert _render("{{ value|day }}", value=dt.date(2026, 9, 5)) == "05/09/2026"
    assert _render("{{ value|short }}", value=key) == ids.short(key)
    assert _render("{{ value|low }}", value="Học kì I") == "học kì I"
    assert _render("{{ value|low }}", value="") == ""
    assert _render("{{ value|get:'a' }}{{ none|get:'a' }}", value={"a": 1}, none=None) == "1None"


def test_a_chart_is_well_formed_escaped_and_read_aloud() -> None:
    text = _render(
        "{% bars data 'Lớp <6A>' %}",
        data=[{"label": "Tốt & khá", "value": 4}, {"label": "<script>", "value": 0}],
    )
    root = ET.fromstring(text)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "Lớp <6A>: Tốt & khá: 4, <script>: 0"
    assert _widths(root) == [svg.BAR, 0]


def _widths(root: ET.Element) -> list[int]:
    return [int(bar.attrib["width"]) for bar in root.iter() if bar.tag.endswith("rect")]


def test_percents_stand_on_a_scale_of_a_hundred_and_a_limit_is_a_line() -> None:
    root = ET.fromstring(svg.bars([("Toán", 50), ("Ngữ văn", 0)], unit="%"))
    assert _widths(root) == [svg.BAR // 2, 0]
    assert root.attrib["aria-label"] == "Toán: 50 %, Ngữ văn: 0 %"
    near = ET.fromstring(svg.bars([("Lò Văn Tá", 30), ("Vi Thị Na", 60)], limit=45))
    lines = [part.attrib["x1"] for part in near.iter() if part.tag.endswith("line")]
    assert lines == [str(45 * svg.BAR // 60)] * 2
    assert _widths(near) == [30 * svg.BAR // 60, svg.BAR]


def test_an_empty_chart_is_nothing_and_a_chart_of_zeros_is_drawn() -> None:
    assert _render("{% bars data %}", data=[]) == ""
    assert "<rect" in svg.bars([("Chưa có", 0)])


@pytest.mark.parametrize("name", sorted(svg.ICONS))
def test_icons_say_nothing_to_a_screen_reader(name: str) -> None:
    root = ET.fromstring(_render("{% icon name %}", name=name))
    assert root.attrib["aria-hidden"] == "true"


def test_the_compiled_catalogue_is_the_written_one() -> None:
    """After editing: `./khue manage catalogue`."""
    text = (LOCALE / "django.po").read_text(encoding="utf-8")
    written = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', text, re.MULTILINE))
    with (LOCALE / "django.mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    assert len(written) > 80
    assert {source: compiled.gettext(source) for source in written} == written
    for source, target in written.items():
        assert sorted(re.findall(r"%\(\w+\)s|\{\w+\}", source)) == sorted(
            re.findall(r"%\(\w+\)s|\{\w+\}", target)
        )
