"""The examination of a log (kiểm tra nhật kí): is it what was published, and what the database says it is?

Everything is computed anew from the entries: tiles, roots of every archived checkpoint, signatures. The
first row of the database that differs is named; after it nothing more is compared, as all that follows
may only be shifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from khue.core.errors import KhueError
from khue.signing.log.checkpoint import PATH, Checkpoint, open_checkpoint
from khue.signing.log.note import Note, NoteKey
from khue.signing.log.store import TileStore
from khue.signing.log.tiles import WIDTH, Edge, TileReader, layout
from khue.signing.log.tree import root_hash
from khue.signing.log.writer import archived, sizes
from khue.signing.report import Finding

Known = tuple[int, bytes]  # index and leaf of a row


def check_log(store: TileStore, known_leaves: Iterable[Known], keys: Sequence[NoteKey]) -> Iterator[Finding]:
    """Everything that is wrong with a log; nothing if it is sound.

    `known_leaves` are the rows of the database that count as logged, by rising index.
    """
    try:
        data = store.get(PATH)
        checkpoint, _ = open_checkpoint(Note.parse(data or b""), keys)
    except KhueError as error:
        yield Finding(error.code, error.params)
        return
    reader = TileReader(store, checkpoint.size)
    yield from _tiles(store, reader, checkpoint)
    yield from _rows(reader, known_leaves)
    yield from _history(store, reader, checkpoint, keys)


def _tiles(store: TileStore, reader: TileReader, checkpoint: Checkpoint) -> Iterator[Finding]:
    """The tree anew from the entries, beside the tiles that are published."""
    published = set(layout(checkpoint.size))
    edge = Edge(0, [], [])
    for index in range(-(-checkpoint.size // WIDTH)):
        try:
            edge, files = edge.grown(reader.bundle(index))
        except KhueError as error:
            yield Finding(error.code, error.params)
            return
        for name in sorted(published.intersection(files)):
            stored = store.get(name)
            if stored is None:  # a full tile may stand for it, which the reader takes
                stored = (store.get(name.partition(".p/")[0]) or b"")[: len(files[name])]
            if stored != files[name]:
                yield Finding("SIGN-480", {"name": name})
    if edge.root() != checkpoint.root:
        yield Finding("SIGN-484", {"size": checkpoint.size})


def _rows(reader: TileReader, known_leaves: Iterable[Known]) -> Iterator[Finding]:
    """The database's list beside the entries, up to the first difference."""
    rows = iter(known_leaves)
    try:
        for index, (entry, row) in enumerate(zip_longest(reader.entries(), rows)):
            if entry is None:
                yield Finding("SIGN-483", {"index": row[0], "size": reader.size})
                return
            if row is None or row[0] != index:
                yield Finding("SIGN-482", {"index": index})
                return
            if row[1] != entry:
                yield Finding("SIGN-481", {"index": index})
                return
    except KhueError as error:
        yield Finding(error.code, error.params)


def _history(
    store: TileStore, reader: TileReader, latest: Checkpoint, keys: Sequence[NoteKey]
) -> Iterator[Finding]:
    """Every archived checkpoint: signed, and a beginning of the tree of today."""
    for size in sizes(store):
        try:
            found, _ = open_checkpoint(Note.parse(store.get(archived(size)) or b""), keys, latest.origin)
            sound = found.size == size <= latest.size and found.root == root_hash(reader.node, size)
        except (KhueError, IndexError):
            sound = False
        if not sound:
            yield Finding("SIGN-485", {"size": size})
