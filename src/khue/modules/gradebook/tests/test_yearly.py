"""A closed year as transcripts read it: kept results, states, corrections; and the bank by bands."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import SYSTEM, World, fill

from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import Phrase
from khue.modules.gradebook.services import corrections
from khue.modules.gradebook.tests.acts import seal, seal_term

pytestmark = pytest.mark.django_db


def test_an_open_class_has_nothing_kept(world: World) -> None:
    key = world.classes["6A"].id
    year = gradebook.year_book(key)
    assert (dict(year.kept), dict(year.corrections), year.is_sealed(0)) == ({}, {}, False)
    assert gradebook.kept_versions(key, world.pupils["6A"][0]) == {}


def test_a_sealed_term_and_a_correction(world: World) -> None:
    key, pupil = world.classes["6A"].id, world.pupils["6A"][0]
    seal_term(world)
    assert gradebook.kept_versions(key, pupil) == {1: 1}
    sheet = world.sheet("6A", "TOAN")
    base = gradebook.cells_of(sheet.id)[pupil, "ck"].version
    asked = gradebook.request_correction(
        world.hoa, sheet_id=sheet.id, pupil_id=pupil, slot="ck", value="9", reason="Cộng nhầm điểm bài thi.",
        base_version=base,
    )  # fmt: skip
    corrections.confirm_correction(world.lan, correction_id=asked.id)
    waiting = gradebook.year_book(key)
    assert dict(waiting.corrections) == {}
    corrections.approve_correction(world.minh, correction_id=asked.id, decision="7/QĐ")
    year = gradebook.year_book(key)
    assert dict(year.corrections) == {(sheet.class_subject_id, pupil): 1}
    assert year.kept[pupil, 1].version == 2
    assert gradebook.kept_versions(key, pupil) == {1: 2}
    assert year.is_sealed(1)
    assert not year.is_sealed(2)
    some = gradebook.year_book(key, pupil_ids=[pupil])
    assert {row.pupil_id for row in some.book.roster} == {pupil} == {found for found, _ in some.kept}


def test_a_year_costs_the_same_number_of_queries_for_any_class(world: World) -> None:
    for name in ("6A", "7A"):
        for term in (1, 2):
            for sheet in gradebook.sheets_of(world.classes[name].id, term).values():
                fill(sheet)
    for sheet in gradebook.sheets_of(world.classes["6A"].id, 1).values():
        if sheet.class_subject_id is not None:
            gradebook.close_sheet(SYSTEM, sheet_id=sheet.id)
    seal(world, "6A", 1)
    counts = []
    for name in ("6A", "7A"):
        with CaptureQueriesContext(connection) as asked:
            gradebook.year_book(world.classes[name].id)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


def test_own_phrases_come_first(world: World) -> None:
    bank = gradebook.phrases_by_band(world.school.pk, "THCS", world.hoa.person_id)
    assert set(bank) == {"strong", "good", "fair", "weak"}
    own = {"slot": "remark", "band": "good", "level": "THCS"}
    Phrase.objects.create(person_id=world.hoa.person_id, text="Câu của cô Hoa.", position=9000, **own)
    Phrase.objects.create(school=world.school, text="Câu của trường.", position=9000, **own)
    Phrase.objects.create(school=world.elsewhere, text="Câu của trường khác.", position=1, **own)
    mine = gradebook.phrases_by_band(world.school.pk, "THCS", world.hoa.person_id)["good"]
    assert mine == ["Câu của cô Hoa.", "Câu của trường.", *bank["good"]]
    others = gradebook.phrases_by_band(world.school.pk, "THCS", world.lan.person_id)["good"]
    assert others == ["Câu của trường.", *bank["good"]]
