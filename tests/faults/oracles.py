"""O1–O10: what must hold after every fault (design page 6, section 2).

Each oracle answers sentences that say what is wrong. Those that the product needs a moment for
(an edge, a probe, a clock) are asked again until they are silent; the others never forgive.
"""

from __future__ import annotations

import email
import hashlib
import json
import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default as policy
from pathlib import Path
from typing import Any

import requests
from sqlalchemy.orm import Session

from app.audit import verify as prover
from tests.faults.ground import Ground, checkpoint

# Page 1, by hand and not through app/norm: (kind of letter, article) → roles that may be written
# to. ``severe`` adds the second report's. A nudge or a correction goes to whom the first one went.
_AUTHORITY, _REGULATOR, _PROVIDER = "authority", "regulator", "provider"
_TOLD = {
    ("report", 20): {_AUTHORITY, _REGULATOR},
    ("report", 21): {_AUTHORITY, _REGULATOR},
    ("report", 22): {_AUTHORITY},
    ("report", 24): {_AUTHORITY},
}
_SEVERE = {20: {"superior_regulator", "local_cac", "police"}, 21: {"superior_regulator"}}
_INFORMED = {20, 21, 22, 24}

_PATIENT = timedelta(seconds=60)

# What Ground.letter writes into every complaint, and how a receipt code looks (page 3.6).
_CODE = rb"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}\b"
_IDENTITY = re.compile(
    rb"(?<![0-9a-f])1390000\d{4}(?![0-9a-f])|canary-\d+@families|Zhou Canary|" + _CODE
)
_ANYTHING = re.compile(_IDENTITY.pattern + rb"|qz\d{5}zq")


def o1_receipts(ground: Ground, *, everything: bool = False) -> Iterator[str]:
    """Every receipt shown resolves, once, with the text as it was sent.

    Those of this test are asked for as their holders would; older ones are looked up (at the end
    of the run all are asked for again).
    """
    stored: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in ground.rows("SELECT ref, state, kid, sealed_text FROM complaint"):
        stored[row["ref"]].append(row)
    for told in ground.filed:
        ref = told.answer["ref"]
        if len(stored[ref]) != 1:
            yield f"receipt {ref} has {len(stored[ref])} complaints"
            continue
        if told.resolved and not everything:
            continue
        if ground.original(stored[ref][0])["text"] != told.text:
            yield f"complaint {ref} is not what was sent"
        shown = requests.get(
            f"{ground.product.portal}/api/v1/receipts/{ref}",
            headers={"Receipt-Secret": told.answer["secret"], "X-Forwarded-For": ground.source()},
            timeout=30,
        )
        if shown.status_code != 200:
            yield f"receipt {ref} answers {shown.status_code}"
        elif shown.json()["state"] != stored[ref][0]["state"]:
            yield f"receipt {ref} says {shown.json()['state']}, not {stored[ref][0]['state']}"
        else:
            told.resolved = True


def o2_incidents(ground: Ground) -> Iterator[str]:
    """At most one open incident per resource and routing kind; every complaint in at most one."""
    for row in ground.rows(
        "SELECT resource_id, routing_kind, count(*) AS n FROM incident WHERE open "
        "GROUP BY resource_id, routing_kind, exercise HAVING count(*) > 1"
    ):
        yield f"{row['n']} open incidents of resource {row['resource_id']} {row['routing_kind']}"
    for row in ground.rows(
        "SELECT complaint_id FROM incident_complaint WHERE until IS NULL "
        "GROUP BY complaint_id HAVING count(*) > 1"
    ):
        yield f"complaint {row['complaint_id']} is in two incidents"


def mails(folder: Path) -> list[tuple[str, EmailMessage, bytes]]:
    """(file name, message, bytes) of everything the sink took."""
    found = []
    for file in sorted(folder.glob("*.eml")):
        raw = file.read_bytes()
        made = email.message_from_bytes(raw, policy=policy)
        assert isinstance(made, EmailMessage)
        found.append((file.name, made, raw))
    return found


def arrived(ground: Ground, incident: str) -> list[str]:
    """Message ids of the incident's letters (no nudges) in the sink, one per mail."""
    letters = {row["ref"] for row in ground.notices(incident) if not row["nudges_id"]}
    return [
        str(mail["Message-ID"])
        for _name, mail, _raw in mails(ground.product.folder / "mailbox")
        if str(mail["X-Chuku-Notice"]) in letters
    ]


