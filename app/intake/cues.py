"""What people mean by short answers, corrections and requests: strict patterns, no model. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.intake import parse

_END = r"(?:[\s。.!！,，~～…吧啊呀哦噢呢了的啦哈]|谢谢[您你]?|多谢|thanks|thank you|please)*"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern}){_END}", re.IGNORECASE)


UNDO = _whole(
    "撤销|撤回上一[步句条]|上一步|回退|退回去|取消上一[步句]|undo|go back|take (?:it|that) back"
)
REDO = _whole("重做|恢复|恢复上一[步句]|redo")
YES = _whole(
    "对|对对+|是|是的|嗯+|嗯嗯|没错|正确|对的|就是它?|好|好的|可以|行|ok(?:ay)?|yes|yeah|yep|right|correct"
)
NO = _whole(
    "不对|不是|不|错了?|没有|没|无|不用|不要|不必|不需要|不留|不留了|都不是|都不对|一个都不是|"
    "none of (?:them|these)|no|nope|none|wrong|not right"
)
UNKNOWN = _whole(
    "不知道|不清楚|我?不太?清楚|不太?确定|不确定|说不[准好]|说不清(?:楚)?(?:是?(?:哪|在哪).{0,3})?|不记得|记不清|记不得|想不起来|忘了|忘记|"
    "不会填|不懂|不晓得|跳过|下一[个题步]|略过|过|先不说|不想说|"
    "(?:i )?(?:do not|don'?t) (?:know|remember)|no idea|not sure|i'?m not sure|skip|pass|next"
)
WHOLE = _whole(
    "全部|整个|都有|全都是?|到处都是|整节课?|从头到尾|all of it|the whole thing|everywhere"
)
FINISH = _whole(
    "就这些|就这样|没别的|没有别的|说完了|我?(?:要|想)?(?:直接|现在就?)?(?:提交|发送|交)|直接提交|可以交了|"
    "that'?s all|that is all|send(?: it)?(?: now)?|submit(?: it)?|i'?m done"
)
_HUMAN = "(?:人工|真人|活人|值班员|客服|工作人员)"
PERSON = re.compile(
    f"转接?到?人工|(?:我?要|想要?|找|请|叫|换|接)(?:一?[个位下])?{_HUMAN}(?=客服|服务|帮|说|聊|[吧啊呀]|\\W|$)|"
    "^人工(?:客服|服务)?\\W*$|(?:找|叫|换|让|来)(?:一?[个位])[真活]?人(?:来)?(?:帮|说|聊|接|问|跟)|跟[真活]人[说聊]|"
    "(?:talk|speak|put me through|connect me) to (?:an? |the )?(?:real )?"
    "(?:person|human|officer|someone)|"
    "(?:want|need|get me|give me|have) an? (?:real person|human|officer)|"
    "^an? (?:human|real person|officer)(?:,? please)?\\W*$",
    re.IGNORECASE,
)
ARE_YOU = re.compile("你(?:们)?是|are you|is this", re.IGNORECASE)  # a question, not a request
GUARDIAN = _whole(
    "(?:我?(?:家长|爸爸|妈妈|爸|妈|爷爷|奶奶|外婆|外公|监护人))+(?:都)?(?:同意|知道|说可以|答应)了?|"
    "my (?:mum|mom|dad|parents?|mother|father|guardian) (?:agrees?|knows?|said (?:yes|ok))"
)
_AGE = re.compile(
    r"(?:我|本人)(?:今年|才|刚|现在|只有)*\s*(\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:周?岁)|"
    r"\bi(?:'?m| am) (?:only |just )?(\d{1,2})(?: years? old\b|(?=\s*(?:and\b|[,.!;]|$)))",
    re.IGNORECASE,
)
_CHILD = 14
QUESTION = re.compile(
    r"(?:[?？吗嘛呢]|多久|多少|哪里|哪儿|怎么?样|咋样|[怎咋]么?办|什么)[。.！!]?$|^(?:怎么|为什么|为啥|干嘛|谁|多久|什么时候|能不能|可不可以|会不会|要不要|是不是)|"
    r"^(?:what|why|how|who|when|can|do|does|is|are|will|may)\b",
    re.IGNORECASE,
)
_WHY = re.compile(
    "(?:为什么|为啥|干嘛|干吗|凭什么)(?:要|还要|非要)?.{0,4}(?:问|填|知道|写|告诉)|(?:问|填|要)这个(?:干嘛|干什么|做什么|有什么用)|"
    "why (?:do|are|would) you (?:ask|need|want)|why is (?:this|that) (?:needed|asked)",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    "(?:我?(?:要|想|能)?(?:再)?(?:改|修改|更正|换)(?:一?下)?|change|correct)(?: the)?\\s*"
    "(?:(?P<resource>资源|课程?|哪个资源|resource)|(?P<places>位置|地方|时间|页码|place)|"
    "(?P<kind>类型|类别|种类|kind)|(?P<contact>联系方式|电话|邮箱|contact)|"
    "(?P<text>问题描述|描述|内容|说法|what is wrong|words))" + _END,
    re.IGNORECASE,
)
_NOT_BUT = re.compile(
    "(?:(?:刚才|前面|我)?(?:说|写|打|填|记)?错了?[,，。\\s]*)?(?:不是|不对[,，]?\\s*不是|not)\\s*"
    "(?P<old>[^,，。;；]{1,40}?)\\s*[,，。;；、]?\\s*"
    "(?:而是|应该是|应当是|是|but|it'?s|it is)\\s*(?P<new>.{1,80})",
    re.IGNORECASE,
)
_RATHER = re.compile(
    "^(?:(?:对不起|不好意思|哦|啊|等等|等一下)[,，。\\s]*)?"
    "(?:(?:我|刚才|前面|上面)*(?:说|写|打|填|记|看)错了?[,，。:：\\s]*(?:应该|其实)?是?|"
    "更正(?:一下)?[,，:：]?\\s*(?:是|为)?|"
    "(?:改成|改为|换成|应该是|应当是|其实是)|"
    "(?:sorry|actually|correction)[,:]?\\s*(?:it'?s|it is|i meant?|make it)?|i meant?)"
    "\\s*(?P<new>.{1,80})$",
    re.IGNORECASE,
)
_N = r"(\d{1,3}|[零〇一二两三四五六七八九十百]{1,5})"
_LESSON = re.compile(
    rf"第\s*{_N}\s*([课讲节章])|([Ll]esson|[Cc]hapter|[Uu]nit)\s+(\d{{1,3}})|第\s*{_N}\s*(单元)"
)
_UNIT = {"lesson": "课", "chapter": "章", "unit": "单元"}
_ORDINAL = re.compile(
    rf"(?:选|就)?第?\s*{_N}\s*(?:个|项|条|号|种)?{_END}|([a-h])[.)）]?", re.IGNORECASE
)
_REF = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,3}\d{3,8}(?![A-Za-z0-9])")


def plain(text: str) -> str:
    """Full-width forms made narrow, blanks at the ends gone."""
    return unicodedata.normalize("NFKC", text).strip()


def is_(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the words are this and nothing else."""
    return pattern.fullmatch(plain(text)) is not None


