"""Who signs what in a transcript: teachers, homeroom teacher, principal, the school's seal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.cast import SINCE, SYSTEM, World, make_actor, make_staff
from tests.signers import Signers

from khue.core.actor import Actor, Role
from khue.modules.access import api as access
from khue.modules.records import proof, trust
from khue.modules.records.models import Document, DocumentSection, DocumentSignature
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts.compose import unpack
from khue.modules.transcripts.models import PageState, TranscriptPage
from khue.modules.transcripts.signed import tray
from khue.modules.transcripts.tests.acts import (
    PART,
    check,
    prepare,
    sign_class,
    snapshot,
    teachers_sign,
    wanted_of,
)
from khue.signing.report import Verdict
from khue.signing.xades.verify import verify_record

pytestmark = pytest.mark.django_db


def left_out(signers: Signers, actor: Actor, act: str, *keys: Any, **options: str) -> list[str]:
    """Why nothing of this can be signed; nothing is written by asking."""
    before = snapshot()
    checked = signers.check(actor, act, *keys, part=PART, **options)
    assert checked.batch is None
    assert snapshot() == before
    return [left.refusal.code for left in checked.left_out]


def maths(page: TranscriptPage) -> str:
    return next(key for key in page.sources if key.endswith("toan"))


def second_teacher(world: World, signers: Signers) -> Actor:
    """Thầy Kim, who teaches maths in 6A together with cô Hoa."""
    person = make_staff(world.school, "Bế Văn Kim")
    schooling.assign_teachers(
        SYSTEM, school_id=world.school.pk,
        assignments=[schooling.Assignment(world.subject("6A", "TOAN").id, person.pk)], since=SINCE,
    )  # fmt: skip
    kim = make_actor(person, (Role.TEACHER, world.school))
    signers.give_key(kim, 2)
    return kim


def test_a_class_is_signed_sealed_and_says_what_it_said(closed: World, signers: Signers) -> None:
    pages = sign_class(closed, signers)
    assert {page.state for page in pages} == {PageState.ISSUED}
    assert list(proof.verify_documents()) == []
    for page in pages:
        (transcript,) = transcripts.issued(page.person_id, base="https://khue.example")
        (issued,) = transcript.pages
        document = Document.objects.get(subject=page.id)
        file = bytes(document.file.content)
        report = verify_record(file, trust=trust.current(), now=closed.minh.now)
        assert report.verdict is Verdict.VALID, report.text
        said = issued.page
        assert transcripts.read_page(file) == said
        assert {name for line in said.subjects for name in line.teachers} != set()
        frozen = unpack(page.content)
        without = replace(
            said, homeroom=frozen.homeroom,
            subjects=tuple(replace(line, teachers=()) for line in said.subjects),
        )  # fmt: skip
        assert without == frozen
        roles = [one.role for one in issued.signatures]
        assert roles.count("teacher") == len(said.subjects)
        assert [roles.count(role) for role in ("homeroom", "principal", "school")] == [1, 1, 1]
        assert issued.check_url.startswith("https://khue.example/k/")


def test_all_subjects_of_all_pupils_in_one_batch(closed: World, signers: Signers) -> None:
    prepare(closed)
    subjects = wanted_of(closed.hoa, closed)
    checked = check(signers, closed.hoa, subjects)
    batch = signers.confirm(closed.hoa, checked)
    assert set(batch.items.values_list("state", flat=True)) == {"signed"}
    assert DocumentSignature.objects.filter(person=closed.hoa.person_id).count() == len(subjects)
    assert set(TranscriptPage.objects.values_list("state", flat=True)) == {PageState.SIGNING}
    again = check(signers, closed.hoa, subjects)
    assert {left.refusal.code for left in again.left_out} == {"TRANS-004"}


def test_nobody_signs_before_the_turn_or_without_the_right(closed: World, signers: Signers) -> None:
    page = prepare(closed)[0]
    section = maths(page)
    assert left_out(signers, closed.lan, transcripts.SIGN_SUBJECT, page.id, section=section) == ["TRANS-003"]
    for stranger in (closed.minh, closed.thu, closed.quang):
        codes = left_out(signers, stranger, transcripts.SIGN_SUBJECT, page.id, section=section)
        assert codes == ["KIT-001"]
    assert left_out(signers, closed.hoa, transcripts.SIGN_SUBJECT, page.id, section="s99") == ["TRANS-002"]
    assert left_out(signers, closed.lan, transcripts.SIGN_YEAR, page.id) == ["TRANS-005"]
    assert left_out(signers, closed.hoa, transcripts.SIGN_YEAR, page.id) == ["KIT-001"]
    assert left_out(signers, closed.minh, transcripts.APPROVE, page.id) == ["REC-017"]
    teachers_sign(closed, signers)
    assert left_out(signers, closed.minh, transcripts.APPROVE, page.id) == ["REC-017"]
    for actor in (closed.thu, closed.lan, closed.son):
        assert left_out(signers, actor, transcripts.APPROVE, page.id) == ["KIT-002"]
    signers.sign(closed.lan, transcripts.SIGN_YEAR, page.id, part=PART)
    assert left_out(signers, closed.lan, transcripts.SIGN_YEAR, page.id) == ["TRANS-004"]
    signers.sign(closed.minh, transcripts.APPROVE, page.id, part=PART)
    assert left_out(signers, closed.minh, transcripts.APPROVE, page.id) == ["TRANS-004"]


def test_a_deputy_signs_with_a_mandate_only(closed: World, signers: Signers) -> None:

    page = prepare(closed)[0]
    teachers_sign(closed, signers)
    signers.sign(closed.lan, transcripts.SIGN_YEAR, page.id, part=PART)
    person = make_staff(closed.school, "Lê Thị Mai", "Phó Hiệu trưởng")
    deputy = make_actor(person, (Role.VICE_PRINCIPAL, closed.school))
    signers.give_key(deputy, 1)
    assert left_out(signers, deputy, transcripts.APPROVE, page.id) == ["ACC-024"]
    access.grant(
        closed.minh, person_id=person.pk, role=Role.VICE_PRINCIPAL, unit_id=closed.school.pk,
        source="Quyết định số 15/QĐ-THCS",
    )  # fmt: skip
    signers.sign(access.actor_for(person.pk, closed.minh.now), transcripts.APPROVE, page.id, part=PART)
    given = DocumentSignature.objects.get(role="principal")
    assert given.capacity == "Phó hiệu trưởng, theo Quyết định số 15/QĐ-THCS"


def test_a_shared_subject_waits_for_the_second_teacher(closed: World, signers: Signers) -> None:
    """What one of two has signed is still on the other's tray, and not yet ready for the homeroom teacher."""
    pages = prepare(closed)
    section = maths(pages[0])
    kim = second_teacher(closed, signers)
    teachers_sign(closed, signers)
    year = schooling.year_of("2025-2026")
    assert year is not None

    def line(actor: Actor) -> tray.SubjectLine:
        return next(one for one in tray.teacher_tray(actor, year) if one.section == section)

    def ready() -> int:
        return sum(len(one.ready) for one in tray.homeroom_tray(closed.lan, year))

    assert (line(closed.hoa).signed, line(closed.hoa).ready) == (3, [])
    assert (line(kim).signed, line(kim).ready) == (0, [page.id for page in pages])
    assert ready() == 0
    keys = [page.id for page in pages[:2]]
    signers.sign(kim, transcripts.SIGN_SUBJECT, *keys, part=PART, section=section)
    assert (line(kim).signed, line(kim).ready) == (2, [pages[2].id])
    assert ready() == 2


