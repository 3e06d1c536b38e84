"""Who wrote a comment: Trello knows only the token's member as the author of what we post."""

from __future__ import annotations

import re

from isthmus.trello.markdown import canonical, to_html

_SIGNATURE = re.compile(r"\A\*\*[^\n]+\*\* \(Odoo\):\s*\n+")
_MARKS = re.compile(r"([\\`*_\[\]<>~])")


def signed(text: str, author: str) -> str:
    """Return a comment's text headed by the name of its author in Odoo."""
    name = _MARKS.sub(r"\\\1", " ".join(author.split()))
    return f"**{name}** (Odoo):\n\n{text}"


def unsigned(text: str) -> str:
    """Return a comment's text without such a heading."""
    return _SIGNATURE.sub("", text or "", count=1)


def body_of(text: str) -> str:
    """Return the HTML of a comment, without its heading."""
    return to_html(unsigned(text))


def said(text: str) -> str:
    """Return what a comment says, in a form that is equal exactly where the same is said."""
    return canonical(body_of(text))
