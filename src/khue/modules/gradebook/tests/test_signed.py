"""The gradebook signed: teachers, homeroom teacher, principal, school; corrections reopen what they must."""

from __future__ import annotations

from tests.cast import World
from tests.signers import Signers

from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import ClosingAct, SheetState
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.tests.acts import fill_term
from khue.modules.records import proof
from khue.modules.records.models import DocumentState
from khue.signing.report import Verdict


def test_a_class_is_signed_by_everybody_and_sealed(world: World, signers: Signers) -> None:
    fill_term(world)
    document = signers.sign_class()
    assert document.state == DocumentState.ISSUED
    report = proof.verified(document)
    assert report.verdict is Verdict.VALID, report.text
    assert closing.class_state(world.classes["6A"].id, 1).state == "sealed"
    assert {sheet.state for sheet in gradebook.sheets_of(world.classes["6A"].id, 1).values()} == {
        SheetState.SEALED
    }
    kinds = {act.attestation["proof"]["kind"] for act in ClosingAct.objects.all()}
    assert kinds == {"xades"}
    assert list(gradebook.verify_records()) == []
    assert list(proof.verify_documents()) == []
