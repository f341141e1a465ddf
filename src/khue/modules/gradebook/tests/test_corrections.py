"""The correction ritual: reason, homeroom teacher, principal; and what each step refuses."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.cast import SYSTEM, World, fill, make_actor, make_staff, write

from khue.core.actor import Role
from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook import queries
from khue.modules.gradebook.models import (
    CellChange,
    ClosingAct,
    Correction,
    CorrectionState,
    FrozenResult,
    Sheet,
)
from khue.modules.gradebook.services.corrections import (
    approve_correction,
    confirm_correction,
    reject_correction,
    request_correction,
)
from khue.modules.gradebook.tests.acts import refused, seal, seal_term
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db
WHY = "Cộng nhầm điểm bài tự luận của em."
NO = "Bài làm đúng là được 7,5 điểm, không sửa."
LATER = dt.timedelta(days=3)


@pytest.fixture
def sheet(world: World) -> Sheet:
    """Cô Hoa's sheet, closed."""
    found = world.sheet("6A", "TOAN")
    fill(found)
    gradebook.close_sheet(world.hoa, sheet_id=found.id)
    return found


def ask(world: World, sheet: Sheet, **changed: Any) -> Correction:
    """Cô Hoa asks for 9 instead of 7,5 in the final test of the first pupil."""
    wish: dict[str, Any] = {
        "sheet_id": sheet.id, "pupil_id": world.pupils["6A"][0], "slot": "ck", "value": "9",
        "reason": WHY, "base_version": 1,
    }  # fmt: skip
    return request_correction(changed.pop("by", world.hoa), **(wish | changed))


def test_the_whole_ritual_changes_one_mark_once(world: World, sheet: Sheet) -> None:
    pupil = world.pupils["6A"][0]
    before = gradebook.cells_of(sheet.id)
    row = ask(world, sheet)
    assert (row.state, row.old_value, row.new_value) == ("requested", "7.5", "9.0")
    assert gradebook.cells_of(sheet.id) == before
    row = confirm_correction(world.lan, correction_id=row.id)
    assert (row.state, row.confirmed_by_id) == ("confirmed", world.lan.person_id)
    assert gradebook.cells_of(sheet.id) == before
    row = approve_correction(world.minh, correction_id=row.id)
    assert (row.state, row.decided_by_id) == ("applied", world.minh.person_id)
    after = gradebook.cells_of(sheet.id)
    assert after[pupil, "ck"].value == "9.0"
    assert {key for key in after if after[key] != before[key]} == {(pupil, "ck")}
    sheet.refresh_from_db()
    assert (sheet.state, sheet.correction_count) == ("closed", 1)
    change = CellChange.objects.get(source="correction")
    assert (change.old_value, change.value, change.reason, change.origin) == ("7.5", "9.0", WHY, row.id)
    assert change.actor_name == "Hoàng Văn Minh"
    assert not list(gradebook.verify_history([sheet]))
    steps = AuditEvent.objects.filter(subject_id=str(row.id)).order_by("id").values_list("action", flat=True)
    assert [step.rsplit(".", 1)[1] for step in steps] == ["requested", "confirmed", "applied"]
    assert OutboxEvent.objects.filter(name="CorrectionApplied").count() == 1
    with refused(Refused, "GRADE-033"):
        approve_correction(world.minh, correction_id=row.id)


def test_who_may_ask(world: World, sheet: Sheet) -> None:
    for actor in (world.lan, world.minh, world.thu, world.son):
        with refused(NotAllowed):
            ask(world, sheet, by=actor)
    with refused(NotFound):
        ask(world, sheet, by=world.quang)


def test_who_may_confirm(world: World, sheet: Sheet) -> None:
    row = ask(world, sheet)
    for actor in (world.hoa, world.minh, world.thu, world.son):
        with refused(NotAllowed):
            confirm_correction(actor, correction_id=row.id)
    with refused(NotFound):
        confirm_correction(world.quang, correction_id=row.id)


def test_who_may_approve(world: World, sheet: Sheet) -> None:
    row = ask(world, sheet)
    with refused(Refused, "GRADE-033"):  # not before the homeroom teacher
        approve_correction(world.minh, correction_id=row.id)
    confirm_correction(world.lan, correction_id=row.id)
    for actor in (world.hoa, world.lan, world.thu, world.son):
        with refused(NotAllowed):
            approve_correction(actor, correction_id=row.id)
    with refused(NotFound):
        approve_correction(world.quang, correction_id=row.id)


