"""Templates to letters, in a sandbox: no globals, no calls, few filters, nothing undefined.

One template per kind holds the words once; the text and the HTML letter are two settings of the
same paragraphs, so they cannot differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.notices.values import Context, Drawn

FOLDER = Path(__file__).parent.parent.parent / "templates" / "notices"
_FILTERS = ("join", "length", "e", "escape")
_TESTS = ("defined", "none", "eq", "in")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Templates read values; they call nothing and multiply nothing."""

    intercepted_binops = frozenset({"*", "**"})

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"letters do not use {operator}")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a letter: ``text``, ``heading``, ``item`` or ``quote``."""

    kind: str
    text: str


def environment(folder: Path = FOLDER) -> ImmutableSandboxedEnvironment:
    """The hardened environment; templates come from this folder only."""
    made = _Sandbox(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=_escaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.tests = {name: made.tests[name] for name in _TESTS}
    return made


def _escaped(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    return environment()


def draw(kind: str, values: Context, *, language: str = "zh_Hans") -> Drawn:
    """The letter's exact words."""
    env = _environment()
    template = env.get_template(f"{kind}.{language}.txt")
    subject = _joined(_block(template, "subject", values))
    if values["exercise"]:
        subject = f"【演练】{subject}"
    paragraphs = split(_block(template, "body", values))
    frame = {**values, "subject": subject, "paragraphs": paragraphs}
    written = env.get_template(f"_frame.{language}.txt").render(frame).strip() + "\n"
    page = env.get_template(f"_frame.{language}.html").render(frame)
    plain = written.encode()
    return Drawn(
        subject=subject,
        text=plain,
        html=page.encode(),
        sha256=hashlib.sha256(plain).hexdigest(),
        template_version=version(kind, language),
    )


def mail(text: bytes, html: bytes, *, link: str, language: str = "zh_Hans") -> tuple[str, str]:
    """What goes into the envelope: the letter and, beside it, where to sign."""
    env = _environment()
    written = env.get_template(f"_mail.{language}.txt").render(letter=text.decode(), link=link)
    sign = env.get_template(f"_sign.{language}.html").render(link=link)
    return written, html.decode().replace("</article>", f"</article>\n{sign}", 1)


def article_of(html: bytes) -> str:
    """The letter itself out of its HTML page, exactly as frozen."""
    page = html.decode()
    start, end = page.index("<article"), page.index("</article>") + len("</article>")
    return page[start:end]


def version(kind: str, language: str = "zh_Hans") -> str:
    """A digest of the templates a letter of this kind is made from."""
    names = (f"{kind}.{language}.txt", f"_frame.{language}.txt", f"_frame.{language}.html")
    return hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in names)).hexdigest()


def _block(template: Any, name: str, values: Context) -> str:
    render: Callable[[Any], Any] = template.blocks[name]
    return "".join(render(template.new_context(values)))


_MARKS = {"# ": "heading", "> ": "quote", "- ": "item"}


def split(written: str) -> tuple[Paragraph, ...]:
    """Paragraphs stand between blank lines; a marked line is one by itself.

    Facts are one line each and never begin a line of a template, so none can set a mark.
    """
    found: list[Paragraph] = []
    open_lines: list[str] = []

    def close() -> None:
        # Chinese needs no space where a template breaks its line.
        if open_lines:
            found.append(Paragraph("text", "".join(open_lines)))
            open_lines.clear()

    for line in (one.strip() for one in written.split("\n")):
        mark = _MARKS.get(line[:2])
        if mark or not line:
            close()
        if mark:
            found.append(Paragraph(mark, line[2:]))
        elif line:
            open_lines.append(line)
    close()
    return tuple(found)


def _joined(block: str) -> str:
    return "".join(line.strip() for line in block.split("\n"))
