"""The examination: a sound log has no findings, and each kind of damage is named where it is."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest

from khue.signing.log.checkpoint import Checkpoint, sign_checkpoint
from khue.signing.log.doctor import check_log
from khue.signing.log.note import NoteSigner
from khue.signing.log.store import MemoryStore
from khue.signing.log.tiles import Edge
from khue.signing.log.writer import writing

SIGNER = NoteSigner("log.example/so", bytes(range(32)))
ENTRIES = [sha256(b"%d" % number).digest() for number in range(700)]


@pytest.fixture
def store() -> MemoryStore:
    kept = MemoryStore()
    with writing(kept, SIGNER) as log:
        for begin, end in ((0, 40), (40, 500), (500, 700)):
            log.append(ENTRIES[begin:end])
    return kept


def found(store: MemoryStore, entries: list[bytes] = ENTRIES) -> list[tuple[str, object]]:
    findings = list(check_log(store, enumerate(entries), [SIGNER.key]))
    assert all("SIGN" not in finding.text for finding in findings)
    return [(finding.code, *finding.params.values()) for finding in findings]


def flip(name: str, place: int = -1) -> Callable[[MemoryStore], None]:
    def change(store: MemoryStore) -> None:
        data = bytearray(store.files[name])
        data[place] ^= 1
        store.files[name] = bytes(data)

    return change


def test_a_sound_log(store: MemoryStore) -> None:
    assert found(store) == []
    for name in [name for name in store.files if ".p/" in name and not name.endswith(("p/188", "p/2"))]:
        del store.files[name]  # superseded partial tiles may be cleared away
    assert found(store) == []


def test_the_first_row_that_differs_is_named(store: MemoryStore) -> None:
    wrong = list(ENTRIES)
    wrong[300] = wrong[400] = sha256(b"changed").digest()
    assert found(store, wrong) == [("SIGN-481", 300)]
    assert found(store, ENTRIES[:250] + ENTRIES[251:]) == [("SIGN-481", 250)]
    assert found(store, ENTRIES[:600]) == [("SIGN-482", 600)]
    assert found(store, [*ENTRIES, ENTRIES[0]]) == [("SIGN-483", 700, 700)]
    rows = [(index, entry) for index, entry in enumerate(ENTRIES) if index != 5]
    assert [finding.params for finding in check_log(store, rows, [SIGNER.key])] == [{"index": 5}]


def test_a_changed_tile(store: MemoryStore) -> None:
    flip("tile/0/001")(store)
    assert found(store)[0] == ("SIGN-480", "tile/0/001")
    assert ("SIGN-484", 700) not in found(store)  # the entries still give the root


def test_a_changed_tile_above(store: MemoryStore) -> None:
    flip("tile/1/000.p/2")(store)
    assert found(store)[0] == ("SIGN-480", "tile/1/000.p/2")


def test_a_changed_entry(store: MemoryStore) -> None:
    flip("tile/entries/001", 40)(store)
    assert [code for code, *_ in found(store)] == ["SIGN-480", "SIGN-480", "SIGN-484", "SIGN-481"]
    assert ("SIGN-481", 257) in found(store)


def test_an_entry_changed_with_all_tiles_and_checkpoints_anew(store: MemoryStore) -> None:
    """Even who holds the key of the log cannot change an entry: the database and old checkpoints differ."""
    forged = [*ENTRIES[:30], sha256(b"forged").digest(), *ENTRIES[31:]]
    edge, files = Edge(0, [], []).grown(forged)
    store.put(files)
    store.put(
        {"checkpoint": sign_checkpoint(Checkpoint("log.example/so", 700, edge.root()), SIGNER).text.encode()}
    )
    assert found(store) == [("SIGN-481", 30), ("SIGN-485", 40), ("SIGN-485", 500), ("SIGN-485", 700)]
    assert found(store, forged) == [("SIGN-485", 40), ("SIGN-485", 500), ("SIGN-485", 700)]


def test_missing_files(store: MemoryStore) -> None:
    del store.files["tile/entries/001"]
    assert ("SIGN-402", "tile/entries/001") in found(store)
    del store.files["checkpoint"]
    assert found(store) == [("SIGN-411",)]


def test_signatures_are_asked_for(store: MemoryStore) -> None:
    findings = list(check_log(store, enumerate(ENTRIES), [NoteSigner.create("log.example/so").key]))
    assert [finding.code for finding in findings] == ["SIGN-412"]
    flip("checkpoints/40", 20)(store)
    assert found(store) == [("SIGN-485", 40)]
