"""The verifier against RFC 8032's vectors, altered ones, and an independent implementation."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.ed25519 import L, P, verify

RFC = {
    "test 1, empty": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "test 2, one byte": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "test 3, two bytes": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "test SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}
KEY, MESSAGE, SIGNATURE = (bytes.fromhex(v) for v in RFC["test 2, one byte"])
R, S = SIGNATURE[:32], SIGNATURE[32:]


def raw(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


@pytest.mark.parametrize("name", RFC)
def test_rfc_8032_vectors_verify(name: str) -> None:
    key, message, signature = (bytes.fromhex(v) for v in RFC[name])
    assert verify(key, message, signature)


@pytest.mark.parametrize("name", RFC)
@pytest.mark.parametrize("bit", [0, 7, 255, 256, 300, 500])
def test_one_flipped_bit_of_a_signature_is_refused(name: str, bit: int) -> None:
    key, message, signature = (bytes.fromhex(v) for v in RFC[name])
    number = int.from_bytes(signature, "little") ^ (1 << bit)
    assert not verify(key, message, number.to_bytes(64, "little"))


FORGED = {
    "s + L (malleable)": R + (int.from_bytes(S, "little") + L).to_bytes(32, "little"),
    "s = L": R + L.to_bytes(32, "little"),
    "s all ones": R + b"\xff" * 32,
    "s zero": R + bytes(32),
    "R zero": bytes(32) + S,
    "R the neutral point": (1).to_bytes(32, "little") + S,
    "R not canonical": (P + 1).to_bytes(32, "little") + S,
    "R and s swapped": S + R,
    "all zero": bytes(64),
    "one byte short": SIGNATURE[:-1],
    "one byte long": SIGNATURE + b"\0",
    "empty": b"",
    "hex text": SIGNATURE.hex().encode(),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_signatures_are_refused(name: str) -> None:
    assert not verify(KEY, MESSAGE, FORGED[name])


BAD_KEYS = {
    "another key": bytes.fromhex(RFC["test 3, two bytes"][0]),
    "y = p": P.to_bytes(32, "little"),
    "y = p + 1": (P + 1).to_bytes(32, "little"),
    "y not on the curve": (2).to_bytes(32, "little"),
    "x = 0 with sign": (1 | 1 << 255).to_bytes(32, "little"),
    "all ones": b"\xff" * 32,
    "short": KEY[:-1],
    "empty": b"",
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_wrong_or_malformed_keys_are_refused(name: str) -> None:
    assert not verify(BAD_KEYS[name], MESSAGE, SIGNATURE)


def test_another_message_is_refused() -> None:
    assert not verify(KEY, MESSAGE + b"\0", SIGNATURE)
    assert not verify(KEY, b"", SIGNATURE)


@settings(max_examples=40, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=300))
def test_what_cryptography_signs_verifies(seed: bytes, message: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    signature = private.sign(message)
    assert verify(raw(private), message, signature)
    assert not verify(raw(private), message + b"x", signature)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.binary(min_size=32, max_size=32),
    where=st.integers(0, 95),
    flip=st.integers(1, 255),
)
def test_altered_bytes_are_judged_as_cryptography_judges_them(
    seed: bytes, where: int, flip: int
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    both = bytearray(raw(private) + private.sign(b"m"))
    both[where] ^= flip
    key, signature = bytes(both[:32]), bytes(both[32:])
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, b"m")
        theirs = True
    except (InvalidSignature, ValueError):
        theirs = False
    assert verify(key, b"m", signature) is theirs
