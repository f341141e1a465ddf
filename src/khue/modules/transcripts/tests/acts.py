"""What several tests of transcripts do: generate, comment, sign a class, see that nothing changed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from khue.kit import outbox
from khue.modules.gradebook.tests import acts as gradebook_acts
from khue.modules.records import api as records
from khue.modules.records.services import settling
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts.models import Comment, ReceivedFile, Transcript, TranscriptPage
from khue.modules.transcripts.services.comments import sections_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.cast import World
    from tests.signers import Signers

    from khue.core.actor import Actor
    from khue.core.errors import KhueError

WATCHED = (Transcript, TranscriptPage, Comment, ReceivedFile)
PART = 2025


def snapshot() -> list[Any]:
    """Everything that an act of transcripts could write."""
    own = [list(model._default_manager.order_by("pk").values_list()) for model in WATCHED]
    return [*own, *gradebook_acts.snapshot()]


@contextmanager
def refused(kind: type[KhueError], code: str) -> Iterator[None]:
    """The act is refused so, and not a single row is different afterwards."""
    before = snapshot()
    with pytest.raises(kind) as refusal:
        yield
    assert refusal.value.code == code
    assert snapshot() == before


def deliver() -> None:
    """Announcements reach their handlers, as after a commit."""
    while outbox.deliver():
        pass


def prepare(world: World, name: str = "6A") -> list[TranscriptPage]:
    """The pages of a sealed class, with every comment taken from the bank."""
    key = world.classes[name].id
    transcripts.generate(world.thu, school_class_id=key)
    for actor in (world.hoa, world.lan):
        transcripts.accept_proposals(actor, school_class_id=key)
    return list(TranscriptPage.objects.filter(school_class=key).order_by("position"))


def wanted_of(actor: Actor, world: World, name: str = "6A") -> list[records.Subject]:
    """The subjects of a class that somebody signs, pupil by pupil."""
    school_class = schooling.class_of(world.classes[name].id)
    own = set(sections_of(actor, school_class))
    pages = TranscriptPage.objects.filter(school_class=school_class, version__gt=0).order_by("position")
    return [
        records.Subject(transcripts.SIGN_SUBJECT, page.id, PART, (("section", section),))
        for page in pages
        for section in page.sources
        if section in own
    ]


def check(signers: Signers, actor: Actor, subjects: list[records.Subject]) -> records.Checked:
    """Check these subjects."""
    return records.check(actor, subjects=subjects, title="Ký thử", school_id=signers.world.school.pk)


def teachers_sign(world: World, signers: Signers, name: str = "6A") -> None:
    """Cô Hoa and cô Lan sign every subject."""
    for actor in (world.hoa, world.lan):
        checked = check(signers, actor, wanted_of(actor, world, name))
        assert not checked.left_out, [str(left.refusal) for left in checked.left_out]
        signers.confirm(actor, checked)


def sign_class(world: World, signers: Signers, name: str = "6A") -> list[TranscriptPage]:
    """Everybody signs; the seal follows."""
    pages = prepare(world, name)
    teachers_sign(world, signers, name)
    keys: list[UUID] = [page.id for page in pages]
    signers.sign(world.lan, transcripts.SIGN_YEAR, *keys, part=PART)
    signers.sign(world.minh, transcripts.APPROVE, *keys, part=PART)
    settling.after_signing(world.minh.now, world.school.pk)
    deliver()
    return list(TranscriptPage.objects.filter(pk__in=keys).order_by("position"))
