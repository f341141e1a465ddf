"""Who signs what, and when: teachers, co-teachers, homeroom teacher, principal, deputy; nobody else."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from tests.cast import SINCE, SYSTEM, World, fill, make_actor, make_staff, write
from tests.signers import Signers

from khue.core.actor import Actor, Role
from khue.core.errors import Refused
from khue.modules.access import api as access
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.digests import digest_of_sheet
from khue.modules.gradebook.models import ClosingAct, SheetState
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.signed import acts, content
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, refused, untouched
from khue.modules.people import api as people
from khue.modules.records import api as records
from khue.modules.records import proof
from khue.modules.records.models import Document, DocumentSection, DocumentSignature, DocumentState
from khue.modules.schooling import api as schooling
from khue.signing.report import Verdict

pytestmark = pytest.mark.django_db
WHY = "Em Bình chuyển đến sau kì kiểm tra."
MANDATE = "Quyết định số 15/QĐ-THCS ngày 01/12/2025"


def left_out(
    signers: Signers, actor: Actor, act: str, *keys: UUID, part: int = 1, **options: str
) -> list[str]:
    """Why nothing of this can be signed; nothing is written by asking."""
    with untouched():
        checked = signers.check(actor, act, *keys, part=part, **options)
    assert checked.batch is None
    return [left.refusal.code for left in checked.left_out]


def signatures(role: str) -> list[tuple[str, str, int]]:
    rows = DocumentSignature.objects.filter(role=role).order_by("section_id", "number")
    return list(rows.values_list("signer_name", "section_id", "number"))


def teachers_sign(world: World, signers: Signers, term: int = 1) -> None:
    for person, keys in signers.sheets_by_teacher("6A", term):
        signers.sign(person, acts.SHEET, *keys, part=term)


def test_a_teacher_signs_many_sheets_and_is_told_what_is_left(world: World, signers: Signers) -> None:
    sheets = {code: world.sheet("6A", code) for code in ("TOAN", "KHTN", "TIN", "GDCD", "LSDL")}
    *ready, gap = sheets.values()
    for sheet in ready:
        fill(sheet)
    fill(gap, leave=1)
    for pupil in world.pupils["6A"][:1]:
        write(world.hoa, sheets["TIN"], pupil, "ck", "", state="PENDING_MAKEUP")
    checked = signers.check(world.hoa, acts.SHEET, *(sheet.id for sheet in sheets.values()), part=1)
    refusals = {left.subject.subject: left.refusal for left in checked.left_out}
    assert {key: refusal.code for key, refusal in refusals.items()} == {
        sheets["TIN"].id: "GRADE-020", gap.id: "GRADE-020",
    }  # fmt: skip
    assert "Tin học" in str(refusals[sheets["TIN"].id].params["missing"])
    batch = signers.confirm(world.hoa, checked)
    assert set(batch.items.values_list("state", flat=True)) == {"signed"}
    for code, sheet in sheets.items():
        sheet.refresh_from_db()
        assert (sheet.state == SheetState.CLOSED) == (code in {"TOAN", "KHTN", "GDCD"}), code
    closed = ClosingAct.objects.all()
    assert {(act.step, act.person, act.attestation["proof"]["kind"]) for act in closed} == {
        ("teacher", world.hoa.person_id, "xades")
    }
    assert {act.content_digest for act in closed} == {digest_of_sheet(act.sheet) for act in closed}
    assert list(proof.verify_documents()) == []
    assert list(gradebook.verify_records()) == []
    assert left_out(signers, world.hoa, acts.SHEET, sheets["TOAN"].id) == ["GRADE-021"]


def test_a_reason_for_what_is_missing_is_kept(world: World, signers: Signers) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet, leave=1)
    assert left_out(signers, world.hoa, acts.SHEET, sheet.id, accept_missing="  mới đến  ") == ["GRADE-020"]
    signers.sign(world.hoa, acts.SHEET, sheet.id, part=1, accept_missing=WHY)
    assert ClosingAct.objects.get().reason == WHY
    assert list(gradebook.verify_records()) == []


def test_a_reason_for_what_is_not_missing_is_not_kept(world: World, signers: Signers) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    signers.sign(world.hoa, acts.SHEET, sheet.id, part=1, accept_missing=WHY)
    assert ClosingAct.objects.get().reason == ""


def test_a_test_to_be_made_up_is_not_talked_away(world: World, signers: Signers) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    write(world.hoa, sheet, world.pupils["6A"][0], "ck", "", state="PENDING_MAKEUP")
    assert left_out(signers, world.hoa, acts.SHEET, sheet.id, accept_missing=WHY) == ["GRADE-020"]
    for actor in (world.lan, world.minh):
        with pytest.raises(Exception, match="KIT-002"), untouched():
            closing.no_makeup(actor, sheet_id=sheet.id)
    assert closing.no_makeup(world.hoa, sheet_id=sheet.id) == 1
    signers.sign(world.hoa, acts.SHEET, sheet.id, part=1)
    assert "ZERO_NO_MAKEUP" in DocumentSection.objects.get().text
    with refused(Refused, "GRADE-021"):
        closing.no_makeup(world.hoa, sheet_id=sheet.id)


def test_who_may_not_sign_a_sheet(world: World, signers: Signers) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    for actor in (world.lan, world.minh, world.thu, world.son):  # they see it
        assert left_out(signers, actor, acts.SHEET, sheet.id) == ["KIT-002"]
    assert left_out(signers, world.quang, acts.SHEET, sheet.id) == ["KIT-001"]
    own = world.sheet("6A", "homeroom")
    assert left_out(signers, world.lan, acts.SHEET, own.id) == ["GRADE-050"]


@pytest.fixture
def shared(world: World) -> gradebook.Sheet:
    """Toán in 6A, which cô Hoa and cô Lan teach together."""
    both = [schooling.Assignment(world.subject("6A", "TOAN").id, world.lan.person_id)]
    schooling.assign_teachers(SYSTEM, school_id=world.school.pk, assignments=both, since=SINCE)
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    return sheet


@pytest.mark.parametrize("order", ["Hoa, Lan", "Lan, Hoa"])
def test_co_teachers_both_sign_the_same_section_in_any_order(
    world: World, signers: Signers, shared: gradebook.Sheet, order: str
) -> None:
    hoa, lan = world.at(world.hoa, world.hoa.now), world.at(world.lan, world.lan.now)
    first, second = (hoa, lan) if order.startswith("Hoa") else (lan, hoa)
    signers.sign(first, acts.SHEET, shared.id, part=1)
    (section,) = DocumentSection.objects.all()
    assert section.text.count("<kr:Signer ") == 2
    shared.refresh_from_db()
    assert shared.state == SheetState.CLOSED
    assert left_out(signers, first, acts.SHEET, shared.id) == ["GRADE-021"]
    signers.sign(second, acts.SHEET, shared.id, part=1)
    assert DocumentSection.objects.get() == section
    assert {(name, place) for name, place, _ in signatures("teacher")} == {
        ("Nông Thị Hoa", section.section_id), ("Lý Thị Lan", section.section_id),
    }  # fmt: skip
    assert {number for _, _, number in signatures("teacher")} == {1, 2}
    assert ClosingAct.objects.count() == 2
    assert list(proof.verify_documents()) == []
    assert list(gradebook.verify_records()) == []


def test_the_homeroom_teacher_waits_for_both_co_teachers(
    world: World, signers: Signers, shared: gradebook.Sheet
) -> None:
    fill_term(world)
    hoa, lan = world.at(world.hoa, world.hoa.now), world.at(world.lan, world.lan.now)
    teachers_sign(world, signers)  # Toán by one of the two only
    key = world.classes["6A"].id
    with untouched():
        (left,) = signers.check(lan, acts.CLASS, key, part=1).left_out
    assert (left.refusal.code, left.refusal.params) == ("GRADE-052", {"sheets": "Toán"})
    signed = {name for name, place, _ in signatures("teacher") if place == content.section_id(shared)}
    signers.sign(lan if signed == {"Nông Thị Hoa"} else hoa, acts.SHEET, shared.id, part=1)
    signers.sign(lan, acts.CLASS, key, part=1)
    assert closing.class_state(key, 1).state == "closed"


def test_a_co_teacher_who_left_is_not_waited_for(
    world: World, signers: Signers, shared: gradebook.Sheet
) -> None:
    hoa = world.at(world.hoa, world.hoa.now)
    signers.sign(hoa, acts.SHEET, shared.id, part=1)
    row = schooling.TeachingAssignment.objects.get(
        class_subject=world.subject("6A", "TOAN"), person=world.lan.person_id
    )
    schooling.end_assignment(SYSTEM, assignment_id=row.pk, on=world.hoa.today)
    hoa, lan = world.at(world.hoa, world.hoa.now), world.at(world.lan, world.lan.now)
    assert left_out(signers, lan, acts.SHEET, shared.id) == ["KIT-002"]
    signers.sign(hoa, acts.SHEET, shared.id, part=1)
    states = Document.objects.order_by("version").values_list("state", flat=True)
    assert list(states) == [DocumentState.CANCELLED, DocumentState.PARTIAL]
    section = DocumentSection.objects.get(document__state=DocumentState.PARTIAL)
    assert section.text.count("<kr:Signer ") == 1
    assert list(proof.verify_documents()) == []
    assert list(gradebook.verify_records()) == []


def test_a_teacher_replaced_in_mid_year(world: World, signers: Signers) -> None:
    """What cô Hoa signed stays hers; what she did not sign is signed by who teaches now."""
    signed, other = world.sheet("6A", "TIN"), world.sheet("6A", "TOAN")
    fill(signed)
    fill(other)
    signers.sign(world.hoa, acts.SHEET, signed.id, part=1)
    nga = make_actor(make_staff(world.school, "Bế Thị Nga"), (Role.TEACHER, world.school))
    signers.give_key(nga, 77)
    teachers = {world.subject("6A", code).id: [nga.person_id] for code in ("TIN", "TOAN")}
    assert nga.person_id is not None
    schooling.set_teachers(
        SYSTEM, school_id=world.school.pk, teachers=teachers, since=world.hoa.today + dt.timedelta(days=1)
    )
    tomorrow = world.hoa.now + dt.timedelta(days=1)
    hoa, nga = world.at(world.hoa, tomorrow), world.at(nga, tomorrow)
    for sheet in (signed, other):
        assert left_out(signers, hoa, acts.SHEET, sheet.id) == ["KIT-001"]
    assert left_out(signers, nga, acts.SHEET, signed.id) == ["GRADE-051"]
    signers.sign(nga, acts.SHEET, other.id, part=1)
    names = {place: name for name, place, _ in signatures("teacher")}
    assert names == {
        content.section_id(signed): "Nông Thị Hoa", content.section_id(other): "Bế Thị Nga",
    }  # fmt: skip
    report = proof.verified(signers.document())
    assert {one.signer: one.indication for one in report.signatures}["Nông Thị Hoa"] == "TOTAL_PASSED"
    assert list(proof.verify_documents()) == []
    assert list(gradebook.verify_records()) == []


def test_replaced_between_the_check_and_the_key(world: World, signers: Signers) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    checked = signers.check(world.hoa, acts.SHEET, sheet.id, part=1)
    nga = make_staff(world.school, "Bế Thị Nga")
    schooling.set_teachers(
        SYSTEM, school_id=world.school.pk, teachers={world.subject("6A", "TOAN").id: [nga.pk]},
        since=world.hoa.today,
    )  # fmt: skip
    batch = signers.confirm(world.at(world.hoa, world.hoa.now), checked)
    assert list(batch.items.values_list("state", "refusal")) == [("refused", "KIT-001")]
    sheet.refresh_from_db()
    assert (sheet.state, DocumentSignature.objects.count()) == (SheetState.OPEN, 0)


def test_a_mark_changed_between_the_check_and_the_key(world: World, signers: Signers) -> None:
    sheets = [world.sheet("6A", code) for code in ("TOAN", "KHTN", "TIN")]
    for sheet in sheets:
        fill(sheet)
    checked = signers.check(world.hoa, acts.SHEET, *(sheet.id for sheet in sheets), part=1)
    write(world.hoa, sheets[1], world.pupils["6A"][0], "ck", "9")
    batch = signers.confirm(world.hoa, checked)
    assert list(batch.items.values_list("state", "refusal")) == [
        ("signed", ""), ("refused", "REC-010"), ("signed", ""),
    ]  # fmt: skip
    states = []
    for sheet in sheets:
        sheet.refresh_from_db()
        states.append(sheet.state)
    assert states == [SheetState.CLOSED, SheetState.OPEN, SheetState.CLOSED]
    signers.sign(world.hoa, acts.SHEET, sheets[1].id, part=1)
    assert "9.0" in DocumentSection.objects.get(section_id=content.section_id(sheets[1])).text


def test_the_homeroom_teacher_signs_after_the_teachers(world: World, signers: Signers) -> None:
    key = world.classes["6A"].id
    fill_term(world)
    assert left_out(signers, world.lan, acts.CLASS, key) == ["GRADE-022"]
    close_subjects(world)  # former years are closed so: without signatures
    assert left_out(signers, world.lan, acts.CLASS, key) == ["GRADE-052"]
    teachers_sign(world, signers)
    for actor in (world.minh, world.thu, world.son):
        assert left_out(signers, actor, acts.CLASS, key) == ["KIT-002"]
    for actor in (world.hoa, world.quang):  # who teaches a subject does not see the class's results
        assert left_out(signers, actor, acts.CLASS, key) == ["KIT-001"]
    signers.sign(world.lan, acts.CLASS, key, part=1)
    assert signatures("homeroom") == [("Lý Thị Lan", "summary", 1)]
    own = [world.sheet("6A", kind) for kind in ("homeroom",)]
    assert {sheet.state for sheet in own} == {SheetState.CLOSED}
    assert left_out(signers, world.lan, acts.CLASS, key) == ["GRADE-021"]


def test_the_homeroom_teachers_own_sheet_must_be_complete(world: World, signers: Signers) -> None:
    for sheet in gradebook.sheets_of(world.classes["6A"].id, 1).values():
        if sheet.class_subject_id is not None:
            fill(sheet)
    teachers_sign(world, signers)
    assert left_out(signers, world.lan, acts.CLASS, world.classes["6A"].id) == ["GRADE-020"]


def test_the_principal_signs_after_the_homeroom_teacher(world: World, signers: Signers) -> None:
    key = world.classes["6A"].id
    fill_term(world)
    teachers_sign(world, signers)
    assert left_out(signers, world.minh, acts.SEAL, key) == ["GRADE-024"]
    signers.sign(world.lan, acts.CLASS, key, part=1)
    for actor in (world.lan, world.thu, world.son):
        assert left_out(signers, actor, acts.SEAL, key) == ["KIT-002"]
    for actor in (world.hoa, world.quang):
        assert left_out(signers, actor, acts.SEAL, key) == ["KIT-001"]
    assert left_out(signers, world.lan, acts.CLASS, key, part=0) == ["GRADE-027"]
    signers.sign(world.minh, acts.SEAL, key, part=1)
    document = signers.document()
    assert document.state == DocumentState.COMPLETE
    assert DocumentSignature.objects.get(role="principal").capacity == "Hiệu trưởng"
    assert left_out(signers, world.minh, acts.SEAL, key) == ["GRADE-021"]
    assert {sheet.state for sheet in gradebook.sheets_of(key, 1).values()} == {SheetState.SEALED}


def test_a_class_that_was_closed_without_signatures_is_not_approved_by_one(
    world: World, signers: Signers
) -> None:
    fill_term(world)
    close_subjects(world)
    closing.close_class(world.lan, school_class_id=world.classes["6A"].id, term=1)
    assert left_out(signers, world.minh, acts.SEAL, world.classes["6A"].id) == ["GRADE-053"]


def test_results_that_read_otherwise_are_signed_again_by_the_homeroom_teacher(
    world: World, signers: Signers
) -> None:
    """A pupil's name was corrected after cô Lan signed: what the principal would approve she never saw."""
    key = world.classes["6A"].id
    fill_term(world)
    teachers_sign(world, signers)
    signers.sign(world.lan, acts.CLASS, key, part=1)
    people.Person.objects.filter(pk=world.pupils["6A"][0]).update(full_name="Lý Tiến Bính")
    assert left_out(signers, world.minh, acts.SEAL, key) == ["GRADE-054"]
    teachers = signatures("teacher")
    signers.sign(world.lan, acts.CLASS, key, part=1)
    assert [one.version for one in Document.objects.order_by("version")] == [1, 2]
    assert "Lý Tiến Bính" in DocumentSection.objects.get(document__version=2, section_id="summary").text
    rows = DocumentSignature.objects.filter(document__version=2, role="teacher", carried=True)
    assert rows.count() == len(teachers)
    signers.sign(world.minh, acts.SEAL, key, part=1)
    assert proof.verified(signers.document()).verdict is not Verdict.INVALID
    assert list(proof.verify_documents()) == []
    assert list(gradebook.verify_records()) == []


