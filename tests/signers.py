"""Keys for the cast: who signs in tests, in the demo's way, in a data folder of the test's own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.signed import acts
from khue.modules.records import api as records
from khue.modules.records import demo_keys, providers, trust
from khue.modules.records.models import Certificate, SigningBatch
from khue.modules.records.services import batches, settling
from khue.modules.schooling import api as schooling
from tests import cast
from tests.cast import NOW, SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from khue.core.actor import Actor
    from tests.cast import World

SINCE = NOW - dt.timedelta(days=120)


@dataclass(slots=True)
class Signers:
    """The cast's keys, and the acts that tests repeat."""

    world: World
    certificates: dict[str, Certificate]

    def sign(self, actor: Actor, act: str, *keys: UUID, part: int = 0, **options: str) -> SigningBatch:
        """Check, confirm and sign in one go; every item must be taken."""
        checked = self.check(actor, act, *keys, part=part, **options)
        assert checked.batch is not None, [str(left.refusal) for left in checked.left_out]
        assert not checked.left_out, [str(left.refusal) for left in checked.left_out]
        return batches.start(actor, batch_id=checked.batch.id, token=checked.token)

    def check(self, actor: Actor, act: str, *keys: UUID, part: int = 0, **options: str) -> records.Checked:
        """Only check."""
        subjects = [records.Subject(act, key, part, tuple(options.items())) for key in keys]
        return batches.check(actor, subjects=subjects, title="Ký thử", school_id=self.world.school.pk)

    def sign_class(self, name: str = "6A", term: int = 1) -> records.Document:
        """Everybody of class 6A signs a filled term: teachers, cô Lan, thầy Minh, the school."""
        world = self.world
        for person, keys in self.sheets_by_teacher(name, term):
            self.sign(person, acts.SHEET, *keys, part=term)
        self.sign(world.lan, acts.CLASS, world.classes[name].id, part=term)
        self.sign(world.minh, acts.SEAL, world.classes[name].id, part=term)
        settling.after_signing(world.minh.now, world.school.pk)
        return self.document(name, term)

    def document(self, name: str = "6A", term: int = 1) -> records.Document:
        """The newest version of a class's document."""
        rows = records.Document.objects.filter(subject=self.world.classes[name].id, part=term)
        return rows.order_by("-version").first()

    def sheets_by_teacher(self, name: str = "6A", term: int = 1) -> Iterator[tuple[Actor, list[UUID]]]:
        """The subject sheets of a class by the member of the cast who teaches them."""
        world = self.world
        teachers = schooling.teachers_of(world.classes[name].id, world.lan.today)
        cast = {actor.person_id: actor for actor in (world.hoa, world.lan, world.quang)}
        found: dict[UUID, list[UUID]] = {}
        for sheet in gradebook.sheets_of(world.classes[name].id, term).values():
            if sheet.class_subject_id is not None:
                person, _ = teachers[sheet.class_subject_id][0]
                found.setdefault(person, []).append(sheet.id)
        for person, keys in found.items():
            yield cast[person], keys


def make_signers(world: World, settings: Any, folder: Path) -> Signers:
    """Give everybody a key; the demo's ways to sign and stamp are on."""
    settings.KHUE_DEMO = True
    settings.CONFIG = settings.CONFIG.model_copy(update={"data_dir": folder})
    trust.forget()
    providers.forget()
    _teach_everything(world)
    people = {name: getattr(world, name) for name in ("hoa", "lan", "minh", "thu", "quang")}
    made = demo_keys.give_keys(
        NOW, SINCE,
        people=[
            (actor.person_id, actor.name, f"CCCD:0200990000{number:02d}")
            for number, actor in enumerate(people.values())
        ],
        schools=[(world.school.pk, world.school.name, "MST:4900123456")],
    )  # fmt: skip
    return Signers(world, dict(zip([*people, "school"], made, strict=True)))


def _teach_everything(world: World) -> None:
    """Cô Hoa teaches whatever nobody else does in 6A, so that every sheet has a signer."""
    taught = schooling.teachers_of(world.classes["6A"].id, world.hoa.today)
    rest = [
        schooling.Assignment(subject.id, world.hoa.person_id)
        for subject in schooling.class_subjects(world.classes["6A"].id)
        if subject.id not in taught
    ]
    schooling.assign_teachers(SYSTEM, school_id=world.school.pk, assignments=rest, since=cast.SINCE)
