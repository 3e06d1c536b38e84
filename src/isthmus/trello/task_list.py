"""Checklists at the end of a description, as Odoo's editor writes them: reading and printing.

::

    <p>The description.</p>
    <hr class="isthmus-checklists">
    <h3 class="isthmus-checklist">Plan</h3>
    <ul class="o_checklist" id="checklist-ID"><li id="checkId-ID" class="o_checked">think</li></ul>

The line is the border. Where somebody deleted it, the first list with an item of ours is. What stands behind
the border and is no list belongs to the description.

Source: the classes of Odoo's HTML editor (``o_checklist``, ``o_checked``, ``checkId-``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from isthmus.trello.html_tree import Element, parse, printed

BORDER, HEADING, LIST, CHECKED = "isthmus-checklists", "isthmus-checklist", "o_checklist", "o_checked"
_KEY = re.compile(r"(?:checkId|checklist)-([0-9a-f]{24})")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Elements that an editor may put around everything.
_WRAPPERS = frozenset({"article", "div", "section"})


@dataclass(frozen=True, slots=True)
class Line:
    """An item: its text on one line, whether it is ticked, and the id of the check item ("": none yet)."""

    text: str
    done: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class TaskList:
    """A checklist: its name and lines, and its id ("": none yet)."""

    name: str
    lines: tuple[Line, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """HTML in two parts: ``text`` is the description itself, ``section`` the HTML of the lists."""

    text: str
    lists: tuple[TaskList, ...] = ()
    section: str = ""
    #: There are checklists in the text that bear no mark of ours.
    has_others: bool = False


def split(html: Any) -> Description:
    """Return the parts of a description; one without a section comes back as it was."""
    if not html:
        return Description("")
    if LIST not in html and BORDER not in html:
        return Description(html)
    nodes = list(_flat(parse(html).children))
    start = _border(nodes)
    if start is None:
        return Description(html, has_others=any(_is_list(one) for one in nodes))
    text, lists, section = nodes[:start], list[TaskList](), list[Element | str]()
    heading: Element | None = None
    for node in nodes[start:]:
        if isinstance(node, Element) and _has(node, BORDER):
            section.append(node)
        elif isinstance(node, Element) and _is_list(node):
            name = one_line(heading.text()) if heading else ""
            section += [*([heading] if heading else []), node]
            lists.append(TaskList(name, tuple(_lines(node)), _key(node)))
            heading = None
        else:
            text += _left_over(heading)
            heading = node if isinstance(node, Element) and node.tag in _HEADINGS else None
            text += [node] if heading is None else []
    text += _left_over(heading)
    return Description(
        printed(text), tuple(lists), printed(section), any(_is_list(one) for one in nodes[:start])
    )


def text_of(html: Any) -> str:
    """Return the HTML of a description without its section of lists."""
    return split(html).text


def section_of(lists: Sequence[TaskList]) -> str:
    """Return the HTML of lists with the border before them; "" for none."""
    if not lists:
        return ""
    return f'<hr class="{BORDER}">' + "".join(map(_list_html, lists))


def one_line(text: str) -> str:
    """Return a text as a line shows it: blanks collapsed."""
    return " ".join(text.replace("\u200b", "").replace("\ufeff", "").split())


# --- printing ------------------------------------------------------------------------------------------


def _list_html(one: TaskList) -> str:
    heading = f'<h3 class="{HEADING}">{escape(one.name, quote=False)}</h3>' if one.name else ""
    key = f' id="checklist-{one.key}"' if one.key else ""
    return f'{heading}<ul class="{LIST}"{key}>{"".join(map(_line_html, one.lines))}</ul>'


def _line_html(one: Line) -> str:
    key = f' id="checkId-{one.key}"' if one.key else ""
    ticked = f' class="{CHECKED}"' if one.done else ""
    return f"<li{key}{ticked}>{escape(one.text, quote=False)}</li>"


# --- reading -------------------------------------------------------------------------------------------


def _flat(nodes: Iterable[Element | str]) -> Iterator[Element | str]:
    """Yield the blocks, those inside of wrappers around lists or the border one by one."""
    for node in nodes:
        if isinstance(node, Element) and node.tag in _WRAPPERS and _holds_lists(node):
            yield from _flat(node.children)
        else:
            yield node


def _holds_lists(element: Element) -> bool:
    inside = [one for one in element.children if isinstance(one, Element)]
    return any(_is_list(one) or _has(one, BORDER) or _holds_lists(one) for one in inside)


def _border(nodes: Sequence[Element | str]) -> int | None:
    """Return where the section begins, None where there is none."""
    for number, node in enumerate(nodes):
        if isinstance(node, Element) and _has(node, BORDER):
            return number
    for number, node in enumerate(nodes):
        if isinstance(node, Element) and _is_list(node) and (_key(node) or any(map(_key, _items(node)))):
            before = nodes[number - 1] if number else ""
            return number - (isinstance(before, Element) and _has(before, HEADING))
    return None


def _has(element: Element, name: str) -> bool:
    return name in element.attributes.get("class", "").split()


def _is_list(node: Element | str) -> bool:
    return isinstance(node, Element) and node.tag in ("ul", "ol") and _has(node, LIST)


def _key(element: Element) -> str:
    found = _KEY.fullmatch(element.attributes.get("id", ""))
    return found[1] if found else ""


def _items(element: Element) -> Iterator[Element]:
    """Yield the items of a list, those of lists inside of it included."""
    for child in element.children:
        if isinstance(child, Element):
            if child.tag == "li":
                yield child
            yield from _items(child)


def _lines(element: Element) -> Iterator[Line]:
    for item in _items(element):
        line = Line(one_line(_own_text(item)), _has(item, CHECKED), _key(item))
        if line.text or line.key:
            yield line


def _own_text(element: Element) -> str:
    """Return the text of an item without that of the lists inside of it."""
    if element.tag == "br":
        return " "
    parts = (one if isinstance(one, str) else _own_text(one) for one in element.children if not _nested(one))
    return "".join(parts)


def _nested(node: Element | str) -> bool:
    return isinstance(node, Element) and node.tag in ("ul", "ol")


def _left_over(heading: Element | None) -> list[Element | str]:
    """Return a heading without a list as text, unless it is one of ours, whose list is gone."""
    return [heading] if heading is not None and not _has(heading, HEADING) else []
