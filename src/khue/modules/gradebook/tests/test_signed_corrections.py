"""Versions: a correction makes exactly those sign again whom it concerns; the old version stays readable."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from tests.cast import World
from tests.signers import Signers

from khue.core.errors import Conflict, Refused
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import ClosingAct, Correction, FrozenResult, Sheet, SheetState
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.services.corrections import (
    approve_correction,
    confirm_correction,
    request_correction,
)
from khue.modules.gradebook.signed import acts, content, tray
from khue.modules.gradebook.tests.acts import fill_term, refused, untouched
from khue.modules.records import proof, queries, trust
from khue.modules.records.content import file_of
from khue.modules.records.models import (
    Document,
    DocumentEvent,
    DocumentSection,
    DocumentSignature,
    DocumentState,
)
from khue.modules.records.services import documents, settling
from khue.signing.files import verify_file
from khue.signing.report import Verdict

pytestmark = pytest.mark.django_db
WHY = "Cộng nhầm điểm bài tự luận của em."
DECISION = "15/QĐ-THCS, 20/12/2025"


def correct(
    world: World, sheet: Sheet, *, number: int = 0, slot: str = "ck", value: str = "9", decision: str = ""
) -> Correction:
    """The whole ritual: asked by who enters the sheet, confirmed by cô Lan, approved by thầy Minh."""
    asker = world.lan if sheet.class_subject is None else world.hoa
    pupil = world.pupils["6A"][number]
    version = gradebook.cells_of(sheet.id)[pupil, slot].version
    row = request_correction(
        asker, sheet_id=sheet.id, pupil_id=pupil, slot=slot, value=value, reason=WHY, base_version=version
    )
    if asker is world.hoa:
        confirm_correction(world.lan, correction_id=row.id)
    return approve_correction(world.minh, correction_id=row.id, decision=decision)


def versions() -> list[tuple[int, str]]:
    return list(Document.objects.order_by("part", "version").values_list("version", "state"))


def version(number: int) -> Document:
    return Document.objects.get(version=number)


def slots(document: Document, *, carried: bool | None = None) -> set[tuple[str, str]]:
    rows = DocumentSignature.objects.filter(document=document)
    if carried is not None:
        rows = rows.filter(carried=carried)
    return set(rows.values_list("role", "section_id"))


def agrees() -> bool:
    return not [*proof.verify_documents(), *gradebook.verify_records()]


def judged(document: Document) -> Verdict:
    """What a stranger finds in the file."""
    return verify_file(
        bytes(document.file.content), trust=trust.current(), now=dt.datetime.now(dt.UTC)
    ).verdict


def sign_again(world: World, signers: Signers, *sheets: Sheet) -> None:
    """What a correction asks for: the teacher of the sheet, cô Lan, thầy Minh, the school."""
    if sheets:
        signers.sign(world.hoa, acts.SHEET, *(sheet.id for sheet in sheets), part=1)
    signers.sign(world.lan, acts.CLASS, world.classes["6A"].id, part=1)
    signers.sign(world.minh, acts.SEAL, world.classes["6A"].id, part=1)
    settling.after_signing(world.minh.now, world.school.pk)


def test_in_a_class_that_is_not_approved_yet(world: World, signers: Signers) -> None:
    """The teacher of the sheet signs again; what the others signed is carried over."""
    fill_term(world)
    for person, keys in signers.sheets_by_teacher():
        signers.sign(person, acts.SHEET, *keys, part=1)
    before = {row.section_id: row.text for row in DocumentSignature.objects.all()}
    sheet = world.sheet("6A", "TOAN")
    place = content.section_id(sheet)
    sheet.refresh_from_db()
    correct(world, sheet)
    assert versions() == [(1, DocumentState.CANCELLED), (2, DocumentState.PARTIAL)]
    assert slots(version(2)) == {("teacher", key) for key in before if key != place}
    assert {row.section_id: row.text for row in DocumentSignature.objects.filter(document=version(2))} == {
        key: text for key, text in before.items() if key != place
    }
    ended = DocumentEvent.objects.get(document=version(1), state=DocumentState.CANCELLED)
    assert ended.reason == WHY
    with untouched():
        (left,) = signers.check(world.lan, acts.CLASS, world.classes["6A"].id, part=1).left_out
    assert (left.refusal.code, left.refusal.params) == ("GRADE-052", {"sheets": "Toán"})
    sign_again(world, signers, sheet)
    assert version(2).state == DocumentState.ISSUED
    assert "9.0" in DocumentSection.objects.get(document=version(2), section_id=place).text
    assert judged(version(2)) is Verdict.VALID
    assert agrees()


def test_in_an_approved_class_exactly_four_sign_again(world: World, signers: Signers) -> None:
    fill_term(world)
    first = signers.sign_class()
    sheet = world.sheet("6A", "TOAN")
    place = content.section_id(sheet)
    sheet.refresh_from_db()
    correct(world, sheet, decision=DECISION)
    assert versions() == [(1, DocumentState.ISSUED), (2, DocumentState.PARTIAL)]  # the old one holds so far
    second = version(2)
    assert (second.code, second.replaces_id) == (first.code, first.id)
    everything = slots(first)
    again = {("teacher", place), ("homeroom", "summary"), ("principal", ""), ("school", "")}
    assert slots(second) == everything - again
    assert slots(second, carried=False) == set()
    sign_again(world, signers, sheet)
    assert versions() == [(1, DocumentState.SUPERSEDED), (2, DocumentState.ISSUED)]
    second.refresh_from_db()
    first.refresh_from_db()
    assert slots(second) == everything
    assert slots(second, carried=False) == again
    assert first.digest in second.head  # which file it replaces stands in what is signed
    assert 'version="2"' in second.head
    assert (judged(first), judged(second)) == (Verdict.VALID, Verdict.VALID)
    assert b"9.0" in file_of(second)
    assert b"9.0" not in file_of(first)
    steps = DocumentEvent.objects.filter(document=first).order_by("id").values_list("state", flat=True)
    assert list(steps)[-2:] == ["issued", "superseded"]
    assert closing.class_state(world.classes["6A"].id, 1).state == "sealed"
    frozen = FrozenResult.objects.filter(pupil=world.pupils["6A"][0], term=1)
    assert [row.version for row in frozen.order_by("version")] == [1, 2]
    assert queries.changed_sections(content.kind_of(1), world.classes["6A"].id, 1) == [
        "Toán", "Tổng hợp học kì I",
    ]  # fmt: skip
    assert agrees()


def hoas_lines(world: World) -> list[tray.SheetToSign]:
    """Cô Hoa's sheets of class 6A on the page «Ký»."""
    lines = tray.sheets_to_sign(world.hoa, world.year, 1)
    return [line for line in lines if line.sheet.school_class_id == world.classes["6A"].id]