def test_who_may_refuse_and_when(world: World, sheet: Sheet) -> None:
    row = ask(world, sheet)
    for actor in (world.hoa, world.minh, world.thu, world.son):  # it is the homeroom teacher's step
        with refused(NotAllowed):
            reject_correction(actor, correction_id=row.id, refusal=NO)
    with refused(NotFound):
        reject_correction(world.quang, correction_id=row.id, refusal=NO)
    with refused(Invalid, "GRADE-030"):
        reject_correction(world.lan, correction_id=row.id, refusal="không")
    row = reject_correction(world.lan, correction_id=row.id, refusal=NO)
    assert (row.state, row.refusal) == ("rejected", NO)
    assert not CellChange.objects.filter(source="correction").exists()
    for step in (
        lambda: confirm_correction(world.lan, correction_id=row.id),
        lambda: approve_correction(world.minh, correction_id=row.id),
        lambda: reject_correction(world.minh, correction_id=row.id, refusal=NO),
    ):
        with refused(Refused, "GRADE-033"):
            step()
    again = confirm_correction(world.lan, correction_id=ask(world, sheet).id)
    with refused(NotAllowed):
        reject_correction(world.lan, correction_id=again.id, refusal=NO)
    assert reject_correction(world.minh, correction_id=again.id, refusal=NO).state == "rejected"


def test_what_cannot_be_asked(world: World, sheet: Sheet) -> None:
    open_sheet = world.sheet("7A", "TOAN")
    with refused(Refused, "GRADE-032"):
        ask(world, open_sheet, pupil_id=world.pupils["7A"][0], base_version=0)
    for code, changed in {
        "GRADE-002": {"value": "11"},
        "GRADE-007": {"slot": "tx9"},
        "GRADE-008": {"pupil_id": world.pupils["7A"][0], "base_version": 0},
        "GRADE-010": {"slot": "tx1", "state": "PENDING_MAKEUP"},
        "GRADE-030": {"reason": "  sai    "},
        "GRADE-035": {"value": "7,5"},
    }.items():
        with refused(Invalid, code):
            ask(world, sheet, **changed)
    with refused(Conflict, "GRADE-009") as refusal:
        ask(world, sheet, base_version=0)
    assert refusal.value.params == {"by": "kiểm thử", "value": "7,5", "at": "08:00 15/12/2025"}


def test_a_cell_has_one_request_at_a_time(world: World, sheet: Sheet) -> None:
    row = ask(world, sheet)
    with refused(Refused, "GRADE-031"):
        ask(world, sheet, value="8")
    assert ask(world, sheet, slot="gk").state == "requested"
    reject_correction(world.lan, correction_id=row.id, refusal=NO)
    assert ask(world, sheet, value="8").state == "requested"


def test_a_window_closes_by_itself(world: World, sheet: Sheet) -> None:
    row = ask(world, sheet)
    confirm_correction(world.lan, correction_id=row.id)
    late = {name: world.at(getattr(world, name), world.hoa.now + LATER) for name in ("hoa", "lan", "minh")}
    assert queries.waiting_for(world.minh) == 1
    assert queries.waiting_for(late["minh"]) == 0
    with refused(Refused, "GRADE-034") as refusal:
        approve_correction(late["minh"], correction_id=row.id)
    assert "15/12/2025" not in str(refusal.value.params["at"])  # when it ran out, not when it was asked
    with refused(Refused, "GRADE-034"):
        reject_correction(late["minh"], correction_id=row.id, refusal=NO)
    new = ask(world, sheet, by=late["hoa"])
    row.refresh_from_db()
    assert (row.state, new.state) == ("expired", "requested")


def test_a_request_of_another_cell_does_not_touch_expired_ones(world: World, sheet: Sheet) -> None:
    row = ask(world, sheet)
    ask(world, sheet, slot="gk", by=world.at(world.hoa, world.hoa.now + LATER))
    row.refresh_from_db()
    assert row.state == "requested"
    assert row.state_on(world.hoa.now + LATER) == CorrectionState.EXPIRED


def test_whoever_asked_neither_confirms_nor_approves(world: World, sheet: Sheet) -> None:
    # Cô Hoa becomes homeroom teacher, then also principal's deputy: still not over her own request.
    row = ask(world, sheet)
    schooling.assign_homeroom(
        SYSTEM, school_class_id=sheet.school_class_id, person_id=world.hoa.person_id, since=world.hoa.today
    )
    with refused(Refused, "GRADE-036"):
        confirm_correction(world.at(world.hoa, world.hoa.now), correction_id=row.id)
    Correction.objects.filter(pk=row.id).update(state=CorrectionState.CONFIRMED)
    hoa = schooling.TeachingAssignment.objects.filter(person=world.hoa.person_id)[0].person
    deputy = make_actor(hoa, (Role.VICE_PRINCIPAL, world.school))
    with refused(Refused, "GRADE-036"):
        approve_correction(deputy, correction_id=row.id)
    assert approve_correction(world.minh, correction_id=row.id).state == "applied"


def test_the_homeroom_teachers_own_request_goes_straight_to_the_principal(world: World) -> None:
    sheet = world.sheet("6A", "VAN")
    fill(sheet)
    gradebook.close_sheet(world.lan, sheet_id=sheet.id)
    row = ask(world, sheet, by=world.lan)
    assert (row.state, row.confirmed_by_id) == ("confirmed", world.lan.person_id)
    with refused(NotAllowed):
        approve_correction(world.lan, correction_id=row.id)
    assert approve_correction(world.minh, correction_id=row.id).state == "applied"


