"""The receipt code notices every slip of the finger; the proof needs nobody but the published key."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.core.keystore import Signer
from app.intake import canonical, receipt
from app.intake.values import Filing

pytestmark = pytest.mark.pure


def test_every_single_wrong_symbol_is_noticed():
    code = receipt.new_secret()
    for place in range(receipt.LENGTH):
        for symbol in receipt.ALPHABET:
            if symbol != code[place]:
                wrong = code[:place] + symbol + code[place + 1 :]
                assert receipt.read(wrong).wrong == "check"


def test_every_swap_of_different_neighbours_is_noticed():
    code = receipt.new_secret()
    for place in range(receipt.LENGTH - 1):
        a, b = code[place], code[place + 1]
        if a != b:
            swapped = code[:place] + b + a + code[place + 2 :]
            assert receipt.read(swapped).wrong == "check"


@given(st.integers(min_value=0, max_value=3))
def test_dashes_spaces_case_width_and_lookalikes_do_not_matter(style):
    code = receipt.new_secret()
    typed = [
        receipt.grouped(code).lower(),
        " ".join(code),
        code.replace("0", "O").replace("1", "l"),
        "".join(chr(ord(c) + 0xFEE0) for c in code),
    ][style]
    assert receipt.read(typed) == receipt.Typed(code, None)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [("", "empty"), ("  - ", "empty"), ("ABC", "length"), ("U" * 24, "symbol"), ("密码", "symbol")],
)
def test_what_is_wrong_is_named(typed, wrong):
    assert receipt.read(typed).wrong == wrong


def test_codes_do_not_repeat():
    assert len({receipt.new_secret() for _ in range(500)}) == 500


def test_the_proof_verifies_offline_and_fails_when_one_byte_changes():
    signer = Signer("receipt-1", Ed25519PrivateKey.generate())
    at = datetime(2026, 11, 22, 3, 0, 42, tzinfo=UTC)
    filing = Filing(source="portal", text="地图错误")
    code = receipt.new_secret()
    digest = canonical.digest(
        canonical.document(filing, ref="AB12CD34", at=at, salted=canonical.salt(code))
    )
    proof = canonical.proof(ref="AB12CD34", at=at, doc_digest=digest, policy="p", signer=signer)
    assert proof["minute"] == "2026-11-22T03:00Z"
    said = {k: v for k, v in proof.items() if k != "signature"}
    signature = base64.b64decode(proof["signature"])
    signer.key.public_key().verify(signature, rfc8785.dumps(said))
    with pytest.raises(InvalidSignature):
        signer.key.public_key().verify(signature, rfc8785.dumps({**said, "ref": "AB12CD35"}))


def test_the_digest_says_nothing_without_the_receipt_code():
    at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    filing = Filing(source="portal", text="地图错误")
    digests = {
        canonical.digest(
            canonical.document(
                filing, ref="AB12CD34", at=at, salted=canonical.salt(receipt.new_secret())
            )
        )
        for _ in range(3)
    }
    assert len(digests) == 3
