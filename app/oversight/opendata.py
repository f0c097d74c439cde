"""The open data in the data folder: one file a month, never rewritten, and all months together."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path

from app.core import files
from app.core.clock import SHANGHAI
from app.core.settings import Settings
from app.oversight.values import SMALLEST, Month

FOLDER = "open-data"
JSON, CSV = "figures.json", "figures.csv"
_NOTE = (
    "null (JSON) and an empty n (CSV) are numbers from 0 to 4. A month is published once, after it "
    "is over, and not changed. Exercises are not counted. Months are those of Asia/Shanghai."
)


def folder(settings: Settings) -> Path:
    """Where the files are."""
    return settings.folder / FOLDER


def published(settings: Settings) -> list[Month]:
    """Every published month, oldest first: what the page shows."""
    try:
        kept = json.loads((folder(settings) / JSON).read_text("utf-8"))
    except FileNotFoundError:
        return []
    return [Month.from_json(one) for one in kept["months"]]


def has(settings: Settings, month: str) -> bool:
    """Whether the month is published."""
    return (folder(settings) / f"{month}.json").exists()


def keep(settings: Settings, month: Month) -> None:
    """Publish a month for good; a second time changes nothing."""
    if not has(settings, month.month):
        folder(settings).mkdir(parents=True, exist_ok=True)
        _write(folder(settings) / f"{month.month}.json", _json(month.as_json()))


def bind(settings: Settings, *, at: datetime) -> None:
    """All months in one file, as JSON and as CSV, with today's date."""
    here = folder(settings)
    here.mkdir(parents=True, exist_ok=True)
    kept = [json.loads(one.read_text("utf-8")) for one in sorted(here.glob("20??-??.json"))]
    whole = {
        "as_of": at.astimezone(SHANGHAI).date().isoformat(),
        "smallest": SMALLEST,
        "note": _NOTE,
        "months": kept,
    }
    _write(here / CSV, _csv([Month.from_json(one) for one in kept]).encode())
    _write(here / JSON, _json(whole))


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _csv(months: list[Month]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(("month", "measure", "key", "n", "unit"))
    for month in months:
        for table in month.tables:
            for key, n in table.cells:
                writer.writerow((month.month, table.key, key, "" if n is None else n, "count"))
        for key, minutes in month.medians:
            value = "" if minutes is None else minutes
            writer.writerow((month.month, "median", key, value, "minutes"))
    return out.getvalue()


def _write(file: Path, content: bytes) -> None:
    if not file.exists() or file.read_bytes() != content:
        files.replace(file, content, mode=0o644)
