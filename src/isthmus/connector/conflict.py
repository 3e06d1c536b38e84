"""Conflicts: both sides differ from the base in the same field, and from each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Merge:
    """What to do with the fields that one side wants to write to the other.

    ``write``: to be written. ``agreed``: both sides say the same already. ``kept``: the other side's change
    wins and stays. ``open``: a person must decide.
    """

    write: frozenset[str]
    agreed: frozenset[str]
    kept: frozenset[str]
    open: frozenset[str]


def settled(policy: str, external_at: datetime | None, odoo_at: datetime | None) -> str:
    """Return the policy with "newest" turned into the side that changed last (naive UTC moments).

    Where a moment is not known, or both are the same, the external side wins.
    """
    if policy != "newest":
        return policy
    return "odoo" if external_at is not None and odoo_at is not None and odoo_at > external_at else "external"


def merge(
    base: Mapping[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any], policy: str, side: str
) -> Merge:
    """Decide field by field what happens to ``ours``, the values that ``side`` ("external" or "odoo") brings.

    ``theirs`` are the values where they are to be written, ``base`` those last agreed there, all comparable.
    A field that the base does not know is not in conflict: nobody can say that it was changed. ``policy`` is
    "external", "odoo" (that side wins) or "ask".
    """
    write, agreed, kept, undecided = set(), set(), set(), set()
    for name, value in ours.items():
        current = theirs.get(name, _MISSING)
        before = base.get(name, _MISSING)
        if current == value:
            agreed.add(name)
        elif current is _MISSING or before is _MISSING or current == before or policy == side:
            write.add(name)
        elif policy == "ask":
            undecided.add(name)
        else:
            kept.add(name)
    return Merge(frozenset(write), frozenset(agreed), frozenset(kept), frozenset(undecided))
