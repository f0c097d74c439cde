"""What officers decided otherwise than the machine read, as rows to learn from: masked text only.

Left out are complaints under a legal hold, erased, withdrawn, past their time, of exercises, of
minors, and what monitors sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.classifier import lessons
from app.core.clock import SHANGHAI
from app.core.keystore import keys
from app.incidents.judged import judged as all_judged
from app.incidents.values import Judged
from app.intake import queries as intake
from app.intake.masking import mask
from app.intake.values import Teachable
from app.triage import queries
from app.triage.values import SuggestionView

PERMISSION = "corrections.export"
_SECRET = "corrections:names"  # noqa: S105 - the name of a secret, not one
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Exported:
    """What is written: JSON Lines, and how many lines of which verdict."""

    content: bytes
    verdicts: dict[str, int]
    sha256: str


def export(
    tx: Session,
    *,
    platform_ids: Collection[int],
    by: str,
    reason: str,
    at: datetime,
    agreements: bool = False,
) -> Exported:
    """The corrections on these platforms; that they leave the system is an act in the log.

    With `agreements` also what officers decided as the machine had read it.
    """
    rows = list(_rows(tx, platform_ids, at, agreements=agreements))
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    content = "".join(lines).encode()
    verdicts: dict[str, int] = defaultdict(int)
    for row in rows:
        verdicts[row["provenance"]["verdict"]] += 1
    made = Exported(content, dict(verdicts), hashlib.sha256(content).hexdigest())
    audit.record(
        tx,
        actor=by,
        action="corrections.export",
        subject="corrections:all" if agreements else "corrections:differing",
        at=at,
        platforms=sorted(platform_ids),
        rows=len(rows),
        verdicts=made.verdicts,
        sha256=made.sha256,
        reason=reason,
    )
    return made


def _rows(
    session: Session, platform_ids: Collection[int], at: datetime, *, agreements: bool
) -> Iterator[dict[str, Any]]:
    judged: dict[int, list[Judged]] = defaultdict(list)
    for one in all_judged(session):
        judged[one.complaint_id].append(one)
    seen: set[tuple[str, str]] = set()
    claims = iter(intake.teachable(session, platform_ids=platform_ids, at=at))
    while part := list(islice(claims, _AT_ONCE)):
        readings = queries.suggestions(session, [claim.complaint_id for claim in part])
        for claim in part:
            word = _word(claim, readings.get(claim.complaint_id), judged[claim.complaint_id])
            if word is None or not (agreements or lessons.corrects(word)):
                continue
            row = lessons.row(word)
            # Copies of one text teach once.
            if (key := (row["text"], row["labels"][0])) not in seen:
                seen.add(key)
                yield row


def _word(
    claim: Teachable, reading: SuggestionView | None, judged: list[Judged]
) -> lessons.Word | None:
    if reading is None or "@" not in reading.model:
        return None  # nothing read it, or a monitor's own word stands there
    founded = [one for one in judged if one.verdict != "unfounded"]
    deciding = founded or judged
    if deciding:
        incident, verdict = min(one.incident for one in deciding), deciding[0].verdict
        labels, on = [one.routing_kind for one in deciding], max(one.at for one in deciding)
    elif claim.answered_at and (claim.resource_known or reading.kind == "other"):
        # Without a known resource an answer may only ask for one: it says nothing of the kind.
        incident, verdict, labels, on = claim.ref, "answered", ["other"], claim.answered_at
    else:
        return None
    return lessons.Word(
        id=f"site-{_pseudonym(claim.ref)}",
        text=mask(claim.masked_text),
        situation=f"site-{_pseudonym(incident)}",
        read_kind=reading.kind,
        read_kinds=[str(item["kind"]) for item in reading.kinds],
        read_severe=reading.severe,
        model=reading.model,
        decided=labels,
        decided_kinds=[one.kind for one in deciding if one.kind],
        verdict=verdict,
        on=on.astimezone(SHANGHAI).date().isoformat(),
    )


def _pseudonym(ref: str) -> str:
    """The same in every export, and nobody outside can tell whose it is."""
    return hmac.new(keys().secret(_SECRET), ref.encode(), hashlib.sha256).hexdigest()[:16]
