"""The two hundred demo resources as values: nothing here touches a file, a clock or a table.

Order matters: the catalogue lists resources by their creation, so the first twenty of an empty
search are the first twenty here. They come from all providers in turn, are small among their
platform's views, and none of them is the pair that shares a file.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from app.demo.texts import describe
from app.demo.world import TURN, Title, world

# The first six are courses with a film long enough for a running download to be seen being cut.
LARGE_MB = {
    "R0001": 28,
    "R0002": 32,
    "R0003": 24,
    "R0004": 36,
    "R0005": 26,
    "R0006": 30,
}

# Art. 16 allows an external link only under a data-sharing agreement: exactly two have one.
EXTERNAL = {
    "运动轨迹分析工具": ("tools.lanqiong-vr.example", "/motion/start"),
    "研学路线规划工具": ("yanxue.dfkc.yunchuan.example", "/route/plan"),
}

# One leaflet is attached to two resources of two providers on purpose, to show prevent_spread.
SHARED_FILE = "shiyan-anquan.pdf"
SHARED_BY = ("实验课的数字化改造研讨", "虚拟实验怎样用才有效")

ATTACHMENT = {
    "course": "courseware.pdf",
    "research_video": "handout.pdf",
    "textbook": "textbook.pdf",
    "book": "book.pdf",
    "slides": "slides.pdf",
    "case": "case.pdf",
    "experiment": "worksheet.pdf",
    "tool": "offline.zip",
}

POPULAR_PER_PLATFORM = 6


@dataclass(frozen=True, slots=True)
class PlannedAddress:
    """One place where a resource is served; host "" is the edge's own address."""

    host: str
    path: str
    mode: str
    role: str
    hosting: str
    file: str = ""  # relative to the content folder; "" where no file of its own stands behind


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """One resource with its one version and every address it is served under."""

    ref: str
    platform: str
    provider: str
    kind: str
    title: str
    subject: str
    grade: str
    description: str
    topics: tuple[str, ...]
    views_30d: int
    large_mb: int
    shares: bool
    addresses: tuple[PlannedAddress, ...]

    @property
    def folder(self) -> str:
        """Where its files lie, under the content folder of its host."""
        return f"r/{self.ref}"


def _number(*parts: str) -> int:
    """A stable number from words, so that the demo is the same everywhere."""
    return int.from_bytes(hashlib.sha256("|".join(parts).encode()).digest()[:6])


def _addresses(ref: str, title: Title, alias: str, hosting: str) -> tuple[PlannedAddress, ...]:
    base = f"/r/{ref}"

    def own(name: str, role: str, mode: str = "exact") -> PlannedAddress:
        return PlannedAddress("", f"{base}/{name}", mode, role, hosting, f"r/{ref}/{name}")

    rows = [
        own("index.html", "page"),
        own("video.webm", "media"),
        own("hls/", "segment", "prefix"),
        own(ATTACHMENT[title.kind], "attachment"),
        own("cover.png", "listing"),
        PlannedAddress(alias, f"{base}/", "prefix", "page", hosting),
    ]
    if title.title in SHARED_BY:
        rows.insert(4, own(SHARED_FILE, "attachment"))
    if title.title in EXTERNAL:
        host, path = EXTERNAL[title.title]
        rows.append(PlannedAddress(host, path, "exact", "page", "external"))
    return tuple(rows)


def _in_turn() -> list[Title]:
    queues: dict[str, list[Title]] = defaultdict(list)
    for title in world().titles:
        queues[title.provider].append(title)
    longest = max(len(queue) for queue in queues.values())
    return [queues[who][i] for i in range(longest) for who in TURN if i < len(queues[who])]


def _popular(refs: dict[str, str]) -> set[str]:
    """The few that most people watch: late in the list, a handful on each platform."""
    chosen: set[str] = set()
    for platform in set(refs.values()):
        late = [ref for ref, where in refs.items() if where == platform and ref > "R0040"]
        chosen.update(sorted(late, key=lambda ref: _number("hit", ref))[:POPULAR_PER_PLATFORM])
    return chosen


def _views(ref: str, *, popular: bool) -> int:
    if popular:
        return 90_000 + _number("views", ref) % 160_000
    if _number("quiet", ref) % 11 == 0:
        return 3 + _number("views", ref) % 25  # Art. 23: 浏览量较小
    return 60 + _number("views", ref) % 1_500


@cache
def resources() -> tuple[PlannedResource, ...]:
    """All demo resources in the order of their creation."""
    platforms = {p.key: p for p in world().platforms}
    home = {p.key: platforms[p.platform] for p in world().providers}
    named = [(f"R{n:04d}", title) for n, title in enumerate(_in_turn(), start=1)]
    popular = _popular({ref: home[title.provider].key for ref, title in named})
    return tuple(
        PlannedResource(
            ref=ref,
            platform=home[title.provider].key,
            provider=title.provider,
            kind=title.kind,
            title=title.title,
            subject=title.subject,
            grade=title.grade,
            description=describe(title.kind, title.grade, title.topics, _number("text", ref)),
            topics=title.topics,
            views_30d=_views(ref, popular=ref in popular),
            large_mb=LARGE_MB.get(ref, 0),
            shares=title.title in SHARED_BY,
            addresses=_addresses(
                ref, title, home[title.provider].alias, home[title.provider].hosting
            ),
        )
        for ref, title in named
    )
