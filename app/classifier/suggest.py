"""What a complaint seems to say. A suggestion explains itself and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.core.log import Log

if TYPE_CHECKING:
    from nlp_models.pipeline import Pipeline, Reading
    from nlp_models.versions import Versions

_log = Log(__name__)
_site: Path | None = None
_broken: set[tuple[Path, int]] = set()
_Item = TypeVar("_Item")
# Texts scored together; more gains nothing and holds the first answer back.
BATCH = 64

# Six places are more than the calibration can bear out, and keep JSON lines short.
_PLACES = 4


@dataclass(frozen=True, slots=True)
class KindScore:
    """A kind of page 1 and how likely it is."""

    kind: str
    score: float


@dataclass(frozen=True, slots=True)
class Cue:
    """A run of the text as sent (code points) that moved the score."""

    text: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The fields of design 3.5 but `id`."""

    lang: str
    category: str
    kind: str
    kinds: tuple[KindScore, ...]
    severe: bool
    severe_score: float
    confidence: float
    abstain: bool
    cues: tuple[Cue, ...]
    would_hold: bool
    slots: dict[str, Any]
    values: dict[str, Any]
    risk: str | None
    model: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        # By hand: dataclasses.asdict copies deeply, a sixth of the time of a batch.
        plain: dict[str, Any] = {name: getattr(self, name) for name in _FIELDS}
        plain["kinds"] = [{"kind": item.kind, "score": item.score} for item in self.kinds]
        plain["cues"] = [
            {"text": cue.text, "start": cue.start, "end": cue.end, "kind": cue.kind}
            for cue in self.cues
        ]
        return plain


_FIELDS = tuple(item.name for item in fields(Suggestion))


def use(site: Path | None) -> None:
    """Look for versions trained on site in this folder; None: only the shipped one is known."""
    global _site  # noqa: PLW0603 - one folder per process, as settings say
    _site = site


def versions() -> Versions:
    """The versions there are, for who manages them."""
    from nlp_models.versions import Versions  # noqa: PLC0415  (spaCy late)

    return Versions(_site)


def _pipeline() -> Pipeline:
    """The version in service now: a changed pointer is noticed here, before the next batch."""
    known = versions()
    folder, shipped = known.serving(), known.shipped()
    wanted = (folder, _written(folder))
    if folder != shipped and wanted not in _broken:
        try:
            return _loaded(*wanted)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the shipped one serves
            _log.error("classifier.version_broken", exc_info=True, version=folder.name)
            _broken.add(wanted)
    return _loaded(shipped, _written(shipped))


# Two: the one in service and the one that reads along, or served before.
@lru_cache(maxsize=2)
def _loaded(folder: Path, written: int) -> Pipeline:
    # Imported late: spaCy costs a second and 60 MB, which only a process that classifies pays.
    from nlp_models.lean import without_spacy_cli  # noqa: PLC0415  (spaCy late)

    with without_spacy_cli():
        from nlp_models.pipeline import Pipeline  # noqa: PLC0415  (spaCy late)
    return Pipeline.load(folder)


def _written(folder: Path) -> int:
    """When the version was written: trained anew under its name, it is loaded anew."""
    return (folder / "card.json").stat().st_mtime_ns


def load() -> str:
    """Load the model now and say its name; for workers, before the first complaint comes."""
    pipeline = _pipeline()
    # Word lists and tables are read at the first text: let that be this one.
    pipeline.read("视频没有声音")
    return pipeline.card.model


def model_name() -> str:
    """`name@version` of the model in service, from its card, without loading the weights."""
    known = versions()
    return known.get(known.serving().name).card.model


def threshold(model: str | None = None) -> float | None:
    """The score from which a hold may be placed by machine; None: from no score.

    Of the version that made a reading, if it is named: another may be in service by now. One
    that is not there any more grants nothing.
    """
    from nlp_models.versions import VersionError  # noqa: PLC0415  (spaCy late)

    known = versions()
    try:
        named = model if model and "@" in model else known.serving().name
        return known.get(named).card.threshold
    except VersionError:
        return None


def shadow_name() -> str | None:
    """The version that reads along, if one does."""
    folder = versions().shadow()
    return folder.name if folder else None


def shadow(text: str) -> Suggestion | None:
    """What the candidate that reads along says of a text; None when none does."""
    folder = versions().shadow()
    if folder is None:
        return None
    pipeline = _loaded(folder, _written(folder))
    return _suggestion(pipeline.read(text), pipeline.card.model)


def suggest(text: str) -> Suggestion:
    """The suggestion for one text of any length or content; never raises for a text."""
    return next(suggest_many([text]))


def suggest_many(texts: Iterable[str]) -> Iterator[Suggestion]:
    """One suggestion per text, in order; read in batches, so up to a batch is drawn ahead."""
    for batch in batched(texts):
        pipeline = _pipeline()
        for reading in pipeline.read_many(batch):
            yield _suggestion(reading, pipeline.card.model)


def batched(items: Iterable[_Item], size: int = BATCH) -> Iterator[list[_Item]]:
    """Lists of up to `size` items, in order."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def _suggestion(reading: Reading, model: str) -> Suggestion:
    made = reading.decision
    return Suggestion(
        lang=reading.lang,
        category=reading.category,
        kind=made.kind,
        kinds=tuple(KindScore(kind, round(score, _PLACES)) for kind, score in made.kinds),
        severe=made.severe,
        severe_score=round(made.severe_score, _PLACES),
        confidence=round(made.confidence, _PLACES),
        abstain=made.abstain,
        cues=tuple(Cue(cue.text, cue.start, cue.end, cue.kind) for cue in reading.cues),
        would_hold=made.would_hold,
        slots=dict(reading.slots.found),
        values=dict(reading.slots.values),
        risk=reading.risk,
        model=model,
    )
