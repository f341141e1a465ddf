"""Closing acts: who closes what and when, what stops them, and that a refusal changes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

import pytest
from tests.cast import SYSTEM, World, fill, write

from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.attestation import statement_of
from khue.modules.gradebook.digests import digest_of_class, digest_of_sheet
from khue.modules.gradebook.models import CellChange, ClosingAct, FrozenResult, Sheet, SheetState
from khue.modules.gradebook.services.closing import reopen_class
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, refused, seal, seal_term
from khue.rules.secondary import Promotion

pytestmark = pytest.mark.django_db
WHY = "Em chuyển đến từ tháng 12, chưa đủ bài kiểm tra."
DECISION = {"reason": "Nhập nhầm cột điểm cuối kì của cả lớp.", "decision": "12/QĐ-THCS, 20/01/2026"}


def states(world: World, name: str = "6A", term: int = 1) -> set[str]:
    return {sheet.state for sheet in gradebook.sheets_of(world.classes[name].id, term).values()}


def test_a_teacher_closes_a_full_sheet(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    act = gradebook.close_sheet(world.hoa, sheet_id=sheet.id, seen=digest_of_sheet(sheet))
    sheet.refresh_from_db()
    assert sheet.state == SheetState.CLOSED
    assert (act.scope, act.step, act.closes, act.term) == ("sheet", "teacher", True, 1)
    assert (act.person, act.person_name) == (world.hoa.person_id, "Nông Thị Hoa")
    assert act.content_digest == digest_of_sheet(sheet)
    assert act.attestation["proof"]["kind"] == "digest"
    assert AuditEvent.objects.filter(action="gradebook.sheet.closed", subject_id=str(sheet.id)).count() == 1
    assert OutboxEvent.objects.filter(name="SheetClosed").count() == 1


def test_gaps_stop_it_and_are_named(world: World) -> None:
    sheet, pupils = world.sheet("6A", "TOAN"), world.pupils["6A"]
    fill(sheet)
    name = gradebook.load_book(sheet.school_class_id).roster[0]
    write(world.hoa, sheet, name.pupil_id, "tx2", "")
    for pupil in pupils:
        write(world.hoa, sheet, pupil, "ck", "")
    with refused(Refused, "GRADE-020") as refusal:
        gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    missing = str(refusal.value.params["missing"])
    assert missing == f"Toán (TX2 của {name.name}, ĐĐGck của 5 học sinh)"
    with refused(Refused, "GRADE-020"):
        gradebook.close_sheet(world.hoa, sheet_id=sheet.id, accept_missing="  ngắn    ")
    act = gradebook.close_sheet(world.hoa, sheet_id=sheet.id, accept_missing=WHY)
    assert act.reason == WHY


def test_what_waits_for_a_makeup_becomes_zero_only_by_an_explicit_act(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    write(world.hoa, sheet, pupil, "ck", "", state="PENDING_MAKEUP")
    for options in ({}, {"accept_missing": WHY}):
        with refused(Refused, "GRADE-020") as refusal:
            gradebook.close_sheet(world.hoa, sheet_id=sheet.id, **options)
        assert "chờ kiểm tra bù" in str(refusal.value.params["missing"])
    before = gradebook.cells_of(sheet.id)
    act = gradebook.close_sheet(world.hoa, sheet_id=sheet.id, zero_pending=True)
    after = gradebook.cells_of(sheet.id)
    assert after[pupil, "ck"].state == "ZERO_NO_MAKEUP"
    assert {key for key in after if after[key] != before[key]} == {(pupil, "ck")}
    change = CellChange.objects.get(sheet=sheet, source="closing")
    assert (change.actor_name, change.old_state, change.state) == (
        "Nông Thị Hoa", "PENDING_MAKEUP", "ZERO_NO_MAKEUP",
    )  # fmt: skip
    assert change.reason == "Không kiểm tra bù"
    assert act.content_digest == digest_of_sheet(sheet)
    assert not list(gradebook.verify_history([Sheet.objects.get(pk=sheet.id)]))


def test_in_a_comment_subject_no_makeup_is_not_achieved(world: World) -> None:
    sheet, pupil = world.sheet("6A", "GDTC"), world.pupils["6A"][0]
    fill(sheet)
    write(world.lan, sheet, pupil, "ck", "", state="PENDING_MAKEUP")
    gradebook.close_sheet(world.lan, sheet_id=sheet.id, zero_pending=True)
    averages = gradebook.term_averages(sheet.school_class_id, 1)
    assert averages[world.subject("6A", "GDTC").id, pupil] == "CĐ"


def test_a_closed_sheet_is_not_closed_again(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    with refused(Refused, "GRADE-021"):
        gradebook.close_sheet(world.hoa, sheet_id=sheet.id)


def test_what_changed_since_it_was_seen_is_not_closed(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    seen = digest_of_sheet(sheet)
    write(world.hoa, sheet, world.pupils["6A"][0], "tx1", "3")
    with refused(Conflict, "GRADE-023"):
        gradebook.close_sheet(world.hoa, sheet_id=sheet.id, seen=seen)


def test_who_may_not_close_a_sheet(world: World) -> None:
    sheet, own = world.sheet("6A", "TOAN"), world.sheet("6A", "homeroom")
    fill(sheet)
    fill(own)
    for actor in (world.lan, world.minh, world.thu, world.son):
        with refused(NotAllowed):
            gradebook.close_sheet(actor, sheet_id=sheet.id)
    with refused(NotFound):
        gradebook.close_sheet(world.quang, sheet_id=sheet.id)
    with refused(NotFound):  # a subject teacher does not see the homeroom teacher's sheet
        gradebook.close_sheet(world.hoa, sheet_id=own.id)
    with refused(NotAllowed):
        gradebook.close_sheet(world.minh, sheet_id=own.id)
    assert gradebook.close_sheet(world.lan, sheet_id=own.id).step == "homeroom"


def test_of_many_sheets_those_with_gaps_stay_open_and_say_why(world: World) -> None:
    full, empty, foreign = world.sheet("6A", "TOAN"), world.sheet("7A", "TOAN"), world.sheet("6A", "VAN")
    fill(full)
    fill(foreign)
    outcomes = gradebook.close_ready_sheets(world.hoa, sheet_ids=[full.id, empty.id, foreign.id])
    assert [outcome.key for outcome in outcomes] == [full.id, empty.id, foreign.id]
    assert outcomes[0].act_id == ClosingAct.objects.get().id
    assert [o.refusal.code for o in outcomes[1:] if o.refusal] == ["GRADE-020", "KIT-001"]
    found = {sheet.id: sheet.state for sheet in Sheet.objects.filter(pk__in=[full.id, empty.id, foreign.id])}
    assert found == {full.id: "closed", empty.id: "open", foreign.id: "open"}


def test_a_pupil_who_left_is_not_waited_for(world: World) -> None:
    from khue.modules.schooling import api as schooling

    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    write(world.hoa, sheet, pupil, "ck", "")
    schooling.leave_class(
        world.thu, school_class_id=sheet.school_class_id, pupil_id=pupil, on=world.thu.today,
        status="Chuyển trường",
    )
    assert gradebook.close_sheet(world.hoa, sheet_id=sheet.id).closes


def test_the_homeroom_teacher_closes_the_term_with_the_own_sheet_in_one_act(world: World) -> None:
    fill_term(world)
    close_subjects(world)
    key = world.classes["6A"].id
    act = gradebook.close_class(world.lan, school_class_id=key, term=1, seen=digest_of_class(key, 1))
    assert (act.scope, act.step, act.term, act.sheet_id) == ("class_term", "homeroom", 1, None)
    assert states(world) == {"closed"}
    own = ClosingAct.objects.get(sheet=world.sheet("6A", "homeroom"))
    assert (own.step, own.person_name) == ("homeroom", "Lý Thị Lan")
    assert gradebook.class_state(key, 1).state == "closed"
    with refused(Refused, "GRADE-021"):
        gradebook.close_class(world.lan, school_class_id=key, term=1)


def test_sheets_that_teachers_left_open_stop_the_class(world: World) -> None:
    fill_term(world)
    gradebook.close_sheet(world.hoa, sheet_id=world.sheet("6A", "TOAN").id)
    with refused(Refused, "GRADE-022") as refusal:
        gradebook.close_class(world.lan, school_class_id=world.classes["6A"].id, term=1)
    named = str(refusal.value.params["sheets"])
    assert "Ngữ văn" in named
    assert "Toán" not in named
    assert "Rèn luyện" not in named  # her own sheet was ready; it is closed with the class or not at all


def test_a_gap_in_the_own_sheet_stops_the_class(world: World) -> None:
    fill_term(world)
    close_subjects(world)
    write(world.lan, world.sheet("6A", "homeroom"), world.pupils["6A"][0], "conduct", "")
    with refused(Refused, "GRADE-020") as refusal:
        gradebook.close_class(world.lan, school_class_id=world.classes["6A"].id, term=1)
    assert "Rèn luyện" in str(refusal.value.params["missing"])


def test_the_year_waits_for_both_terms(world: World) -> None:
    key = world.classes["6A"].id
    for term in (0, 3):
        with refused(Refused, "GRADE-027"):
            gradebook.close_class(world.lan, school_class_id=key, term=term)
    seal_term(world, term=1)
    fill_term(world, term=2)
    close_subjects(world, term=2)
    gradebook.close_class(world.lan, school_class_id=key, term=2)
    with refused(Refused, "GRADE-027") as refusal:  # closed is not sealed
        gradebook.close_class(world.lan, school_class_id=key, term=0)
    assert refusal.value.params["term"] == "học kì II"
    gradebook.seal_class(world.minh, school_class_id=key, term=2)
    assert gradebook.close_class(world.lan, school_class_id=key, term=0).scope == "class_year"


def test_there_is_no_other_term(world: World) -> None:
    for act in (gradebook.close_class, gradebook.seal_class):
        with refused(Invalid):
            act(SYSTEM, school_class_id=world.classes["6A"].id, term=7)


def test_what_changed_since_the_class_was_seen_is_not_closed(world: World) -> None:
    fill_term(world)
    key = world.classes["6A"].id
    seen = digest_of_class(key, 1)
    write(world.hoa, world.sheet("6A", "TOAN"), world.pupils["6A"][0], "tx1", "3")
    close_subjects(world)
    with refused(Conflict, "GRADE-023"):
        gradebook.close_class(world.lan, school_class_id=key, term=1, seen=seen)
    gradebook.close_class(world.lan, school_class_id=key, term=1)
    with refused(Conflict, "GRADE-023"):
        gradebook.seal_class(world.minh, school_class_id=key, term=1, seen=seen)


def test_who_may_not_close_a_class(world: World) -> None:
    fill_term(world)
    close_subjects(world)
    key = world.classes["6A"].id
    for actor in (world.minh, world.thu, world.son):
        with refused(NotAllowed):
            gradebook.close_class(actor, school_class_id=key, term=1)
    for actor in (world.hoa, world.quang):  # a subject teacher does not see results of the class
        with refused(NotFound):
            gradebook.close_class(actor, school_class_id=key, term=1)


def test_the_principal_seals_after_the_homeroom_teacher(world: World) -> None:
    key = world.classes["6A"].id
    fill_term(world)
    close_subjects(world)
    with refused(Refused, "GRADE-024"):
        gradebook.seal_class(world.minh, school_class_id=key, term=1)
    gradebook.close_class(world.lan, school_class_id=key, term=1)
    act = gradebook.seal_class(world.minh, school_class_id=key, term=1, seen=digest_of_class(key, 1))
    assert (act.step, act.person_name) == ("principal", "Hoàng Văn Minh")
    assert states(world) == {"sealed"}
    assert states(world, term=2) == {"open"}
    frozen = FrozenResult.objects.filter(school_class=key)
    assert {row.pupil_id for row in frozen} == set(world.pupils["6A"])
    for row in frozen:
        assert (row.term, row.version, row.level, row.conduct, row.closing_id) == (1, 1, "Khá", "Tốt", act.id)
        assert row.content["values"]["TOAN"] == "7,5"
        assert row.content["sections"][0]["reasons"][0][0].startswith("Điều 9")
    with refused(Refused, "GRADE-021"):
        gradebook.seal_class(world.minh, school_class_id=key, term=1)
    with refused(Refused, "GRADE-001"):
        write(world.hoa, world.sheet("6A", "TOAN"), world.pupils["6A"][0], "tx1", "9")


def test_who_may_not_seal(world: World) -> None:
    key = world.classes["6A"].id
    fill_term(world)
    close_subjects(world)
    gradebook.close_class(world.lan, school_class_id=key, term=1)
    for actor in (world.lan, world.thu, world.son):
        with refused(NotAllowed):
            gradebook.seal_class(actor, school_class_id=key, term=1)
    for actor in (world.hoa, world.quang):
        with refused(NotFound):
            gradebook.seal_class(actor, school_class_id=key, term=1)


def test_of_many_classes_those_that_are_not_ready_stay(world: World) -> None:
    fill_term(world)
    close_subjects(world)
    ready, other = world.classes["6A"].id, world.classes["7A"].id
    gradebook.close_class(world.lan, school_class_id=ready, term=1)
    foreign = world.classes["4A"].id
    outcomes = gradebook.seal_classes(world.minh, school_class_ids=[other, ready, foreign], term=1)
    assert [o.refusal.code if o.refusal else "" for o in outcomes] == ["GRADE-024", "", "KIT-001"]
    assert gradebook.class_state(ready, 1).state == "sealed"
    assert gradebook.class_state(other, 1).state == "open"


def test_the_principal_reopens_by_a_numbered_decision(world: World) -> None:
    key = world.classes["6A"].id
    with refused(Refused, "GRADE-026"):
        reopen_class(world.minh, school_class_id=key, term=1, **DECISION)
    seal_term(world)
    for half in ({**DECISION, "decision": " "}, {**DECISION, "reason": "nhầm"}):
        with refused(Invalid, "GRADE-025"):
            reopen_class(world.minh, school_class_id=key, term=1, **half)
    act = reopen_class(world.minh, school_class_id=key, term=1, **DECISION)
    assert (act.closes, act.decision) == (False, DECISION["decision"])
    assert gradebook.class_state(key, 1).state == "open"
    assert states(world) == {"open"}
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    assert write(world.hoa, sheet, pupil, "ck", "10").status == "done"
    close_subjects(world)
    seal(world, term=1)
    versions = FrozenResult.objects.filter(school_class=key, term=1).values_list("pupil_id", "version")
    assert sorted(n for key, n in versions if key == pupil) == [1, 2]  # the old version stays
    assert sorted(n for key, n in versions if key != pupil) == [1, 1, 1, 1]  # nothing new, nothing written


def test_who_may_not_reopen(world: World) -> None:
    key = world.classes["6A"].id
    seal_term(world)
    for actor in (world.lan, world.thu, world.son):
        with refused(NotAllowed):
            reopen_class(actor, school_class_id=key, term=1, **DECISION)
    for actor in (world.hoa, world.quang):
        with refused(NotFound):
            reopen_class(actor, school_class_id=key, term=1, **DECISION)


def test_what_comes_later_is_reopened_first(world: World) -> None:
    key = world.classes["6A"].id
    for term in (1, 2):
        seal_term(world, term=term)
    seal(world, term=0)
    with refused(Refused, "GRADE-028") as refusal:
        reopen_class(world.minh, school_class_id=key, term=1, **DECISION)
    assert refusal.value.params == {"later": "năm học", "term": "học kì I"}
    seal(world, term=3)
    with refused(Refused, "GRADE-028"):
        reopen_class(world.minh, school_class_id=key, term=0, **DECISION)
    for term in (3, 0, 1):
        reopen_class(world.minh, school_class_id=key, term=term, **DECISION)
    assert states(world, term=1) == {"open"}
    assert states(world, term=2) == {"sealed"}  # the year has no sheets of its own


def test_after_the_year_the_summer(world: World) -> None:
    key, weak = world.classes["6A"].id, world.pupils["6A"][0]
    teachers = {"TOAN": world.hoa, "VAN": world.lan}
    for term in (1, 2):
        fill_term(world, term=term)
        for code, teacher in teachers.items():
            for slot in ("tx1", "tx2", "tx3", "tx4", "gk", "ck"):
                write(teacher, world.sheet("6A", code, term), weak, slot, "2")
        close_subjects(world, term=term)
        seal(world, term=term)
    seal(world, term=0)
    opened = gradebook.sheets_of(key, 3)  # only what somebody is re-assessed in has a sheet
    assert set(opened) == {world.subject("6A", code).id for code in teachers}
    year = FrozenResult.objects.get(pupil=weak, term=0)
    assert year.decision == Promotion.KIEM_TRA_DANH_GIA_LAI.label
    for code, teacher in teachers.items():
        assert write(teacher, world.sheet("6A", code, 3), weak, "retest", "6").status == "done"
    with refused(Refused, "GRADE-022"):
        gradebook.close_class(world.lan, school_class_id=key, term=3)
    close_subjects(world, term=3)
    seal(world, term=3)
    after = FrozenResult.objects.get(pupil=weak, term=3)
    assert after.decision == Promotion.LEN_LOP_SAU_HE.label
    assert FrozenResult.objects.get(pupil=weak, term=0) == year


def test_where_a_school_signs_nothing_is_closed_without_a_signature(world: World, settings: Any) -> None:
    fill_term(world)
    key = world.classes["6A"].id
    settings.KHUE_SIGNING = "required"
    with refused(Refused, "GRADE-056"):
        gradebook.close_sheet(world.hoa, sheet_id=world.sheet("6A", "TOAN").id)
    close_subjects(world)  # the system brings in former years, which nobody signed
    with refused(Refused, "GRADE-056"):
        gradebook.close_class(world.lan, school_class_id=key, term=1)
    gradebook.close_class(SYSTEM, school_class_id=key, term=1)
    with refused(Refused, "GRADE-056"):
        gradebook.seal_class(world.minh, school_class_id=key, term=1)


def test_an_act_states_who_closes_what(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    act = gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    sheet.refresh_from_db()
    statement = statement_of(act.attestation)
    assert statement is not None
    assert statement.content_digest == act.content_digest == digest_of_sheet(sheet)
    assert statement.history_head == sheet.history_head
    assert (statement.person_name, statement.step) == ("Nông Thị Hoa", "teacher")
    digest = hashlib.sha256(statement.canonical()).hexdigest()
    assert act.attestation == {
        "statement": asdict(statement), "proof": {"kind": "digest", "sha256": digest},
    }  # fmt: skip
