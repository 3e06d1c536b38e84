"""Trello's Markdown to HTML for Odoo, and back.

The two are inverse as far as both can say the same: ``to_markdown(to_html(text))`` may spell a text
differently, but once it has, it stays. :func:`canonical` says when two texts mean the same.
Source: CommonMark; Trello adds strikethrough, tables, links without brackets, and shows every line break.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from isthmus.trello.document import BARE_URL, Document
from isthmus.trello.html import read_html
from isthmus.trello.link import is_safe, normal_url
from isthmus.trello.markdown_printer import Printer


def to_html(text: Any) -> str:
    """Return Markdown as HTML; HTML in it is shown, not obeyed. Nothing (None, False, blanks) gives ""."""
    return _to_html(text) if text else ""


def to_markdown(html: Any) -> str:
    """Return HTML as Markdown. Nothing (None, False, an empty paragraph) gives ""."""
    return _to_markdown(html) if html else ""


def canonical(html: Any) -> str:
    """Return HTML in a form that is equal exactly where the same is said; "" for nothing.

    Left out is what Odoo's editor and sanitiser change by themselves: attributes, titles of links, the
    language of code, wrappers, blanks and empty paragraphs.
    """
    return _canonical(html) if html else ""


@lru_cache(maxsize=1024)
def _to_html(text: str) -> str:
    html: str = _READER.render(text)
    return html.strip()


@lru_cache(maxsize=1024)
def _to_markdown(html: str) -> str:
    return Printer(_reads_as).document(read_html(html))


@lru_cache(maxsize=1024)
def _canonical(html: str) -> str:
    return Printer().document(read_html(html, bare=True))


def _reads_as(text: str, document: Document) -> bool:
    return read_html(_READER.render(text)) == document


def _link_addresses(state: StateCore) -> None:
    """Turn addresses in plain text into links."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "://" in block.content:
            block.children = _linked(block.children)


def _linked(tokens: list[Token]) -> list[Token]:
    linked: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        linked += _split(token) if token.type == "text" and not depth else [token]
    return linked


def _split(token: Token) -> list[Token]:
    """Return a text token as text, links and text again."""
    parts: list[Token] = []
    end = 0
    for found in BARE_URL.finditer(token.content):
        url = normal_url(found[0])
        if not is_safe(url):
            continue
        opening = Token("link_open", "a", 1, attrs={"href": url}, markup="linkify", info="auto")
        closing = Token("link_close", "a", -1, markup="linkify", info="auto")
        parts += [_text(token.content[end : found.start()]), opening, _text(found[0]), closing]
        end = found.end()
    return [*parts, _text(token.content[end:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "breaks": True, "xhtmlOut": False})
    reader.enable(["strikethrough", "table"])
    reader.core.ruler.after("text_join", "addresses", _link_addresses)
    return reader


_READER = _reader()
