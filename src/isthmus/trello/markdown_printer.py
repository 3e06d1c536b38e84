"""Printing a document as Markdown, with escapes only where the plain form would read as something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from isthmus.trello.document import (
    Block,
    Code,
    Document,
    Grid,
    Heading,
    Image,
    Items,
    Link,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Run,
    Runs,
    merged,
)
from isthmus.trello.link import readable_url

#: What a candidate must read back as, to be taken.
ReadsAs = Callable[[str, Document], bool]

_SPECIAL = re.compile(r"[\\`*_\[\]<>~#&!|]")
_SPECIAL_AT_START = re.compile(r"^(?:[-+=:]|\d{1,9}(?=[.)]))", re.MULTILINE)
#: Marks that hold the text itself and no other marks.
_INNERMOST = frozenset({"code", "url"})


@dataclass(frozen=True, slots=True)
class Spelling:
    """How to write text: with escapes or not, and with which sign for emphasis."""

    escaped: bool
    emphasis: str = "*"

    def text(self, text: str) -> str:
        if not self.escaped:
            return text
        escaped = _SPECIAL.sub(r"\\\g<0>", text)
        return _SPECIAL_AT_START.sub(lambda found: escape_start(found[0]), escaped)

    def address(self, url: str) -> str:
        return f"<{url}>" if self.escaped else url

    def opening(self, mark: Mark) -> str:
        match mark:
            case Link():
                return "["
            case _:
                return self._sign(mark)

    def closing(self, mark: Mark) -> str:
        match mark:
            case Link(href, title):
                return f"]({destination(href)}{_title(title)})"
            case _:
                return self._sign(mark)

    def _sign(self, mark: Mark) -> str:
        return {"strong": "**", "em": self.emphasis, "s": "~~"}[str(mark)]


def escape_start(sign: str) -> str:
    """Return what would begin a list or an underline, so that it does not."""
    return sign + "\\" if sign.isdigit() else "\\" + sign


#: From the one that a person would write to the one that is the safest.
SPELLINGS = (
    Spelling(escaped=False),
    Spelling(escaped=False, emphasis="_"),
    Spelling(escaped=True),
    Spelling(escaped=True, emphasis="_"),
)
#: Says without looking how everything is to be read.
EXPLICIT = Spelling(escaped=True)


class Printer:
    """Print a document.

    ``reads_as`` tells whether a text reads back as a document. Without it everything is escaped: that is
    dull to read, and different for different documents.
    """

    def __init__(self, reads_as: ReadsAs | None = None) -> None:
        self._reads_as = reads_as

    def document(self, blocks: Document) -> str:
        """Return the Markdown of the blocks, with an empty line between them; "" when there are none."""
        return "\n\n".join(self._apart(blocks, inside=False))

    def _apart(self, blocks: Document, *, inside: bool) -> list[str]:
        """Return the texts of blocks; a list that follows another of its kind gets another sign."""
        printed: list[str] = []
        other_sign = False
        for number, block in enumerate(blocks):
            before = blocks[number - 1] if number else None
            other_sign = _same_kind(before, block) and not other_sign
            printed.append(self._block(block, inside=inside, other_sign=other_sign))
        return printed

    def _block(self, block: Block, *, inside: bool, other_sign: bool) -> str:
        match block:
            case Paragraph(runs):
                return self._settled(runs, "", Paragraph)
            case Heading(level, runs):
                return self._settled(runs, "#" * level + " ", lambda runs: Heading(level, runs))
            case Code(text, language):
                fence = fence_for(text)
                return f"{fence}{language}\n{text}\n{fence}"
            case Rule():
                return "___" if inside else "---"  # "- ---" would be one long line
            case Quote(blocks):
                return indented(self.document(blocks), "> ", "> ").replace("> \n", ">\n")
            case Items():
                return self._list(block, other_sign)
            case Grid():
                return self._grid(block)

    def _settled(self, runs: Runs, prefix: str, block: Callable[[Runs], Block]) -> str:
        """Return the first spelling that reads back as the block.

        Not everything can be marked: in ``a**!**`` Markdown sees no bold. Such a block loses its marks.
        """
        if self._reads_as is None:
            return prefix + inline(runs, EXPLICIT)
        for wanted in (runs, unmarked(runs)):
            for spelling in SPELLINGS:
                text = prefix + inline(wanted, spelling)
                if self._reads_as(text, (block(wanted),)):
                    return text
        return text

    def _list(self, items: Items, other_sign: bool) -> str:
        lines = []
        for number, blocks in enumerate(items.items):
            if items.start is None:
                sign = "* " if other_sign else "- "
            else:
                sign = f"{items.start + number}{')' if other_sign else '.'} "
            lines.append(indented(self._item(blocks), sign, " " * len(sign)))
        return "\n".join(lines)

    def _item(self, blocks: Document) -> str:
        printed = self._apart(blocks, inside=True)
        text = printed[0]
        for before, block, one in zip(blocks, blocks[1:], printed[1:], strict=False):
            close = isinstance(before, Paragraph) and isinstance(block, Items) and block.start in (None, 1)
            text += ("\n" if close else "\n\n") + one
        return text

    def _grid(self, grid: Grid) -> str:
        head, *rows = [[self._cell(cell) for cell in row] for row in grid.rows]
        rule = ["---"] * len(head)
        return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))

    def _cell(self, runs: Runs) -> str:
        if not runs:
            return ""
        return self._settled(runs, "", Paragraph).replace("|", r"\|")


def unmarked(runs: Runs) -> Runs:
    """Return the text without bold, italics and strike-through."""
    return merged([replace(run, style=run.style - {"strong", "em", "s"}) for run in runs])


def _same_kind(one: Block | None, other: Block) -> bool:
    if not isinstance(one, Items) or not isinstance(other, Items):
        return False
    return (one.start is None) == (other.start is None)


def indented(text: str, first: str, rest: str) -> str:
    """Return the lines with a prefix for the first and one for the others; an empty line gets no blanks."""
    lines = text.split("\n")
    return "\n".join(
        [first + lines[0], *((rest + line if line or rest.strip() else line) for line in lines[1:])]
    )


# --- inside a line -------------------------------------------------------------------------------------


def inline(runs: Runs, spelling: Spelling) -> str:
    """Return styled text as Markdown."""
    written: list[str] = []
    open_marks: list[Mark] = []
    for number, run in enumerate(runs):
        marks = run.style - _INNERMOST
        while any(mark not in marks for mark in open_marks):
            written.append(spelling.closing(open_marks.pop()))
        for mark in sorted(
            marks.difference(open_marks), key=lambda one: (-_length(one, runs, number), str(one))
        ):
            written.append(spelling.opening(mark))
            open_marks.append(mark)
        written.append(_content(run, spelling))
    written += [spelling.closing(mark) for mark in reversed(open_marks)]
    return "".join(written)


def _length(mark: Mark, runs: Runs, start: int) -> int:
    """Return over how many runs a mark lasts."""
    end = start
    while end < len(runs) and mark in runs[end].style:
        end += 1
    return end - start


def _content(run: Run, spelling: Spelling) -> str:
    if run.image is not None:
        return _image(run.image, spelling)
    if "code" in run.style:
        return code_span(run.text)
    return spelling.address(run.text) if "url" in run.style else spelling.text(run.text)


def _image(image: Image, spelling: Spelling) -> str:
    return f"![{spelling.text(image.alt)}]({destination(image.src)}{_title(image.title)})"


def code_span(text: str) -> str:
    """Return text as code, with as many backticks around it as it needs."""
    fence = "`"
    while re.search(rf"(?<!`){fence}(?!`)", text):
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def fence_for(text: str) -> str:
    """Return a fence that the text does not hold."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def destination(url: str) -> str:
    """Return an address as it stands in brackets."""
    url = readable_url(url)
    balanced = url.count("(") == url.count(")") and not re.search(r"[()].*[()].*[()]", url)
    if url and balanced and not re.search(r"[\s<>\\]|^$|\)[^(]*\(", url):
        return url
    return "<" + re.sub(r"[<>\\]", r"\\\g<0>", url) + ">"


def _title(title: str) -> str:
    escaped = re.sub(r'[\\"&]', r"\\\g<0>", title)
    return f' "{escaped}"' if title else ""