def minhs_line(world: World) -> tray.DigestLine:
    """Class 6A in thầy Minh's digest."""
    lines = tray.digest(world.minh, world.year, 1)
    return next(line for line in lines if line.school_class.id == world.classes["6A"].id)


def test_who_is_asked_again_after_a_correction(world: World, signers: Signers) -> None:
    fill_term(world)
    signers.sign_class()
    sheet = world.sheet("6A", "TOAN")
    sheet.refresh_from_db()
    correct(world, sheet, decision=DECISION)
    mine = hoas_lines(world)
    assert [(line.name, line.again) for line in mine if line.status == tray.READY] == [("Toán", True)]
    assert {line.status for line in mine} == {tray.READY, tray.SIGNED}
    (lan,) = tray.classes_to_sign(world.lan, world.year, 1)
    assert (lan.status, "Toán" in lan.note) == (tray.WAITING, True)
    line = minhs_line(world)
    assert line.status == tray.WAITING
    signers.sign(world.hoa, acts.SHEET, sheet.id, part=1)
    signers.sign(world.lan, acts.CLASS, world.classes["6A"].id, part=1)
    line = minhs_line(world)
    assert (line.status, line.changed, line.corrections) == (
        tray.READY, ["Toán", "Tổng hợp học kì I"], 1,
    )  # fmt: skip


def test_nobody_signs_again_out_of_turn_or_without_need(world: World, signers: Signers) -> None:
    fill_term(world)
    signers.sign_class()
    sheet, other = world.sheet("6A", "TOAN"), world.sheet("6A", "TIN")
    sheet.refresh_from_db()
    correct(world, sheet, decision=DECISION)
    key = world.classes["6A"].id

    def why(actor: Any, act: str, subject: UUID) -> str:
        with untouched():
            (left,) = signers.check(actor, act, subject, part=1).left_out
        return left.refusal.code

    assert why(world.hoa, acts.SHEET, other.id) == "GRADE-021"
    assert why(world.lan, acts.CLASS, key) == "GRADE-052"
    assert why(world.minh, acts.SEAL, key) == "GRADE-053"


