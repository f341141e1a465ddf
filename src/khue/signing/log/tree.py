"""The hash tree of the evidence log (cây băm), after RFC 6962 section 2.1 and RFC 9162 section 2.1.

A leaf is hashed with 0x00 before it, a node with 0x01, so that nobody can pass a node off as a leaf.
A *node* here is always the hash of a whole subtree: (level, index) covers the leaves
[index·2^level, (index+1)·2^level). Every root and every proof is made of such nodes, wherever they
are kept; so the functions take a `Nodes`, and memory (`Tree`) and tiles (`tiles.py`) both are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
Nodes = Callable[[int, int], bytes]  # (level, index) -> hash of that whole subtree


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 ‖ entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def peaks(begin: int, end: int) -> list[tuple[int, int]]:
    """The whole subtrees that cover the leaves [begin, end), from left to right, the largest first.

    `begin` must be a multiple of the largest power of two not above the length; in RFC 6962 it is.
    """
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over neighbouring subtrees, the largest first: the right ones are joined first."""
    if not hashes:
        return EMPTY_ROOT
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def range_hash(nodes: Nodes, begin: int, end: int) -> bytes:
    """MTH of the leaves [begin, end) out of whole subtrees."""
    return fold([nodes(level, index) for level, index in peaks(begin, end)])


def root_hash(nodes: Nodes, size: int) -> bytes:
    """The root of the tree when it had `size` leaves."""
    return range_hash(nodes, 0, size)


def pair_up(row: Sequence[bytes]) -> list[bytes]:
    """The row above: the hash of each whole pair."""
    return [sha256(b"\x01" + row[place] + row[place + 1]).digest() for place in range(0, len(row) - 1, 2)]


def _split(length: int) -> int:
    """The largest power of two below `length`: where RFC 6962 splits."""
    return 1 << ((length - 1).bit_length() - 1)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, 2.1.1: from the sibling of the leaf up to the child of the root."""
    if not 0 <= index < size:
        msg = f"leaf {index} is not in a tree of {size}"
        raise ValueError(msg)
    siblings = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((begin, middle))
            begin = middle
    return [range_hash(nodes, *sibling) for sibling in reversed(siblings)]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962, 2.1.2; empty where `old` is 0 or `new`, as nothing is to be shown."""
    if not 0 <= old <= new:
        msg = f"a tree of {new} does not continue one of {old}"
        raise ValueError(msg)
    if old in {0, new}:
        return []
    shown = []
    begin, end = 0, new
    while old < end:
        middle = begin + _split(end - begin)
        if old <= middle:
            shown.append((middle, end))
            end = middle
        else:
            shown.append((begin, middle))
            begin = middle
    if begin > 0:  # else what remains is the old root itself, which the reader has
        shown.append((begin, end))
    return [range_hash(nodes, *part) for part in reversed(shown)]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root to which a path leads from a leaf hash (RFC 9162, 2.1.3.2); None if it leads nowhere."""
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_SIZE:
            return None
        if place & 1 or place == last:
            found = sha256(b"\x01" + sibling + found).digest()
            while place and not place & 1:  # rungs without a right sibling hold no hash
                place >>= 1
                last >>= 1
        else:
            found = sha256(b"\x01" + found + sibling).digest()
        place >>= 1
        last >>= 1
    return found if last == 0 else None


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that the leaf with this hash stands at `index` under `root`."""
    return root_from_inclusion(leaf, index, size, proof) == root


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof shows that the new tree begins with the old one (RFC 9162, 2.1.4.2).

    Every tree begins with the empty one; a tree of the same size must have the same root.
    """
    if not 0 <= old <= new or any(len(shown) != HASH_SIZE for shown in proof):
        return False
    if old in {0, new}:
        same = old_root == (EMPTY_ROOT if old == 0 else new_root)
        return same and not proof and (new > 0 or new_root == EMPTY_ROOT)
    return _joins(old, new, proof, (old_root, new_root))


def _joins(old: int, new: int, proof: Sequence[bytes], roots: tuple[bytes, bytes]) -> bool:
    """The loop of RFC 9162, 2.1.4.2: climb once and rebuild both roots."""
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, roots[0])
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    first = second = path[0]
    for shown in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(shown, first), node_hash(shown, second)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            second = node_hash(second, shown)
        place >>= 1
        last >>= 1
    return last == 0 and (first, second) == roots


class Tree:
    """A tree in memory: all nodes, row by row; grows at the right edge and proves for every size it had."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._rows: list[list[bytes]] = [[]]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._rows[0])

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append hashes of leaves; only the nodes that became whole are computed."""
        self._rows[0].extend(leaves)
        level = 0
        while len(self._rows[level]) > 1:
            if level + 1 == len(self._rows):
                self._rows.append([])
            above = self._rows[level + 1]
            above.extend(pair_up(self._rows[level][2 * len(above) :]))
            level += 1

    def node(self, level: int, index: int) -> bytes:
        """A node; this method is the `Nodes` of the tree."""
        return self._rows[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The root now, or when the tree had `size` leaves."""
        return root_hash(self.node, self.size if size is None else size)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The path of a leaf in the tree of that size."""
        return inclusion_proof(self.node, index, self.size if size is None else size)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the tree of size `new` begins with that of size `old`."""
        return consistency_proof(self.node, old, self.size if new is None else new)
