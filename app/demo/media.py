"""The files of one resource as bytes: film, segments, paper, cover. Nothing is written here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from app.demo import pages, pictures
from app.demo.catalogue import ATTACHMENT, SHARED_FILE, PlannedResource
from app.demo.pdf import paper
from app.demo.texts import KIND_NAME, SAFETY_LEAFLET, chapter
from app.demo.webm import Frame, film, key_frame
from app.demo.world import world

MEGABYTE = 1 << 20
BOARD_MS = 9_000
LARGE_FRAME_MS = 200
FRAMES_PER_GROUP = 5
LARGE_BOARDS = 4
FILMED = frozenset({"course", "research_video"})  # the others show their cover and one board


@dataclass(frozen=True, slots=True)
class Boards:
    """The pictures a resource's film is made of; the first is its cover."""

    images: tuple[Image.Image, ...]
    frames: tuple[Frame, ...]


def _number(resource: PlannedResource) -> int:
    return int(resource.ref[1:])


def _provider(resource: PlannedResource) -> str:
    return next(b.name for b in world().bodies if b.key == resource.provider)


def boards(resource: PlannedResource) -> Boards:
    """The cover and one board a topic."""
    number = _number(resource)
    hue = pictures.hue_of(resource.subject, number)
    line = f"{resource.subject} · {resource.grade}"
    images = [pictures.cover(resource.title, KIND_NAME[resource.kind], line, hue, number)]
    shown = len(resource.topics) if resource.kind in FILMED else 1
    for n, topic in enumerate(resource.topics[:shown]):
        text = chapter(topic, resource.subject, n)
        about = (resource.title, f"{resource.ref} · {line}", *text[1:3])
        images.append(pictures.frame(pictures.FRAME, text[0], about, hue, (n + 1) / shown))
    first = images[0].resize(pictures.FRAME)
    frames = tuple(Frame(key_frame(image), BOARD_MS) for image in (first, *images[1:]))
    return Boards(tuple(images), frames)


def png(image: Image.Image) -> bytes:
    """The picture as a small PNG."""
    box = io.BytesIO()
    image.quantize(96, Image.Quantize.FASTOCTREE).save(box, "PNG")
    return box.getvalue()


def short_film(made: Boards) -> bytes:
    """A short film: each board for nine seconds."""
    return b"".join(film([[frame] for frame in made.frames], *pictures.FRAME))


def large_film(resource: PlannedResource) -> Iterator[bytes]:
    """A long film of ``large_mb`` megabytes whose download takes a while."""
    number = _number(resource)
    hue = pictures.hue_of(resource.subject, number)
    heavy = []
    for n in range(LARGE_BOARDS):
        topic = resource.topics[n % len(resource.topics)]
        text = chapter(topic, resource.subject, n % len(resource.topics))
        image = pictures.frame(
            pictures.LARGE_FRAME,
            resource.title,
            (text[0], *text[1:4]),
            hue,
            (n + 1) / LARGE_BOARDS,
        )
        heavy.append(Frame(key_frame(pictures.grained(image, 14), quality=88), LARGE_FRAME_MS))
    per_turn = sum(len(frame.data) for frame in heavy)
    turns = resource.large_mb * MEGABYTE // per_turn + 1
    row = [frame for frame in heavy for _ in range(turns)]  # each board stays, then the next
    groups = [row[i : i + FRAMES_PER_GROUP] for i in range(0, len(row), FRAMES_PER_GROUP)]
    return film(groups, *pictures.LARGE_FRAME)


def segments(resource: PlannedResource, made: Boards) -> dict[str, bytes]:
    """The film in pieces that play by themselves, the playlist and the folder's page."""
    names = [f"seg-{n:03d}.webm" for n in range(len(made.frames))]
    files = {
        name: b"".join(film([[frame]], *pictures.FRAME))
        for name, frame in zip(names, made.frames, strict=True)
    }
    lengths = [frame.ms / 1000 for frame in made.frames]
    files["index.m3u8"] = pages.playlist(resource, lengths, names).encode()
    files["index.html"] = pages.segment_list(resource, ["index.m3u8", *names]).encode()
    return files


def attachment(resource: PlannedResource, made: Boards) -> bytes:
    """The resource's own paper, or the tool's offline bundle."""
    chapters = [chapter(t, resource.subject, n) for n, t in enumerate(resource.topics)]
    facts = f"{resource.ref}  {resource.title}  {_provider(resource)}"
    intro = (
        "内容简介",
        resource.description,
        f"资源编号：{resource.ref}",
        f"提供者：{_provider(resource)}",
    )
    document = paper(resource.title, [intro, *chapters], facts, made.images[0])
    if not ATTACHMENT[resource.kind].endswith(".zip"):
        return document
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in (("shuoming.pdf", document), ("readme.txt", facts.encode())):
            entry = zipfile.ZipInfo(name, (2026, 9, 1, 8, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(entry, data)
    return box.getvalue()


def small_files(resource: PlannedResource) -> dict[str, bytes]:
    """Every file of a resource but its page and a large film, by name under its folder."""
    made = boards(resource)
    files = {
        "cover.png": png(made.images[0]),
        ATTACHMENT[resource.kind]: attachment(resource, made),
    }
    if not resource.large_mb:
        files["video.webm"] = short_film(made)
    if resource.shares:
        files[SHARED_FILE] = paper(SAFETY_LEAFLET[0], [SAFETY_LEAFLET], "实验室安全须知")
    files.update({f"hls/{name}": data for name, data in segments(resource, made).items()})
    return files
