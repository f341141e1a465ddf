"""Which forms there are in which year, and how another takes the place of one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from khue.core.errors import Invalid
from khue.modules.transcripts import forms
from khue.modules.transcripts.data import Transcript
from khue.modules.transcripts.forms.national import Event, Lists
from khue.project.bench.transcripts_pages import transcript

ENVELOPE = forms.Envelope(Event("NEW", 1, dt.datetime(2026, 6, 1, tzinfo=dt.UTC)), Lists())
ALL = {forms.MINISTRY, forms.PAPER, forms.EXTRACT, forms.ROWS, forms.SHEETS}


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers goes with it."""
    monkeypatch.setattr(forms, "_EXPORTERS", {})


@pytest.mark.parametrize("level", forms.LEVELS)
def test_every_form_of_a_level(level: str) -> None:
    assert {one.code for one in forms.exporters_for(level, "2025-2026")} == ALL
    whole = transcript(level)
    for code in ALL:
        made = forms.renditions(whole, code, ENVELOPE)
        assert made == forms.renditions(whole, code, ENVELOPE)
        each = forms.exporter_for(code, level, 2025).each_year
        first = 2023 if code == forms.MINISTRY else 0  # of the layout
        known = [one for one in whole.pages if int(one.page.year[:4]) >= first]
        assert len(made) == (len(known) if each else 1)
        assert len({one.name for one in made}) == len(made)
        assert all(one.content for one in made)


def test_a_form_has_its_years() -> None:
    assert forms.MINISTRY not in {one.code for one in forms.exporters_for("THCS", "2019-2020")}
    assert forms.PAPER in {one.code for one in forms.exporters_for("THCS", "2019-2020")}
    with pytest.raises(Invalid) as refusal:
        forms.exporter_for(forms.MINISTRY, "THCS", 2019)
    assert refusal.value.code == "TRANS-103"


def test_a_newer_version_is_taken_from_its_year_on() -> None:
    old = forms.exporter_for(forms.MINISTRY, "THCS", 2025)
    forms.register_exporter(replace(old, last_year=2024))
    forms.register_exporter(replace(old, version="2027.1", first_year=2025, write=lambda *_: b"new"))
    made = forms.renditions(transcript("THCS"), forms.MINISTRY)
    assert [one.exporter.version for one in made] == ["2026.1", "2026.1", "2027.1"]  # none for 2022
    assert made[-1].content == b"new"
    assert made[0].content.startswith(b"<HOC_BA>")


def test_rows_without_an_event_and_a_transcript_without_pages() -> None:
    with pytest.raises(Invalid) as refusal:
        forms.renditions(transcript("TH"), forms.ROWS)
    assert refusal.value.code == "TRANS-104"
    with pytest.raises(Invalid) as refusal:
        forms.renditions(Transcript("HB", "TH", ()), forms.PAPER)
    assert refusal.value.code == "TRANS-112"
