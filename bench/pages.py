"""The public pages: what the first one weighs, and how long each takes behind many complaints."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import requests

from bench.inside import application
from bench.measure import Row, less, seconds, times_row
from bench.transparency import fill
from bench.world import World

COMPLAINTS = 100_000
PAGES = ("/", "/complain/resource?q=gaozhong wuli", "/complain/what", "/assistant", "/receipt",
         "/transparency", "/transparency/stops")  # fmt: skip
_PARTS = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"')


def run(world: World) -> Iterator[Row]:
    """Weight first; then each page's server time, one client."""
    count, times = world.pick((500, 5), (COMPLAINTS, 60))
    with application(world, "pages") as data:
        fill(data, count)
    with world.web(data) as url:
        kilobytes, parts = _weight(url)
        yield Row(
            "pages", "first page, compressed, without pictures", kilobytes, kilobytes, kilobytes,
            less(60, 40, "KB"), made_of=f"{parts} parts, gzip",
        )  # fmt: skip
        for page in PAGES:
            yield times_row(
                "pages", f"public page {page.partition('?')[0]}: server time",
                [_milliseconds(url + page) for _ in range(times)], less(50, 20, "ms"),
                f"{count:,} complaints",
            )  # fmt: skip


def _weight(url: str) -> tuple[float, int]:
    """Kilobytes of the start page with its styles and scripts, and of how many parts."""
    page = requests.get(url, timeout=60).text
    parts = sorted(set(_PARTS.findall(page)))
    bodies = [page.encode(), *(requests.get(url + part, timeout=60).content for part in parts)]
    return sum(len(gzip.compress(body)) for body in bodies) / 1000, len(bodies)


def _milliseconds(url: str) -> float:
    def ask() -> None:
        requests.get(url, timeout=60).raise_for_status()

    return seconds(ask) * 1000
