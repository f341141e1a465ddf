"""Processes that die while they sign: killed again and again over 500 records, nothing is lost or doubled."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from tests.cast import World, make_world
from tests.signers import Signers, make_signers

from khue.core.actor import Actor
from khue.modules.records import proof
from khue.modules.records.acts import SignatureRef, Wanted
from khue.modules.records.models import BatchState, DocumentSection, DocumentSignature, SigningBatch
from khue.modules.records.services import batches
from khue.modules.records.tests.acts import PAGE, PageAct, pages

COUNT = 500
LEAST, KILLS = 3, 12  # kills that struck in the middle; tries at most
Order = Callable[..., Any]
SOURCES = Path(__file__).resolve().parents[4]


@contextmanager
def processes(folder: Path, database: str) -> Iterator[Order]:
    """A program that starts and kills signing processes; gives a function that orders it about."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("KHUE_")} | {
        "KHUE_DATA_DIR": str(folder), "KHUE_DATABASE_URL": database, "KHUE_DEMO": "1",
        "KHUE_SECRET_KEY": django_settings.SECRET_KEY,
        "PYTHONPATH": os.pathsep.join([str(SOURCES), *sys.path]),
    }  # fmt: skip
    program = subprocess.Popen(
        [sys.executable, "-m", "khue.modules.records.tests.killed"], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert program.stdin is not None
    assert program.stdout is not None

    def order(*words: object) -> Any:
        program.stdin.write(" ".join(str(word) for word in words) + "\n")
        program.stdin.flush()
        return json.loads(program.stdout.readline())

    try:
        yield order
    finally:
        with suppress(BrokenPipeError):
            program.stdin.close()
        assert program.wait(20) == 0
        program.stdout.close()


def test_an_error_takes_only_what_it_was_in_the_middle_of(
    world: World, signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug or a full disk while the third is written: two are signed, the others wait to be asked again."""
    checked = signers.check(world.lan, PAGE, *pages(4))
    third, before = pages(4)[2], PageAct.done

    def out_of_space(self: PageAct, actor: Actor, wanted: Wanted, signature: SignatureRef) -> None:
        if wanted.facts["page"] == third:
            raise OSError(errno.ENOSPC, "disk full")
        before(self, actor, wanted, signature)

    monkeypatch.setattr(PageAct, "done", out_of_space)
    assert checked.batch is not None
    with pytest.raises(OSError, match="disk full"):
        batches.start(world.lan, batch_id=checked.batch.id, token=checked.token)
    states = list(checked.batch.items.values_list("state", flat=True))
    assert states == ["signed", "signed", "waiting", "waiting"]
    assert DocumentSignature.objects.count() == DocumentSection.objects.count() == 2
    monkeypatch.setattr(PageAct, "done", before)
    assert batches.poll(world.lan, batch_id=checked.batch.id).state == BatchState.DONE
    assert DocumentSignature.objects.count() == 4
    assert list(proof.verify_documents()) == []


def kill_and_go_on(order: Order, batch: SigningBatch) -> None:
    """Kill at random moments until some struck in the middle, look each time, then finish."""
    dice, middle, before = random.Random(), 0, 0
    for _ in range(KILLS):
        if middle == LEAST:
            break
        if not order("sign", batch.id, dice.uniform(0.2, 1.5))["killed"]:
            break  # a fast machine was done before the blow; what counts are the blows before
        found = order("report")
        assert found["signatures"] == found["signed"] == found["sections"] == found["embedded"]
        assert found["signed"] == found["announced"] == found["started"] >= before
        assert found["signed"] + found["waiting"] == COUNT
        assert found["batch"] == "waiting"
        middle += before < found["signed"] < COUNT
        before = found["signed"]
    assert middle >= 1
    assert order("sign", batch.id, 0)["killed"] is False
    assert order("report") == {
        "signatures": COUNT, "sections": COUNT, "signed": COUNT, "waiting": 0, "embedded": COUNT,
        "announced": COUNT, "started": COUNT, "batch": "done",
    }  # fmt: skip
    assert order("faults") == []


@pytest.fixture
def kept_world(request: pytest.FixtureRequest) -> World:
    """The small province, really committed, on either database."""
    kept = "committed_world" if connection.vendor == "postgresql" else "world_in_memory"
    found: World = request.getfixturevalue(kept)
    return found


@pytest.fixture
def world_in_memory(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Committed to the memory of SQLite; afterwards nothing of it is left."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        clean = type(connection.connection)(":memory:")
        connection.connection.backup(clean)
        try:
            yield make_world()
        finally:
            clean.backup(connection.connection)
            clean.close()


@pytest.fixture
def database(kept_world: World, tmp_path: Path) -> Callable[[], str]:
    """Where another process finds what is committed by now: the server, or a copy as a file."""

    def address() -> str:
        if connection.vendor == "postgresql":
            place = connection.settings_dict
            login = f"{place['USER']}:{place['PASSWORD']}@:{place['PORT']}"
            return f"postgres://{login}/{place['NAME']}?host={place['HOST']}"
        copy = type(connection.connection)(str(tmp_path / "khue.sqlite3"))
        connection.connection.backup(copy)
        copy.close()
        return f"sqlite:///{tmp_path / 'khue.sqlite3'}"

    return address


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed so on Unix only")
def test_killed_again_and_again(
    kept_world: World, settings: Any, tmp_path: Path, database: Callable[[], str]
) -> None:
    """Cô Lan has confirmed 500 pages; the process was killed before it asked the key, then at any moment."""
    signers = make_signers(kept_world, settings, tmp_path)
    batch = signers.check(kept_world.lan, PAGE, *pages(COUNT)).batch
    assert batch is not None
    SigningBatch.objects.update(state=BatchState.WAITING, token_digest="")
    with processes(tmp_path, database()) as order:
        kill_and_go_on(order, batch)