def o3_letters(ground: Ground) -> Iterator[str]:
    """Only the article's recipients; one Message-ID per logical letter; sent means arrived."""
    deliveries = {
        row["message_id"]: row
        for row in ground.rows(
            "SELECT d.message_id, d.address, d.state, d.channel, n.ref, n.kind, n.article, "
            "n.roles, n.body_id, n.platform_id, n.incident, n.nudges_id, n.supersedes_id "
            "FROM delivery d JOIN notice n ON n.id = d.notice_id"
        )
    }
    by_letter: dict[tuple[str, str], set[str]] = defaultdict(set)
    bytes_of: dict[str, set[str]] = defaultdict(set)
    for name, mail, raw in mails(ground.product.folder / "mailbox"):
        known = deliveries.get(str(mail["Message-ID"]))
        to = str(mail["X-Envelope-To"])
        if known is None:
            yield f"mail {name} belongs to no delivery"
            continue
        by_letter[known["ref"], to].add(str(mail["Message-ID"]))
        bytes_of[str(mail["Message-ID"])].add(hashlib.sha256(raw).hexdigest())
        if to != known["address"]:
            yield f"mail {name} went to {to}, not to {known['address']}"
        if name not in ground.judged:
            yield from _stranger(ground, known)
            ground.judged.add(name)
    for (ref, to), ids in by_letter.items():
        if len(ids) > 1:
            yield f"letter {ref} to {to} has {len(ids)} message ids"
    for message_id, versions in bytes_of.items():
        if len(versions) > 1:
            yield f"{message_id} was repeated with other words"
    for message_id, row in deliveries.items():
        out = row["channel"] == "email" and row["state"] in {"sent", "delivered"}
        if out and message_id not in bytes_of:
            yield f"letter {row['ref']} counts as sent but nobody got it"


def _stranger(ground: Ground, letter: dict[str, object]) -> Iterator[str]:
    roles, kind, article = set(letter["roles"]), letter["kind"], letter["article"]  # type: ignore[call-overload]
    row = ground.rows(
        "SELECT i.severe_impact, r.provider_id FROM incident i "
        "JOIN resource r ON r.id = i.resource_id WHERE i.ref = :ref",
        ref=letter["incident"],
    )[0]
    severe = _SEVERE.get(article, set()) if row["severe_impact"] else set()  # type: ignore[call-overload]
    allowed = _TOLD.get((str(kind), article), set()) | severe  # type: ignore[arg-type]
    if kind != "report":
        allowed = allowed | {_PROVIDER} if article in _INFORMED else allowed
    if kind in {"nudge", "correct", "restore"}:
        allowed = allowed | _TOLD.get(("report", article), set())  # type: ignore[arg-type]
    if not roles or roles - allowed:
        yield f"a {kind} under Art. {article} went to {sorted(roles - allowed)}"
    holders = ground.rows(
        "SELECT role FROM role_assignment WHERE body_id = :b", b=letter["body_id"]
    )
    held = {holder["role"] for holder in holders}
    if row["provider_id"] == letter["body_id"]:
        held.add(_PROVIDER)
    if "superior_regulator" not in roles and roles - held:
        yield f"letter {letter['ref']} went to a body that is not {sorted(roles - held)}"


def o4_edge(ground: Ground) -> Iterator[str]:
    """The edge shows what the holds want, and every must target says that it has it."""
    covered: dict[int, set[int | None]] = defaultdict(set)
    for hold in ground.rows("SELECT resource_id, address_id FROM hold WHERE lifted_at IS NULL"):
        covered[hold["resource_id"]].add(hold["address_id"])
    for address in ground.rows(
        "SELECT a.* FROM address a JOIN stop_state s ON s.resource_id = a.resource_id "
        "WHERE a.hosting <> 'external'"
    ):
        holds = covered[address["resource_id"]]
        wanted = None in holds or address["id"] in holds
        status = ground.edge_status(address)
        if wanted != (status == 451) or status in {0, 404} or status >= 500:
            yield f"{address['url']} answers {status}, {'dark' if wanted else 'served'} is wanted"
    for row in ground.rows(
        "SELECT t.name, e.desired, e.applied, e.last_error FROM enforcement e "
        "JOIN target t ON t.id = e.target_id "
        "WHERE t.must AND t.disabled_at IS NULL AND e.applied < e.desired"
    ):
        yield f"target {row['name']} is at {row['applied']} of {row['desired']}"
    for row in ground.rows("SELECT resource_id, dark, state FROM stop_state"):
        holds = covered[row["resource_id"]]
        if bool(row["dark"]) != bool(holds):
            yield f"resource {row['resource_id']}: dark is {row['dark']}, its holds are {holds}"
        expected = {"stopped"} if None in holds else {"partly_stopped"} if holds else {"online"}
        if row["state"] not in expected | {"removed"}:
            yield f"resource {row['resource_id']} counts as {row['state']}, not {expected}"


