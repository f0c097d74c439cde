"""Sealed values open only under their key and in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import crypto

pytestmark = pytest.mark.pure
KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.binary(max_size=300), st.text(max_size=30))
def test_what_was_sealed_opens_again(plain, place):
    assert crypto.unseal(KEY, crypto.seal(KEY, plain, aad=place), aad=place) == plain


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(1, 255))
def test_any_changed_byte_keeps_it_shut(plain, at, flip):
    sealed = bytearray(crypto.seal(KEY, plain, aad="t.c:1"))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises(crypto.SealError):
        crypto.unseal(KEY, bytes(sealed), aad="t.c:1")


@pytest.mark.parametrize(("key", "place"), [(OTHER, "t.c:1"), (KEY, "t.c:2")])
def test_another_key_or_another_row_does_not_open(key, place):
    sealed = crypto.seal(KEY, b"words", aad="t.c:1")
    with pytest.raises(crypto.SealError):
        crypto.unseal(key, sealed, aad=place)


def test_sealing_twice_gives_different_bytes():
    assert crypto.seal(KEY, b"x", aad="a") != crypto.seal(KEY, b"x", aad="a")
