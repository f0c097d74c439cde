"""The tree against RFC 6962, against pymerkle as an independent oracle, and against itself."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion
from pymerkle.proof import MerkleProof

from app.audit import tree

# The reference tree of certificate transparency's own test suite.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def built(leaves: list[bytes], step: int = 3) -> dict[tree.Node, bytes]:
    """All nodes of the tree, appended ``step`` leaves at a time."""
    nodes: dict[tree.Node, bytes] = {}
    for first in range(0, len(leaves), step):
        batch = leaves[first : first + step]
        made = tree.grow(first, batch, nodes.__getitem__)
        nodes.update({(0, first + n): value for n, value in enumerate(batch)})
        nodes.update(made)
    return nodes


def root(nodes: dict[tree.Node, bytes], size: int) -> bytes:
    return tree.span_hash((0, size), nodes.__getitem__)


def path(nodes: dict[tree.Node, bytes], spans: list[tree.Span]) -> list[bytes]:
    return [tree.span_hash(span, nodes.__getitem__) for span in spans]


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def test_roots_are_those_of_certificate_transparency() -> None:
    hashes = [tree.leaf_hash(leaf) for leaf in CT_LEAVES]
    nodes = built(hashes)
    assert [root(nodes, n).hex() for n in range(1, 9)] == CT_ROOTS
    assert tree.span_hash((0, 0), nodes.__getitem__) == tree.EMPTY


@given(st.integers(0, 130), st.integers(1, 40))
def test_any_batching_gives_the_rfc_root(count: int, step: int) -> None:
    leaves = [tree.leaf_hash(bytes([n])) for n in range(count)]
    nodes = built(leaves, step)
    assert tree.span_hash((0, count), nodes.__getitem__) == naive_root(leaves)
    assert all(value == root_of(leaves, node) for node, value in nodes.items())


def root_of(leaves: list[bytes], node: tree.Node) -> bytes:
    level, index = node
    return naive_root(leaves[index << level : (index + 1) << level])


@given(st.data())
def test_every_proof_holds_and_no_bent_one(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 200))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    leaves = [tree.leaf_hash(bytes([n])) for n in range(size)]
    nodes = built(leaves, 16)
    proof = path(nodes, tree.inclusion_spans(index, size))
    given_root = root(nodes, size)
    known = {"index": index, "size": size, "root": given_root}
    assert tree.verify_inclusion(leaves[index], proof=proof, **known)
    assert not tree.verify_inclusion(tree.leaf_hash(b"other"), proof=proof, **known)
    assert not tree.verify_inclusion(leaves[index], proof=[*proof, given_root], **known)
    steps = path(nodes, tree.consistency_spans(old, size))
    both = {"old": old, "new": size, "old_root": root(nodes, old), "new_root": given_root}
    assert tree.verify_consistency(proof=steps, **both)
    assert not tree.verify_consistency(proof=steps, **{**both, "old_root": tree.EMPTY})
    if proof:
        bent = data.draw(st.integers(0, len(proof) - 1))
        wrong = [*proof[:bent], tree.EMPTY, *proof[bent + 1 :]]
        assert not tree.verify_inclusion(leaves[index], proof=wrong, **known)
        assert not tree.verify_inclusion(leaves[index], proof=proof[:-1], **known)
    if steps:
        wrong = [*steps[:-1], tree.EMPTY]
        assert not tree.verify_consistency(proof=wrong, **both)


def test_pymerkle_agrees_on_roots_and_accepts_our_tree() -> None:
    oracle = InmemoryTree(algorithm="sha256")
    leaves: list[bytes] = []
    for n in range(70):
        oracle.append_entry(b"entry %d" % n)
        leaves.append(tree.leaf_hash(b"entry %d" % n))
    nodes = built(leaves, 7)
    for size in range(1, 71):
        assert oracle.get_root(size) == root(nodes, size)
    for index in (0, 1, 31, 32, 63, 64, 69):
        theirs: MerkleProof = oracle.prove_inclusion(index + 1, 70)
        verify_inclusion(leaves[index], root(nodes, 70), theirs)
    for old in (1, 2, 31, 32, 33, 64, 69):
        verify_consistency(root(nodes, old), root(nodes, 70), oracle.prove_consistency(old, 70))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        tree.inclusion_spans(index, size)
    assert not tree.verify_inclusion(b"", index=index, size=size, proof=[], root=b"")


def test_a_proof_at_five_million_leaves_needs_few_nodes() -> None:
    spans = tree.inclusion_spans(1_234_567, 5_000_000)
    assert len(tree.needed(spans)) <= 44
    assert len(tree.needed(tree.consistency_spans(1_234_567, 5_000_000))) <= 64
