"""`chuku classify`, `chuku train`, `chuku evaluate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

import click

from app import classifier
from app.classifier import page, workshop
from app.cli import beside
from app.core.settings import models_folder

_CHUNK = 1 << 16


def _parsed(raw: bytes) -> tuple[Any, str | None]:
    """The object on a line, and why it cannot be classified, if so."""
    given: Any = None
    try:
        given = json.loads(raw)
        if not isinstance(given, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004  (of the line, not of a type)
        if not isinstance(given.get("text"), str):
            raise ValueError("no string under “text”")  # noqa: TRY004  (the same)
    except (ValueError, RecursionError) as problem:
        return given, "not UTF-8 text" if isinstance(problem, UnicodeDecodeError) else str(problem)
    return given, None


def _chunks(source: BinaryIO) -> Iterator[list[bytes]]:
    """The whole lines that are there, again and again: a slow pipe is not waited for."""
    rest = b""
    while piece := cast("BufferedReader", source).read1(_CHUNK):
        *lines, rest = (rest + piece).split(b"\n")
        yield lines
    if rest:
        yield [rest]


def _answers(lines: list[bytes], first: int) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The output for each line in order, and the sentence for stderr when it is broken."""
    parsed = [_parsed(raw) for raw in lines]
    said = classifier.suggest_many(given["text"] for given, why in parsed if why is None)
    for number, (given, why) in enumerate(parsed, start=first):
        known = given.get("id") if isinstance(given, dict) else None
        if why is None:
            yield {"id": known, **next(said).as_dict()}, None
        else:
            yield {"id": known, "line": number, "error": why}, f"line {number}: {why}"


@click.command("classify")
@click.argument("source", type=click.File("rb"), default="-")
def classify(source: BinaryIO) -> None:
    """Read JSON Lines {"id", "text"}, write one JSON line of suggestion for each."""
    _here()
    broken = False
    number = 1
    for lines in _chunks(source):
        for answer, problem in _answers(lines, number):
            # A lone surrogate is legal in JSON and not in UTF-8: it goes out escaped.
            text = json.dumps(answer, ensure_ascii=False)
            sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
            if problem:
                broken = True
                click.echo(problem, err=True)
        number += len(lines)
        sys.stdout.flush()
    if broken:
        sys.exit(1)


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _here() -> None:
    """Know the versions trained on this site; no application is needed for that."""
    classifier.use(models_folder())


def _cannot_read(file: Path | None, problem: Exception) -> click.ClickException:
    return click.ClickException(f"{file}: cannot be read as labelled JSON Lines: {problem}")


@click.command("train")
@click.option("--with", "added", multiple=True, type=_FILE, help="Further rows, JSON Lines.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of versions; default: the site's.",
)
@click.option("--ship", is_flag=True, help="Make it the one version that the repository carries.")
@click.option("--likeness", is_flag=True, help="Instead, what joins complaints of one problem.")
def train(added: tuple[Path, ...], folder: Path | None, *, ship: bool, likeness: bool) -> None:
    """Train the classifier into a candidate version; `chuku model install` puts it in service."""
    if likeness:
        made = workshop.train_likeness(say=lambda text: click.echo(text, err=True))
        click.echo("  ".join(f"{name} {value}" for name, value in made.items()))
        return
    if ship and (added or folder):
        raise click.UsageError("What is shipped is trained from the committed corpus alone.")
    try:
        card = workshop.train(
            folder or models_folder(), added, lambda text: click.echo(text, err=True), ship=ship
        )
    except (ValueError, KeyError) as problem:
        raise _cannot_read(Path(", ".join(map(str, added))), problem) from None
    click.echo(f"{card['name']}@{card['version']} threshold {card['threshold']}")


@click.command("evaluate")
@click.argument("file", type=_FILE, required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option(
    "--split", default="test", show_default=True, help="Part of the corpus, without FILE."
)
@click.option("--model", "version", help="Another version than the one in service.")
@click.option("--candidate", help="Compare the version in service with this one.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page on the parts nobody trained on, or on FILE.",
)
@click.option("--slots", "of", flag_value="slots", help="Instead, how slots are cut.")
@click.option("--likeness", "of", flag_value="likeness", help="Instead, how complaints join.")
@click.option("--risk", "of", flag_value="risk", help="Instead, how danger to people is seen.")
def evaluate(
    file: Path | None,
    *,
    of: str | None,
    as_json: bool,
    split: str,
    version: str | None,
    candidate: str | None,
    report: Path | None,
) -> None:
    """Measure the model in service on FILE (JSON Lines) or on a part of the corpus."""
    _here()
    try:
        if of:
            click.echo(beside.measure(of, file, split, as_json=as_json))
            return
        if report:
            report.write_text(page.render(workshop.report(file, version)), encoding="utf-8")
            click.echo(f"report written to {report}")
            return
        if candidate:
            result = workshop.compare(candidate, file)
        else:
            result = workshop.evaluate(file, split, version)
    except workshop.RefusedError as refused:
        raise click.ClickException(str(refused)) from None
    except (ValueError, KeyError) as problem:
        raise _cannot_read(file, problem) from None
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    elif candidate:
        _print_compared(result)
    else:
        _print_figures(result)


def _print_figures(result: dict[str, Any]) -> None:
    click.echo(f"{result['model']} on {result['rows']} rows")
    for key, value in result.items():
        if not isinstance(value, dict | list):
            click.echo(f"  {key}: {value}")
    cut = result["deletion"]
    if cut["texts"]:
        click.echo(
            f"  without its cues the decision falls in {cut['falls']:.1%} of {cut['texts']} texts "
            f"(kind flips {cut['flips']:.1%}; goal {cut['goal']:.0%}); "
            f"by random deletion of the same length {cut['falls_by_chance']:.1%}"
        )
    for kind, item in result["by_kind"].items():
        figures = "  ".join(f"{name} {number:.3f}" for name, number in item.items() if name != "n")
        click.echo(f"  {kind:16} n {item['n']:4.0f}  {figures}")


def _print_compared(result: dict[str, Any]) -> None:
    """Both versions, figure by figure; what a version is refused on stands in `fixed`."""
    click.echo(f"in service {result['live']}, candidate {result['candidate']}")
    for name, both in result["sets"].items():
        live, candidate = both["live"], both["candidate"]
        click.echo(f"{name}, {live['rows']} rows{'':12} n  in service  candidate")
        for label, key, of in _COMPARED:
            _print_pair(label, live[of], live[key], candidate[key])
        for kind, item in live["by_kind"].items():
            if item["n"]:
                other = candidate["by_kind"][kind]["f1"]
                _print_pair(f"F1 {kind}", item["n"], item["f1"], other)
    for why in result["objections"]:
        click.echo(f"not to be installed: {why}")


_COMPARED = (
    ("severe recall", "severe_recall", "severe"),
    ("severe precision", "severe_precision", "rows"),
    ("would_hold precision", "would_hold_precision", "would_hold"),
    ("hard negatives held", "hard_negatives_held", "hard_negatives"),
    ("abstained", "abstained", "rows"),
    ("calibration error", "ece", "rows"),
)


def _print_pair(label: str, n: float, live: float | None, candidate: float | None) -> None:
    shown = [
        f"{number:10.3f}"
        if isinstance(number, float)
        else f"{'-' if number is None else number:>10}"
        for number in (live, candidate)
    ]
    click.echo(f"  {label:24} {n:5.0f}  {'  '.join(shown)}")


COMMANDS = (classify, train, evaluate)