def deputy(world: World, source: str) -> Actor:
    person = make_staff(world.school, "Lộc Thị Vân", "Phó hiệu trưởng")
    access.Grant.objects.create(
        person=person, role=Role.VICE_PRINCIPAL.value, unit=world.school, valid_from=SINCE, source=source
    )
    return access.actor_for(person.pk, world.minh.now)


@pytest.fixture
def closed(world: World, signers: Signers) -> UUID:
    """Class 6A, signed by its teachers and cô Lan."""
    fill_term(world)
    teachers_sign(world, signers)
    signers.sign(world.lan, acts.CLASS, world.classes["6A"].id, part=1)
    return world.classes["6A"].id


def test_a_deputy_needs_a_mandate(world: World, signers: Signers, closed: UUID) -> None:
    van = deputy(world, "")
    signers.give_key(van, 78)
    assert left_out(signers, van, acts.SEAL, closed) == ["ACC-024"]


def test_a_deputy_signs_by_a_mandate_that_stands_in_the_signature(
    world: World, signers: Signers, closed: UUID
) -> None:
    van = deputy(world, MANDATE)
    signers.give_key(van, 78)
    signers.sign(van, acts.SEAL, closed, part=1)
    row = DocumentSignature.objects.get(role="principal")
    capacity = f"Phó hiệu trưởng, theo {MANDATE}"
    assert (row.signer_name, row.capacity) == ("Lộc Thị Vân", capacity)
    assert f"<xades:ClaimedRole>{capacity}</xades:ClaimedRole>" in row.text
    report = proof.verified(signers.document())
    (shown,) = (one for one in report.signatures if one.role == "principal")
    assert (shown.signer, shown.capacity) == ("Lộc Thị Vân", capacity)


