"""Covers and film frames: a coloured board with a subject's sign, the title and what it is."""

from __future__ import annotations

import colorsys
import math
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

COVER = (480, 270)
FRAME = (400, 225)
LARGE_FRAME = (960, 540)

_FONT_FOLDERS = (
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/truetype/noto",
    "/usr/share/fonts/noto-cjk",
    "/usr/share/fonts/truetype/wqy",
    "/usr/share/fonts",
    "/System/Library/Fonts",
)
_FONT_FILES = ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "wqy-microhei.ttc",
               "wqy-zenhei.ttc", "PingFang.ttc")  # fmt: skip

# Each subject has its own colour and sign, so that a wall of covers can be read at a glance.
_HUE = {
    "语文": 0.02, "数学": 0.60, "英语": 0.75, "物理": 0.55, "化学": 0.47, "生物学": 0.33,
    "历史": 0.08, "地理": 0.40, "科学": 0.50, "道德与法治": 0.97, "思想政治": 0.98,
    "美术": 0.88, "音乐": 0.80, "体育与健康": 0.12, "信息科技": 0.63, "信息技术": 0.63,
}  # fmt: skip


@cache
def _font_file() -> str | None:
    for folder in _FONT_FOLDERS:
        for name in _FONT_FILES:
            path = Path(folder) / name
            if path.is_file():
                return str(path)
    return None


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A face with Chinese characters where the machine has one, else Pillow's own."""
    path = _font_file()
    if path is None:
        return ImageFont.load_default(size)
    index = 2 if "NotoSansCJK-" in path else 0  # the collection's Simplified Chinese face
    return ImageFont.truetype(path, size, index=index)


def _colour(hue: float, light: float, strength: float = 0.55) -> tuple[int, int, int]:
    r, g, b = colorsys.hls_to_rgb(hue % 1.0, light, strength)
    return int(r * 255), int(g * 255), int(b * 255)


@cache
def _ramp(size: tuple[int, int]) -> Image.Image:
    return Image.linear_gradient("L").rotate(70, expand=False).resize(size)


def _board(size: tuple[int, int], hue: float) -> Image.Image:
    dark = Image.new("RGB", size, _colour(hue, 0.24))
    light = Image.new("RGB", size, _colour(hue + 0.06, 0.46))
    return Image.composite(light, dark, _ramp(size))


def _sign(draw: ImageDraw.ImageDraw, size: tuple[int, int], hue: float, number: int) -> None:
    """A polygon whose corners and turn come from the resource, so no two covers are alike."""
    width, height = size
    middle = (width * 0.82, height * 0.36)
    corners = 3 + number % 5
    turn = (number // 7 % 360) * math.pi / 180
    for ring, reach in enumerate((0.34, 0.25, 0.16)):
        points = [
            (
                middle[0] + height * reach * math.cos(turn * (ring + 1) + i * math.tau / corners),
                middle[1] + height * reach * math.sin(turn * (ring + 1) + i * math.tau / corners),
            )
            for i in range(corners)
        ]
        draw.polygon(points, fill=_colour(hue + 0.1, 0.40 + 0.12 * ring, 0.5))


def _lines(text: str, per_line: int) -> list[str]:
    return [text[i : i + per_line] for i in range(0, len(text), per_line)][:3]


def hue_of(subject: str, number: int) -> float:
    """The colour of a subject, moved a little for each resource."""
    return _HUE.get(subject, 0.66) + (number % 40) / 1000


def cover(title: str, kind: str, line: str, hue: float, number: int) -> Image.Image:
    """The thumbnail of a resource."""
    image = _board(COVER, hue)
    draw = ImageDraw.Draw(image)
    _sign(draw, COVER, hue, number)
    draw.rectangle((24, 24, 24 + 16 * len(kind) + 20, 52), fill=(255, 255, 255))
    draw.text((34, 26), kind, font=font(16), fill=_colour(hue, 0.24))
    for row, text in enumerate(_lines(title, 13)):
        draw.text((24, 96 + row * 44), text, font=font(32), fill=(255, 255, 255))
    draw.text((24, 228), line, font=font(18), fill=(235, 240, 245))
    return image


def frame(
    size: tuple[int, int], heading: str, lines: tuple[str, ...], hue: float, done: float
) -> Image.Image:
    """One board of a film: a heading, a few lines and how far the film has come."""
    image = _board(size, hue)
    draw = ImageDraw.Draw(image)
    unit = size[1] // 18
    draw.text((unit * 2, unit * 2), heading, font=font(unit * 2), fill=(255, 255, 255))
    pieces = [piece for text in lines for piece in _lines(text, 23)]
    for row, text in enumerate(pieces[:6]):
        y = unit * (5 + row * 2)
        draw.text((unit * 2, y), text, font=font(unit + unit // 4), fill=(240, 244, 248))
    draw.rectangle((0, size[1] - unit // 2, int(size[0] * done), size[1]), fill=(255, 214, 102))
    return image


def grained(image: Image.Image, strength: float) -> Image.Image:
    """The same board with film grain, which makes a frame as heavy as a filmed one."""
    grain = Image.effect_noise(image.size, strength).convert("RGB")
    return ImageChops.add(image, grain, scale=1.0, offset=-128)