def test_two_corrections_in_a_row(world: World, signers: Signers) -> None:
    """The second comes before anybody signed the first again, the third after the teacher had."""
    fill_term(world)
    first = signers.sign_class()
    toan, tin = world.sheet("6A", "TOAN"), world.sheet("6A", "TIN")
    toan.refresh_from_db()
    tin.refresh_from_db()
    correct(world, toan, decision=DECISION)
    correct(world, tin, number=1, value="8", decision=DECISION)
    assert versions() == [
        (1, DocumentState.ISSUED), (2, DocumentState.CANCELLED), (3, DocumentState.PARTIAL),
    ]  # fmt: skip
    lacking = slots(first) - slots(version(3))
    assert {place for role, place in lacking if role == "teacher"} == {
        content.section_id(toan), content.section_id(tin),
    }  # fmt: skip
    signers.sign(world.hoa, acts.SHEET, toan.id, part=1)
    correct(world, toan, number=2, value="5", decision=DECISION)  # what she has just signed changes again
    assert {place for role, place in slots(first) - slots(version(4)) if role == "teacher"} == {
        content.section_id(toan), content.section_id(tin),
    }  # fmt: skip
    sign_again(world, signers, toan, tin)
    assert versions()[0] == (1, DocumentState.SUPERSEDED)
    assert version(4).state == DocumentState.ISSUED
    assert version(4).replaces_id == first.id
    assert 'corrections="2"' in DocumentSection.objects.get(
        document=version(4), section_id=content.section_id(toan)
    ).text
    assert agrees()


def test_two_versions_one_after_the_other(world: World, signers: Signers) -> None:
    fill_term(world)
    first = signers.sign_class()
    sheet = world.sheet("6A", "TOAN")
    sheet.refresh_from_db()
    for value in ("9", "10"):
        correct(world, sheet, value=value, decision=DECISION)
        sign_again(world, signers, sheet)
    assert versions() == [
        (1, DocumentState.SUPERSEDED), (2, DocumentState.SUPERSEDED), (3, DocumentState.ISSUED),
    ]  # fmt: skip
    assert [version(number).replaces_id for number in (2, 3)] == [first.id, version(2).id]
    assert {judged(version(number)) for number in (1, 2, 3)} == {Verdict.VALID}
    assert len({version(number).print_code for number in (1, 2, 3)}) == 3
    assert agrees()


def test_the_homeroom_teachers_own_sheet(world: World, signers: Signers) -> None:
    """No teacher signs again: conduct stands in the summary alone."""
    fill_term(world)
    first = signers.sign_class()
    sheet = world.sheet("6A", "homeroom")
    sheet.refresh_from_db()
    correct(world, sheet, slot="conduct", value="K", decision=DECISION)
    assert slots(first) - slots(version(2)) == {("homeroom", "summary"), ("principal", ""), ("school", "")}
    sign_again(world, signers)
    assert versions() == [(1, DocumentState.SUPERSEDED), (2, DocumentState.ISSUED)]
    assert slots(version(2), carried=True) == {slot for slot in slots(first) if slot[0] == "teacher"}
    assert agrees()


def test_a_correction_makes_the_year_be_signed_again_too(world: World, signers: Signers) -> None:
    key = world.classes["6A"].id
    for term in (1, 2):
        fill_term(world, "6A", term)
        signers.sign_class("6A", term)
    signers.sign(world.lan, acts.CLASS, key, part=0)
    signers.sign(world.minh, acts.SEAL, key, part=0)
    settling.after_signing(world.minh.now, world.school.pk)
    sheet = world.sheet("6A", "TOAN")
    sheet.refresh_from_db()
    correct(world, sheet, decision=DECISION)
    states: dict[int, list[str]] = {1: [], 2: [], 0: []}
    for document in Document.objects.order_by("version"):
        states[document.part].append(document.state)
    assert states == {1: ["issued", "partial"], 2: ["issued"], 0: ["issued", "prepared"]}
    with untouched():
        (left,) = signers.check(world.minh, acts.SEAL, key, part=0).left_out
    assert left.refusal.code == "GRADE-053"
    sign_again(world, signers, sheet)
    signers.sign(world.lan, acts.CLASS, key, part=0)
    signers.sign(world.minh, acts.SEAL, key, part=0)
    settling.after_signing(world.minh.now, world.school.pk)
    newest = {row.part: (row.version, row.state) for row in Document.objects.order_by("version")}
    assert newest == {1: (2, "issued"), 2: (1, "issued"), 0: (2, "issued")}
    assert agrees()


def test_a_correction_where_nothing_was_signed_makes_no_document(world: World, signers: Signers) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill_term(world)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    sheet.refresh_from_db()
    correct(world, sheet)
    assert not Document.objects.exists()


def test_signing_meets_a_correction_that_was_approved_meanwhile(world: World, signers: Signers) -> None:
    """Cô Lan has checked; before her phone answers a mark is corrected: the old one is not signed."""
    fill_term(world)
    for person, keys in signers.sheets_by_teacher():
        signers.sign(person, acts.SHEET, *keys, part=1)
    checked = signers.check(world.lan, acts.CLASS, world.classes["6A"].id, part=1)
    sheet = world.sheet("6A", "TOAN")
    correct(world, sheet)
    batch = signers.confirm(world.lan, checked)
    assert list(batch.items.values_list("state", "refusal")) == [("refused", "GRADE-052")]
    assert ("homeroom", "summary") not in slots(version(1)) | slots(version(2))


