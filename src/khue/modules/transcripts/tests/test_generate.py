"""«Lập học bạ»: what a closed year says goes onto the pages; what is not ready waits."""

from __future__ import annotations

import pytest
from tests.cast import World

from khue.core.errors import NotFound, Refused
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts.compose import unpack
from khue.modules.transcripts.models import PageState, Transcript, TranscriptPage

pytestmark = pytest.mark.django_db


def test_a_sealed_year_becomes_a_page_for_every_pupil(closed: World) -> None:
    done = transcripts.generate(closed.thu, school_class_id=closed.classes["6A"].id)
    assert (len(done.new), done.changed, done.same, done.waiting) == (3, (), 0, ())
    assert Transcript.objects.count() == TranscriptPage.objects.count() == 3
    row = TranscriptPage.objects.get(person=closed.pupils["6A"][0])
    assert (row.state, row.version, row.part, row.unusual) == (PageState.GENERATED, 1, 2025, [])
    page = unpack(row.content)
    assert (page.transcript, page.level, page.year, page.grade) == (
        row.transcript.code,
        "THCS",
        "2025-2026",
        6,
    )
    assert (page.place.school, page.place.commune, page.place.province) == (
        "Trường THCS Khe Vàng", "Xã Lộc Bình", "Tỉnh Lạng Sơn",
    )  # fmt: skip
    assert page.place.school_code == "20180001"
    assert page.identity.name == row.name == "Lý Tiến Bình"
    maths = next(line for line in page.subjects if line.code == "TOAN")
    assert (maths.term1, maths.term2, maths.year, maths.kind) == ("7.5", "7.5", "7.5", "score")
    assert (page.conduct, page.learning) == (("T", "T", "T"), ("K", "K", "K"))
    assert (page.decision, page.decision_code, page.completion) == ("Được lên lớp", "LEN_LOP", "")
    assert (page.absences, page.absences_excused, page.absences_unexcused) == ("4", "2", "2")
    assert page.reasons
    assert all(clause for clause, _ in page.reasons)


def test_again_changes_nothing(closed: World) -> None:
    class_id = closed.classes["6A"].id
    transcripts.generate(closed.thu, school_class_id=class_id)
    before = list(TranscriptPage.objects.order_by("id").values_list("digest", "version", "state"))
    again = transcripts.generate(closed.lan, school_class_id=class_id)
    assert (again.new, again.changed, again.same) == ((), (), 3)
    assert list(TranscriptPage.objects.order_by("id").values_list("digest", "version", "state")) == before


def test_an_open_year_has_no_pages_yet(world: World) -> None:
    with pytest.raises(Refused, match="TRANS-019"):
        transcripts.generate(world.thu, school_class_id=world.classes["6A"].id)
    assert not TranscriptPage.objects.exists()
    for stranger in (world.hoa, world.quang):
        with pytest.raises(NotFound):
            transcripts.generate(stranger, school_class_id=world.classes["6A"].id)