def test_conduct_is_corrected_the_same_way(world: World) -> None:
    sheet, pupil = world.sheet("6A", "homeroom"), world.pupils["6A"][0]
    fill(sheet)
    gradebook.close_sheet(world.lan, sheet_id=sheet.id)
    row = ask(world, sheet, by=world.lan, slot="conduct", value="khá")
    approve_correction(world.minh, correction_id=row.id)
    assert gradebook.cells_of(sheet.id)[pupil, "conduct"].value == "K"


def test_a_result_that_changed_meanwhile_is_not_overwritten(world: World, sheet: Sheet) -> None:
    row = confirm_correction(world.lan, correction_id=ask(world, sheet).id)
    reopen_all(world, sheet)
    write(world.hoa, sheet, world.pupils["6A"][0], "ck", "4")
    with refused(Refused, "GRADE-032"):  # open again: it is changed on the sheet itself
        approve_correction(world.minh, correction_id=row.id)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    with refused(Conflict, "GRADE-009") as refusal:
        approve_correction(world.minh, correction_id=row.id)
    assert refusal.value.params["value"] == "4,0"


def reopen_all(world: World, sheet: Sheet) -> None:
    """As when a class was reopened by decision."""
    Sheet.objects.filter(pk=sheet.id).update(state="open")


def test_in_a_sealed_class_it_needs_a_decision_and_freezes_anew(world: World) -> None:
    for term in (1, 2):
        seal_term(world, term=term)
    seal(world, term=0)
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    old = list(FrozenResult.objects.order_by("pk").values_list())
    row = confirm_correction(world.lan, correction_id=ask(world, sheet).id)
    with refused(Invalid, "GRADE-037"):
        approve_correction(world.minh, correction_id=row.id, decision="  ")
    acts = ClosingAct.objects.count()
    approve_correction(world.minh, correction_id=row.id, decision="15/QĐ, 20/12/2025")
    sheet.refresh_from_db()
    assert (sheet.state, sheet.correction_count) == ("sealed", 1)
    assert list(FrozenResult.objects.filter(version=1).order_by("pk").values_list()) == old
    new = FrozenResult.objects.filter(version=2)
    assert {(row.pupil_id, row.term) for row in new} == {(pupil, 1), (pupil, 0)}
    # (7,5×4 + 2×7,5 + 3×9) : 9 = 8,0
    assert new.get(term=1).content["values"]["TOAN"] == "8,0"
    assert new.get(term=1).closing.decision == "15/QĐ, 20/12/2025"
    assert ClosingAct.objects.count() == acts + 2  # term 1 and the year; term 2 is as it was
    assert gradebook.class_state(sheet.school_class_id, 1).state == "sealed"


def test_each_correction_counts(world: World, sheet: Sheet) -> None:
    for number, (slot, value) in enumerate({"tx1": "9", "tx2": "8", "gk": "10"}.items(), 1):
        row = confirm_correction(world.lan, correction_id=ask(world, sheet, slot=slot, value=value).id)
        approve_correction(world.minh, correction_id=row.id)
        sheet.refresh_from_db()
        assert sheet.correction_count == number


def test_to_no_makeup_and_back_to_a_mark(world: World, sheet: Sheet) -> None:
    pupil = world.pupils["6A"][0]
    row = confirm_correction(world.lan, correction_id=ask(world, sheet, value="", state="ZERO_NO_MAKEUP").id)
    approve_correction(world.minh, correction_id=row.id)
    assert gradebook.cells_of(sheet.id)[pupil, "ck"].state == "ZERO_NO_MAKEUP"
    row = confirm_correction(world.lan, correction_id=ask(world, sheet, value="6", base_version=2).id)
    approve_correction(world.minh, correction_id=row.id)
    cell = gradebook.cells_of(sheet.id)[pupil, "ck"]
    assert (cell.state, cell.value, cell.version) == ("MARK", "6.0", 3)


def test_what_waits_is_counted_for_whose_step_it_is(world: World, sheet: Sheet) -> None:
    row = ask(world, sheet)
    waiting = {name: queries.waiting_for(getattr(world, name)) for name in ("hoa", "lan", "minh", "quang")}
    assert waiting == {"hoa": 0, "lan": 1, "minh": 0, "quang": 0}
    confirm_correction(world.lan, correction_id=row.id)
    assert (queries.waiting_for(world.lan), queries.waiting_for(world.minh)) == (0, 1)


def test_who_sees_requests(world: World, sheet: Sheet) -> None:
    row = ask(world, sheet)
    for name in ("hoa", "lan", "minh", "thu", "son"):
        assert queries.corrections(getattr(world, name)) == [row]
    assert queries.corrections(world.quang) == []
    colleague = make_actor(make_staff(world.school, "Bế Thị Nga"), (Role.TEACHER, world.school))
    with pytest.raises(NotFound):
        queries.load_correction(colleague, row.id)
