"""Appending: killed at any write, the log goes on from what it published, with nothing lost or doubled."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.log import store as store_module
from khue.signing.log.checkpoint import Checkpoint, open_checkpoint
from khue.signing.log.doctor import check_log
from khue.signing.log.note import Kind, Note, NoteSigner
from khue.signing.log.store import FolderStore, MemoryStore
from khue.signing.log.tiles import TileReader, layout
from khue.signing.log.tree import Tree, leaf_hash
from khue.signing.log.writer import PENDING, LogWriter, note_of, sizes, writing

SIGNER = NoteSigner("log.example/so", bytes(range(32)))
ENTRIES = [sha256(b"%d" % number).digest() for number in range(1400)]
OTHER = [sha256(b"other %d" % number).digest() for number in range(1400)]


class Killed(BaseException):
    """The process is gone."""


class Mortal(MemoryStore):
    """A store whose process dies before the n-th file is written or removed."""

    def __init__(self, files: Mapping[str, bytes], lives: int) -> None:
        super().__init__()
        self.files = dict(files)
        self.lives = lives

    def put(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            self._live()
            super().put({name: data})

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._live()
            super().remove([name])

    def _live(self) -> None:
        self.lives -= 1
        if self.lives < 0:
            raise Killed


def survivor(files: Mapping[str, bytes]) -> MemoryStore:
    store = MemoryStore()
    store.files = dict(files)
    return store


def log_of(*batches: list[bytes]) -> MemoryStore:
    store = MemoryStore()
    for batch in batches:
        with writing(store, SIGNER) as log:
            log.append(batch)
    return store


def assert_sound(store: MemoryStore | FolderStore, entries: list[bytes]) -> None:
    checkpoint, _ = open_checkpoint(note_of(store), [SIGNER.key], "log.example/so")
    assert checkpoint.size == len(entries)
    assert checkpoint.root == Tree(map(leaf_hash, entries)).root()
    assert list(TileReader(store, len(entries)).entries()) == entries
    assert list(check_log(store, enumerate(entries), [SIGNER.key])) == []
    assert store.get(PENDING) is None


def deaths(before: MemoryStore, batch: list[bytes]) -> list[dict[str, bytes]]:
    """What every possible death of the append of a batch leaves behind."""
    found = []
    for lives in range(10_000):
        store = Mortal(before.files, lives)
        try:
            with writing(store, SIGNER) as log:
                log.append(batch)
        except Killed:
            found.append(store.files)
        else:
            return found
    raise AssertionError


def test_an_empty_log_publishes_that_it_is_empty() -> None:
    store = MemoryStore()
    with writing(store, SIGNER) as log:
        assert (log.size, log.note.text) == (0, note_of(store).text)
    assert_sound(store, [])


def test_batches_and_their_checkpoints() -> None:
    store = log_of(ENTRIES[:10], ENTRIES[10:300], ENTRIES[300:1300])
    assert_sound(store, ENTRIES[:1300])
    assert sizes(store) == [10, 300, 1300]
    for size in sizes(store):
        checkpoint = Checkpoint.parse(note_of(store, size).body)
        assert (checkpoint.size, checkpoint.root) == (size, Tree(map(leaf_hash, ENTRIES[:size])).root())


def test_what_is_published_never_changes() -> None:
    store, known = MemoryStore(), {}
    for begin, end in ((0, 200), (200, 256), (256, 257), (257, 900), (900, 1400)):
        with writing(store, SIGNER) as log:
            log.append(ENTRIES[begin:end])
        for name, data in known.items():
            assert store.files[name] == data
        known = {name: store.files[name] for name in (*layout(end), f"checkpoints/{end}")} | known


@pytest.mark.parametrize(("before", "after"), [(0, 3), (200, 300), (250, 1300), (256, 512)])
def test_every_death_and_the_same_batch_again(before: int, after: int) -> None:
    start = log_of(ENTRIES[:before])
    left = deaths(start, ENTRIES[before:after])
    assert len(left) > 5
    for files in left:
        store = survivor(files)
        with writing(store, SIGNER) as log:
            assert log.size in {before, after}
            done = log.append(ENTRIES[before:after], at=before)
        assert (done.first, done.checkpoint.size) == (before, after)
        assert_sound(store, ENTRIES[:after])


@pytest.mark.parametrize(("before", "after"), [(0, 3), (200, 300), (250, 800)])
def test_every_death_and_another_batch_next(before: int, after: int) -> None:
    """The database forgot the batch: unless it was published, another takes its place, and no file stays."""
    for files in deaths(log_of(ENTRIES[:before]), ENTRIES[before:after]):
        store = survivor(files)
        with writing(store, SIGNER) as log:
            if log.size == before:
                log.append(OTHER[:40], at=before)
                expected = ENTRIES[:before] + OTHER[:40]
            else:
                with pytest.raises(Conflict) as refused:
                    log.append(OTHER[:40], at=before)
                assert (refused.value.code, refused.value.params) == ("SIGN-405", {"index": before})
                expected = ENTRIES[:after]
        assert_sound(store, expected)
        allowed = {name for end in (before, len(expected)) for name in layout(end)}
        assert {name for name in store.files if name.startswith("tile/")} <= allowed


def test_death_while_settling() -> None:
    for files in deaths(log_of(ENTRIES[:250]), ENTRIES[250:600])[::3]:
        for lives in range(6):
            store = Mortal(files, lives)
            try:
                with writing(store, SIGNER):
                    pass
            except Killed:
                pass
            again = survivor(store.files)
            with writing(again, SIGNER) as log:
                log.append(ENTRIES[250:600], at=250)
            assert_sound(again, ENTRIES[:600])


def test_a_log_never_signs_two_histories() -> None:
    """Whatever checkpoint was ever written for a size is the one that is published for it in the end."""
    for files in deaths(log_of(ENTRIES[:250]), ENTRIES[250:300]):
        signed = files.get("checkpoints/300")
        store = survivor(files)
        with writing(store, SIGNER) as log:
            log.append((ENTRIES if signed else OTHER)[250:300], at=250)
        assert signed is None or store.files["checkpoint"] == signed


def test_a_writer_that_failed_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    store = log_of(ENTRIES[:10])
    with writing(store, SIGNER) as log:
        real = store.put
        monkeypatch.setattr(store, "put", lambda files: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            log.append(ENTRIES[10:20])
        monkeypatch.setattr(store, "put", real)
        log.append(ENTRIES[10:20], at=10)
    assert_sound(store, ENTRIES[:20])


def test_repeating_overlapping_and_gaps() -> None:
    store = log_of(ENTRIES[:10])
    with writing(store, SIGNER) as log:
        before = dict(store.files)
        assert log.append(ENTRIES[3:10], at=3).first == 3
        assert store.files == before
        assert log.append(ENTRIES[5:20], at=5).checkpoint.size == 20
        assert log.append([]).checkpoint.size == 20
        with pytest.raises(Conflict) as refused:
            log.append(ENTRIES[25:30], at=25)
        assert (refused.value.code, refused.value.params) == ("SIGN-404", {"index": 25, "size": 20})
        with pytest.raises(Invalid) as wrong:
            log.append([b"not a digest"])
        assert wrong.value.code == "SIGN-406"
    assert_sound(store, ENTRIES[:20])


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_only_one_writer(kind: str, tmp_path: Path) -> None:
    store = MemoryStore() if kind == "memory" else FolderStore(tmp_path)
    with writing(store, SIGNER):
        with pytest.raises(Conflict) as refused, writing(store, SIGNER):
            pass
        assert refused.value.code == "SIGN-401"
    with writing(store, SIGNER) as log:
        log.append(ENTRIES[:2])


def test_a_log_that_lost_its_checkpoint_is_not_begun_anew() -> None:
    store = log_of(ENTRIES[:10])
    del store.files["checkpoint"]
    with pytest.raises(Refused) as refused:
        LogWriter(store, SIGNER)
    assert refused.value.code == "SIGN-403"


def test_changed_files_and_foreign_keys_stop_the_writer() -> None:
    store = log_of(ENTRIES[:10])
    tile = bytearray(store.files["tile/0/000.p/10"])
    tile[0] ^= 1
    store.files["tile/0/000.p/10"] = bytes(tile)
    with pytest.raises(Refused) as refused:
        LogWriter(store, SIGNER)
    assert refused.value.code == "SIGN-407"
    with pytest.raises(Refused) as refused:
        LogWriter(log_of(ENTRIES[:10]), NoteSigner.create("log.example/so"))
    assert refused.value.code == "SIGN-412"


def test_cosignatures_are_kept_beside_the_original() -> None:
    store = log_of(ENTRIES[:10], ENTRIES[10:20])
    witness = NoteSigner.create("witness.example/a", Kind.COSIGNATURE)
    original = store.files["checkpoints/10"]
    at = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    with writing(store, SIGNER) as log:
        for size in (10, 20):
            log.add_cosignatures(size, [witness.cosign(note_of(store, size).body, at)])
    assert store.files["checkpoints/10"] == original
    for note in (note_of(store), note_of(store, 10), Note.parse(store.files["checkpoint"])):
        assert [line.name for line in note.signatures] == ["log.example/so", "witness.example/a"]
    assert sizes(store) == [10, 20]
    with pytest.raises(Refused):
        note_of(store, 11)


CHILD = """
import json, os, sys
from pathlib import Path
from khue.signing.log import store as module
from khue.signing.log.note import NoteSigner
from khue.signing.log.writer import writing
folder, lives, step, entries = json.load(sys.stdin)
left = [lives]
def dying(real):
    def call(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)  # no finally, no flush: as a kill
        return real(*args, **kwargs)
    return call
