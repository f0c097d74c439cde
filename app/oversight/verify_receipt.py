"""Checks a Chuku receipt's proof with Python alone: ``python verify.py PROOF.json KEYS.json``.

核验回执证明：只需 Python 3.9 以上，不需要网络，也不需要本系统。
PROOF.json 是回执上的证明，或核验页给出的完整证明；KEYS.json 是公布的公钥；
ed25519.py 放在本文件旁边。退出码 0 表示核验通过，1 表示不符。
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any


def canonical(value: Any) -> bytes:
    """RFC 8785 for values without fractions and with plain ASCII names."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def signed(keys: dict[str, Any], kid: str, purpose: str, message: bytes, signature: str) -> bool:
    """Whether the published key of this purpose signed the message."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import ed25519  # type: ignore[import-not-found]  # noqa: PLC0415 - lies beside this file

    key = keys.get(kid)
    if key is None or key["purpose"] != purpose:
        return False
    return bool(
        ed25519.verify(base64.b64decode(key["public"]), message, base64.b64decode(signature))
    )


def inclusion(leaf: bytes, seq: int, size: int, path: list[str], root: str) -> bool:
    """RFC 9162, 2.1.3.2."""
    if not 0 <= seq < size:
        return False
    place, last, value = seq, size - 1, leaf
    for part in (bytes.fromhex(text) for text in path):
        if last == 0:
            return False
        if place & 1 or place == last:
            value = hashlib.sha256(b"\x01" + part + value).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\x01" + value + part).digest()
        place, last = place >> 1, last >> 1
    return last == 0 and value.hex() == root


def point_fault(point: dict[str, Any], keys: dict[str, Any]) -> list[str]:
    """Whether the checkpoint is signed by the published key."""
    body = canonical({name: point[name] for name in ("at", "root", "size")})
    if signed(keys, point["kid"], "audit", body, point["signature"]):
        return []
    return ["检查点的签名不成立 / the checkpoint's signature does not hold"]


def faults(given: dict[str, Any], keys: dict[str, Any]) -> list[str]:
    """Every fault as one sentence in both languages."""
    if "proof" not in given and "ref" not in given:
        return point_fault(given.get("checkpoint", given), keys)
    found = []
    proof = given.get("proof", given)
    said = {name: value for name, value in proof.items() if name != "signature"}
    if not signed(keys, proof["kid"], "receipt", canonical(said), proof["signature"]):
        found.append("回执证明的签名不成立 / the proof's signature does not hold")
    if "inclusion" not in given:
        return found
    entry, place, point = given["entry"], given["inclusion"], given["checkpoint"]
    found += point_fault(point, keys)
    same = entry["subject"] == f"complaint:{proof['ref']}"
    if not same or entry["data"]["digest"] != proof["digest"]:
        found.append("台账记录不是这份回执的 / the entry is not this receipt's")
    leaf = hashlib.sha256(b"\x00" + canonical(entry)).digest()
    fits = place["size"] == point["size"]
    if not fits or not inclusion(leaf, place["seq"], place["size"], place["path"], point["root"]):
        found.append("记录不在签名的台账之中 / the entry is not in the signed log")
    return found


def main() -> int:
    """0 when everything holds, else 1."""
    if len(sys.argv) != 3:  # noqa: PLR2004 - two files
        print(__doc__)  # noqa: T201
        return 2
    try:
        given, listed = (json.loads(Path(name).read_text("utf-8-sig")) for name in sys.argv[1:])
        keys = {key["kid"]: key for key in listed["keys"]}
        found = faults(given, keys)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        found = [f"无法读取 / cannot be read: {type(error).__name__}: {error}"]
    for sentence in found:
        print(f"✗ {sentence}")  # noqa: T201
    if found:
        return 1
    said = given.get("proof") or given.get("checkpoint") or given
    what = (str(said.get(name, "")) for name in ("ref", "minute", "size", "at"))
    print(f"✓ 核验通过 / verified: {' '.join(filter(None, what))}")  # noqa: T201
    if "inclusion" in given:
        size = given["checkpoint"]["size"]
        print(f"✓ 在 {size} 条的台账之中 / in the log of {size} entries")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
