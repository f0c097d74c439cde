"""A plain backtracking matcher that counts its steps, so that a test can speak of growth, not of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as c
from re import _parser
from typing import Any

LOOKS = (c.ASSERT, c.ASSERT_NOT)


class Stepper:
    """Finds what `re` finds, one character and one choice at a time."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.nodes = list(_parser.parse(pattern.pattern, pattern.flags))
        self.text = ""
        self.steps = 0

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The spans of `finditer`; `steps` grows by what they cost."""
        self.text = text
        out: list[tuple[int, int]] = []
        at = 0
        while at <= len(text):
            end = next(self._run(self.nodes, at), None)
            if end is None:
                at += 1
            else:
                out.append((at, end))
                at = end if end > at else at + 1
        return out

    def _run(self, nodes: list[Any], at: int) -> Iterator[int]:
        if not nodes:
            yield at
            return
        (op, given), rest = nodes[0], nodes[1:]
        self.steps += 1
        if op in (c.MAX_REPEAT, c.MIN_REPEAT):
            yield from self._repeat(op is c.MAX_REPEAT, *given, rest, at)
        elif op is c.BRANCH:
            for branch in given[1]:
                yield from self._run([*branch, *rest], at)
        elif op is c.SUBPATTERN:
            yield from self._run([*given[3], *rest], at)
        elif op in LOOKS:
            direction, inner = given
            from_ = at if direction > 0 else at - inner.getwidth()[0]
            hit = from_ >= 0 and next(self._run(list(inner), from_), None) is not None
            if hit == (op is c.ASSERT):
                yield from self._run(rest, at)
        elif op is c.AT:
            if self._stands(given, at):
                yield from self._run(rest, at)
        elif at < len(self.text) and self._takes(op, given, self.text[at]):
            yield from self._run(rest, at + 1)

    def _repeat(
        self, greedy: bool, low: int, high: int, inner: Any, rest: list[Any], at: int
    ) -> Iterator[int]:
        if low == 0 and not greedy:
            yield from self._run(rest, at)
        if high:
            more = (c.MAX_REPEAT if greedy else c.MIN_REPEAT, (max(low - 1, 0), high - 1, inner))
            for end in self._run(list(inner), at):
                if end > at:
                    yield from self._run([more, *rest], end)
        if low == 0 and greedy:
            yield from self._run(rest, at)

    def _stands(self, where: Any, at: int) -> bool:
        if where in (c.AT_BEGINNING, c.AT_BEGINNING_STRING):
            return at == 0
        if where is c.AT_END:
            return at == len(self.text) or self.text[at:] == "\n"
        left = at > 0 and _word(self.text[at - 1])
        right = at < len(self.text) and _word(self.text[at])
        return (left != right) == (where is c.AT_BOUNDARY)

    def _takes(self, op: Any, given: Any, char: str) -> bool:
        if op is c.LITERAL:
            return ord(char) == given
        if op is c.NOT_LITERAL:
            return ord(char) != given
        if op is c.ANY:
            return char != "\n"
        if op is c.RANGE:
            return given[0] <= ord(char) <= given[1]
        if op is c.CATEGORY:
            return re.match(_CATEGORIES[given], char) is not None
        assert op is c.IN, op
        items = list(given)
        turned = items[0][0] is c.NEGATE
        return turned != any(self._takes(o, g, char) for o, g in items if o is not c.NEGATE)


_CATEGORIES = {
    c.CATEGORY_DIGIT: r"\d",
    c.CATEGORY_NOT_DIGIT: r"\D",
    c.CATEGORY_SPACE: r"\s",
    c.CATEGORY_NOT_SPACE: r"\S",
    c.CATEGORY_WORD: r"\w",
}


def _word(char: str) -> bool:
    return re.match(r"\w", char) is not None
