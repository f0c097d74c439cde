"""Checks a Chuku dossier with Python alone: ``python verify.py [FOLDER or ZIP] [--keys FILE]``.

核验本卷宗：只需 Python 3.9 以上，不需要网络，也不需要本系统。
退出码 0 表示全部核验通过，1 表示有不符之处并逐条说明。
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.util
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

COMMENT = b"sha256:"
TAGS = "tagmanifest-sha256.txt"
PAYLOAD = "manifest-sha256.txt"
DATA = "data/"


class Bundle:
    """The files of a dossier, in a folder or still in its zip."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.zip: zipfile.ZipFile | None = None
        self.names: dict[str, str] = {}
        if place.is_dir():
            for file in sorted(place.rglob("*")):
                name = file.relative_to(place).as_posix()
                if file.is_file() and "__pycache__" not in name:
                    self.names[name] = str(file)
        else:
            self.zip = zipfile.ZipFile(place)
            for name in self.zip.namelist():
                self.names[name.split("/", 1)[-1]] = name

    def open(self, name: str) -> IO[bytes]:
        """One file for reading; KeyError when it is not there."""
        return self.zip.open(self.names[name]) if self.zip else open(self.names[name], "rb")  # noqa: PTH123

    def read(self, name: str) -> bytes:
        """One file whole."""
        with self.open(name) as file:
            return file.read()

    def digest(self, name: str) -> str:
        """SHA-256 of one file."""
        with self.open(name) as file:
            return _digest(file)


def _digest(file: IO[bytes], size: int | None = None) -> str:
    found, left = hashlib.sha256(), size
    while left is None or left > 0:
        piece = file.read(1 << 20 if left is None else min(1 << 20, left))
        if not piece:
            break
        found.update(piece)
        left = None if left is None else left - len(piece)
    return found.hexdigest()


def canonical(value: Any) -> bytes:
    """RFC 8785 for values without fractions and with plain ASCII names."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def ed25519() -> Any:
    """The verifier that lies beside this file (or, in the product, in edge/)."""
    here = Path(__file__).resolve()
    for file in (here.with_name("ed25519.py"), here.parent.parent.parent / "edge" / "ed25519.py"):
        spec = importlib.util.spec_from_file_location("chuku_ed25519", file)
        if file.is_file() and spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            sys.dont_write_bytecode = True
            spec.loader.exec_module(module)
            return module
    raise FileNotFoundError("ed25519.py")


def signed(keys: dict[str, Any], kid: str, purpose: str, message: bytes, signature: str) -> bool:
    """Whether this key of this purpose signed the message."""
    key = keys.get(kid)
    if key is None or key.get("purpose") != purpose:
        return False
    try:
        public, given = base64.b64decode(key["public"]), base64.b64decode(signature)
        return bool(ed25519().verify(public, message, given))
    except (ValueError, KeyError):
        return False


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


def check_container(place: Path) -> Iterator[tuple[str, str]]:
    """The zip as a whole: its comment holds the SHA-256 of everything before it."""
    if place.is_dir():
        return
    size = place.stat().st_size
    with place.open("rb") as file:
        found = _digest(file, size - 64)
        told = file.read()
    if found.encode() != told:
        yield ("压缩包的字节与其校验值不符", "the zip file's bytes do not match its own digest")


def _manifest(bundle: Bundle, name: str) -> dict[str, str]:
    rows = {}
    for line in bundle.read(name).decode("utf-8").splitlines():
        digest, _, file = line.partition("  ")
        rows[unquote(file) if "%" in file else file] = digest
    return rows


def check_files(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """BagIt (RFC 8493): every file is listed, is there, and has its listed hash."""
    payload, tags = _manifest(bundle, PAYLOAD), _manifest(bundle, TAGS)
    listed = {**payload, **tags}
    for name, digest in listed.items():
        if name not in bundle.names:
            yield (f"缺少文件：{name}", f"missing: {name}")
        elif bundle.digest(name) != digest:
            yield (f"文件内容已改变：{name}", f"changed: {name}")
    for name in bundle.names:
        if name not in listed and name != TAGS:
            yield (f"多出未登记的文件：{name}", f"not listed: {name}")
    for name in ("bagit.txt", "bag-info.txt", PAYLOAD, "verify.py", "ed25519.py"):
        if name not in tags:
            yield (f"标签清单未登记：{name}", f"not in the tag manifest: {name}")


def _lines(bundle: Bundle, name: str) -> list[bytes]:
    return [line for line in bundle.read(name).split(b"\n") if line]


def check_log(bundle: Bundle, keys: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every entry is in the tree whose root the checkpoint signs."""
    point = json.loads(bundle.read("data/audit/checkpoint.json"))
    body = canonical({"size": point["size"], "root": point["root"], "at": point["at"]})
    if not signed(keys, point["kid"], "audit", body, point["signature"]):
        yield ("检查点签名不成立", "the checkpoint's signature does not hold")
    incident = json.loads(bundle.read("data/about.json"))["incident"]
    entries = _lines(bundle, "data/audit/entries.jsonl")
    proofs = json.loads(bundle.read("data/audit/proofs.json"))
    if len(entries) != len(proofs):
        yield ("台账记录与证明的数量不符", "entries and proofs differ in number")
    before = -1
    for line, proof in zip(entries, proofs):  # noqa: B905 - counted above
        entry = json.loads(line)
        leaf = hashlib.sha256(b"\x00" + line).digest()
        good = leaf.hex() == proof["leaf"] and proof["size"] == point["size"]
        good = good and entry["incident"] == incident and proof["seq"] > before
        if not good or not inclusion(
            leaf, proof["seq"], proof["size"], proof["path"], point["root"]
        ):
            yield (
                f"台账第 {entry['id']} 条不在签名的台账之中",
                f"audit entry {entry['id']} is not in the signed log",
            )
        before = proof["seq"]


