"""People who sign, correct and reopen one class at the same moment; on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import SINCE, SYSTEM, World, fill, write
from tests.fixtures import Race
from tests.signers import Signers, make_signers

from khue.core.errors import KhueError
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import ClosingAct, FrozenResult, SheetState
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.services.corrections import (
    approve_correction,
    confirm_correction,
    request_correction,
)
from khue.modules.gradebook.signed import acts
from khue.modules.gradebook.tests.acts import fill_term
from khue.modules.records import proof
from khue.modules.records.models import Document, DocumentSection, DocumentSignature, DocumentState
from khue.modules.records.services import settling
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.postgres


@pytest.fixture
def here(committed_world: World, settings: Any, tmp_path: Any) -> Signers:
    """The small province with keys, really committed."""
    return make_signers(committed_world, settings, tmp_path)


def quiet(found: list[Any]) -> list[str]:
    """The refusals, sorted; anything else that was raised is a bug."""
    for item in found:
        if isinstance(item, Exception) and not isinstance(item, KhueError):
            raise item
    return sorted(item.code for item in found if isinstance(item, KhueError))


def refusals(*batches: Any) -> list[str]:
    return sorted(
        code for batch in batches for code in batch.items.values_list("refusal", flat=True) if code
    )


def agrees() -> bool:
    history = gradebook.verify_history(gradebook.Sheet.objects.all())
    return not [*history, *proof.verify_documents(), *gradebook.verify_records()]


def test_two_teachers_begin_the_record_of_a_class(here: Signers, race: Race) -> None:
    world = here.world
    hoa, lan = world.sheet("6A", "TOAN"), world.sheet("6A", "VAN")
    fill(hoa)
    fill(lan)
    found = race(
        [lambda: here.sign(world.hoa, acts.SHEET, hoa.id), lambda: here.sign(world.lan, acts.SHEET, lan.id)]
    )
    assert quiet(found) == []
    assert (Document.objects.count(), DocumentSignature.objects.count()) == (1, 2)
    assert agrees()


def test_all_teachers_sign_while_the_homeroom_teacher_tries(here: Signers, race: Race) -> None:
    world, key = here.world, here.world.classes["6A"].id
    fill_term(world)
    people = [
        lambda person=person, keys=keys: here.sign(person, acts.SHEET, *reversed(keys), part=1)
        for person, keys in here.sheets_by_teacher()
    ]
    # Backwards, as a page may list them: who locks many takes them in one order all the same.
    tries = [lambda: here.check(world.at(world.lan, world.lan.now), acts.CLASS, key, part=1)] * 2
    found = race([*people, *tries])
    assert quiet(found) == []
    left = [one.refusal.code for checked in found[len(people) :] for one in checked.left_out]
    assert set(left) <= {"GRADE-022", "GRADE-052"}
    here.sign(world.lan, acts.CLASS, key, part=1)
    assert agrees()


def test_co_teachers_sign_at_once(here: Signers, race: Race) -> None:
    """Both have checked before either signed: one freezes the section, the other signs the same."""
    world = here.world
    both = [schooling.Assignment(world.subject("6A", "TOAN").id, world.lan.person_id)]
    schooling.assign_teachers(SYSTEM, school_id=world.school.pk, assignments=both, since=SINCE)
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    hoa, lan = world.at(world.hoa, world.hoa.now), world.at(world.lan, world.lan.now)
    checked = [here.check(actor, acts.SHEET, sheet.id, part=1) for actor in (hoa, lan)]
    found = race(
        [lambda: here.confirm(hoa, checked[0]), lambda: here.confirm(lan, checked[1])]
    )
    assert quiet(found) == []
    assert refusals(*found) == []
    assert (DocumentSection.objects.count(), DocumentSignature.objects.count()) == (1, 2)
    assert agrees()


def test_a_mark_written_while_the_sheet_is_signed(here: Signers, race: Race) -> None:
    world = here.world
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    checked = here.check(world.hoa, acts.SHEET, sheet.id, part=1)
    signing, writing = race(
        [lambda: here.confirm(world.hoa, checked), lambda: write(world.hoa, sheet, pupil, "ck", "9")]
    )
    assert set(quiet([signing, writing])) <= {"GRADE-001"}
    sheet.refresh_from_db()
    late = isinstance(writing, KhueError)  # the signature was first, and nothing is written after it
    assert DocumentSignature.objects.exists() == (sheet.state == SheetState.CLOSED) == late
    assert refusals(signing) == ([] if late else ["REC-010"])
    assert agrees()


@pytest.fixture
def closed(here: Signers) -> Signers:
    """Class 6A, signed by its teachers and cô Lan."""
    fill_term(here.world)
    for person, keys in here.sheets_by_teacher():
        here.sign(person, acts.SHEET, *keys, part=1)
    here.sign(here.world.lan, acts.CLASS, here.world.classes["6A"].id, part=1)
    return here


def test_a_correction_beside_the_principals_signature(closed: Signers, race: Race) -> None:
    world, key = closed.world, closed.world.classes["6A"].id
    sheet = world.sheet("6A", "TOAN")
    row = request_correction(
        world.hoa, sheet_id=sheet.id, pupil_id=world.pupils["6A"][0], slot="ck", value="9",
        reason="Cộng nhầm điểm bài tự luận.", base_version=1,
    )  # fmt: skip
    confirm_correction(world.lan, correction_id=row.id)
    checked = closed.check(world.minh, acts.SEAL, key, part=1)
    signing, correcting = race(
        [
            lambda: closed.confirm(world.minh, checked),
            lambda: approve_correction(world.minh, correction_id=row.id, decision="15/QĐ"),
        ]
    )
    assert quiet([signing, correcting]) == []
    newest = closed.document()
    assert (newest.version, newest.state) == (2, DocumentState.PARTIAL)
    if refusals(signing):
        assert refusals(signing)[0] in {"GRADE-053", "GRADE-054", "REC-020"}
    else:  # approved first, then corrected in the approved class
        assert FrozenResult.objects.filter(pupil=world.pupils["6A"][0]).count() == 2
    assert agrees()


def test_reopening_beside_the_principals_signature(closed: Signers, race: Race) -> None:
    world, key = closed.world, closed.world.classes["6A"].id
    checked = closed.check(world.minh, acts.SEAL, key, part=1)
    signing, reopening = race(
        [
            lambda: closed.confirm(world.minh, checked),
            lambda: closing.reopen_class(
                world.minh, school_class_id=key, term=1, reason="Chấm lại bài cuối kì.", decision="12/QĐ"
            ),
        ]
    )
    assert quiet([signing, reopening]) == []
    assert closing.class_state(key, 1).state == "open"
    assert closed.document().state == DocumentState.CANCELLED
    assert agrees()


def test_the_principal_signs_once(closed: Signers, race: Race) -> None:
    world, key = closed.world, closed.world.classes["6A"].id
    made = [closed.check(world.minh, acts.SEAL, key, part=1) for _ in range(3)]
    found = race([lambda one=one: closed.confirm(world.minh, one) for one in made])
    assert quiet(found) == []
    assert refusals(*found) == ["GRADE-021", "GRADE-021"]
    settling.after_signing(world.minh.now, world.school.pk)
    assert closed.document().state == DocumentState.ISSUED
    assert ClosingAct.objects.filter(step="principal").count() == 1
    assert FrozenResult.objects.count() == len(world.pupils["6A"])
    assert agrees()
