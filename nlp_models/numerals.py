"""Chinese, Arabic and English numerals as people write them in places and times."""

from __future__ import annotations

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
_DIGITS |= {"两": 2, "〇": 0, "幺": 1}
_UNITS = {"十": 10, "百": 100}
_ONES = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_NTHS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
_TENS = {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "ninety": 90}
_WORDS = _TENS | {
    word: value for words in (_ONES, _NTHS) for value, word in enumerate(words.split("|"), start=1)
}
HAN = "零〇一二两三四五六七八九十百"
NUMBER = rf"(?:\d{{1,4}}|[{HAN}]{{1,6}})"
CARDINAL = "|".join([*_TENS, _ONES])
ORDINAL = _NTHS + r"|\d{1,3}(?:st|nd|rd|th)"


def number(text: str) -> int | None:
    """The value of `12`, `十二`, `一百零三`, `二三` (read out digit by digit), `third`, or None."""
    if text.isdecimal():
        return int(text)
    if text in _WORDS:
        return _WORDS[text]
    if text[:-2].isdecimal():
        return int(text[:-2])
    if not text or any(char not in _DIGITS and char not in _UNITS for char in text):
        return None
    if not any(char in _UNITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total = 0
    digit: int | None = None
    for char in text:
        if char in _UNITS:
            total += (1 if digit is None or (digit == 0 and total == 0) else digit) * _UNITS[char]
            digit = None
        else:
            digit = _DIGITS[char]
    return total + (digit or 0)


def digits(text: str) -> str:
    """Digits read out one by one, as in a telephone number: 一三八 is 138."""
    return "".join(str(_DIGITS.get(char, char)) for char in text)
