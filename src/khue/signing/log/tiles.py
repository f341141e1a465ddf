"""The log as static files (C2SP tlog-tiles): hash tiles, entry bundles, and every proof out of them.

A tile holds up to 256 neighbouring hashes, of every eighth row of the tree; the rows between are
computed from it. An entry of ours is the SHA-256 of a stored file, 32 bytes, and nothing else: no
name, no mark, no code. Whoever has the files makes the proofs that we make.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice

from khue.core.errors import Refused
from khue.signing.log.store import TileStore
from khue.signing.log.tree import (
    HASH_SIZE,
    consistency_proof,
    fold,
    inclusion_proof,
    leaf_hash,
    pair_up,
    root_hash,
)

HEIGHT = 8
WIDTH = 1 << HEIGHT
ENTRIES = "entries"
_PREFIX = 2  # bytes of length before an entry
_KEPT = 256  # tiles in memory, about 5 MB


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """The name of a tile: `tile/<L>/<N>[.p/<W>]`, 1234067 as `x001/x234/067`; level `entries` for bundles."""
    path = f"{index % 1000:03}"
    while index := index // 1000:
        path = f"x{index % 1000:03}/{path}"
    return f"tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


def width_at(level: int, index: int, size: int) -> int:
    """How wide a tile is in a tree of that size; 0 if it is not there."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH))


