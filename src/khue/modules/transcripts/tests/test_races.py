"""Two people at the same moment: a page is made once, a comment and a signature do not pass each other."""

from __future__ import annotations

import pytest
from tests.cast import SINCE, SYSTEM, World
from tests.fixtures import Race

from khue.modules.gradebook.tests.acts import seal, seal_term
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts.models import Comment, Transcript, TranscriptPage

pytestmark = pytest.mark.postgres


def ready(world: World) -> None:
    """Class 6A with its year sealed and a teacher for every subject."""
    key = world.classes["6A"].id
    taught = schooling.teachers_of(key, world.hoa.today)
    rest = [
        schooling.Assignment(one.id, world.hoa.person_id)  # type: ignore[arg-type]
        for one in schooling.class_subjects(key) if one.id not in taught
    ]  # fmt: skip
    schooling.assign_teachers(SYSTEM, school_id=world.school.pk, assignments=rest, since=SINCE)
    for term in (1, 2):
        seal_term(world, "6A", term)
    seal(world, "6A", 0)


def test_pages_are_made_once(committed_world: World, race: Race) -> None:
    world = committed_world
    ready(world)
    key = world.classes["6A"].id
    done = race(
        [
            lambda: transcripts.generate(world.thu, school_class_id=key),
            lambda: transcripts.generate(world.lan, school_class_id=key),
            lambda: transcripts.accept_proposals(world.hoa, school_class_id=key),
        ]
    )
    assert not [one for one in done if isinstance(one, Exception)], done
    assert Transcript.objects.count() == TranscriptPage.objects.filter(version=1).count() == 5
    assert sorted(len(one.new) for one in done[:2]) == [0, 5]
    pages = {page.id: page for page in TranscriptPage.objects.all()}
    for comment in Comment.objects.all():  # whichever came first, what was taken stands on the page
        said = pages[comment.page_id].content
        assert said is not None
        assert comment.text in {line["comment"] for line in said["subjects"]}
