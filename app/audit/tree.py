"""The Merkle tree of RFC 6962 (hashing, proofs) and RFC 9162 (verification); pure.

A *span* ``(begin, end)`` is a range of leaves. Every hash that a root or proof needs is the hash
of a span whose begin is aligned, hence a fold over complete subtrees ``(level, index)``, which
the database keeps: a proof costs some tens of look-ups, whatever the size of the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

Span = tuple[int, int]
Node = tuple[int, int]  # level (0 = leaves), index within the level
Hash = Callable[[Node], bytes]

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(length: int) -> int:
    """The largest power of two smaller than ``length``."""
    return 1 << (length - 1).bit_length() - 1


def nodes_of(span: Span) -> list[Node]:
    """The complete subtrees that a span is made of, left to right."""
    begin, end = span
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def span_hash(span: Span, get: Hash) -> bytes:
    """The RFC 6962 hash of a span with an aligned begin."""
    parts = [get(node) for node in nodes_of(span)]
    if not parts:
        return EMPTY
    whole = parts[-1]
    for part in reversed(parts[:-1]):
        whole = node_hash(part, whole)
    return whole


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The spans whose hashes prove leaf ``index`` in a tree of ``size`` leaves, leaf side first."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    begin, end, path = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    return path[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The spans whose hashes prove that a tree of ``old`` leaves is the beginning of ``new``."""
    if not 0 < old <= new:
        raise ValueError(f"no proof from {old} to {new}")
    begin, end, path = 0, new, []
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    if begin:  # otherwise the old root itself is that hash
        path.append((begin, end))
    return path[::-1]


def needed(spans: Iterable[Span]) -> set[Node]:
    """Every complete subtree that the spans are made of."""
    return {node for span in spans for node in nodes_of(span)}


def grow(size: int, leaves: Sequence[bytes], get: Hash) -> dict[Node, bytes]:
    """The complete subtrees (level ≥ 1) that appending ``leaves`` to ``size`` leaves completes.

    ``get`` is asked for the nodes of the span ``(0, size)`` only.
    """
    made: dict[Node, bytes] = {}
    stack = {node[0]: get(node) for node in nodes_of((0, size))}  # one peak per level
    for place, leaf in enumerate(leaves, start=size):
        level, index, value = 0, place, leaf
        while index & 1:
            value = node_hash(stack.pop(level), value)
            level, index = level + 1, index >> 1
            made[level, index] = value
        stack[level] = value
    return made


def verify_inclusion(
    leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for part in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = node_hash(part, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, part)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def verify_consistency(
    *, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows the old tree to be the new one's beginning (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    parts = list(proof)
    if not old & (old - 1):  # a power of two: the old root itself comes first
        parts.insert(0, old_root)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(part, first), node_hash(part, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, part)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
