"""The masked working copy: what officers and the classifier read instead of the original. Pure.

Numbers that identify people, mail and messenger names, and named persons are blanked; what the
complaint says is kept. Characters that could hide or reorder text are removed.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马胡朱郭何罗高林郑梁谢唐许冯宋韩邓彭曹曾田萧潘袁蔡蒋余于杜叶程魏苏"
    "吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万"
    "覃武钱戴严莫孔向常汤"
)
_TITLE = "老师|同学|校长|主任|先生|女士|教授|院长|书记|家长"
# 「高中老师」「数学老师」「金属老师」 are not people's names.
_NOT_NAMES = re.compile(
    "^(?:高[一二三中考]|初[一二三中]|[小中大]学|金[属融]|方[程法向]|石[油头]|白[天色]|常[见用规]|"
    "江[南北]|马[上克]|任[课何务]|向[量您]|武[术汉]|程序|夏[天令]|于是|何[时种]|万[一物]|史[地学])"
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![A-Za-z0-9])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), "〔邮箱〕"),
    (re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx](?!\d)"), "〔证件号〕"),
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), "〔电话〕"),
    (re.compile(r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)"), "〔电话〕"),
    (re.compile(r"(?<!\d)\d{16,19}(?!\d)"), "〔卡号〕"),
    (
        re.compile(r"((?:QQ|qq|微信号?|[Ww]e[Cc]hat|[Vv][Xx])\s*(?:号|是|为)?\s*[::：]?\s*)[A-Za-z0-9_-]{5,20}"),
        r"\1〔账号〕",
    ),
    (
        re.compile(r"((?:我叫|我是叫|姓名(?:是|为)?\s*[::：]?|名叫|叫做)\s*)[一-鿿]{2,4}(?=[,，。;；、\s]|$)"),
        r"\1〔姓名〕",
    ),
    (
        re.compile(r"((?:[Mm]y name is|[Ii] am called)\s+)[A-Z][\w'-]+(?:\s[A-Z][\w'-]+)?"),
        r"\1[name]",
    ),
)  # fmt: skip
_NAME = f"([{_SURNAMES}][一-鿿]{{0,2}})({_TITLE})"
_PERSON = re.compile(f"(?<![一-鿿]){_NAME}|(?<=[是找问被让跟和与由给]){_NAME}")


def _person(match: re.Match[str]) -> str:
    name, title = (match[1], match[2]) if match[1] else (match[3], match[4])
    return match[0] if _NOT_NAMES.match(name + title) else f"〔姓名〕{title}"


def clean(text: str) -> str:
    """The text without characters that hide or reorder what is seen."""
    return _CONTROL.sub("", _HIDDEN.sub("", text))


def mask(text: str) -> str:
    """The working copy of a complaint's words."""
    masked = unicodedata.normalize("NFC", clean(text))
    for pattern, instead in _RULES:
        masked = pattern.sub(instead, masked)
    return _PERSON.sub(_person, masked)


def finds(text: str) -> bool:
    """Whether masking would blank anything: said on check-answers before sending."""
    return mask(text) != unicodedata.normalize("NFC", clean(text))
