"""After signatures: corrections, reopening, recall; what did not change keeps its signatures."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest
from tests.cast import World
from tests.signers import Signers

from khue.core.errors import Invalid, NotAllowed, Refused
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.services import closing, corrections
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange
from khue.modules.records import proof
from khue.modules.records.models import Document, DocumentSignature, DocumentState
from khue.modules.records.services import documents, settling
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts.compose import unpack
from khue.modules.transcripts.models import PageState, TranscriptPage
from khue.modules.transcripts.tests.acts import PART, check, deliver, prepare, refused, sign_class, wanted_of

pytestmark = pytest.mark.django_db
WHY, DECISION = "Nhập nhầm điểm cuối kì.", "12/QĐ-THCS ngày 10/6/2026"


def correct(world: World, pupil: UUID, value: str = "9.5") -> None:
    """A final mark in maths of term 2 is put right by the ritual, after everything was sealed."""
    sheet = world.sheet("6A", "TOAN", 2)
    base = gradebook.cells_of(sheet.id)[pupil, "ck"].version
    request = gradebook.request_correction(
        world.hoa, sheet_id=sheet.id, pupil_id=pupil, slot="ck", value=value, reason=WHY, base_version=base
    )
    corrections.confirm_correction(world.lan, correction_id=request.id)
    corrections.approve_correction(world.minh, correction_id=request.id, decision=DECISION)
    deliver()


def signatures(page: TranscriptPage, version: int) -> set[tuple[str, str, bool]]:
    rows = DocumentSignature.objects.filter(document__subject=page.id, document__version=version)
    return set(rows.values_list("role", "section_id", "carried"))


def test_a_correction_makes_a_version_in_which_other_subjects_stay_signed(
    closed: World, signers: Signers
) -> None:
    page, other, *_ = sign_class(closed, signers)
    correct(closed, page.person_id)
    page.refresh_from_db()
    other.refresh_from_db()
    assert (page.state, page.version, other.state, other.version) == (
        PageState.SIGNING,
        2,
        PageState.ISSUED,
        1,
    )
    maths = next(key for key in page.sources if key.endswith("toan"))
    carried = signatures(page, 2)
    assert carried == {("teacher", key, True) for key in page.sources if key != maths}
    line = next(one for one in unpack(page.content).subjects if one.code == "TOAN")
    assert (line.term2, line.corrections) == ("8.2", 1)
    (still,) = transcripts.issued(page.person_id)
    assert still.pages[0].version == 1  # what was issued stays until the new version is
    left = [one for one in wanted_of(closed.hoa, closed) if one.subject == page.id]
    checked = check(signers, closed.hoa, left)
    assert checked.batch is not None
    assert [item.options["section"] for item in checked.batch.items.all()] == [maths]
    signers.confirm(closed.hoa, checked)
    signers.sign(closed.lan, transcripts.SIGN_YEAR, page.id, part=PART)
    signers.sign(closed.minh, transcripts.APPROVE, page.id, part=PART)
    settling.after_signing(closed.minh.now, closed.school.pk)
    deliver()
    (now,) = transcripts.issued(page.person_id)
    assert [(one.version, one.state) for one in now.pages] == [(2, "issued")]
    states = Document.objects.filter(subject=page.id).order_by("version").values_list("state", flat=True)
    assert list(states) == [DocumentState.SUPERSEDED, DocumentState.ISSUED]
    assert list(proof.verify_documents()) == []


def test_before_anybody_signed_a_correction_is_simply_written(closed: World) -> None:
    page = prepare(closed)[0]
    correct(closed, page.person_id)
    page.refresh_from_db()
    assert (page.state, page.version) == (PageState.GENERATED, 2)
    assert not Document.objects.filter(subject=page.id).exists()


def test_while_the_book_is_open_nobody_signs(closed: World, signers: Signers) -> None:
    page = prepare(closed)[0]
    closing.reopen_class(
        closed.minh,
        school_class_id=page.school_class_id,
        term=0,
        reason="Xét lại kết quả.",
        decision=DECISION,
    )
    deliver()
    checked = signers.check(closed.lan, transcripts.SIGN_YEAR, page.id, part=PART)
    assert [left.refusal.code for left in checked.left_out] == ["TRANS-007"]
    gradebook.close_class(closed.lan, school_class_id=page.school_class_id, term=0)
    gradebook.seal_class(closed.minh, school_class_id=page.school_class_id, term=0)
    deliver()
    page.refresh_from_db()
    assert (page.held, page.version) == ("", 1)


def test_an_address_alone_takes_no_signature_away(closed: World, signers: Signers) -> None:
    page = sign_class(closed, signers)[0]
    change = PersonChange(page.person_id, person={"full_name": "Lý Tiến Bình An"})
    people.change_people(closed.thu, school_id=closed.school.pk, changes=[change])
    transcripts.generate(closed.thu, school_class_id=page.school_class_id)
    page.refresh_from_db()
    assert (page.state, page.version) == (PageState.ISSUED, 1)
    with refused(Invalid, "TRANS-014"):
        transcripts.renew(closed.thu, page_id=page.id, reason="", decision="")
    with refused(NotAllowed, "KIT-002"):
        transcripts.renew(closed.lan, page_id=page.id, reason="Cải chính hộ tịch.", decision=DECISION)
    transcripts.renew(closed.thu, page_id=page.id, reason="Cải chính hộ tịch.", decision=DECISION)
    page.refresh_from_db()
    assert (page.state, page.version) == (PageState.SIGNING, 2)
    assert {carried for _, _, carried in signatures(page, 2)} == {True}
    assert unpack(page.content).identity.name == "Lý Tiến Bình An"
    with refused(Refused, "TRANS-015"):
        transcripts.renew(closed.thu, page_id=page.id, reason="Cải chính hộ tịch.", decision=DECISION)


def test_what_was_recalled_is_signed_again_as_a_whole(closed: World, signers: Signers) -> None:
    page = sign_class(closed, signers)[0]
    document = Document.objects.get(subject=page.id)
    documents.cancel(closed.minh, document_id=document.id, reason="Phát hành nhầm bản.", authority=DECISION)
    deliver()
    page.refresh_from_db()
    assert page.state == PageState.RECALLED
    assert transcripts.issued(page.person_id) == []
    checked = signers.check(closed.minh, transcripts.APPROVE, page.id, part=PART)
    assert [left.refusal.code for left in checked.left_out] == ["TRANS-001"]
    transcripts.renew(closed.thu, page_id=page.id, reason="Phát hành lại.", decision=DECISION)
    page.refresh_from_db()
    assert (page.state, page.version) == (PageState.GENERATED, 2)
    mine = [one for one in wanted_of(closed.hoa, closed) if one.subject == page.id]
    assert not check(signers, closed.hoa, mine).left_out


def test_a_comment_is_open_until_it_is_signed(closed: World, signers: Signers) -> None:
    page = prepare(closed)[0]
    key, maths = page.school_class_id, next(one for one in page.sources if one.endswith("toan"))
    text = {page.person_id: "Em có tiến bộ rõ rệt trong học kì II."}
    with refused(NotAllowed, "KIT-002"):
        transcripts.write_comments(closed.lan, school_class_id=key, section=maths, texts=text)
    with refused(Invalid, "TRANS-011"):
        transcripts.write_comments(
            closed.hoa, school_class_id=key, section=maths, texts={page.person_id: " ab "}
        )
    assert transcripts.write_comments(closed.hoa, school_class_id=key, section=maths, texts=text) == 1
    page.refresh_from_db()
    assert next(one for one in unpack(page.content).subjects if one.code == "TOAN").comment in text.values()
    signers.sign(closed.hoa, transcripts.SIGN_SUBJECT, page.id, part=PART, section=maths)
    with refused(Refused, "TRANS-010"):
        transcripts.write_comments(
            closed.hoa, school_class_id=key, section=maths, texts={page.person_id: "Một nhận xét khác hẳn."}
        )
    assert (page.version, TranscriptPage.objects.get(pk=page.id).state) == (1, PageState.SIGNING)


def test_neighbours_have_different_comments_and_the_same_ones_again(closed: World) -> None:
    pages = prepare(closed)
    texts = [next(one for one in unpack(page.content or {}).subjects if one.code == "TOAN").comment
             for page in TranscriptPage.objects.order_by("position")]  # fmt: skip
    assert all(texts)
    assert all(one != two for one, two in pairwise(texts))
    assert len(pages) == len(texts)