def check_items(bundle: Bundle, keys: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every item is the one whose digest the audit log recorded when it was sealed."""
    sealed = {}
    for line in _lines(bundle, "data/audit/entries.jsonl"):
        entry = json.loads(line)
        if entry["action"] == "evidence.seal":
            sealed[entry["subject"]] = entry["data"]
    items = [json.loads(line) for line in _lines(bundle, "data/items.jsonl")]
    told = {f"evidence:{item['ref']}" for item in items}
    for subject in sorted(set(sealed) - told):
        yield (f"台账中的留存记录未收入本卷宗：{subject}", f"left out: {subject}")
    for item in items:
        ref, file = item["ref"], item["file"]
        entry = sealed.get(f"evidence:{ref}")
        facts = hashlib.sha256(item["facts"].encode()).hexdigest()
        if entry is None or entry["sha256"] != item["sha256"] or entry["facts"] != facts:
            yield (f"留存记录 {ref} 与台账不符", f"item {ref} does not match the audit log")
        there = file in bundle.names
        if not there or bundle.digest(file) != item["sha256"]:
            yield (f"留存记录 {ref} 的内容与校验值不符", f"item {ref} does not match its digest")
        if there and item["kind"] == "decision" and not item["sealed"]:
            yield from _check_decision(ref, bundle.read(file), keys)


def _check_decision(ref: str, data: bytes, keys: dict[str, Any]) -> Iterator[tuple[str, str]]:
    try:
        record = json.loads(data)
        body, kid, signature = canonical(record["statement"]), record["kid"], record["signature"]
    except (ValueError, KeyError, TypeError):
        return  # a document that somebody handed in, not a record of ours
    if not signed(keys, kid, "decision", body, signature):
        yield (f"决定记录 {ref} 的签名不成立", f"decision {ref}: its signature does not hold")


def check_keys(keys: dict[str, Any], published: Path | None) -> Iterator[tuple[str, str]]:
    """The bundle's keys are those that the operator published elsewhere."""
    if published is None:
        return
    document = json.loads(published.read_text("utf-8"))
    rows = document.get("keys", document) if isinstance(document, dict) else document
    if isinstance(rows, dict):
        rows = [{"kid": kid, "public": key} for kid, key in rows.items()]
    known = {row["kid"]: row.get("public") or row.get("key") for row in rows}
    for kid, key in keys.items():
        if known.get(kid) != key["public"]:
            yield (f"公钥 {kid} 与所公布的不同", f"key {kid} is not the published one")


def check(place: Path, published: Path | None = None) -> Iterator[tuple[str, str]]:
    """Every fault as a pair of sentences (zh, en); nothing when the dossier is whole."""
    try:
        yield from check_container(place)
        bundle = Bundle(place)
        yield from check_files(bundle)
        keys = {key["kid"]: key for key in json.loads(bundle.read("data/keys.json"))}
        yield from check_keys(keys, published)
        yield from check_log(bundle, keys)
        yield from check_items(bundle, keys)
    except FileNotFoundError as error:
        yield ("找不到文件", f"no such file: {error}")
    except Exception as error:  # noqa: BLE001 - a broken dossier must end in a sentence
        kind = type(error).__name__
        yield ("卷宗损坏，无法读取", f"the dossier is damaged and cannot be read: {kind}: {error}")


def report(place: Path, published: Path | None = None) -> int:
    """Print the outcome in both languages; 0 when everything holds, else 1."""
    faults = list(check(place, published))
    for chinese, english in faults:
        print(f"✗ {chinese}。 / {english}.")  # noqa: T201
    if faults:
        print(f"核验未通过：{len(faults)} 处不符。 / NOT verified: {len(faults)} faults.")  # noqa: T201
        return 1
    bundle = Bundle(place)
    point = json.loads(bundle.read("data/audit/checkpoint.json"))
    items = len(_lines(bundle, "data/items.jsonl"))
    entries = len(_lines(bundle, "data/audit/entries.jsonl"))
    print(  # noqa: T201
        f"✓ 核验通过：{items} 项留存记录、{entries} 条台账记录，"
        f"全部在 {point['at']} 签名的检查点之内。\n"
        f"✓ Verified: {items} items and {entries} audit entries, all under the checkpoint signed "
        f"at {point['at']}.\n"
        f"  size {point['size']}  root {point['root']}\n"
        "  请将以上检查点、公钥与函件页脚和公布的公钥对照。 / "
        "Compare this checkpoint and the keys with the letters and the published keys:"
    )
    for key in json.loads(bundle.read("data/keys.json")):
        print(f"  {key['kid']}  {key['public']}")  # noqa: T201
    return 0


def main() -> int:
    """Entry point."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    parser = argparse.ArgumentParser(description="核验卷宗 / verify a dossier")
    here = Path(__file__).resolve().parent
    parser.add_argument("place", nargs="?", type=Path, default=here, help="folder or zip")
    parser.add_argument("--keys", type=Path, help="published keys to compare with (JSON)")
    given = parser.parse_args()
    return report(given.place, given.keys)


if __name__ == "__main__":
    sys.exit(main())
