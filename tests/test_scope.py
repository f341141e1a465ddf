"""For any roles a list and a check never disagree, and roles stay in their school."""

from __future__ import annotations

import random

import pytest
from django.db.models import Model

from khue.core.actor import Actor, Role
from khue.kit import permissions
from khue.modules.gradebook.api import Sheet
from khue.modules.gradebook.signed import acts
from khue.modules.orgs.api import Unit
from khue.modules.people.api import Employment, Person, PupilProfile
from khue.modules.records.models import Certificate, Document, SigningBatch
from khue.modules.register.models import RegisterBook, RegisterEntry
from khue.modules.schooling.api import ClassSubject, SchoolClass
from khue.modules.store.models import Package, ReceivedRequest, StoredRecord, StoreKey
from khue.modules.transcripts.models import Copy, Transcript, TranscriptPage
from khue.modules.transfers.models import Transfer
from tests.cast import World, fill, make_actor
from tests.private_rows import make_rows
from tests.signers import make_signers

pytestmark = pytest.mark.django_db
# Actions by the model whose rows they are asked of.
ASKED_OF: dict[type[Model], tuple[str, ...]] = {
    Unit: (
        "orgs.unit.see", "orgs.unit.change", "schooling.school.see", "schooling.class.open",
        "records.certificate.register_school", "register.school.see", "register.school.enter",
        "transfers.school.request", "transcripts.school.receive", "transcripts.school.export",
        "store.school.see", "store.school.send", "store.school.connect", "store.school.watch",
        "store.school.give_key",
    ),
    Person: ("people.person.see", "people.person.change", "people.person.see_sensitive"),
    PupilProfile: ("people.pupil.see", "people.pupil.change", "people.pupil.see_sensitive"),
    Employment: ("people.staff.see", "people.staff.change"),
    SchoolClass: (
        "schooling.class.see", "schooling.class.change", "transcripts.class.see",
        "transcripts.class.generate", "transcripts.class.comment", "transcripts.class.facts",
        "transcripts.class.approve",
    ),
    ClassSubject: ("schooling.subject.see", "schooling.subject.change"),
    Sheet: ("gradebook.sheet.see", "gradebook.sheet.enter"),
    Document: ("records.document.see", "records.document.seal", "records.document.cancel"),
    SigningBatch: ("records.batch.see",),
    Certificate: ("records.certificate.see",),
    RegisterEntry: ("register.entry.see", "register.entry.see_sensitive", "register.entry.write"),
    RegisterBook: ("register.book.see", "register.book.print", "register.book.close"),
    Transfer: (
        "transfers.transfer.see", "transfers.transfer.release", "transfers.transfer.hand_over",
        "transfers.transfer.accept", "transfers.transfer.refuse", "transfers.transfer.withdraw",
    ),
    TranscriptPage: (
        "transcripts.page.see", "transcripts.page.sign_subject", "transcripts.page.sign_year",
        "transcripts.page.approve", "transcripts.page.renew",
    ),
    Transcript: ("transcripts.copy.list", "transcripts.copy.issue", "transcripts.rows.send"),
    Copy: ("transcripts.copy.see", "transcripts.copy.revoke"),
    Package: ("store.package.see", "store.package.send", "store.package.ask_end"),
    StoredRecord: ("store.record.see", "store.record.decide"),
    ReceivedRequest: ("store.request.decide",),
    StoreKey: ("store.key.see",),
}  # fmt: skip


@pytest.fixture(autouse=True)
def signed(world: World, settings, tmp_path) -> None:
    """Something is signed: cô Hoa's sheet, with her key; a pupil of 6A has rows of every other kind."""
    fill(world.sheet("6A", "TOAN"))
    signers = make_signers(world, settings, tmp_path)
    signers.sign(world.hoa, acts.SHEET, world.sheet("6A", "TOAN").pk)
    make_rows(world, signers.document())


def actors(world: World) -> list[Actor]:
    """The cast, every role over every unit, and some people with several."""
    random.seed(7)
    units = list(Unit.objects.order_by("id"))
    person = Person.objects.get(pk=world.hoa.person_id)
    pairs = [(role, unit) for role in Role for unit in units]
    return [
        world.hoa, world.lan, world.minh, world.thu, world.son, world.quang,
        *(make_actor(person, pair) for pair in random.sample(pairs, 20)),
        *(make_actor(person, *random.sample(pairs, 3)) for _ in range(5)),
        make_actor(person),
    ]  # fmt: skip


@pytest.mark.parametrize("model", ASKED_OF, ids=lambda model: model.__name__)
def test_lists_and_checks_agree(world: World, model: type[Model]) -> None:
    random.seed(11)
    everything = model._default_manager.order_by("pk")
    rows = random.sample(list(everything), min(8, everything.count()))
    assert rows
    for actor in actors(world):
        for action in ASKED_OF[model]:
            listed = set(permissions.visible(actor, action, everything).values_list("pk", flat=True))
            for row in rows:
                assert permissions.can(actor, action, row) == (row.pk in listed), (actor, action, row)
                said = permissions.explain(actor, action, row)
                granted = any(item.granted for item in said if item.rule != "condition")
                holds = all(item.granted for item in said if item.rule == "condition")
                assert (granted and holds) == (row.pk in listed)


def test_whoever_may_change_may_also_see(world: World) -> None:
    for actor in actors(world):
        for model, (see, *others) in ASKED_OF.items():
            seen = permissions.visible(actor, see, model._default_manager.all()).values("pk")
            for action in others:
                if action.endswith(("change", "enter", "open", "seal", "cancel", "register_school")):
                    blind = permissions.visible(actor, action, model._default_manager.exclude(pk__in=seen))
                    assert not blind.exists(), (actor.grants, action)


def test_nothing_of_another_school_is_ever_seen(world: World) -> None:
    private = (RegisterEntry, RegisterBook, TranscriptPage, Transcript, Copy, Package)
    for model in (SchoolClass, ClassSubject, Sheet, PupilProfile, Document, *private):
        for actor in (world.quang, make_actor(Person.objects.get(pk=world.quang.person_id))):
            see = ASKED_OF[model][0]
            assert not permissions.visible(actor, see, model._default_manager.all()).exists()
        for actor in (world.hoa, world.minh, world.thu):
            seen = permissions.visible(actor, ASKED_OF[model][0], model._default_manager.all())
            assert set(seen.values_list("school", flat=True)) <= {world.school.pk}