if step == "fsync":
    module.os.fsync = dying(os.fsync)
else:
    setattr(Path, step, dying(getattr(Path, step)))
with writing(module.FolderStore(Path(folder)), NoteSigner("log.example/so", bytes(range(32)))) as log:
    log.append([bytes.fromhex(entry) for entry in entries], at=250)
"""


@pytest.mark.parametrize(
    ("step", "lives"),
    [("write_bytes", 0), ("write_bytes", 4), ("fsync", 7), ("replace", 1), ("replace", 4), ("replace", 9),
     ("fsync", 20), ("unlink", 0)],
)  # fmt: skip
def test_a_killed_process(step: str, lives: int, tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    with writing(store, SIGNER) as log:
        log.append(ENTRIES[:250])
    told = json.dumps([str(tmp_path), lives, step, [entry.hex() for entry in ENTRIES[250:600]]])
    source = str(Path(store_module.__file__).parents[3])
    child = subprocess.run(
        [sys.executable, "-c", CHILD], input=told, text=True, env={"PYTHONPATH": source}, check=False
    )
    assert child.returncode == 9
    with writing(store, SIGNER) as log:  # the lock of the dead holds nobody up
        assert log.size in {250, 600}
        log.append(ENTRIES[250:600], at=250)
    assert_sound(store, ENTRIES[:600])


def test_a_failing_disk_leaves_no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        store.put({"checkpoint": b"x", "tile/0/000": b"y"})
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_two_hundred_thousand_leaves_are_fast(tmp_path: Path) -> None:
    """The budget is 6 s on a slow core; a quarter of it here, so that a busy machine does not decide."""
    entries = [sha256(b"%d" % number).digest() for number in range(50_000)]
    begin = time.process_time()
    with writing(FolderStore(tmp_path), SIGNER) as log:
        done = log.append(entries)
    spent = time.process_time() - begin
    assert done.checkpoint.size == 50_000
    assert spent < 6 / 4
