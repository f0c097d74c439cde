"""Strict readers of what people type: times, pages, slides, exercises, addresses. Pure."""

from __future__ import annotations

import re
import unicodedata

from app.intake.values import LocatorKind, Place

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_LONGEST = 9  # digits of any page, minute or exercise
_NUMBER = r"(\d{1,4}|[零〇一二两三四五六七八九十百]{1,6})"


def number(text: str) -> int | None:
    """12, 十二, 一百零五 → the number; None for anything else."""
    if text.isdecimal():
        return int(text) if len(text) <= _LONGEST else None
    total = current = 0
    for c in text:
        if c in _DIGITS:
            current = _DIGITS[c]
        elif c in "十百":
            total += (current or 1) * (10 if c == "十" else 100)
            current = 0
        else:
            return None
    return total + current if text else None


_TIME_COLON = re.compile(r"(?<![\d:])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?![\d:])")
_TIME_WORDS = re.compile(
    rf"(?:{_NUMBER}(?:个)?(?:小时|钟头))?{_NUMBER}分(?!之)(?:钟)?(?:{_NUMBER}秒)?|"
    rf"{_NUMBER}(?:个)?小时|(?<![分\d]){_NUMBER}秒"
)


def seconds(text: str) -> int | None:
    """12:35, 1:02:33, 12分35秒, 十五分二十秒 → seconds from the beginning."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _TIME_COLON.search(plain)
    if found:
        hours, minutes, rest = (int(x or 0) for x in found.groups())
        return hours * 3600 + minutes * 60 + rest
    words = _TIME_WORDS.search(plain)
    if words is None:
        return None
    h, m, s, only_h, only_s = (number(x) if x else 0 for x in words.groups())
    return ((h or 0) + (only_h or 0)) * 3600 + (m or 0) * 60 + (s or 0) + (only_s or 0)


def time_text(value: int) -> str:
    """755 → 12:35, 3753 → 1:02:33."""
    hours, rest = divmod(value, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


_AT = (
    (
        LocatorKind.SLIDE,
        re.compile(
            rf"第{_NUMBER}(?:张|页)(?:幻灯片|PPT|ppt|课件)|(?:幻灯片|PPT|ppt)第{_NUMBER}(?:张|页)"
        ),
    ),
    (LocatorKind.PAGE, re.compile(rf"第{_NUMBER}页|[Pp](?:age|\.)?\s?(\d{{1,4}})(?!\w)")),
    (LocatorKind.EXERCISE, re.compile(rf"第{_NUMBER}(?:道)?(?:小)?题|(?:练习|习题){_NUMBER}")),
)  # fmt: skip
_RANGE = r"\s*(?:到|至|-|–|—|~|～)\s*"
_LAST_PAGE = re.compile("最后(?:一|1)?页|末页|last page", re.IGNORECASE)
_LINK = re.compile("二维码|扫码|链接|弹窗|网址|QR code|pop-?up|the link", re.IGNORECASE)
_WHOLE = re.compile("整[个门本套节]|从头到尾|全[部篇书]|the whole", re.IGNORECASE)
# Addresses are ASCII in a browser's bar; Chinese words and marks right behind one end it.
_REST = r"[^\s<>\"'\u2e80-\u9fff\uf900-\uffef]"
_URL = re.compile(
    rf"https?://{_REST}+|(?<![\w@.])(?:[a-z0-9-]+\.)+[a-z]{{2,}}/{_REST}*", re.IGNORECASE
)


def urls(text: str) -> tuple[str, ...]:
    """Addresses in the text, in order, without closing punctuation."""
    found = (m.group().rstrip(".,;:!?)]}") for m in _URL.finditer(text))
    return tuple(dict.fromkeys(u for u in found if len(u) <= 2000))  # noqa: PLR2004


def places(text: str) -> tuple[Place, ...]:
    """Every place in a resource that the text names beyond doubt."""
    plain = unicodedata.normalize("NFKC", text)
    bare = _URL.sub(" ", plain)
    found = _times(bare)
    taken: set[str] = set()
    for kind, pattern in _AT:
        for hit in pattern.finditer(bare):
            value = number(next(g for g in hit.groups() if g))
            if value is None or str(hit.span()) in taken:
                continue
            if kind is LocatorKind.PAGE and any(
                p.kind == LocatorKind.SLIDE and p.start == str(value) for p in found
            ):
                continue
            taken.add(str(hit.span()))
            found.append(Place(kind.value, str(value)))
    if _LAST_PAGE.search(bare):
        found.append(Place(LocatorKind.PAGE.value, "最后一页"))
    if not found and _LINK.search(bare):
        found.append(Place(LocatorKind.LINK.value, None))
    if not found and _WHOLE.search(bare):
        found.append(Place(LocatorKind.WHOLE.value))
    return tuple(dict.fromkeys(found))


def _times(text: str) -> list[Place]:
    one = rf"(?:{_TIME_COLON.pattern}|{_TIME_WORDS.pattern})"
    spans = [m.span() for m in re.finditer(one, text)]
    found: list[Place] = []
    skip = False
    for n, (start, end) in enumerate(spans):
        if skip:
            skip = False
            continue
        first = seconds(text[start:end])
        if first is None or first == 0:
            continue
        last = None
        if n + 1 < len(spans) and re.fullmatch(_RANGE, text[end : spans[n + 1][0]]):
            last = seconds(text[slice(*spans[n + 1])])
            skip = last is not None
        found.append(Place("time", time_text(first), time_text(last) if last else None))
    return found


def tidy(kind: str, text: str) -> str:
    """One end of a locator in its plainest form: 12分35秒 → 12:35, 第十二页 → 12."""
    plain = unicodedata.normalize("NFKC", text).strip()[:200]
    if kind == LocatorKind.TIME:
        value = seconds(plain)
        return time_text(value) if value is not None else plain
    if kind in {LocatorKind.PAGE, LocatorKind.SLIDE, LocatorKind.EXERCISE}:
        found = re.fullmatch(rf"第?\s*{_NUMBER}\s*(?:页|张|道|小)?题?", plain)
        value = number(found[1]) if found else None
        return str(value) if value is not None else plain
    return plain
