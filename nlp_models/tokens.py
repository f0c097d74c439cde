"""From a complaint to the tokens the model counts: characters, words; lists and senses met."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from nlp_models import lexicon, scope
from nlp_models.normalise import View, normalise
from nlp_models.senses import senses

# Whole tokens for URLs, times and numbers (their values mean nothing to the model), one token per
# Han character. URLs stop at the first character RFC 3986 does not know: Chinese is glued to them.
_TOKEN = re.compile(
    r"(?P<url>https?://[a-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+|www\.[a-z0-9\-._~:/?#@&=%]+)"
    r"|(?P<mail>[a-z0-9._%+-]+@[a-z0-9.-]+)"
    r"|(?P<time>\d{1,2}:\d{2}(?::\d{2})?|\d+分\d+秒|\d+分钟|\d+秒)"
    r"|(?P<phone>1[3-9]\d{9})"
    r"|(?P<year>(?:19|20)\d{2}(?!\d))"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<word>[a-z]+(?:'[a-z]+)?)"
    r"|(?P<char>\S)",
    re.DOTALL,
)
_CLAUSE_ENDS = frozenset(",.;:!?，。；：！？、")
_VALUE_FREE = ("url", "mail", "time", "phone", "year", "number")
# The lists whose matter is grave whatever its kind: what one teaches, the others share.
_GRAVE = frozenset(
    {
        "legal.pornography",
        "legal.gambling",
        "legal.fraud",
        "legal.violence_terror",
        "legal.drugs",
        "legal.weapons",
        "legal.cult",
        "legal.malware",
        "legal.minors",
        "political.map",
        "political.heroes",
        "political.nihilism",
        "political.separatism",
        "political.secrets",
    }
)
# Lists that bear out a grave claim: without one of them no machine holds, whatever the score.
_WITNESSES = _GRAVE | {
    "legal.exam_sale",
    "legal.privacy",
    "political.symbols",
}


def _hits(view: View, topic: bytearray, denied: bytearray) -> list[tuple[str, tuple[int, int]]]:
    """Senses and officers' lists that were met, with the run of the sent text each stands on."""
    found: list[tuple[str, tuple[int, int]]] = []
    for hit in lexicon.cues().hits(view.text):
        if denied[hit.start] or denied[hit.end - 1]:
            name = f"@denied:{hit.name.partition('.')[0]}"
        elif topic[hit.start]:
            name = f"@topic:{hit.name}"
        else:
            name = f"@{hit.name}"
            if hit.name in _GRAVE:
                found.append(
                    (f"@grave:{hit.name.partition('.')[0]}", view.origin(hit.start, hit.end))
                )
        found.append((name, view.origin(hit.start, hit.end)))
    # What a topic or a denial means is no evidence, and no counter-evidence either.
    found += [
        (f"#{hit.name}", view.origin(hit.start, hit.end))
        for hit in senses().hits(view.text)
        if not (topic[hit.start] or denied[hit.start])
    ]
    return found


def _clauses(text: str) -> Iterator[list[re.Match[str]]]:
    clause: list[re.Match[str]] = []
    for match in _TOKEN.finditer(text):
        clause.append(match)
        if match.group() in _CLAUSE_ENDS:
            yield clause
            clause = []
    yield clause


class ComplaintTokenizer:
    """Makes the Doc the model reads: `words`, `hits`, and `origin` back to the text as sent."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        view = normalise(text)
        topic = scope.mask(len(view.text), scope.topics(view.text))
        denied = scope.mask(len(view.text), scope.denied(view.text))
        words: list[str] = []
        origin: list[tuple[int, int]] = []
        seen: set[tuple[str, ...]] = set()
        for clause in _clauses(view.text):
            said: list[str] = []
            for match in clause:
                at, kind = match.start(), match.lastgroup
                word = f"<{kind}>" if kind in _VALUE_FREE else match.group()
                # A topic or a denial is another word than the same characters as a complaint.
                mark = "¬" if denied[at] else "《" if topic[at] else ""
                said.append(mark + word)
            # Said a hundred times is said once: repetition must not drown the rest.
            if tuple(said) not in seen:
                seen.add(tuple(said))
                words += said
                origin += [view.origin(*match.span()) for match in clause]
        # What is counted stands beside the doc: spaCy would keep every word people wrote for ever.
        doc = Doc(self.vocab, words=["<complaint>"])
        hits = _hits(view, topic, denied)
        doc.user_data["words"] = words or ["<empty>"]
        doc.user_data["origin"] = origin or [(0, 0)]
        doc.user_data["hits"] = hits
        doc.user_data["listed"] = any(name[1:] in _WITNESSES for name, _ in hits)
        return doc

    # The tokenizer has no weights of its own; spaCy asks for these when it saves and loads.
    def to_bytes(self, **_: Any) -> bytes:
        """Nothing to keep."""
        return b""

    def from_bytes(self, _: bytes, **__: Any) -> ComplaintTokenizer:
        """Nothing to restore."""
        return self

    def to_disk(self, _: Any, **__: Any) -> None:
        """Nothing to write."""

    def from_disk(self, _: Any, **__: Any) -> ComplaintTokenizer:
        """Nothing to read."""
        return self


@registry.tokenizers("chuku.complaint_tokens.v1")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Any:
    """The factory named in config.cfg."""

    def build(nlp: Language) -> ComplaintTokenizer:
        return ComplaintTokenizer(nlp.vocab)

    return build
