"""Tiles: names and sizes as C2SP tlog-tiles defines them, and all proofs out of the files alone."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid, Refused
from khue.signing.log.note import NoteSigner
from khue.signing.log.store import FolderStore, MemoryStore, checked_name
from khue.signing.log.tiles import Edge, TileReader, layout, pack, tile_path, unpack
from khue.signing.log.tree import Tree, leaf_hash
from khue.signing.log.writer import writing


def leaves(size: int, seed: bytes = b"") -> list[bytes]:
    return [sha256(seed + b"%d" % number).digest() for number in range(size)]


ENTRIES = leaves(70_000)
TREE = Tree(map(leaf_hash, ENTRIES))


def stored(size: int) -> MemoryStore:
    store = MemoryStore()
    store.put(Edge(0, [], []).grown(ENTRIES[:size])[1])
    return store


BIG = stored(70_000)


@pytest.mark.parametrize(
    ("args", "path"),
    [
        ((0, 0), "tile/0/000"),
        ((0, 5, 17), "tile/0/005.p/17"),
        ((2, 1234067), "tile/2/x001/x234/067"),
        (("entries", 1000, 1), "tile/entries/x001/000.p/1"),
        ((63, 999), "tile/63/999"),
    ],
)
def test_names(args: tuple[int, int], path: str) -> None:
    assert tile_path(*args) == path
    assert checked_name(path) == path


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "tile/../x", "tile/64/000", "tile/0/00", "tile/0/0001", "tile/0/000.p/0",
     "tile/00/000",
     "checkpoint ", "checkpoints/../checkpoint", "checkpoints/a", ".lock", "tile/0/000\n", "tile\\0\\000"],
)  # fmt: skip
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        MemoryStore().get(name)
    assert refused.value.code == "SIGN-400"


def test_the_example_of_the_standard() -> None:
    """70,000 leaves: 273 full tiles and one of 112, one full and one of 17 above, one of 1 on top."""
    names = layout(70_000)
    assert sorted(BIG.files) == sorted(names)
    assert sum(name.startswith("tile/0/") and ".p" not in name for name in names) == 273
    assert sum(name.startswith("tile/entries/") for name in names) == 274
    for name, width in (
        ("tile/0/273.p/112", 112),
        ("tile/1/000", 256),
        ("tile/1/001.p/17", 17),
        ("tile/2/000.p/1", 1),
    ):
        assert len(BIG.files[name]) == 32 * width
    assert set(layout(256)) == {"tile/0/000", "tile/entries/000", "tile/1/000.p/1"}
    assert layout(0) == []


def test_a_tile_holds_what_the_standard_says() -> None:
    """MTH(D[(n·256 + i)·256^l : (n·256 + i + 1)·256^l])."""
    for level, index in ((0, 0), (0, 273), (1, 0), (1, 1), (2, 0)):
        reader = TileReader(BIG, 70_000)
        for place, found in enumerate(reader.tile(level, index)):
            assert found == TREE.node(8 * level, index * 256 + place)
    assert BIG.files["tile/entries/000"][:34] == b"\x00\x20" + ENTRIES[0]
    assert unpack(BIG.files["tile/entries/000"]) == ENTRIES[:256]


def test_golden_files() -> None:
    """A log of 600 leaves under a fixed key has exactly these bytes; a change breaks every reader."""
    store = MemoryStore()
    with writing(store, NoteSigner("log.example/golden", bytes(range(32)))) as log:
        log.append(ENTRIES[:600])
    listing = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(store.files.items()))
    assert sorted(store.files) == [
        "checkpoint", "checkpoints/600", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
        "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88",
    ]  # fmt: skip
    assert store.files["checkpoint"].decode() == GOLDEN_CHECKPOINT
    assert sha256(listing.encode()).hexdigest() == GOLDEN_LISTING


GOLDEN_CHECKPOINT = (
    "log.example/golden\n600\nACArAomIZlerpmgQqd4KUGGsLV4L6tDjuwqKG0Mhp0o=\n\n"
    "— log.example/golden "
    "FcrQGq9ISCw8+tZVLmvotxNAdHjxdNkTyw75c737slL+5iBtFH26I0EGKz8hsKwQ/2efPRxNvl0+ktmMPVbEHJtjJAA=\n"
)
GOLDEN_LISTING = "8f68f88745b3d4ba1cd3dd4770cbb24951ef11ebdfdc51b57621bf34e6cdbddb"


@given(st.lists(st.integers(0, 700), min_size=1, max_size=6))
@settings(max_examples=25)
def test_growing_in_parts_gives_the_same_tiles(parts: list[int]) -> None:
    edge, store, size = Edge(0, [], []), MemoryStore(), 0
    for part in parts:
        grown, files = edge.grown(ENTRIES[size : size + part])
        assert sorted(files) == sorted(layout(size + part, size))
        assert edge.size == size
        store.put(files)
        edge, size = grown, size + part
    assert edge.root() == TREE.root(size)
    assert {name: store.files[name] for name in layout(size)} == stored(size).files
    again = Edge.load(TileReader(store, size))
    assert again.root() == TREE.root(size)
    assert again.grown(ENTRIES[size : size + 300])[1] == edge.grown(ENTRIES[size : size + 300])[1]


@given(st.one_of(st.integers(1, 65_536), st.just(70_000)), st.data())
@settings(max_examples=60)
def test_every_proof_comes_from_the_files(size: int, data: st.DataObject) -> None:
    reader = TileReader(BIG, size)  # full tiles stand for the partial ones of earlier sizes
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    assert reader.inclusion(index) == TREE.inclusion(index, size)
    assert reader.consistency(old) == TREE.consistency(old, size)
    assert reader.root() == TREE.root(size)
    assert reader.entry(index) == ENTRIES[index]


def test_entries_by_range() -> None:
    reader = TileReader(BIG, 70_000)
    assert list(reader.entries(250, 700)) == ENTRIES[250:700]
    assert list(reader.entries(69_999)) == ENTRIES[69_999:]
    assert list(reader.entries(5, 5)) == []


def test_files_that_are_missing_or_cut_are_named() -> None:
    store = stored(600)
    reader = TileReader(store, 600)
    for name, data in (
        (tile_path(0, 1), None),
        (tile_path(0, 2, 88), b"short"),
        ("tile/entries/001", b"\x00\x20a"),
    ):
        saved = store.files.pop(name)
        if data is not None:
            store.files[name] = data
        with pytest.raises(Refused) as refused:
            list(reader.entries()) if "entries" in name else Tree(
                reader.tile(0, 0) + reader.tile(0, 1) + reader.tile(0, 2)
            )
        assert (refused.value.code, refused.value.params) == ("SIGN-402", {"name": name})
        store.files[name] = saved
    with pytest.raises(Refused):
        TileReader(store, 600).tile(0, 3)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_bundles_come_back(entries: list[bytes]) -> None:
    packed = pack(entries)
    assert unpack(packed) == entries
    if entries:
        with pytest.raises(ValueError, match="cut off"):
            unpack(packed + b"\x00")


def test_the_folder_keeps_what_memory_keeps(tmp_path) -> None:
    folder, memory = FolderStore(tmp_path / "log"), stored(700)
    folder.put(memory.files)
    for name, data in memory.files.items():
        assert folder.get(name) == data == (tmp_path / "log" / name).read_bytes()
    assert folder.get("tile/0/999") is None
    assert folder.get("tile/0/000.p/5") is None
    assert sorted(folder.names("tile/0")) == sorted(memory.names("tile/0")) == ["tile/0/000", "tile/0/001"]
    assert list(folder.names("checkpoints")) == []
    folder.remove(["tile/0/000", "tile/0/999", "tile/5/000"])
    assert folder.get("tile/0/000") is None