@pytest.mark.parametrize("change", ["withdrawn", "another"])
def test_a_mandate_that_changed_between_the_check_and_the_key(
    world: World, signers: Signers, closed: UUID, change: str
) -> None:
    van = deputy(world, MANDATE)
    signers.give_key(van, 78)
    checked = signers.check(van, acts.SEAL, closed, part=1)
    source = "" if change == "withdrawn" else "Quyết định số 16/QĐ-THCS"
    access.Grant.objects.filter(person=van.person_id).update(source=source)
    batch = signers.confirm(world.at(van, van.now), checked)  # the next request
    code = "ACC-024" if change == "withdrawn" else "REC-010"
    assert list(batch.items.values_list("state", "refusal")) == [("refused", code)]
    assert signatures("principal") == []


def test_a_role_lost_between_the_check_and_the_key(world: World, signers: Signers, closed: UUID) -> None:
    checked = signers.check(world.minh, acts.SEAL, closed, part=1)
    dismissed = make_actor(people.Person.objects.get(pk=world.minh.person_id), (Role.TEACHER, world.school))
    batch = signers.confirm(dismissed, checked)
    assert list(batch.items.values_list("state", "refusal")) == [("refused", "KIT-001")]
    assert (signatures("principal"), closing.class_state(closed, 1).state) == ([], "closed")


