"""HTML as a tree of elements."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
#: Opening one of these ends an open one of the same kind. Source: HTML standard, optional tags.
CLOSES = {"p": {"p"}, "li": {"li"}, "td": {"td", "th"}, "th": {"td", "th"}, "tr": {"tr", "td", "th"}}
#: Characters that Odoo's sanitiser drops. Source: writes to an Odoo 18 and 19.
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f]")
#: The class by which code says its language.
LANGUAGE = re.compile(r"\blanguage-([\w+#.-]+)")


@dataclass(slots=True)
class Element:
    """An element of the tree; text is a plain string among the children."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def text(self) -> str:
        """Return all text inside; a line break is a newline."""
        if self.tag == "br":
            return "\n"
        return "".join(one if isinstance(one, str) else one.text() for one in self.children)

    def is_visible(self) -> bool:
        """Tell whether there is a text or an image inside."""
        return any(
            bool(one.strip()) if isinstance(one, str) else one.tag == "img" or one.is_visible()
            for one in self.children
        )


class TreeBuilder(HTMLParser):
    """Build a tree; what is not well-formed is read as browsers do in the simple cases, and never refused."""

    def __init__(self, bare: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._bare = bare
        self.root = Element("body")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._open[-1].tag in CLOSES.get(tag, ()):
            self._open.pop()
        attributes = {name: value or "" for name, value in attrs}
        if self._bare:
            attributes.pop("title", None)
            attributes["class"] = LANGUAGE.sub("", attributes.get("class", ""))
        element = Element(tag, attributes)
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                if self._bare and tag == "a" and not self._open[depth].is_visible():
                    self._open[depth].attributes.pop("href", None)
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(CONTROL.sub("", data).replace("\0", "\ufffd"))


def parse(html: str, *, bare: bool = False) -> Element:
    """Return the tree of a text, control characters left out.

    ``bare`` leaves out what else Odoo may drop by itself and nobody sees: titles, the language of code, links
    without a text (in which some of Trello's Power-Ups hide data).
    """
    builder = TreeBuilder(bare)
    builder.feed(html)
    builder.close()
    return builder.root


def printed(nodes: Iterable[Element | str]) -> str:
    """Return elements and texts as HTML; blanks around it are left out."""
    return "".join(map(_printed, nodes)).strip()


def _printed(node: Element | str) -> str:
    if isinstance(node, str):
        return escape(node, quote=False)
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes.items())
    inside = "".join(map(_printed, node.children))
    return f"<{node.tag}{attributes}>" + ("" if node.tag in VOID else f"{inside}</{node.tag}>")
