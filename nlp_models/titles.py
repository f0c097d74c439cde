"""Titles of resources: 《…》, quoted beside a word for a resource, unquoted after 叫 or 标题."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

_THING = (
    r"(?:网课|课程|课件|微课|视频|影片|课时|课|电子书|教材|资源|专题|讲座|音频|动画|绘本|练习"
    r"|素材|文档|短片|直播|系列|小?游戏|动漫|试卷|题库|教程|录播"
    r"|ppt)"
)
_ENGLISH_THING = (
    r"(?:course|lesson|video|slides?|book|clip|lecture|unit|module|resource|worksheet|quiz)"
)
_COUNT = r"(?:[这那一][一]?)?(?:[门节个堂集讲部套篇份])?"
_BOOK = re.compile(r"《([^《》\n]{1,80})》")
_QUOTED = re.compile(r"[\"“「『'‘【<〈]([^\"“”「」『』‘’【】<>〈〉\n]{2,60})[\"”」』'’】>〉]")
_NAMES = r"(?:标题|名称|课名|题名|课题|名字|视频名|课程名|资源名)"
_QUOTE_BEFORE = re.compile(
    rf"(?:{_NAMES}(?:写的)?(?:是|为|叫|:|写着)?|{_THING}(?:名?叫做?|名?为|是|:)?"
    rf"|[一这那][门节个堂部套]叫做?|名为|题为|命名为"
    rf"|(?<![a-z])(?:title[d]?(?: is)?|called|named|entitled|{_ENGLISH_THING}))[: ]?$"
)
_QUOTE_AFTER = re.compile(
    rf"\s?(?:(?:[这那]一?|一)[课节讲集章](?!程)|\((?:video|course|视频|课程|课件)\)"
    rf"|的?{_COUNT}{_THING}(?!本上|堂)"
    rf"|,? (?:the |this )?{_ENGLISH_THING}(?![a-z]))"
)
_UNDER_BEFORE = re.compile(
    r"(?:根据|依据|按照?|依照|遵照|参照|违反了?|违背了?|触犯了?|不?符合)[^,。《]{0,8}$"
)
_LAW_BEFORE = re.compile(r"(?:对照|和|与|及|、|部|国)[^,。《]{0,2}$")
_LAW = re.compile(
    r"(?:法|条例|办法|规定|规范|标准|准则|守则|决定|通知|意见|细则|纲要|目录|指南)(?:\([^)]*\))?$"
)
_TAKEN_BEFORE = re.compile(r"(?:[把将][^,。]{0,8}|说|讲到|认为|称)[^,。]{0,4}$")
_CITED_BEFORE = re.compile(
    r"(?:出自|选自|引自|引用了?|抄自|摘自|(?:打开|点开|点进去|里面|内容|实际上?|其实|[放播讲](?:放"
    r"|出来)?|显示)的?[却竟就都还]?是|标成|当成)$"
)
_ARTICLE = re.compile(r"第[一二三四五六七八九十百\d]{1,5}条")
_TAKEN_AFTER = re.compile(
    r"[^,。]{0,12}?(?:作者|写成|说成|归[于为入]|误|当成|安到|记成|对调|互换|弄反|搞混|混淆)"
)
_STOP = (
    r"[,。;:!?\n(《\"“]|$|\s?的?(?:[这那][一]?)[门节个堂集部]|的"
    + _COUNT
    + _THING
    + r"|(?:[这那])?(?:课|视频)?(?:打不开|放不[了出]|看不[了到]|播[放不]"
    r"|点[进开了不]|没有?|有(?:问题|错|广告|杂音|bug|病毒|很)"
    r"|里(?:面|头|有|第|出现|全|都|讲|夹|说|是)|讲[的错得]"
    r"|第[\d一二三四五六七八九十](?!课(?:[,。;\s]|$))|在[\d第]"
    r"|全是|根本|完全|一直|怎么|太|是假|是错|卡|闪|声音"
    r"|画面|字幕|\d{1,2}[:分])"
)
_BARE = re.compile(
    rf"(?:{_NAMES}(?:(?:是|为|叫):?|:)\s?|名[为叫]|题为|[一有个]叫做?(?=[^叫])|(?:{_THING}|名字"
    rf"|[一这那][门节个堂部套])叫做?"
    rf"|title\s?叫|(?:^|[\n,。;!?\s]){_THING}:\s?)"
    rf"(?P<bare>[^\s\"“「『《》,。;:!?\n的这那](?:[^\"“《》,。;:!?\n]){{1,28}}?)(?={_STOP})"
)
_BARE_ENGLISH = re.compile(
    rf"(?<![a-z])(?:titled|entitled|(?:{_ENGLISH_THING}|one|is|was|are)(?: is| was)? (?:called"
    rf"|named)|(?<![a-z])title (?:is|:)|(?:^|[\n.;,] ?)(?:title|course|lesson|video"
    rf"|resource):) ?(?P<bare>[a-z0-9][a-z0-9'&:\- ]{{2,58}}?)"
    r"(?=[,.;!?(\n]|$| (?:is|are|has|have|was|were|does|do|did|doesn't|contains?|with|that"
    r"|which|shows?|but|will|won't|cannot"
    r"|can't|at|plays?|keeps?|links?|freezes|opens?|teaches|says|crashes|stops|needs"
    r"|there)(?![a-z]))"
)
_AND = ("、", "和", "与", "及", ",", " and ", ", ")
_THING_BEFORE = re.compile(rf"{_THING}[,，的]?$")
_THING_AFTER = re.compile(rf"的?{_COUNT}{_THING}")
_NAME_TRIGGER = re.compile(_NAMES)
_FAULT = re.compile(r"[没不无错卡有太坏]|黑屏|花屏|问题|空白")
_NOT_A_TITLE = re.compile(
    r"第[一二三四五六七八九十\d]{1,3}(?:课|讲|章|节|单元|集)?$|[错对不空乱假旧]|什么|啥"
    r"|不[出来好]|(?:out|by|me|him|her|it|to|on|for|names?) |(?:a|it|me)$"
)


_MARK = re.compile(r"[\"“「『'‘【<〈]")
_UNQUOTED = (
    (_BARE, re.compile(r"[叫:]|名为|题为|[题名称字](?:是|为)|title")),
    (_BARE_ENGLISH, re.compile(r"titled|called|named|title|:")),
)


def _book(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - 12) : match.start()], text[match.end() :][:10]
    if _CITED_BEFORE.search(before) or _UNDER_BEFORE.search(before) or _ARTICLE.match(after):
        return False
    if _TAKEN_BEFORE.search(before) and _TAKEN_AFTER.match(after):
        return False
    return not (_LAW.search(match.group(1)) and _LAW_BEFORE.search(before))


def _of_a_thing(text: str, match: re.Match[str]) -> bool:
    """名叫 and 名为 also name people: a word for a resource must stand before or after."""
    trigger = match.group()[: match.start("bare") - match.start()]
    if trigger.endswith(":") and not _NAME_TRIGGER.search(trigger):
        return not _FAULT.search(match["bare"])
    if not re.match(r"名|题|[一有个]叫", trigger) or _NAME_TRIGGER.match(trigger):
        return True
    before = text[max(0, match.start() - 8) : match.start()]
    return bool(_THING_BEFORE.search(before) or _THING_AFTER.match(text, match.end()))


def spans(text: str) -> Iterator[Span]:
    """The titles in a folded text, in order, without their marks."""
    found: list[Span] = []
    if "《" in text:
        found += [match.span(1) for match in _BOOK.finditer(text) if _book(text, match)]
    for match in _QUOTED.finditer(text) if _MARK.search(text) else ():
        before = text[max(0, match.start() - 12) : match.start()]
        listed = found and text[found[-1][1] + 1 : match.start()] in _AND
        if (
            listed
            or _QUOTE_BEFORE.search(before)
            or (match.group()[0] != "【" and _QUOTE_AFTER.match(text, match.end()))
        ):
            found.append(match.span(1))
    for pattern, likely in _UNQUOTED:
        for match in pattern.finditer(text) if likely.search(text) else ():
            if not _NOT_A_TITLE.match(match["bare"]) and _of_a_thing(text, match):
                found.append(match.span("bare"))
    found.sort()
    last = -1
    for start, end in found:
        if start >= last:
            last = end
            yield start, end
