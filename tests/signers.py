"""Keys for the cast: who signs in tests, in the demo's way, in a data folder of the test's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.signed import acts
from khue.modules.records import api as records
from khue.modules.records import demo_keys, providers, trust
from khue.modules.records.models import Certificate, SigningBatch
from khue.modules.records.services import batches, settling
from khue.modules.schooling import api as schooling
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress, Signer
from tests import cast
from tests.cast import NOW, SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from khue.core.actor import Actor
    from tests.cast import World

SINCE = NOW - dt.timedelta(days=120)
Values = dict[str, bytes]
Step = Callable[[Values], Answer]


@dataclass(slots=True)
class Signers:
    """The cast's keys, and the acts that tests repeat."""

    world: World
    certificates: dict[str, Certificate]

    def sign(self, actor: Actor, act: str, *keys: UUID, part: int = 0, **options: str) -> SigningBatch:
        """Check, confirm and sign in one go; every item must be taken."""
        checked = self.check(actor, act, *keys, part=part, **options)
        assert not checked.left_out, [str(left.refusal) for left in checked.left_out]
        return self.confirm(actor, checked)

    def confirm(self, actor: Actor, checked: records.Checked) -> SigningBatch:
        """Start what was checked."""
        assert checked.batch is not None, [str(left.refusal) for left in checked.left_out]
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

    def give_key(self, actor: Actor, number: int) -> Certificate:
        """A key for somebody who is not of the cast."""
        who = (actor.person_id, actor.name, f"CCCD:02009900{number:04d}")
        return demo_keys.give_keys(NOW, SINCE, people=[who])[0]

    def revoke(self, name: str, at: dt.datetime) -> None:
        """The authority revokes a certificate, and its list reaches us."""
        pki = trust.demo_pki()
        assert pki is not None
        pki.revoke(bytes(self.certificates[name].content), at, "keyCompromise")
        pki.save(trust.folder(trust.DEMO_FOLDER), settings.SECRET_KEY)
        trust.forget()

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


def make_signers(world: World, changed: Any, folder: Path) -> Signers:
    """Give everybody a key; the demo's ways to sign and stamp are on (`changed`: the settings of a test)."""
    changed.KHUE_DEMO = True
    changed.CONFIG = changed.CONFIG.model_copy(update={"data_dir": folder})
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


@dataclass(slots=True)
class ScriptedKey:
    """The real key behind a service that does what a test says: one step each time it is spoken to.

    What was asked travels in the handle, so that the service is the same one after a restart.
    """

    key: Signer
    steps: list[Step] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)  # ids of each new request
    polled: int = 0
    given_up: int = 0

    def credentials(self) -> Sequence[Credential]:
        """Those of the real key."""
        return self.key.credentials()

    def begin(self, credential: str, hashes: Sequence[HashToSign], description: str) -> Answer:
        """A new request."""
        self.asked.append([one.id for one in hashes])
        signed = self.key.begin(credential, hashes, description).values
        return self._step({one.id: signed[one.id] for one in hashes})

    def poll(self, handle: Mapping[str, Any]) -> Answer:
        """A question about a request."""
        self.polled += 1
        values = handle["values"]  # a database keeps them in an order of its own
        return self._step({name: bytes.fromhex(values[name]) for name in handle["order"]})

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """The request is not wanted any more."""
        assert handle["values"]
        self.given_up += 1

    def _step(self, values: Values) -> Answer:
        answer = self.steps.pop(0)(values)
        if answer.progress is not Progress.WAITING:
            return answer
        kept = {"values": {name: value.hex() for name, value in values.items()}, "order": list(values)}
        return Answer(answer.progress, answer.values, kept)


def all_of_it(values: Values) -> Answer:
    """Every signature."""
    return Answer(Progress.DONE, values)


def later(values: Values) -> Answer:
    """Nothing yet."""
    return Answer(Progress.WAITING)


def some(count: int, progress: Progress = Progress.DONE) -> Step:
    """The first signatures only."""
    return lambda values: Answer(progress, dict(list(values.items())[:count]))


def changed(change: Callable[[list[bytes]], list[bytes]]) -> Step:
    """Every signature, with the values mixed up or damaged."""
    return lambda values: Answer(Progress.DONE, dict(zip(values, change(list(values.values())), strict=True)))


def stopped(progress: Progress, code: str, **params: object) -> Step:
    """No signature, and why."""
    return lambda values: Answer(progress, code=code, params=params)


def broken(error: Exception) -> Step:
    """The line is cut."""

    def step(values: Values) -> Answer:
        raise error

    return step