def test_where_a_school_signs_nothing_is_closed_without_a_signature(
    world: World, signers: Signers, settings: Any
) -> None:
    settings.KHUE_SIGNING = "required"
    key, sheet = world.classes["6A"].id, world.sheet("6A", "TOAN")
    fill_term(world)
    with refused(Refused, "GRADE-056"):
        gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    close_subjects(world)  # the system may: former years come in so
    with refused(Refused, "GRADE-056"):
        closing.close_class(world.lan, school_class_id=key, term=1)
    with refused(Refused, "GRADE-056"):
        closing.seal_class(world.minh, school_class_id=key, term=1)
    teachers_sign(world, signers)
    assert len(signatures("teacher")) == ClosingAct.objects.exclude(person=None).count()


def test_an_act_of_another_kind_of_thing_finds_nothing(world: World, signers: Signers) -> None:
    """A class's id where a sheet's is asked for, and the other way round."""
    for act, key in ((acts.SHEET, world.classes["6A"].id), (acts.CLASS, world.sheet("6A", "TOAN").id)):
        assert left_out(signers, world.lan, act, key) == ["KIT-001"]
    assert left_out(signers, world.lan, acts.CLASS, world.classes["6A"].id, part=7) == ["KIT-003"]
    assert isinstance(records.act_of(acts.SEAL), acts.SealAct)
