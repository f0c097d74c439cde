"""Which language a complaint is written in, as far as routing needs to know."""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ebef]")
_LATIN = re.compile(r"[A-Za-z]")
_KANA_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_URL = re.compile(r"(?:https?://|www\.)[\x21-\x7e]+")


def language(text: str) -> str:
    """`zh`, `en` or `other`; a Chinese sentence with English words in it is Chinese."""
    plain = _URL.sub(" ", text)
    han = len(_HAN.findall(plain))
    latin = len(_LATIN.findall(plain))
    kana = len(_KANA_HANGUL.findall(plain))
    letters = sum(1 for char in plain if char.isalpha())
    if not letters or kana > han:
        return "other"
    if han and han * 6 >= latin:
        return "zh"
    return "en" if latin * 2 >= letters else "other"
