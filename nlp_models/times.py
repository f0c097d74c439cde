"""Places in time of a video: 12分35秒, 1:02:33, 第十二分钟, 结尾11秒, 3分20秒到3分45秒.

An amount of minutes is spotted first and judged by its neighbours afterwards: 在5分钟 is a place,
等了5分钟 a length, 晚上8:30 an hour of the day. Patterns are short and bounded, so that the work
grows with the text and not faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp_models.numerals import CARDINAL, NUMBER, ORDINAL, number

Value = int | dict[str, int | float]
Span = tuple[int, int]

_CLOCK = r"\d{1,2}:[0-5]\d(?::[0-5]\d)?(?![\d:])"
_COUNT = rf"(?:\d{{1,3}}|(?<![a-z])(?:{CARDINAL}))"
_HOURS = (
    rf"(?:\d\.\d个?小时|{NUMBER}个半小时|{NUMBER}\s?个?小时|半个?小时"
    r"|\d{1,2}\s?h(?:ours?)?(?![a-z]))"
)
_MINUTES = (
    rf"半分钟|(?:\d{{1,3}}\.\d|{NUMBER}|十几|几)多?\s?分(?!之[一二三四五六七八九]|享|数|制|类"
    rf"|析|别|别|辨|成|值|米"
    rf"|量|子|母|校|班|组|工|段|录)"
    r"(?:半钟?|多?钟半?|多)?"
    rf"|{_COUNT}[\s-]{{0,2}}(?:minutes?|mins?|m)(?![a-z])"
    r"|\d{1,3}\s?mins?(?=\s?\d)"
)
_SECONDS = rf"(?:{NUMBER}几?|十几|几)多?\s?秒钟?|{_COUNT}[\s-]{{0,2}}(?:seconds?|secs?|s)(?![a-z])"
_AMOUNT = (
    rf"{_CLOCK}"
    r"|\d{1,3}[′'’]\s?\d{1,2}(?:′′|''|[\"”’])?"
    rf"|{_HOURS}(?:[零又]?(?:and )?\s?(?:{_MINUTES}))?(?:\s?(?:and )?(?:{_SECONDS}))?"
    rf"|(?:{_MINUTES})(?:[零又]?\s?(?:and )?(?:{_SECONDS})|[零又]?\s?(?:\d{{1,2}}"
    rf"|[二三四五]?十[一二三四五六七八九]?"
    rf"|零[一二三四五六七八九])(?![\d.:页题课节个人年级月分秒几]))?"
    rf"|(?:{_SECONDS})"
    r"|minute \d{1,3}(?!\d)"
)
_TO = r"\s?(?:到|至|[-–—~]{1,2}|to|through)\s?第?"
_SPOT = re.compile(
    rf"(?<=between ){_CLOCK} and {_CLOCK}|(?P<lead>第|结束前|结尾|末尾|片尾|最后的?|倒数第?"
    rf"|开头|片头|开场|最初的?"
    rf"|(?<![提课之以饭睡考])前面?|(?<![开点老])头|first |opening |last |final |closing )?"
    rf"(?:(?<![\d:/.\-]){NUMBER}{_TO})?(?:{_AMOUNT})(?:{_TO}(?:{_AMOUNT}))?"
    rf"|(?P<list>第{NUMBER}(?:[、和]第?{NUMBER}){{1,5}}\s?(?:分钟?|秒))"
    rf"|(?:{ORDINAL})[ -]minute(?!s)"
    r"|(?P<one>last|first|final) (?:minute|second)(?!s)"
)
_LIKELY = re.compile(r"[:分秒′'%]|小时|\dm|\dh|\ds|min|sec|一半|分之|half|the end|[快近]")
_PART = re.compile(
    r"(?:(?<=[播放看讲听录]到)(?:一半|[三四五]分之[一二三四])(?!的(?!地方|位置|时候))"
    r"|(?:(?<=[播放看听]到)|(?<=进度)"
    r"|(?<=进度条))\d{1,2}%|(?P<part>一半|[三四五]分之[一二三四])(?=多?(?:的?(?:地方|位置|时候"
    r"|时(?!间)|处)|处|左右)))"
    r"|(?P<half>half ?way)(?= through| in| into| mark| point|,|\.| the)"
    r"|(?P<end>快(?:要)?(?:结束|到?结尾|到?末尾|到最后|放完|讲完|播完|完|到头|收尾)|(?:临近"
    r"|接近)(?:结尾|末尾|最后|尾声|结束)"
    r"|(?:near|towards?|close to) the end)"
    r"(?=的?(?:地方|位置|时候|时(?!间)|处|那|这)|前| of)"
)
# What stands before an hour of the day, a ratio or a reading of a clock.
_NO_CLOCK_BEFORE = re.compile(
    r"(?:等到|[上下中]午|早上|早晨|凌晨|傍晚|[今昨明当][天晚日]|晚上?|自习|早读|记录:?|午休"
    r"|课间|每[天晚]"
    r"|周[一二三四五六日末天]|星期.|[日号]"
    r"|\d{1,2}-\d{1,2}|(?:19|20)\d\d(?:,? at)?|比例?是?|比分|钟[^,。]{0,6}|显示|读[成作]"
    r"|写[成的][是]?|说成|片长"
    r"|时长|全长|总长|"
    r"(?<=[一-鿿])(?<![的点处])(?<!视频)(?<!播放)(?<!错误)(?<!问题)(?<!出现)时间(?:是|为|:)?"
    r"|reads?|as|starts? at|begins? at|opens? at|(?<![a-z])(?:call|phone|ring"
    r"|free)[a-z ]{0,12} (?:after"
    r"|before|until))\s?$"
)
_NO_CLOCK_AFTER = re.compile(
    r"\s?(?:上课|下课|放学|开播|开课|上车|下车|准时|才能|等到|出发|发车|到站|到达|起飞|起床"
    r"|开(?!始)|到[,。]|直播|登录|提交|上传"
    r"|发布|就出|[ap]\.?m"
    r"|(?:以|之)?[前后](?:再|都|可|打|联系|回|找|致电))"
)
_LENGTH_BEFORE = re.compile(
    r"(?:[等过用花卡播讲看听学拖占]了?(?:我|快|近|将近|差不多)?(?<!播)(?<!到)|缓冲了?|加载了?"
    r"|每[隔过]?|隔|长达?|片长|时长|写[成作]"
    r"|[改记算读]成|标准是?|成绩是?|用时|倒计时|还有|剩下?|限时|提前|课间"
    r"|耽误了?|不[到足]|超过|满分|总分|扣|得|考试|自习|for|every|takes?|waited|lasts?|another)\s?$"
)
_ABOUT = re.compile(r"(?:大[概约]|差不多|将近|整整|足足|[近约])\s?$")
_LENGTH_MAYBE = re.compile(r"(?:[只才仅]?有|仅|共计?|需要?|要|才|only|after)\s?$")
_PLACE_BEFORE = re.compile(
    r"(?:在|从|于|位于|(?<![不等])到|(?:[播放看听讲拖停走进]|快进|进度条?)[到至在]|第|at|around"
    r"|from|about"
    r"|by)\s?$"
)
_REACHED = re.compile(r"(?:[播放看听讲拖停]|快进|进度条?)到\s?$")
_EXACT = re.compile(r"\d\s?分|[零一二三四五六七八九十]\s?分")
_PLACE_AFTER = re.compile(
    r"\s?(?:钟)?(?:左右|上下|前后|出头|整|附近|位置|多?的?(?:地方|位置|时候|时(?![间长])|样子"
    r"|画面|那[里儿个段边]?)|处|[那这]|时候"
    r"|时(?![间长])|开始|[之以]?后(?!重|再|还|才)|起|之间|一?段|出现|突然|弹|插|黑屏|卡"
    r"|就[卡断停黑没闪花跳]|,? ?in(?:to)?(?: the"
    r"|,| )| mark)"
)
_LENGTH_AFTER = re.compile(
    r"\s?(?:左右)?(?:[之以]?内|里(?!面)|的(?:课|视频|短|网课|微课|广告|内容|时间|热度|货)|热度"
    r"|\s?等于"
    r"|是多少|前(?!后)|钱|一个|能|都"
    r"|of content|long|later|ago"
    r"|(?:以|之)?后(?:重|再|还|才))"
)
_TEN_MINUTES_AFTER = re.compile(r"(?:左右|处|那|的?(?:地方|位置|时候))")
# Digits that go on to the left: a date, a version, a longer number.
_INSIDE = re.compile(r"(?:[\d/.\-+]|\d:)$")
_NTH_MINUTE = ("st minute", "nd minute", "rd minute", "th minute")
_FULL = re.compile(r"(?:[分′'’]|m|min|minutes?|小时|h)\D{0,6}[\d零一二三四五六七八九十]{1,3}")


def _is_place(text: str, start: int, end: int, lead: str, run: str) -> bool:
    """Whether an amount that stands at [start, end) is a place in time and no length."""
    before, after = text[max(0, start - 12) : start], text[end : end + 10]
    if ":" in run:
        return not (_NO_CLOCK_BEFORE.search(before) or _NO_CLOCK_AFTER.match(after))
    if lead:
        return not before.endswith(("考试", "比赛", "每节", "每集", "每课"))
    if _REACHED.search(before) or len(_EXACT.findall(run)) > 1:
        return True
    if _LENGTH_AFTER.match(after) or _LENGTH_BEFORE.search(_ABOUT.sub("", before)):
        return False
    return _has_place(before, after, run)


def _has_place(before: str, after: str, run: str) -> bool:
    # 十分卡 is “very slow”: only a plain sign of place makes ten minutes of it.
    if run == "十分":
        return bool(_PLACE_BEFORE.search(before) or _TEN_MINUTES_AFTER.match(after))
    if "minute " in run or run.endswith(_NTH_MINUTE):
        return True
    if _PLACE_BEFORE.search(before) or _PLACE_AFTER.match(after):
        return True
    # 3分20秒 is seldom a length; 4小时28分 often is.
    exact = _FULL.search(run) and ("小时" not in run or "秒" in run)
    return bool(exact) and not _LENGTH_MAYBE.search(before)


def spans(text: str) -> Iterator[Span]:
    """Where the folded text names a moment or a stretch of a video, in order."""
    if not _LIKELY.search(text):
        return
    found: list[Span] = []
    open_: list[re.Match[str]] = []
    for match in _SPOT.finditer(text):
        run = match.group()
        if run[0].isdigit() and _INSIDE.search(text, max(0, match.start() - 2), match.start()):
            continue
        if _is_place(
            text,
            match.start(),
            match.end(),
            match["lead"] or match["one"] or match["list"] or "",
            run,
        ):
            found += [*_listed(text, open_, match), match.span()]
            open_ = []
        else:
            open_.append(match)
    found += [match.span() for match in _PART.finditer(text) if _of_a_video(text, match)]
    yield from sorted(found)


def _listed(text: str, before: list[re.Match[str]], match: re.Match[str]) -> Iterator[Span]:
    """What is listed with a place is a place: of 3分、5分、8分处 only the last says so."""
    start = match.start()
    for other in reversed(before):
        if text[other.end() : start] not in _AND:
            return
        start = other.start()
        yield other.span()


def _of_a_video(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 6) : match.start()]
    return not (match["end"] and re.search(r"(?:学期|活动|考试|假期|比赛|课外)$", before))


_PIECES = re.compile(
    rf"(?:(?P<h>\d\.\d|{NUMBER})\s?个?(?P<hh>半)?小时|(?P<half>半)个?小时"
    rf"|(?P<h2>\d{{1,2}})\s?h)?[零又]?(?:ours?)?\s?(?:and )?"
    rf"(?:(?P<m>\d{{1,3}}\.\d|{NUMBER}|{CARDINAL})多?[\s-]{{0,2}}(?:分多?钟?|m(?:in(?:ute)?s?)?"
    rf"|[′'’](?!′))(?P<mh>半)?钟?)?[零又]?\s?(?:and )?"
    rf"(?:(?P<s>{NUMBER}|{CARDINAL})多?[\s-]{{0,2}}(?:秒|s|[″\"”’′']|$))?"
)
_AND = ("、", "和", "及", "与", " and ")
_RANGE = re.compile(r"\s?(?:到|至|[-–—~]{1,2}(?!min|sec)|\bto\b|\bthrough\b|\band\b(?=.*:))\s?第?")
# 七八分钟 is about that much.
_ROUGH = re.compile(r"[一二两三四五六七八九]{2}\s?(?:分|秒|个?小时)|几")
_FRACTIONS = {"一半": 0.5, "halfway": 0.5, "half way": 0.5}


_LEAD = re.compile(
    r"(?P<nth>第)|(?P<start>开头|片头|开场|最初的?|前面?|头|first |opening )"
    r"|结束前|结尾|末尾|片尾|最后的?|倒数第?|last |final |closing "
)


def _n(text: str | None) -> float:
    if text and "." in text:
        return float(text)
    return (number(text) if text else 0) or 0


def _seconds(text: str) -> int | None:
    clock = re.match(_CLOCK, text)
    if clock:
        total = 0
        for piece in clock.group().split(":"):
            total = total * 60 + int(piece)
        return total
    if ordinal := re.match(rf"({ORDINAL})[ -]minute", text):
        return 60 * (number(ordinal.group(1)) or 0) or None
    minute = re.match(r"minute (\d+)", text)
    if minute:
        return int(minute.group(1)) * 60
    if text.startswith("半分"):
        return 30
    match = _PIECES.match(text)
    if not match or not match.group():
        return None
    hours = 3600 * (_n(match["h"]) + _n(match["h2"])) + 1800 * bool(match["half"] or match["hh"])
    return int(hours + 60 * _n(match["m"]) + 30 * bool(match["mh"]) + _n(match["s"]))


def seconds(text: str) -> Value | None:
    """The canonical value of a folded run, or None where there is no strict reading.

    Seconds; `{from, to}` for a stretch; `{from_end}` seconds counted from the end (0 for 快结束);
    `{fraction}` of the whole length for 一半.
    """
    if _ROUGH.search(text):
        return None
    if relative := _relative(text):
        return relative
    lead = _LEAD.match(text)
    rest = text[lead.end() :] if lead else text
    if rest in ("minute", "second"):
        rest = f"1{rest}"
    first, *others = _RANGE.split(rest, maxsplit=1)
    value = _seconds(rest) if not others else None
    if others or value is None:
        return _stretch(first, others[0]) if others else None
    if not lead or lead["nth"]:
        return value
    return {"from": 0, "to": value} if lead["start"] else {"from_end": value}


def _relative(text: str) -> Value | None:
    if text in _FRACTIONS:
        return {"fraction": _FRACTIONS[text]}
    if text.endswith("%"):
        return {"fraction": int(text[:-1]) / 100}
    if part := re.fullmatch(r"(.)分之(.)", text):
        return {"fraction": round(_n(part.group(2)) / _n(part.group(1)), 3)}
    return {"from_end": 0} if re.match(r"快|临近|接近|near|toward|close", text) else None


def read(text: str) -> list[Value | None]:
    """The values of a folded run: one, or several where it lists them (第3、5分钟)."""
    if not re.search(r"[、和]", text):
        return [seconds(text)]
    unit = "秒" if text.endswith("秒") else "分"
    return [seconds(f"{part.strip('第分钟秒 ')}{unit}") for part in re.split("[、和]", text)]


def _stretch(first: str, last: str) -> Value | None:
    """`5到8分钟` and `3分20秒到45秒` borrow from each other what they leave out."""
    end = _seconds(last)
    if first.isdecimal() or number(first) is not None:
        start = _seconds(first + ("秒" if "秒" in last and "分" not in last else "分"))
    else:
        start = _seconds(first)
    if start is None or end is None:
        return start
    if end < start and "分" not in last and ":" not in last:
        end += start // 60 * 60
    return start if end < start else {"from": start, "to": end}