def o5_log(ground: Ground) -> Iterator[str]:
    """The log proves itself against every checkpoint seen so far, not only the newest."""
    for row in ground.rows("SELECT * FROM audit_checkpoint ORDER BY id"):
        ground.checkpoints.setdefault(row["id"], checkpoint(row))
    saved = [prover.checkpoint_from(one) for one in ground.checkpoints.values()]
    with Session(ground.engine) as session:
        report = prover.verify(session, keys=ground.keystore.public_keys(), saved=saved)
    yield from report.faults
    orphans = ground.one(
        "SELECT count(*) FROM evidence_item e WHERE NOT EXISTS (SELECT 1 FROM audit_entry a "
        "WHERE a.action = 'evidence.seal' AND a.subject = 'evidence:' || e.ref)"
    )
    if orphans:
        yield f"{orphans} evidence items have no audit entry"


def o5_by_command(ground: Ground) -> Iterator[str]:
    """The same by the command that an auditor types."""
    file = ground.product.folder.parent / "checkpoints.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in ground.checkpoints.values()))
    done = ground.product.chuku("audit", "verify", "--json", "--checkpoint", str(file))
    if done.returncode != 0 or not json.loads(done.stdout)["sound"]:
        yield f"audit verify: {done.stdout[-800:]} {done.stderr[-800:]}"


def _digest(ground: Ground, file: Path) -> str:
    """Of a file's bytes; read once as long as its name, size and time are the same."""
    seen = file.stat()
    key = (str(file), seen.st_size, seen.st_mtime_ns)
    if key not in ground.digests:
        ground.digests[key] = hashlib.sha256(file.read_bytes()).hexdigest()
    return ground.digests[key]


def o6_vault(ground: Ground) -> Iterator[str]:
    """Every stored file is what its name, its row and its audit entry say."""
    vault = ground.product.folder / "vault"
    named = {}
    for file in vault.rglob("*"):
        if file.is_file() and not file.name.startswith("."):
            named[file.name] = _digest(ground, file)
    for name, digest in named.items():
        if name != digest:
            yield f"vault file {name} was changed"
    wanted = ground.rows("SELECT ref, sha256 FROM evidence_item WHERE disposed_at IS NULL")
    wanted += ground.rows("SELECT ref, vault_sha256 AS sha256 FROM attachment")
    for row in wanted:
        if row["sha256"] not in named:
            yield f"evidence {row['ref']} is not in the vault"
    sealed = {
        entry["subject"]: entry["data"]["sha256"]
        for entry in ground.rows(
            "SELECT subject, data FROM audit_entry WHERE action = 'evidence.seal'"
        )
    }
    for row in ground.rows("SELECT ref, sha256 FROM evidence_item"):
        if sealed.get(f"evidence:{row['ref']}") != row["sha256"]:
            yield f"evidence {row['ref']} is not what the log sealed"
    for row in ground.rows(
        "SELECT incident, kind, sha256 FROM evidence_item "
        "GROUP BY incident, kind, sha256 HAVING count(*) > 1"
    ):
        yield f"evidence {row['sha256']} is kept twice for {row['incident']}"


