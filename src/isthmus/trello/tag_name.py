"""Names for tags: unique in all of Odoo, while labels may share a name or have none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def plain_name(name: Any, color: Any) -> str:
    """Return what a label is called: its name, or for an unnamed one its colour."""
    return str(name or "").strip() or f"{str(color or 'colourless').replace('_', ' ')} label"


def tag_name(label_id: str, name: Any, color: Any, claims: Mapping[str, str]) -> str:
    """Return the tag's name for a label. ``claims``: name -> id of the label that has it.

    A name that the label has already is kept as long as it is one of its candidates; else the first
    candidate that no other label has is taken: ``Bug``, ``Bug (red)``, ``Bug (red 2)``, …
    """
    plain = plain_name(name, color)
    for claimed, owner in claims.items():
        if owner == label_id and _is_candidate(claimed, plain, color):
            return claimed
    return next(one for one in _candidates(plain, color) if claims.get(one, label_id) == label_id)


def label_name(tag: Any, name: Any, color: Any) -> str:
    """Return the label's name for a tag: what it has, where the tag is called after it; else the tag's."""
    called, own = str(tag or "").strip(), str(name or "")
    return own if _is_candidate(called, plain_name(own, color), color) else called


def _candidates(plain: str, color: Any) -> Iterator[str]:
    yield plain
    shade = str(color).replace("_", " ") if color else ""
    if shade and not plain.startswith(shade):
        yield f"{plain} ({shade})"
    number = 2
    while True:
        yield f"{plain} ({f'{shade} {number}'.strip()})"
        number += 1


def _is_candidate(claimed: str, plain: str, color: Any) -> bool:
    shade = str(color).replace("_", " ") if color else ""
    return claimed == plain or bool(
        re.fullmatch(rf"{re.escape(plain)} \(({re.escape(shade)})?\s?\d*\)", claimed)
    )
