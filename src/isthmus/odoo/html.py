"""HTML in the one form in which two spellings of the same text are equal.

Odoo cleans what it is given: it drops scripts, closes tags, puts plain text into a paragraph and marks what
its editor made. What comes back is compared in this form, so that it is not written again and again.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

#: Tags around which blanks mean nothing.
_BLOCKS = frozenset(
    {
        "address", "blockquote", "br", "div", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
        "li", "ol", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip

#: What ends nothing. Source: HTML, void elements.
_VOID = frozenset({"br", "hr", "img", "input", "col", "wbr"})

Token = tuple[Any, ...]

#: What Odoo's editor leaves in an emptied field.
_EMPTY: tuple[list[Token], ...] = (
    [("<", "p"), (">", "p")],
    [("<", "p"), ("<", "br"), (">", "p")],
    [("<", "div"), (">", "div")],
)


def html_form(value: Any) -> tuple[Token, ...]:
    """Return the tokens of HTML without what makes no difference; no tokens for all that is empty."""
    if not value:
        return ()
    reader = _Tokens()
    reader.feed(str(value))
    reader.close()
    tokens = _trimmed(reader.tokens)
    if tokens in _EMPTY:
        return ()
    if tokens and not any(token[0] == "<" and token[1] in _BLOCKS - {"br"} for token in tokens):
        tokens = [("<", "p"), *tokens, (">", "p")]  # Odoo wraps what stands bare
    return tuple(tokens)


class _Tokens(HTMLParser):
    """Collects tags, with their attributes in order, and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[Token] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = sorted((name, value or "") for name, value in attrs if not name.startswith("data-oe-"))
        self.tokens.append(("<", tag, *told))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self.tokens.append((">", tag))

    def handle_data(self, data: str) -> None:
        self.tokens.append(("text", data))


def _trimmed(tokens: list[Token]) -> list[Token]:
    """Return the tokens with runs of blanks made one, and without those at the edges of blocks."""
    trimmed: list[Token] = []
    kept = 0  # depth of elements in which every blank counts
    for place, token in enumerate(tokens):
        if token[0] != "text" or kept:
            trimmed.append(token)
            kept += {"<": 1, ">": -1, "text": 0}[token[0]] if token[1] == "pre" else 0
            continue
        blank = " ".join(token[1].replace("\u00a0", " ").split())
        before = place == 0 or _is_block(tokens[place - 1])
        after = place + 1 == len(tokens) or _is_block(tokens[place + 1])
        text = (
            token[1][:1].isspace() * " " * (not before) + blank + token[1][-1:].isspace() * " " * (not after)
        )
        if not blank:
            text = "" if before or after else " "
        if text:
            trimmed.append(("text", text))
    return trimmed


def _is_block(token: Token) -> bool:
    return token[0] != "text" and token[1] in _BLOCKS