def asks_why(text: str) -> bool:
    """为什么要问这个."""
    return _WHY.search(plain(text)) is not None


def under_14(text: str) -> bool:
    """Whether the person says to be younger than fourteen (PIPL 31)."""
    found = _AGE.search(plain(text))
    if found is None:
        return False
    age = parse.number(found[1]) if found[1] else int(found[2])
    return age is not None and 0 < age < _CHILD


def wants_change(text: str) -> str | None:
    """The question whose answer the person wants to change (改位置)."""
    found = _CHANGE.fullmatch(plain(text))
    return found.lastgroup if found else None


@dataclass(frozen=True)
class Correction:
    """What is taken back (perhaps unsaid) and what shall stand instead."""

    old: str
    new: str


def correction(text: str) -> Correction | None:
    """不是第3课，是第5课 · 说错了，是12分50秒 · not page 3 but page 5."""
    said = plain(text)
    both = _NOT_BUT.search(said)
    if both:
        return Correction(both["old"], both["new"])
    rather = _RATHER.match(said)
    return Correction("", rather["new"]) if rather else None


def lesson(text: str) -> tuple[int, str] | None:
    """(3, 课) for 第三课 or lesson 3: a part of the resource's name, not a place in it."""
    found = _LESSON.search(plain(text))
    if found is None:
        return None
    if found[3]:
        return int(found[4]), _UNIT[found[3].lower()]
    value = parse.number(found[1] or found[5])
    return (value, found[2] or found[6]) if value else None


def digits(text: str) -> str:
    """第三课 as 第3课, so that both spellings compare."""
    return re.sub(
        rf"第\s*{_N}\s*(?=[课讲节章]|单元)",
        lambda found: f"第{parse.number(found[1])}",
        plain(text),
    )


def with_lesson(title: str, n: int, unit: str) -> tuple[str, ...]:
    """The title with its lesson replaced, in both spellings; empty when it names none."""
    found = re.search(rf"第\s*{_N}\s*{unit}", title)
    if found is None:
        return ()
    return tuple(f"{title[: found.start()]}第{x}{unit}{title[found.end() :]}" for x in (n, _han(n)))


def _han(n: int) -> str:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(n, 10)
    if n < 10:  # noqa: PLR2004 - one digit
        return digits[n]
    return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")


def ordinal(text: str, labels: Sequence[str]) -> int | None:
    """Which of the choices is meant: 第二个, 2, b, or its own words."""
    said = plain(text)
    for n, label in enumerate(labels):
        if said.casefold() == plain(label).casefold():
            return n
    found = _ORDINAL.fullmatch(said)
    if found is None:
        return None
    n = (parse.number(found[1]) or 0) - 1 if found[1] else ord(found[2].lower()) - ord("a")
    return n if 0 <= n < len(labels) else None


def refs(text: str) -> tuple[str, ...]:
    """What looks like a resource's number."""
    bare = text
    for url in parse.urls(text):
        bare = bare.replace(url, " ")
    return tuple(dict.fromkeys(found.upper() for found in _REF.findall(plain(bare))))