def test_a_replaced_teacher_does_not_stop_the_class(closed: World, signers: Signers) -> None:
    page = prepare(closed)[0]
    section = maths(page)
    subject = closed.subject("6A", "TOAN")
    kim = second_teacher(closed, signers)
    signers.sign(closed.hoa, transcripts.SIGN_SUBJECT, page.id, part=PART, section=section)
    frozen = DocumentSection.objects.get(section_id=section, document__state="partial")
    assert frozen.text.count("<kr:Signer ") == 2
    schooling.set_teachers(
        SYSTEM, school_id=closed.school.pk, teachers={subject.id: [kim.person_id]}, since=kim.today
    )  # fmt: skip
    later = closed.at(kim, kim.now)
    assert left_out(signers, closed.at(closed.hoa, closed.hoa.now), transcripts.SIGN_SUBJECT, page.id,
                    section=section) == ["TRANS-003"]  # fmt: skip
    signers.sign(later, transcripts.SIGN_SUBJECT, page.id, part=PART, section=section)
    assert DocumentSignature.objects.filter(section_id=section, person=kim.person_id).exists()


def test_a_right_lost_between_checking_and_signing(closed: World, signers: Signers) -> None:
    page = prepare(closed)[0]
    own = [one for one in wanted_of(closed.hoa, closed) if one.subject == page.id]
    checked = check(signers, closed.hoa, own)
    subject = closed.subject("6A", "TOAN")
    schooling.set_teachers(
        SYSTEM, school_id=closed.school.pk, teachers={subject.id: []}, since=closed.hoa.today
    )  # fmt: skip
    batch = signers.confirm(closed.at(closed.hoa, closed.hoa.now), checked)
    states = {item.options["section"]: item.state for item in batch.items.all()}
    assert states.pop(maths(page)) == "refused"
    assert set(states.values()) == {"signed"}
