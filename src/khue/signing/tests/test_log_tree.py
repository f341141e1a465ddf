"""The hash tree: published vectors, the definitions of RFC 6962 word for word, and no forged proof."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.signing.log.tree import (
    EMPTY_ROOT,
    Tree,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

# The eight entries of certificate-transparency's reference tests, and the roots of their beginnings.
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                 "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
PATHS = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): PATHS[0, 8],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def made(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


# The definitions of RFC 6962, 2.1, as they stand there; slow, and independent of what is tested.
def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    middle = split(len(leaves))
    return node_hash(mth(leaves[:middle]), mth(leaves[middle:]))


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return [*path(index, leaves[:middle]), mth(leaves[middle:])]
    return [*path(index - middle, leaves[middle:]), mth(leaves[:middle])]


def subproof(old: int, leaves: list[bytes], *, known: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if known else [mth(leaves)]
    middle = split(len(leaves))
    if old <= middle:
        return [*subproof(old, leaves[:middle], known=known), mth(leaves[middle:])]
    return [*subproof(old - middle, leaves[middle:], known=False), mth(leaves[:middle])]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert Tree(map(leaf_hash, ENTRIES[:size])).root() == ROOTS[size]


@pytest.mark.parametrize(("place", "expected"), PATHS.items())
def test_published_paths(place: tuple[int, int], expected: tuple[str, ...]) -> None:
    index, size = place
    proof = Tree(map(leaf_hash, ENTRIES)).inclusion(index, size)
    assert [shown.hex() for shown in proof] == list(expected)
    assert verify_inclusion(leaf_hash(ENTRIES[index]), index, size, proof, ROOTS[size])


@pytest.mark.parametrize(("pair", "expected"), CONSISTENCY.items())
def test_published_consistency_proofs(pair: tuple[int, int], expected: tuple[str, ...]) -> None:
    old, new = pair
    proof = Tree(map(leaf_hash, ENTRIES)).consistency(old, new)
    assert [shown.hex() for shown in proof] == list(expected)
    assert verify_consistency(old, new, proof, ROOTS[old], ROOTS[new])


def test_every_small_tree_is_as_the_standard_defines_it() -> None:
    leaves = made(24)
    tree = Tree(leaves)
    for size in range(25):
        assert tree.root(size) == mth(leaves[:size])
        for index in range(size):
            assert tree.inclusion(index, size) == path(index, leaves[:size])
        for old in range(1, size):
            assert tree.consistency(old, size) == subproof(old, leaves[:size], known=True)


@given(st.lists(st.integers(0, 40), max_size=8))
def test_growing_in_parts_is_growing_at_once(parts: list[int]) -> None:
    leaves = made(sum(parts))
    tree, begin = Tree(), 0
    for part in parts:
        tree.extend(leaves[begin : begin + part])
        begin += part
    assert (tree.size, tree.root()) == (len(leaves), mth(leaves))


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, 600))
    return draw(st.integers(0, size - 1)), size


TREE = Tree(made(600))


@given(places())
def test_inclusion_holds_for_its_leaf_alone(place: tuple[int, int]) -> None:
    index, size = place
    proof, root = TREE.inclusion(index, size), TREE.root(size)
    assert verify_inclusion(TREE.node(0, index), index, size, proof, root)
    assert not verify_inclusion(leaf_hash(b"another"), index, size, proof, root)
    other = (index + 1) % size
    assert other == index or not verify_inclusion(TREE.node(0, index), other, size, proof, root)
    assert not verify_inclusion(TREE.node(0, index), index, size, [*proof, root], root)
    assert not verify_inclusion(TREE.node(0, index), size, size, proof, root)
    assert not verify_inclusion(TREE.node(0, index), -1, size, proof, root)


@given(places(), st.data())
def test_no_changed_inclusion_proof_holds(place: tuple[int, int], data: st.DataObject) -> None:
    index, size = place
    proof, root = TREE.inclusion(index, size), TREE.root(size)
    if not proof:
        return
    at = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    changed = (int.from_bytes(proof[at]) ^ (1 << bit)).to_bytes(32)
    leaf = TREE.node(0, index)
    assert not verify_inclusion(leaf, index, size, [*proof[:at], changed, *proof[at + 1 :]], root)
    assert not verify_inclusion(leaf, index, size, proof[:at] + proof[at + 1 :], root)
    assert not verify_inclusion(leaf, index, size, [*proof[:at], proof[at][:-1], *proof[at + 1 :]], root)
    assert not verify_inclusion(leaf, index, size, proof[::-1], root) or proof == proof[::-1]


@given(places(), st.data())
def test_consistency_holds_and_nothing_changed_does(place: tuple[int, int], data: st.DataObject) -> None:
    old, new = place
    proof = TREE.consistency(old, new)
    roots = TREE.root(old), TREE.root(new)
    assert verify_consistency(old, new, proof, *roots)
    wrong = sha256(b"wrong").digest()
    assert not verify_consistency(old, new, proof, roots[0], wrong) or old == 0  # every tree continues none
    assert not verify_consistency(old, new, proof, wrong, roots[1])
    assert not verify_consistency(old, new, [*proof, wrong], *roots)
    assert not verify_consistency(new + 1, new, proof, *roots)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not verify_consistency(old, new, [*proof[:at], wrong, *proof[at + 1 :]], *roots)
        assert not verify_consistency(old, new, proof[:at] + proof[at + 1 :], *roots)
        assert not verify_consistency(old, new, [*proof[:at], b"short", *proof[at + 1 :]], *roots)


@settings(max_examples=30)
@given(st.integers(1, 300), st.integers(1, 300))
def test_another_history_has_no_consistency_proof(old: int, more: int) -> None:
    forged = made(old + more)
    forged[old - 1] = leaf_hash(b"forged")
    other = Tree(forged)
    size = old + more
    assert not verify_consistency(old, size, other.consistency(old), TREE.root(old), other.root())


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    assert verify_consistency(0, 5, [], EMPTY_ROOT, TREE.root(5))
    assert not verify_consistency(0, 5, [], TREE.root(1), TREE.root(5))
    assert not verify_consistency(0, 5, [EMPTY_ROOT], EMPTY_ROOT, TREE.root(5))
    assert not verify_consistency(0, 0, [], EMPTY_ROOT, TREE.root(5))
    assert verify_consistency(5, 5, [], TREE.root(5), TREE.root(5))
    assert not verify_consistency(5, 5, [], TREE.root(5), TREE.root(6))


def test_what_is_not_in_the_tree_is_not_asked_for() -> None:
    with pytest.raises(ValueError, match="leaf 8"):
        TREE.inclusion(8, 8)
    with pytest.raises(ValueError, match="does not continue"):
        TREE.consistency(9, 8)


def test_a_node_is_no_leaf() -> None:
    left, right = made(2)
    assert leaf_hash(left + right) != node_hash(left, right)