def reopen(world: World) -> ClosingAct:
    return closing.reopen_class(
        world.minh, school_class_id=world.classes["6A"].id, term=1, reason="Chấm lại bài cuối kì cả khối.",
        decision=DECISION,
    )  # fmt: skip


def test_a_class_opened_again_gives_up_the_version_in_work(world: World, signers: Signers) -> None:
    fill_term(world)
    for person, keys in signers.sheets_by_teacher():
        signers.sign(person, acts.SHEET, *keys, part=1)
    signers.sign(world.lan, acts.CLASS, world.classes["6A"].id, part=1)
    reopen(world)
    assert versions() == [(1, DocumentState.CANCELLED)]
    ended = DocumentEvent.objects.get(state=DocumentState.CANCELLED)
    assert (ended.reason, ended.authority) == ("Chấm lại bài cuối kì cả khối.", DECISION)
    assert {line.status for line in hoas_lines(world)} == {tray.READY}
    assert [line.status for line in tray.classes_to_sign(world.lan, world.year, 1)] == [tray.WAITING]
    document = signers.sign_class()
    assert (document.version, document.state, document.replaces) == (2, DocumentState.ISSUED, None)
    assert slots(document, carried=True) == set()
    assert agrees()


def test_an_issued_record_holds_until_the_opened_class_is_signed_again(
    world: World, signers: Signers
) -> None:
    fill_term(world)
    first = signers.sign_class()
    reopen(world)
    assert versions() == [(1, DocumentState.ISSUED)]
    assert {line.status for line in hoas_lines(world)} == {tray.READY}
    assert [line.status for line in tray.classes_to_sign(world.lan, world.year, 1)] == [tray.WAITING]
    line = minhs_line(world)
    assert line.status == tray.WAITING
    second = signers.sign_class()
    first.refresh_from_db()
    assert (first.state, second.state, second.replaces_id) == ("superseded", "issued", first.id)
    assert {sheet.state for sheet in gradebook.sheets_of(world.classes["6A"].id, 1).values()} == {
        SheetState.SEALED
    }
    assert agrees()


def test_after_a_recall_everybody_signs_again(world: World, signers: Signers) -> None:
    fill_term(world)
    first = signers.sign_class()
    documents.cancel(
        world.minh, document_id=first.id, reason="Chứng thư của trường bị lộ khoá.", authority=DECISION
    )
    assert versions() == [(1, DocumentState.RECALLED)]
    second = signers.sign_class()
    assert (second.version, second.state, second.replaces) == (2, DocumentState.ISSUED, None)
    assert slots(second, carried=True) == set()
    first.refresh_from_db()
    assert (first.state, judged(first)) == (DocumentState.RECALLED, Verdict.VALID)  # its bytes stay
    assert agrees()


def test_after_a_cancellation_everybody_signs_again(world: World, signers: Signers) -> None:
    """Also where every sheet is closed already and nothing is open to be signed."""
    fill_term(world)
    for person, keys in signers.sheets_by_teacher():
        signers.sign(person, acts.SHEET, *keys, part=1)
    documents.cancel(
        world.minh, document_id=version(1).id, reason="Cô Hoa ký bằng chứng thư cũ.", authority=DECISION
    )
    assert {line.status for line in hoas_lines(world)} == {tray.READY}
    second = signers.sign_class()
    assert (second.version, second.state) == (2, DocumentState.ISSUED)
    assert agrees()


def test_a_correction_over_a_record_that_was_cancelled(world: World, signers: Signers) -> None:
    fill_term(world)
    signers.sign_class()
    documents.cancel(
        world.minh, document_id=version(1).id, reason="Chứng thư của trường bị lộ khoá.", authority=DECISION
    )
    sheet = world.sheet("6A", "TOAN")
    sheet.refresh_from_db()
    correct(world, sheet, decision=DECISION)
    assert slots(version(2)) == set()  # nothing is taken over from what does not stand
    signers.sign_class()
    assert version(2).state == DocumentState.ISSUED
    assert agrees()


def test_approvals_are_refused_as_before(world: World, signers: Signers) -> None:
    """What a correction itself refuses leaves records alone."""
    fill_term(world)
    signers.sign_class()
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    sheet.refresh_from_db()
    with refused(Conflict, "GRADE-009"):
        request_correction(
            world.hoa, sheet_id=sheet.id, pupil_id=pupil, slot="ck", value="9", reason=WHY, base_version=0
        )
    row = request_correction(
        world.hoa, sheet_id=sheet.id, pupil_id=pupil, slot="ck", value="9", reason=WHY, base_version=1
    )
    with refused(Refused, "GRADE-033"):
        approve_correction(world.minh, correction_id=row.id, decision=DECISION)