def o7_overdue(ground: Ground) -> Iterator[str]:
    """Nothing waits past its deadline unless a person was called."""
    now = ground.now()
    called = {row["key"] for row in ground.rows("SELECT key FROM officer_page")}
    for row in ground.rows(
        "SELECT topic, due_at, last_error FROM outbox "
        "WHERE done_at IS NULL AND parked_at IS NULL AND due_at <= :late",
        late=_for_database(ground, now - _PATIENT),
    ):
        yield f"{row['topic']} was due at {row['due_at']}: {row['last_error']}"
    for row in ground.rows("SELECT topic, last_error FROM outbox WHERE parked_at IS NOT NULL"):
        yield f"{row['topic']} was given up: {row['last_error']}"
    for row in ground.rows("SELECT * FROM incident WHERE open"):
        ref, state = row["ref"], row["state"]
        late = now - _PATIENT
        if state == "precaution" and row["review_by"] < late and f"review:{ref}" not in called:
            yield f"the review clock of {ref} ended and nobody was called"
        waits = row["accepted_at"] is None and row["accept_by"] < late
        if waits and not any(key.startswith(f"accept:{ref}:") for key in called):
            yield f"nobody took up {ref} and nobody was called"
        undecided = state in {"alleged", "precaution"} and row["handle_by"] < late
        if undecided and not any(key.startswith(f"handle:{ref}:") for key in called):
            yield f"nobody decided {ref} and nobody was called"
    for row in ground.rows(
        "SELECT t.name, e.desired_at, e.paged_at FROM enforcement e "
        "JOIN target t ON t.id = e.target_id "
        "WHERE t.must AND t.disabled_at IS NULL AND e.applied < e.desired"
    ):
        if row["desired_at"] < now - 2 * _PATIENT and row["paged_at"] is None:
            yield f"target {row['name']} lags and nobody was called"
    for row in ground.rows(
        "SELECT ref FROM notice WHERE state IN ('bounced', 'failed') AND step = 'supervisor'"
    ):
        if not any(key.startswith(f"notice:{row['ref']}:") for key in called):
            yield f"letter {row['ref']} reached nobody and nobody was called"


def _for_database(ground: Ground, moment: object) -> object:
    if not ground.sqlite:
        return moment
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")  # type: ignore[attr-defined]


def o8_privacy(ground: Ground) -> Iterator[str]:
    """No trace of a complainant in letters, logs, Redis; identities not in the database either."""
    folder = ground.product.folder
    outside = {
        file: file.read_bytes()
        for part in ("logs", "redis", "access", "edge")
        for file in (folder / part).rglob("*")
        if file.is_file() and file.suffix in {".log", ".jsonl", ".aof", ".rdb", ".json", ".1"}
    }
    for name, mail, raw in mails(folder / "mailbox"):
        parts = [p.get_content() for p in mail.walk() if p.get_content_maintype() == "text"]
        outside[Path(name)] = raw + "\n".join(map(str, parts)).encode()
    inside = {file: file.read_bytes() for file in folder.glob("chuku.db*")}
    for places, marks in ((outside, _ANYTHING), (inside, _IDENTITY)):
        for file, content in places.items():
            for found in sorted(set(marks.findall(content)))[:5]:
                yield f"{found.decode()} stands in {file.name}"


def o9_crashes(ground: Ground) -> Iterator[str]:
    """The web answered no 5xx and wrote no trace but the injected ones."""
    crashes = []
    for part in ("web", "feed"):
        file = ground.product.folder / "logs" / f"{part}.log"
        lines = file.read_bytes()[ground.log_read.get(part, 0) :]
        ground.log_read[part] = file.stat().st_size
        crashes += [
            line[-1500:]
            for line in lines.decode("utf-8", "replace").splitlines()
            if '"trace"' in line or "Traceback" in line or '"level": "error"' in line
        ]
    if len(crashes) > ground.expected_crashes:
        yield f"{len(crashes)} crashes in the web: {crashes[-1]}"
    ground.expected_crashes = 0


def o10_database(ground: Ground) -> Iterator[str]:
    """The database is whole."""
    if not ground.sqlite:
        return
    for file in (ground.product.folder / "chuku.db", ground.product.folder / "keys/keystore.db"):
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as link:
            if (said := link.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
                yield f"{file.name}: {said}"
            if broken := link.execute("PRAGMA foreign_key_check").fetchall():
                yield f"{file.name}: foreign keys: {broken}"
        link.close()


Oracle = Callable[[Ground], Iterator[str]]
AT_ONCE: tuple[Oracle, ...] = (o2_incidents, o3_letters, o8_privacy, o9_crashes, o10_database)
IN_TIME: tuple[Oracle, ...] = (o1_receipts, o4_edge, o6_vault, o7_overdue)
LAST: tuple[Oracle, ...] = (o5_log,)


def demand(ground: Ground, *, within: float = 90) -> None:
    """All ten; fails with every sentence that is left when the time is over."""
    until = time.monotonic() + within
    while wrong := _ask(ground, IN_TIME):
        if time.monotonic() > until:
            break
        time.sleep(0.3)
    wrong += _ask(ground, AT_ONCE) + _ask(ground, LAST)
    assert not wrong, "\n".join(wrong[:40])


def _ask(ground: Ground, oracles: tuple[Oracle, ...]) -> list[str]:
    return [f"{one.__name__}: {sentence}" for one in oracles for sentence in one(ground)]
