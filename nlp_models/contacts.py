"""Telephone numbers, mail addresses, web addresses and resource numbers, as written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp_models.numerals import digits

Span = tuple[int, int]

_TOP = (
    "cn|com|net|org|edu|gov|example|io|co|cc|tv|me|info|biz|top|xyz|vip|app|site|club|shop|online"
    "|link|win|fun|live|pro|tech"
)
_URL = re.compile(
    r"(?<![a-z0-9])(?:(?:https?|ftp)://|www\.)[a-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,2000}"
    rf"|(?<![a-z0-9@.\-_/])(?:[a-z0-9-]{{1,63}}\.){{1,6}}(?:{_TOP})"
    r"(?![a-z0-9@-]|\.[a-z0-9])(?::\d{2,5})?(?:/[a-z0-9\-._~/?#=&%+:@!,;()]{0,2000})?"
)
# Full-width punctuation ends an address, though in plain spelling it could be part of one.
_ENDS_ADDRESS = frozenset(",;!?():")
_MAIL = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}"
)
_EXTENSION = r"(?:(?:\s?(?:转|ext\.?)\s?|-)\d{1,6})?"
_PHONE = re.compile(
    r"(?<![\d.\-a-z+])(?:(?:\+|00)?86[ -]?)?1[ -]?[3-9](?:[ -]?\d){9}(?![\da-z*])(?:转\d{1,4})?"
    r"|(?<![\d.\-a-z])1[3-9]\d\*{4}\d{4}(?!\d)"
    rf"|(?<![\d.\-a-z(])(?:(?:\+|00)86[ -]?\d{{2,3}}[ -]|\(0\d{{2,3}}\)"
    rf"|0\d{{2,3}})[ —–-]?\d{{3,4}}[ -]?\d{{4}}{_EXTENSION}(?!\d)"
    r"|(?<![\d.\-a-z])[48]00[ -]?(?:\d{3}[ -]?\d{4}|\d{4}[ -]?\d{3})(?!\d)"
    r"|(?:(?<=[话机线打])|(?<=[机话][: ]))[2-8]\d{2,3}-?\d{4}(?![\d.])"
    r"|[一幺] ?[三四五六七八九](?: ?[零〇一幺二两三四五六七八九]){9}"
    r"|\+(?!86)\d{1,3}(?:[ -]?\d{2,4}){2,4}(?!\d)"
)
_DIGIT = re.compile(r"\d")
_DIAL = re.compile(r"\d[\d \-—–)*]{4}|[一幺] ?[三四五六七八九]")
_NO_PHONE_BEFORE = re.compile(
    r"(?:(?:订?单|快递|流水|学|卡|群|课|证|资源|编|账|帐|税|考生|流水)号(?:是|为|:)?"
    r"|[编代]码(?:是|为|:)?|(?<![a-z])id"
    r"|(?<![a-z])qq号?|微信号?|验证码|no\.?)[是为:]?\s?$"
)
_LABEL = (
    r"(?:编号|编码|(?:资源|课程|课件|视频|课)(?:号|码|代码|标识)|(?<![a-z])id"
    r"|(?<![a-z])(?:resource|course|video|item) (?:number|code|no\.?|(?=#?\d{4}))"
    r"|资源\s?(?=#?\d{5}))"
)
_ID = re.compile(
    rf"{_LABEL}\s?(?:为|是|is "
    rf"|[:=#(\[【])?\s?[:\"“”]?(?P<named>(?:[一-鿿]{{1,4}}[-_])?[a-z0-9][a-z0-9_./-]{{1,40}})"
    r"|(?<![a-z0-9/_-])(?P<bare>(?:res|kc|zy|cl|kj|wk"
    r"|r(?=[-_]))[-_]?(?:\d{4}[-_])?\d{3,10}(?![a-z0-9_-])"
    r"|[a-z]{2,4}[-_](?:19|20)\d\d[-_]\d{3,6}(?![a-z0-9_-]))"
)
_NO_ID_BEFORE = re.compile(
    r"(?:投诉|工单|受理|回执|订单|快递|证|证件|学籍|学生|用户|账号|账户|个人|报名|准考证|学员"
    r"|公司|商品|主播|上传者|网友|博主|device|user"
    r"|order|ticket|my)(?:的)?\s?$"
)
_REPORT_NO = re.compile(r"举报$")


def urls(text: str, sent: str, starts: list[int]) -> Iterator[Span]:
    """Web addresses without the punctuation that ends the sentence."""
    if "." not in text and "://" not in text:
        return
    match = _URL.search(text)
    while match:
        start, end = match.span()
        for at in range(start + len("https:"), end):
            if text[at] in _ENDS_ADDRESS and sent[starts[at]] != text[at]:
                end = at
                break
        found = start + len(_trimmed(text[start:end]))
        # https:// alone names no place.
        if re.search(r"[a-z0-9]\.[a-z0-9]|//[a-z0-9]", text[start:found]):
            yield start, found
        match = _URL.search(text, end)


def _trimmed(text: str) -> str:
    while text and (
        text[-1] in ".,;:!?'" or (text[-1] in ")]" and text.count("(") < text.count(")"))
    ):
        text = text[:-1]
    return text


def mails(text: str) -> Iterator[Span]:
    """Mail addresses."""
    if "@" in text:
        for match in _MAIL.finditer(text):
            yield match.start(), match.start() + len(match.group().rstrip(".-"))


def phones(text: str) -> Iterator[Span]:
    """Numbers to call: mobile, landline with extension, 400, and read out in Chinese."""
    if not _DIAL.search(text):
        return
    for match in _PHONE.finditer(text):
        if not _NO_PHONE_BEFORE.search(text[max(0, match.start() - 8) : match.start()]):
            yield match.span()


def phone(run: str) -> str | None:
    """The digits of a folded run, without +86; `-` before an extension; None when masked."""
    if "*" in run:
        return None
    number, *extension = re.split(r"转|ext\.?|(?<=\d{7})-(?=\d{1,6}$)", run)
    plain = re.sub(r"\D", "", digits(number))
    if re.match(r"\+|0086|86(?=\D?1)", number):
        plain = re.sub(r"^(?:00)?86", "", plain)
        # Abroad a landline is dialled without the 0 of its area.
        plain = plain if re.fullmatch(r"1\d{10}", plain) else f"0{plain}"
    return "-".join([plain, *(part.strip() for part in extension)])


def ids(text: str) -> Iterator[Span]:
    """Numbers of resources, without 编号 or ID; numbers of tickets and orders are none."""
    if not _DIGIT.search(text):
        return
    for match in _ID.finditer(text):
        if match["bare"]:
            yield match.span("bare")
            continue
        start, end = match.span("named")
        before = text[max(0, match.start() - 6) : match.start()]
        end = start + len(text[start:end].rstrip("-_./"))
        run = text[start:end]
        if not any(char.isdecimal() for char in run) or _NO_ID_BEFORE.search(before):
            continue
        if _REPORT_NO.search(before) and not re.match(r"[\"”]?的", text[end : end + 2]):
            continue
        yield start, end
