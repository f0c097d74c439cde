"""Training, measuring and choosing versions: what the commands need, loaded when asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.classifier.suggest import versions

if TYPE_CHECKING:
    from nlp_models.versions import Version


class RefusedError(Exception):
    """A version that may not be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One version as `chuku model list` shows it."""

    version: str
    role: str  # serving | shadow | before | ""
    shipped: bool
    usable: bool
    rows: int
    added: int
    threshold: float | None
    fixed: dict[str, Any]


def train(
    folder: Path, added: Sequence[Path], say: Callable[[str], None], *, ship: bool = False
) -> dict[str, Any]:
    """Train into the folder; the card as plain values. `ship` trains what the product carries."""
    from nlp_models.card import TRAINED  # noqa: PLC0415  (spaCy late)
    from nlp_models.train import train as run  # noqa: PLC0415  (spaCy late)

    card = run(TRAINED if ship else folder, added, say)
    if ship:
        versions().ship(card.version)
    return asdict(card)


def evaluate(file: Path | None, split: str, version: str | None = None) -> dict[str, Any]:
    """Figures of a version (default: in service) on a labelled file or a part of the corpus."""
    from nlp_models.evaluate import evaluate as run  # noqa: PLC0415  (spaCy late)

    return run(file, split, folder(version))


def evaluate_slots(file: Path | None, split: str) -> dict[str, Any]:
    """Exact match of slots with the golden texts; needs no model."""
    from nlp_models.measure_slots import evaluate as run  # noqa: PLC0415  (as above)

    return run(file, split)


def train_likeness(say: Callable[[str], None]) -> dict[str, Any]:
    """Fit what joins complaints of one problem, measure it and write LIKENESS.md."""
    from nlp_models.likeness import compare, fit, report  # noqa: PLC0415  (numpy late)

    made = fit.fit(say)
    compare.weights.cache_clear()
    text = report.render([report.evaluate("dev"), report.evaluate("test")])
    report.REPORT.write_text(text, encoding="utf-8")
    return made


def evaluate_likeness(split: str) -> tuple[dict[str, Any], str]:
    """Figures and curve of a part, as plain values and as text.

    Raises:
        ValueError: the corpus has no such part.
    """
    from nlp_models.likeness import report  # noqa: PLC0415  (numpy late)

    result = report.evaluate(split)
    return result, report.render([result])


def compare(candidate: str, file: Path | None = None) -> dict[str, Any]:
    """The version in service and a candidate on the fixed parts, and why it may not serve."""
    from nlp_models.evaluate import compare as run  # noqa: PLC0415  (spaCy late)

    return run(versions().serving(), folder(candidate), file)


def report(file: Path | None, version: str | None = None) -> dict[str, Any]:
    """What the report page shows."""
    from nlp_models.report import report as run  # noqa: PLC0415  (spaCy late)

    return run(folder(version), file)


def folder(version: str | None) -> Path:
    """Where a version is (default: the one in service).

    Raises:
        RefusedError: it is not there, or was made for other rules of reading.
    """
    return _usable(version).folder if version else versions().serving()


def _serving() -> Path | None:
    """The folder of the version in service; None before there is any."""
    from nlp_models.versions import VersionError  # noqa: PLC0415  (spaCy late)

    try:
        return versions().serving()
    except VersionError:
        return None


def _usable(version: str) -> Version:
    from nlp_models.versions import VersionError  # noqa: PLC0415  (spaCy late)

    try:
        return versions().usable(version)
    except VersionError as error:
        raise RefusedError(str(error)) from None


def listing() -> list[Listed]:
    """Every version that is there, and which does what."""
    known = versions()
    before, shadow, serving = known.before(), known.shadow(), _serving()
    roles: dict[Path | None, str] = {before.folder if before else None: "before"}
    roles |= {shadow: "shadow", serving: "serving"}
    return [
        Listed(
            version=item.card.version,
            role=roles.get(item.folder, ""),
            shipped=item.shipped,
            usable=item.usable,
            rows=item.card.rows,
            added=sum(int(part["rows"]) for part in item.card.added),
            threshold=item.card.threshold,
            fixed=item.card.figures.get("test") or {},
        )
        for item in known.all()
    ]


def check_install(version: str) -> str:
    """The name of the version, if it may take the place of the one in service.

    Raises:
        RefusedError: it is worse; the sentence names the figure.
    """
    chosen = _usable(version)
    serving = _serving()
    if chosen.folder == serving:
        raise RefusedError(f"{chosen.card.version} is in service already")
    if serving and (why := compare(version)["objections"]):
        raise RefusedError(f"{chosen.card.version} is worse: {'; '.join(why)}")
    return chosen.card.version


def rolls_back_to() -> str:
    """The version that a rollback would bring back.

    Raises:
        RefusedError: nothing was in service before.
    """
    before = versions().before()
    if before is None:
        raise RefusedError("nothing was in service before this version")
    return before.card.version


def check_shadow(version: str) -> str:
    """The name of a candidate that loads and is not the one in service.

    Raises:
        RefusedError: it cannot read along.
    """
    from nlp_models.pipeline import Pipeline  # noqa: PLC0415  (spaCy late)

    chosen = _usable(version)
    if chosen.folder == versions().serving():
        raise RefusedError(f"{chosen.card.version} is in service; it has nothing to differ from")
    Pipeline.load(chosen.folder)
    return chosen.card.version
