"""What the catalogue and the classifier know about a turn: written into it before it is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import queries as catalogue
from app.classifier import beside
from app.core import web
from app.core.errors import NotFoundError
from app.intake import bot, cues, parse
from app.norm.errors import NormError
from app.norm.kinds import routing_kind_of

_FOUND = 5
_WORDS = 100  # of a text that are compared with titles


def turn(session: Session, talk: bot.Talk, *, text: str, option: str) -> bot.Turn:
    """The person's turn with what is known about it."""
    if option:
        return {"option": option}
    made: bot.Turn = {"text": text}
    if bot.needs_lookup(talk, text):
        made.update(_resource(session, talk, text))
    return made


def kinds(text: str) -> list[list[Any]]:
    """The kinds that the classifier proposes, best first; empty when it does not answer."""
    best: dict[str, float] = {}
    for kind, score in beside.propose(web.settings().folder, text):
        try:
            routing = routing_kind_of(kind)
        except NormError:
            continue
        best[routing] = max(best.get(routing, 0.0), score)
    return [[kind, score] for kind, score in sorted(best.items(), key=lambda one: -one[1])]


def _resource(session: Session, talk: bot.Talk, text: str) -> dict[str, Any]:
    strict = _strict(session, text)
    if strict:
        return strict
    corrected = cues.correction(text)
    if corrected is not None and "resource" in talk.answers:
        return _other_lesson(session, talk, corrected.new) or _titled(session, corrected.new)
    asked = talk.asking == "resource"
    wanted = bot.titles(text) or ((text,) if asked else ())
    cards = [c for title in wanted for c in catalogue.search(session, title[:_WORDS], limit=_FOUND)]
    if not wanted:
        cards = _named_in(session, text)
    return _candidates(cards)


def _strict(session: Session, text: str) -> dict[str, Any] | None:
    """An address of the catalogue, or a resource's own number."""
    for url in parse.urls(text):
        hit = catalogue.by_url(session, url)
        if hit is not None:
            found = catalogue.resource(session, hit.resource_id)
            return {"tied": [found.ref, found.title], "url": url}
    numbered = {}
    for ref in cues.refs(text):
        try:
            card = catalogue.card(session, ref)
        except NotFoundError:
            continue
        numbered[card.ref] = card.title
    if len(numbered) == 1:
        return {"tied": list(next(iter(numbered.items())))}
    return None


def _other_lesson(session: Session, talk: bot.Talk, words: str) -> dict[str, Any]:
    """第5课 instead of 第3课: the one resource whose title differs in nothing else."""
    wanted = cues.lesson(words)
    title = str(talk.answers["resource"].get("title", ""))
    if wanted is None or not title:
        return {}
    same = [
        card
        for other in cues.with_lesson(title, *wanted)
        for card in catalogue.search(session, other[:_WORDS], limit=_FOUND)
        if card.title == other
    ]
    return {"tied": [same[0].ref, same[0].title]} if len(same) == 1 else _candidates(same)


def _titled(session: Session, words: str) -> dict[str, Any]:
    cards = [c for t in bot.titles(words) for c in catalogue.search(session, t, limit=_FOUND)]
    return _candidates(cards)


def _named_in(session: Session, text: str) -> list[Any]:
    """Resources whose whole title stands in the story; they are only offered."""
    said = _bare(text)
    cards = catalogue.search(session, text[:_WORDS], limit=20)
    return [card for card in cards if _bare(card.title) in said]


def _bare(text: str) -> str:
    return "".join(c for c in cues.digits(text).casefold() if c.isalnum())


def _candidates(cards: list[Any]) -> dict[str, Any]:
    found = {card.ref: card.title for card in cards}
    return {"found": [[ref, title] for ref, title in list(found.items())[:_FOUND]]}