def layout(size: int, since: int = 0) -> list[str]:
    """The tiles and bundles of a tree of that size that a tree of size `since` did not have."""
    found = []
    level = 0
    while count := size >> (HEIGHT * level):
        before = since >> (HEIGHT * level)
        if count != before:
            for index in range(before // WIDTH, -(-count // WIDTH)):
                width = min(WIDTH, count - index * WIDTH)
                found.append(tile_path(level, index, width))
                if level == 0:
                    found.append(tile_path(ENTRIES, index, width))
        level += 1
    return found


def pack(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length, two bytes, the larger one first."""
    return b"".join(len(entry).to_bytes(_PREFIX) + entry for entry in entries)


def unpack(bundle: bytes) -> list[bytes]:
    """The entries of a bundle; a `ValueError` if it ends in the middle of one."""
    found, place = [], 0
    while place < len(bundle):
        start = place + _PREFIX
        place = start + int.from_bytes(bundle[start - _PREFIX : start])
        if start > len(bundle) or place > len(bundle):
            msg = "the bundle is cut off"
            raise ValueError(msg)
        found.append(bundle[start:place])
    return found


def rows_of(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """The rows of the tree inside a tile, the hashes themselves first; a full tile has nine."""
    rows = [list(hashes)]
    while len(rows[-1]) > 1:
        rows.append(pair_up(rows[-1]))
    return rows


def cut(data: bytes) -> list[bytes]:
    """A tile as hashes."""
    return [data[place : place + HASH_SIZE] for place in range(0, len(data), HASH_SIZE)]


class Edge:
    """The right edge of a tree, as tiles see it: what of each level does not fill a tile yet.

    It is all that an append must know of the past, about 256 hashes for a million leaves.
    """

    def __init__(self, size: int, rows: Sequence[Sequence[bytes]], bundle: Sequence[bytes]) -> None:
        self.size = size
        self._rows = [list(row) for row in rows]
        self._bundle = list(bundle)

    @classmethod
    def load(cls, reader: TileReader) -> Edge:
        """The edge of what a store holds."""
        rows, level = [], 0
        while count := reader.size >> (HEIGHT * level):
            whole, rest = divmod(count, WIDTH)
            rows.append(reader.tile(level, whole) if rest else [])
            level += 1
        first = reader.size - reader.size % WIDTH
        return cls(reader.size, rows, list(reader.entries(first, reader.size)))

    def grown(self, entries: Sequence[bytes]) -> tuple[Edge, dict[str, bytes]]:
        """The edge after an append, and the files that the append makes; this edge stays as it was."""
        edge = Edge(self.size, self._rows, self._bundle)
        files: dict[str, bytes] = {}
        if not entries:
            return edge, files
        edge._bundles(entries, files)
        edge._grow(0, [leaf_hash(entry) for entry in entries], files)
        edge.size += len(entries)
        return edge, files

    def root(self) -> bytes:
        """The root of the whole tree, out of the edge alone."""
        hashes: list[bytes] = []
        for row in reversed(self._rows):
            place = 0
            for level in range(HEIGHT - 1, -1, -1):
                if len(row) >> level & 1:
                    hashes.append(rows_of(row[place : place + (1 << level)])[-1][0])
                    place += 1 << level
        return fold(hashes)

    def _bundles(self, entries: Sequence[bytes], files: dict[str, bytes]) -> None:
        waiting = [*self._bundle, *entries]
        index = self.size // WIDTH
        for place in range(0, len(waiting), WIDTH):
            part = waiting[place : place + WIDTH]
            files[tile_path(ENTRIES, index + place // WIDTH, len(part))] = pack(part)
        self._bundle = waiting[len(waiting) - len(waiting) % WIDTH :]

    def _grow(self, level: int, hashes: Sequence[bytes], files: dict[str, bytes]) -> None:
        if level == len(self._rows):
            self._rows.append([])
        row = [*self._rows[level], *hashes]
        index = (self.size >> (HEIGHT * level)) // WIDTH
        whole = len(row) // WIDTH
        above = []
        for number in range(whole):
            part = row[number * WIDTH : (number + 1) * WIDTH]
            files[tile_path(level, index + number)] = b"".join(part)
            above.append(rows_of(part)[-1][0])
        rest = row[whole * WIDTH :]
        if rest:
            files[tile_path(level, index + whole, len(rest))] = b"".join(rest)
        self._rows[level] = rest
        if above:
            self._grow(level + 1, above, files)


class TileReader:
    """The tree of one size, read from its files; every proof that a stranger needs.

    It believes the files. Whoever does not trust where they come from verifies what it returns.
    """

    def __init__(self, store: TileStore, size: int) -> None:
        self.size = size
        self._store = store
        self._kept: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def node(self, level: int, index: int) -> bytes:
        """The hash of a whole subtree; this method is the `Nodes` of the files."""
        tile_level, row = divmod(level, HEIGHT)
        tile, place = divmod(index << row, WIDTH)
        return self._rows(tile_level, tile)[row][place >> row]

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree, or of an earlier size of it."""
        return root_hash(self.node, self.size if size is None else size)

    def inclusion(self, index: int) -> list[bytes]:
        """The path of a leaf."""
        return inclusion_proof(self.node, index, self.size)

    def consistency(self, old: int) -> list[bytes]:
        """The proof that this tree begins with the tree of size `old`."""
        return consistency_proof(self.node, old, self.size)

    def entries(self, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The entries [begin, end)."""
        end = self.size if end is None else end
        for index in range(begin // WIDTH, -(-end // WIDTH)):
            first = index * WIDTH
            yield from islice(self.bundle(index), max(begin - first, 0), end - first)

    def entry(self, index: int) -> bytes:
        """One entry."""
        return self.bundle(index // WIDTH)[index % WIDTH]

    def bundle(self, index: int) -> list[bytes]:
        """The entries of one bundle; refuses if the file is not there or damaged (`SIGN-402`)."""
        width = width_at(0, index, self.size)
        path = tile_path(ENTRIES, index, width)
        try:
            found = unpack(self._read(ENTRIES, index, width))[:width]
        except ValueError as error:
            raise Refused("SIGN-402", name=path) from error
        if len(found) != width:
            raise Refused("SIGN-402", name=path)
        return found

    def tile(self, level: int, index: int) -> list[bytes]:
        """The hashes of one tile; refuses if the file is not there or too short (`SIGN-402`)."""
        width = width_at(level, index, self.size)
        data = self._read(level, index, width)[: width * HASH_SIZE]
        if len(data) != width * HASH_SIZE:
            raise Refused("SIGN-402", name=tile_path(level, index, width))
        return cut(data)

    def _read(self, level: int | str, index: int, width: int) -> bytes:
        """A partial file, or the full one that has taken its place since."""
        for path in dict.fromkeys((tile_path(level, index, width), tile_path(level, index))):
            data = self._store.get(path) if width else None
            if data is not None:
                return data
        raise Refused("SIGN-402", name=tile_path(level, index, width))

    def _rows(self, level: int, index: int) -> list[list[bytes]]:
        known = self._kept.get((level, index))
        if known is None:
            known = self._kept[level, index] = rows_of(self.tile(level, index))
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end((level, index))
        return known
