"""Formatted text as a value: what HTML and Markdown say, without how they spell it.

Two texts that mean the same are equal as documents. Reading ignores what Odoo's editor and sanitiser add
(attributes, wrappers, blanks, empty paragraphs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BARE_URL = re.compile(r"(?<![\w@])https?://[^\s<>\"`]*[^\s<>\"`.,;:!?'*_~)\]]", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_BREAK = re.compile(r"(\s*\n\s*)")


@dataclass(frozen=True, slots=True)
class Link:
    """A link; ``title`` is "" where there is none."""

    href: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image; ``alt`` is the text in its place."""

    src: str
    alt: str = ""
    title: str = ""


#: "strong", "em", "s", "code", "url" (a link whose text is its address), or a link.
Mark = str | Link
Style = frozenset[Mark]
PLAIN: Style = frozenset()


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text of one style, or an image. A line break is a newline."""

    text: str
    style: Style = PLAIN
    image: Image | None = None

    @property
    def is_blank(self) -> bool:
        """Whether this is white space (an image or the text of an empty link is not)."""
        return self.image is None and self.text.isspace()


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some text."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6, on one line."""

    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Code:
    """Preformatted text; ``language`` is "" where it is not known."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Quoted blocks."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list; ``start`` is the first number of an ordered one, None for bullets."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first row is the head."""

    rows: tuple[tuple[Runs, ...], ...]


Block = Paragraph | Heading | Code | Rule | Quote | Items | Grid
Document = tuple[Block, ...]


# --- text ----------------------------------------------------------------------------------------------


def paragraphs(pieces: list[Run]) -> list[Runs]:
    """Return the paragraphs that a sequence of styled text makes: blanks collapsed, two line breaks split.

    A blank has only the marks that it shares with the text on both sides, so no mark begins or ends on one.
    """
    result: list[Runs] = []
    runs: list[Run] = []
    blank: Run | None = None
    for atom in _without_empty_parts(list(_atoms(pieces))):
        if atom.is_blank:
            blank = atom if blank is None else Run(blank.text + atom.text, blank.style & atom.style)
            continue
        if blank is not None and runs:
            if blank.text.count("\n") > 1:
                result.append(merged(runs))
                runs = []
            else:
                style = (blank.style & runs[-1].style & atom.style) - {"url"}
                runs.append(Run("\n", style - {"code"}) if "\n" in blank.text else Run(" ", style))
        blank = None
        runs.append(atom)
    if runs:
        result.append(merged(runs))
    return result


def on_one_line(pieces: list[Run]) -> Runs:
    """Return styled text as one line: a line break is a blank like any other."""
    flat = [Run(_SPACE.sub(" ", one.text), one.style, one.image) for one in pieces]
    found = paragraphs(flat)
    return found[0] if found else ()


def _atoms(pieces: list[Run]) -> Iterator[Run]:
    """Yield blanks, images, and texts that neither begin nor end with a blank; addresses apart."""
    for run in merged(pieces):
        if run.image is not None or not run.text:
            yield run
            continue
        for part in _BREAK.split(run.text) if "\n" in run.text else (run.text,):
            if part.isspace():
                yield Run(part, run.style)
            elif part:
                yield from _around(part, run.style)


def _around(part: str, style: Style) -> Iterator[Run]:
    """Yield a text with the blanks before and behind it apart, those in it collapsed."""
    if part[0].isspace():
        yield Run(" ", style)
    text = " ".join(part.split())
    if "://" not in text or style & {"code", "url"} or any(isinstance(mark, Link) for mark in style):
        yield Run(text, style)
    else:
        yield from _with_addresses(text, style)
    if part[-1].isspace():
        yield Run(" ", style)


def _with_addresses(text: str, style: Style) -> Iterator[Run]:
    """Split a text where it holds an address, which every reader of Markdown turns into a link."""
    end = 0
    for found in BARE_URL.finditer(text):
        if found.start() > end:
            yield Run(text[end : found.start()], style)
        yield Run(found[0], style | {"url"})
        end = found.end()
    if end < len(text):
        yield Run(text[end:], style)


def _without_empty_parts(atoms: list[Run]) -> list[Run]:
    """Leave out an empty part of a link that has another part next to it."""
    if all(atom.text or atom.image for atom in atoms):
        return atoms
    kept: list[Run] = []
    words = [atom for atom in atoms if not atom.is_blank]
    for number, atom in enumerate(words):
        links = {mark for mark in atom.style if isinstance(mark, Link)}
        beside = kept[-1:] + words[number + 1 : number + 2]
        if atom.text or atom.image or not any(links & one.style for one in beside):
            kept.append(atom)
    needed = {id(atom) for atom in kept}
    return [atom for atom in atoms if atom.is_blank or id(atom) in needed]


def merged(runs: list[Run]) -> Runs:
    """Join neighbours of one style."""
    merged: list[Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if last is not None and _joins(last, run):
            merged[-1] = Run(last.text + run.text, run.style)
        else:
            merged.append(run)
    return tuple(merged)


def _joins(one: Run, other: Run) -> bool:
    return one.style == other.style and one.image is None and other.image is None
