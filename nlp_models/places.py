"""Places in a resource: 第三课, 第6页, 模块三任务2, 第六章第1节到第3节, p. 42, slide 3.

Units are spotted one by one and then joined: units that adjoin are one place (第二单元第3课), the
same unit twice is two places unless 到 makes a stretch of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from nlp_models.numerals import CARDINAL, NUMBER, ORDINAL, number

Number = int | str
Value = dict[str, Number | list[Number]]
Span = tuple[int, int]

# Chinese units with what may not follow (第三课堂 is no lesson)
_UNITS = {
    "单元": ("unit", ""),
    "节课": ("lesson", "后本件程外堂文间时代"),
    "小节": ("section", ""),
    "小题": ("subexercise", "目"),
    "小问": ("subexercise", "题"),
    "大题": ("exercise", "目"),
    "模块": ("module", ""),
    "任务": ("task", ""),
    "章节": ("chapter", ""),
    "堂课": ("lesson", "后本件程外间时"),
    "项目": ("project", ""),
    "活动": ("activity", ""),
    "专题": ("topic", ""),
    "课时": ("lesson", ""),
    "学时": ("lesson", ""),
    "部分": ("part", ""),
    "步骤": ("step", ""),
    "自然段": ("paragraph", ""),
    "张幻灯片": ("slide", ""),
    "张ppt": ("slide", ""),
    "页": ("page", ""),
    "张": ("slide", "图照纸卷表贴截海插"),
    "课": ("lesson", "堂外"),
    "讲": ("lesson", "话座"),
    "集": ("lesson", "合体团市中"),
    "章": ("chapter", "程"),
    "节": ("section", "目日约点奏选"),
    "题": ("exercise", "库材"),
    "问": ("subexercise", "题"),
    "期": ("issue", "中末间待望"),
    "篇": ("part", ""),
    "关": ("part", "系键于注"),
    "步": ("step", "就"),
    "段": ("paragraph", "视录音位时"),
    "行": ("line", "业动为程星"),
}
# With a measure word: 第3个任务, 第二道选择题, 第1幅图.
_UNITS |= {
    f"个{name}": _UNITS[name] for name in ("单元", "模块", "任务", "章节", "项目", "活动", "专题")
}
_UNITS |= {
    f"道{name}题": ("exercise", "目") for name in ("", "选择", "填空", "判断", "计算", "应用", "大")
}
_UNITS |= {f"{measure}图": ("figure", "片标书") for measure in "幅张个"}
_UNITS |= {"个实验": ("experiment", ""), "个例题": ("example", ""), "道小题": ("subexercise", "目")}
_LABELS = {
    "模块": "module",
    "任务": "task",
    "单元": "unit",
    "专题": "topic",
    "项目": "project",
    "活动": "activity",
    "实验": "experiment",
    "案例": "example",
    "例题": "example",
    "例": "example",
    "练习题": "exercise",
    "习题": "exercise",
    "练习": "exercise",
    "步骤": "step",
    "思考题": "exercise",
    "选择题": "exercise",
    "填空题": "exercise",
    "判断题": "exercise",
    "图": "figure",
    "表": "table",
}
_ENGLISH = {
    "page": "page",
    "slide": "slide",
    "chapter": "chapter",
    "lesson": "lesson",
    "episode": "lesson",
    "unit": "unit",
    "module": "module",
    "section": "section",
    "task": "task",
    "topic": "topic",
    "part": "part",
    "step": "step",
    "exercise": "exercise",
    "question": "exercise",
    "problem": "exercise",
    "example": "example",
    "paragraph": "paragraph",
    "line": "line",
    "figure": "figure",
    "table": "table",
    "activity": "activity",
    "chap.": "chapter",
    "chap": "chapter",
    "ch.": "chapter",
    "ch": "chapter",
    "pg.": "page",
    "pg": "page",
    "sec.": "section",
    "ex.": "exercise",
    "fig.": "figure",
    "para.": "paragraph",
}
_AND = r"\s?(?:[、和及与]|到|至|-|–|—|~)\s?第?\s?"
_LIST = rf"{NUMBER}(?:\.\d{{1,3}})?(?:{_AND}{NUMBER}(?=[、和及与到至\-–—~\d{{}}\s]|\D)){{0,6}}"
_LONGEST = sorted(_UNITS, key=len, reverse=True)
_ZH_UNIT = "|".join(
    name + (f"(?![{stop}])" if (stop := _UNITS[name][1]) else "") for name in _LONGEST
)
_NTH = rf"(?:倒数)?第\s?{_LIST}\s?(?:{_ZH_UNIT})(?!学期|年级|册|次|\.[a-z])"
_LAST = (
    r"最后(?:一|1)?[道个]?(?:自然段|任务|模块|活动|章节|小节|小题|大题|张幻灯片|张ppt|节课|单元"
    r"|部分|(?<=[一1])张(?!图|照|纸)"
    r"|(?<=[一1道])[页课讲章节题段集](?!堂|目|视|时))"
    r"|[末尾]页|(?:second|next)[ -]to[ -]last (?:page|slide)"
    r"|(?:very )?last (?:page|slide|lesson|chapter|unit|question|exercise|paragraph)(?![a-z])"
)
_LABEL = (
    rf"(?<![插地截配代列比条事])(?:{'|'.join(_LABELS)})\s?(?:\d{{1,3}}(?:[.\-]\d{{1,3}}){{0,2}}"
    r"(?![\d分年月次份个张幅处名人]|[.:]\d)"
    r"|[一二三四五六七八九十]{1,3}(?![样起个些直次下半张定份模共旦律开切边面幅处组]))"
)
_BARE = r"(?<![\d.])\d{1,4}(?:\s?(?:-|–|—|~|到|至)\s?\d{1,4})?\s?页(?!面)"
_POINT = r"(?<![\d.])\d{1,2}(?:\.\d{1,2}){1,2}\s?小?节(?!课)"
_TAIL = (
    r"(?<![\d.])\d{1,3}(?:\s?[-–—~到至、]\s?\d{1,3})?\s?"
    r"(?:节(?!课)|课(?![堂外时])|题|讲(?!座)|单元)"
)
_P = r"(?<![a-z0-9])(?:pp?\.\s?|p)\d{1,4}(?:\s?[-–—~]\s?p?\d{1,4})?(?![a-z0-9])"
_WORD = "|".join(map(re.escape, _ENGLISH))
_EN = (
    rf"(?<![a-z])(?:{_WORD})s?\s?(?:\d{{1,4}}(?:\.\d{{1,3}}){{0,2}}(?:(?:\s?[-–—~]\s?|,? (?:to"
    rf"|through|and|&) |, )"
    rf"\d{{1,4}}(?![a-z0-9.:])){{0,6}}|(?:{CARDINAL})(?![a-z]))"
    rf"|(?<![a-z])(?:section|part)\s[a-d](?![a-z0-9'])"
    rf"|(?<![a-z0-9])(?:{ORDINAL}) (?:{_WORD})(?![a-z])"
    r"|(?<![a-z])q\d{1,3}(?![a-z0-9])"
)
_TOKEN = re.compile(
    rf"(?P<nth>{_NTH})|(?P<last>{_LAST})|(?P<label>(?<![a-z0-9])(?:{_LABEL}))"
    rf"|(?P<point>{_POINT})|(?P<bare>{_BARE})|(?P<tail>{_TAIL})|(?P<p>{_P})|(?P<en>{_EN})"
)
_LIKELY = re.compile(r"第|最后|[末尾]页|\d|last|[例图表项务验动题习块元]|[a-z]{4} [a-z]")
_PAGE_BEFORE = re.compile(
    r"(?:(?:课本|书|教材|课件|讲义|练习册|手册|教参|作业本|读本|绘本|ppt)[上里中的]{0,2}|翻到"
    r"|见|看到?|在|到)\s?$"
)
# 今天上午第三节课 is an hour of school and not a part of a resource.
_SCHOOL_HOUR = re.compile(r"(?:[上下]午|早上|晚上|[今昨明]天|(?:周|星期)[一二三四五六日天])的?$")
_JOIN = re.compile(r"\s?的?\s?|\s(?:of|in)(?: the)? ")
_COMMA = re.compile(r",\s?")
_ALSO = re.compile(r"\s?[和与及、,]\s?")
_STRETCH = re.compile(r"\s?(?:到|至|-|–|—|~|to)\s?")
_COARSE_TO_FINE = (
    "module project topic issue unit chapter lesson section part activity task experiment page "
    "slide exercise example figure table step paragraph line subexercise"
)
_RANK = {unit: rank for rank, unit in enumerate(_COARSE_TO_FINE.split())}
_LONGEST_RUN = 80


def _units(run: str) -> list[Value]:
    return _read(run) or [{}]


def _finer(first: str, second: str) -> bool:
    before, after = next(iter(_units(first)[-1]), ""), next(iter(_units(second)[0]), "")
    return bool(before and after) and _RANK[before] < _RANK[after]


def _joins(gap: str, first: str, second: str) -> bool:
    if _STRETCH.fullmatch(gap):
        return True
    if not (_JOIN.fullmatch(gap) or (_COMMA.fullmatch(gap) and _finer(first, second))):
        return False
    return set(_units(first)[-1]).isdisjoint(_units(second)[0])


def _stands(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 8) : match.start()]
    if match["nth"]:
        hour = match.group().endswith(("节", "节课")) and _SCHOOL_HOUR.search(before)
        return not (hour or before.endswith("开学") or text.startswith("课代表", match.end()))
    if match["label"]:
        return not before.endswith(("如", "见", "此", "下")) or match.group()[0] not in "图表"
    # 1-2节 is a place only beside one (第3章1-2节), else perhaps a count.
    if match["tail"]:
        return False
    return not match["bare"] or bool(_PAGE_BEFORE.search(before))


def spans(text: str) -> Iterator[Span]:
    """Where the folded text names a place in a resource, in order."""
    if not _LIKELY.search(text):
        return
    open_: Span | None = None
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        gap = text[open_[1] : start] if open_ and start - open_[1] <= len(" of the ") else None
        run = text[open_[0] : open_[1]] if open_ else ""
        if open_ and gap is not None and len(run) <= _LONGEST_RUN and _joins(gap, run, match[0]):
            open_ = open_[0], end
            continue
        listed = gap is not None and (match["bare"] or match["tail"]) and _ALSO.fullmatch(gap)
        if not listed and not _stands(text, match):
            continue
        if open_:
            yield open_
        open_ = start, end
    if open_:
        yield open_


_NTH_PARTS = re.compile(
    rf"(?P<back>倒数)?第\s?(?P<list>.{{1,60}}?)\s?(?P<unit>{'|'.join(_LONGEST)})$"
)
_LABEL_PARTS = re.compile(rf"(?P<label>{'|'.join(_LABELS)})\s?(?P<n>.+)")
_EN_PARTS = re.compile(rf"(?P<word>{_WORD})s?\s?(?P<list>.+)")
_LAST_UNIT = re.compile(rf"(?P<zh>{'|'.join(_LONGEST)})$|(?P<en>{_WORD})$")


def _number(text: str) -> Number | None:
    text = text.strip()
    if re.fullmatch(r"\d+(?:[.\-]\d+)+|[a-d]", text):
        return text.upper()
    return number(text)


def _numbers(unit: str, text: str, sign: int = 1) -> list[Value]:
    """`3、5、7` are three places, `3-5` is a stretch of one."""
    out: list[Value] = []
    for item in re.split(r"[、和及与,&]|\band\b", text.replace("第", "")):
        if not item.strip():
            continue
        ends = [
            _number(part.removeprefix("p"))
            for part in _STRETCH.split(item.replace("through", "to"))
        ]
        known = [end for end in ends if end is not None]
        if known:
            first = -known[0] if sign < 0 and isinstance(known[0], int) else known[0]
            out.append({unit: first if len(known) == 1 else known})
    return out


def _nth(run: str) -> list[Value]:
    parts = _NTH_PARTS.match(run)
    if not parts:
        return []
    return _numbers(_UNITS[parts["unit"]][0], parts["list"], -1 if parts["back"] else 1)


def _last(run: str) -> list[Value]:
    parts = _LAST_UNIT.search(run)
    if not parts:
        return []
    unit = _UNITS[parts["zh"]][0] if parts["zh"] else _ENGLISH[parts["en"]]
    return [{unit: -2 if re.match("second|next", run) else -1}]


def _labelled(run: str) -> list[Value]:
    parts = _LABEL_PARTS.match(run)
    value = _number(parts["n"]) if parts else None
    return [{_LABELS[parts["label"]]: value}] if parts and value is not None else []


def _tail(run: str) -> list[Value]:
    unit = "单元" if run.endswith("单元") else run[-1]
    return _numbers(_UNITS[unit][0], run.removesuffix(unit))


def _english(run: str) -> list[Value]:
    if run[0] == "q" and run[1:].isdecimal():
        return [{"exercise": int(run[1:])}]
    if parts := _EN_PARTS.match(run):
        return _numbers(_ENGLISH[parts["word"]], parts["list"])
    word, _, unit = run.partition(" ")
    value = number(word)
    return [] if value is None else [{_ENGLISH[unit]: value}]


_READ: dict[str, Callable[[str], list[Value]]] = {
    "nth": _nth,
    "last": _last,
    "label": _labelled,
    "point": lambda run: _numbers("section", run.rstrip("小节 ")),
    "tail": _tail,
    "bare": lambda run: _numbers("page", run.removesuffix("页")),
    "p": lambda run: _numbers("page", run.lstrip("p. ")),
    "en": _english,
}


def _read(run: str) -> list[Value]:
    places: list[Value] = []
    at = 0
    for match in _TOKEN.finditer(run):
        read = _READ[match.lastgroup or ""](match.group())
        gap, at = run[at : match.start()], match.end()
        if not read:
            continue
        if places and _STRETCH.fullmatch(gap):
            _stretch(places[-1], read[0])
        elif places:
            # Adjoining units say one place; what was listed before stays listed.
            places[-1].update(read[0])
            places += read[1:]
        else:
            places = read
    return places


def _stretch(place: Value, last: Value) -> None:
    for unit, end in last.items():
        start = place.get(unit)
        place[unit] = (
            [start, end] if isinstance(start, int | str) and not isinstance(end, list) else end
        )


def places(text: str) -> list[Value]:
    """The canonical values of a folded run: {unit: n}, {unit: [from, to]}, -1 for the last one.

    Several only where the run lists several (第3、5页). A number of parts is a string: {"section":
    "3.2"}.
    """
    return _read(text)
