"""By which few pieces a fingerprint is found again, and when two are copies. Pure."""

from __future__ import annotations

import json

from nlp_models.likeness.compare import weights
from nlp_models.likeness.fingerprint import Fingerprint, hashed

# The rarest pieces say most; more of them find little more and cost a look each.
_GRAMS, _CHARS, _MEANINGS, _SENSES = 14, 6, 8, 10
# A brigade changes a word or two: what shares so much of its pieces is one text.
_COPY = 0.75


def terms(print_: Fingerprint) -> list[int]:
    """The rarest pieces, and the whole as one piece: an equal text is found by that alone."""
    rarity = weights().rarity
    whole = hashed("whole", json.dumps(print_.as_dict(), sort_keys=True))
    grams = sorted(print_.grams, key=lambda piece: (-rarity(piece), piece))[:_GRAMS]
    chars = sorted(print_.chars, key=lambda piece: (-rarity(piece), piece))[:_CHARS]
    meanings = sorted(print_.glosses, key=lambda piece: (-rarity(piece), piece))[:_MEANINGS]
    names = sorted(print_.senses, key=lambda name: (-rarity(name), name))[:_SENSES]
    return [whole, *grams, *chars, *meanings, *(hashed("z", name) for name in names)]


def copies(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether one text is the other with a word or two changed; places and numbers must agree."""
    if a == b:
        return True
    if a.lang != b.lang or a.places != b.places or a.numbers != b.numbers:
        return False
    every = len(a.grams | b.grams)
    return bool(every) and len(a.grams & b.grams) / every >= _COPY
