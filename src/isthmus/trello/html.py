"""Reading HTML into a document."""

from __future__ import annotations

from isthmus.trello.document import (
    BARE_URL,
    PLAIN,
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
    Style,
    on_one_line,
    paragraphs,
)
from isthmus.trello.html_tree import LANGUAGE, Element, parse
from isthmus.trello.link import is_safe, normal_url

HIDDEN = frozenset({"head", "script", "style", "template", "title"})
MARKS = {
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "s": "s",
    "del": "s",
    "strike": "s",
    "code": "code",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
}
#: Elements that stand for themselves, each with blocks or text of its own.
CONTAINERS = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "pre", "table", "ul"})
#: Elements that only separate what is in them from what is around.
SEPARATING = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "html",
        "li",
        "main",
        "nav",
        "p",
        "section",
        "summary",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
    ]
)


def read_html(html: str, *, bare: bool = False) -> Document:
    """Return the document that HTML shows. Scripts, styles and unsafe links are left out.

    ``bare`` leaves out titles and the language of code too.
    """
    return _blocks(parse(html, bare=bare), PLAIN)


def _blocks(element: Element, style: Style) -> Document:
    return _Blocks().read(element, style)


def _runs(element: Element, style: Style) -> Runs:
    """Return the text of a heading or a cell, whatever is in it, on one line."""
    pieces: list[Run] = []
    for block in _blocks(element, style):
        pieces += [Run(" "), *_text_of(block)]
    return on_one_line(pieces)


def _text_of(block: Block) -> list[Run]:
    match block:
        case Paragraph(runs) | Heading(_, runs):
            return list(runs)
        case Code(text):
            return [Run(text, frozenset({"code"}))]
        case Quote(blocks):
            return [run for one in blocks for run in [Run(" "), *_text_of(one)]]
        case Items(items):
            return [run for item in items for one in item for run in [Run(" "), *_text_of(one)]]
        case Grid(rows):
            return [run for row in rows for cell in row for run in [Run(" "), *cell]]
        case _:
            return []


class _Blocks:
    """Collect the blocks of one container."""

    def __init__(self) -> None:
        self._found: list[Block] = []
        self._pieces: list[Run] = []

    def read(self, element: Element, style: Style) -> Document:
        self._walk(element, style)
        self._end_paragraph()
        return tuple(self._found)

    def _walk(self, element: Element, style: Style) -> None:
        for child in element.children:
            if isinstance(child, str):
                self._pieces.append(Run(child.replace("\n", " "), style))
            elif child.tag not in HIDDEN:
                self._element(child, style)

    def _element(self, element: Element, style: Style) -> None:
        tag = element.tag
        if tag == "br":
            self._pieces.append(Run("\n", style))
        elif tag == "img":
            self._image(element, style)
        elif tag in CONTAINERS:
            self._end_paragraph()
            block = _container(element, style)
            if block is not None:
                self._found.append(block)
        elif tag in SEPARATING:
            self._end_paragraph()
            self._walk(element, style)
            self._end_paragraph()
        elif tag == "a":
            self._link(element, style)
        else:
            mark: Mark | None = MARKS.get(tag)
            self._walk(element, style | {mark} if mark else style)

    def _end_paragraph(self) -> None:
        self._found += [Paragraph(runs) for runs in paragraphs(self._pieces)]
        self._pieces = []

    def _image(self, element: Element, style: Style) -> None:
        source = element.attributes.get("src", "").strip()
        if is_safe(source):
            about = {name: " ".join(element.attributes.get(name, "").split()) for name in ("alt", "title")}
            links = frozenset(mark for mark in style if isinstance(mark, Link))
            self._pieces.append(Run("", links, Image(normal_url(source), **about)))

    def _link(self, element: Element, style: Style) -> None:
        href = element.attributes.get("href", "").strip()
        if not is_safe(href) or any(isinstance(mark, Link) for mark in style):
            self._walk(element, style)
            return
        url = normal_url(href)
        text = element.text()
        plain = not any(isinstance(child, Element) for child in element.children)
        if plain and not text.strip():
            self._pieces.append(Run("", frozenset({_link_to(element, url)})))
        elif plain and is_address(text.strip()) and normal_url(text.strip()) == url:
            self._pieces.append(Run(text.strip(), style | {"url"}))
        else:
            self._walk(element, style | {_link_to(element, url)})


def _link_to(element: Element, url: str) -> Link:
    return Link(url, " ".join(element.attributes.get("title", "").split()))


def is_address(text: str) -> bool:
    """Tell whether a text is nothing but an address that readers of Markdown turn into a link."""
    return BARE_URL.fullmatch(text) is not None


def _container(element: Element, style: Style) -> Block | None:
    """Return the block that a container stands for; None when nothing is in it."""
    match element.tag:
        case "hr":
            return Rule()
        case "pre":
            return _code(element)
        case "blockquote":
            blocks = _blocks(element, style)
            return Quote(blocks) if blocks else None
        case "ul" | "ol":
            items = tuple(item for one in _items(element) if (item := _blocks(one, style)))
            return Items(items, _start(element)) if items else None
        case "table":
            return _grid(element, style)
        case heading:
            runs = _runs(element, style)
            return Heading(int(heading[1]), runs) if runs else None


def _code(element: Element) -> Code | None:
    inner = next((one for one in element.children if isinstance(one, Element) and one.tag == "code"), element)
    found = LANGUAGE.search(inner.attributes.get("class", ""))
    text = element.text().removesuffix("\n")
    return Code(text, found[1] if found else "") if text.strip() else None


def _items(element: Element) -> list[Element]:
    """Return the items of a list; what stands between them by mistake counts as one."""
    items: list[Element] = []
    for child in element.children:
        if isinstance(child, Element) and child.tag == "li":
            items.append(_checked(child, element))
        else:
            items.append(Element("li", {}, [child]))
    return items


def _checked(item: Element, parent: Element) -> Element:
    """Show the box of an item in one of Odoo's checklists as text. Source: classes of Odoo's HTML editor."""
    if "o_checklist" not in parent.attributes.get("class", "").split():
        return item
    box = "[x] " if "o_checked" in item.attributes.get("class", "").split() else "[ ] "
    first = item.children[0] if item.children else ""
    if isinstance(first, Element) and first.tag == "p":
        first.children.insert(0, box)
        return item
    return Element("li", item.attributes, [box, *item.children])


def _start(element: Element) -> int | None:
    if element.tag == "ul":
        return None
    start = element.attributes.get("start", "")
    return int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1


def _grid(element: Element, style: Style) -> Grid | None:
    rows = [tuple(_runs(cell, style) for cell in _find(row, "td", "th")) for row in _find(element, "tr")]
    width = max(map(len, rows), default=0)
    filled = tuple((*row, *[()] * (width - len(row))) for row in rows if any(row))
    return Grid(filled) if filled else None


def _find(element: Element, *tags: str) -> list[Element]:
    """Return the nearest descendants with one of the tags, looking neither inside those nor inside tables."""
    found: list[Element] = []
    for child in element.children:
        if isinstance(child, Element):
            found += [child] if child.tag in tags else [] if child.tag == "table" else _find(child, *tags)
    return found
