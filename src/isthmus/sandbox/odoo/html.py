"""Html fields as Odoo stores them: sanitised when written, bare text wrapped.

Source: recorded writes (tests/data/odoo-probes, case 940) and questions put to an Odoo 19.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

import nh3

BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
    "section", "table", "ul",
})  # fmt: skip
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
_TAGS = nh3.ALLOWED_TAGS | {"font", "section", "video", "audio", "source", "figure"}
_ATTRIBUTES = {
    "*": {"class", "style", "id", "title", "alt", "width", "height", "color", "align", "dir", "lang", "name"},
    "a": {"href", "target", "rel"},
    "img": {"src", "loading"},
    "video": {"src", "controls"},
    "audio": {"src", "controls"},
    "source": {"src", "type"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
#: Odoo marks quotations so that mail clients can fold them.
_UNMARKED = re.compile(r"<blockquote(?![^>]*data-o-mail-quote)")
_MARKED = '<blockquote data-o-mail-quote-node="1" data-o-mail-quote="1"'
_SCHEMES = {"http", "https", "mailto", "ftp", "tel", "data"}
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f]")


def sanitised(text: str) -> str:
    """Return the HTML that Odoo keeps of ``text``: no scripts, event handlers, comments or bare text."""
    clean = nh3.clean(
        _CONTROL.sub("", text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        generic_attribute_prefixes={"data-"},
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    return wrapped(_UNMARKED.sub(_MARKED, clean.lstrip())) if clean.strip() else ""


def wrapped(markup: str) -> str:
    """Put leading text into a paragraph, and a row of inline elements into a span."""
    outline = _Outline(markup)
    if not markup.startswith("<"):
        end = outline.first_block
        return f"<p>{markup[:end]}</p>{markup[end:]}"
    if outline.first_block == len(markup) and outline.nodes > 1:
        return f"<span>{markup}</span>"
    return markup


def paragraph(text: str) -> str:
    """Return plain text as HTML: escaped, in one paragraph."""
    return f"<p>{escape(text, quote=False)}</p>" if text else ""


class _Outline(HTMLParser):
    """Where the first block of a fragment starts, and how many nodes stand at its top."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=False)
        self.nodes = 0
        self.first_block = len(markup)
        self._depth = 0
        self._starts = [0]
        for line in markup.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._count()
        if tag in BLOCKS:
            line, column = self.getpos()
            self.first_block = min(self.first_block, self._starts[line - 1] + column)
        if tag not in _VOID:
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        self._depth -= 1

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._count()

    def _count(self) -> None:
        if self._depth == 0:
            self.nodes += 1
