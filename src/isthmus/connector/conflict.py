"""Conflicts: both sides differ from the base in the same field, and from each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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

    write: frozenset[str] = frozenset()
    agreed: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose for a field, and between which values (comparable, in Odoo's words).

    ``side`` is "odoo", "external" or "value"; ``value`` is the comparable value that was given in the last
    case.
    """

    side: str
    odoo: Any
    external: Any
    value: Any = None

    @property
    def result(self) -> Any:
        """What both sides are to say in the end."""
        return {"odoo": self.odoo, "external": self.external}.get(self.side, self.value)

    def holds(self, odoo: Any, external: Any) -> bool:
        """Tell whether both sides still say what the person saw, or already what was decided."""
        return odoo in (self.odoo, self.result) and external in (self.external, self.result)

    def policy(self, odoo: Any, external: Any, direction: str) -> str:
        """Return the policy that carries it out in a direction; "ask" when it no longer holds.

        A value that was given is written to Odoo by an import, and to the other side once it is there.
        """
        if not self.holds(odoo, external):
            return "ask"
        if self.side == "value" and direction == "export" and odoo != self.value:
            return "ask"
        return "external" if self.side == "external" else "odoo"

    @property
    def done_by(self) -> str:
        """The direction whose run carries it out."""
        return "import" if self.side == "external" else "export"


def changed_both(fields: Iterable[str]) -> str:
    """Return the fields in conflict as a phrase, or nothing."""
    names = ", ".join(sorted(fields))
    return f"both sides changed {names}" if names else ""


def settled(policy: str, external_at: datetime | None, odoo_at: datetime | None) -> str:
    """Return the policy with "newest" turned into the side that changed last (naive UTC moments).

    Where a moment is not known, or both are the same, the external side wins.
    """
    if policy != "newest":
        return policy
    return "odoo" if external_at is not None and odoo_at is not None and odoo_at > external_at else "external"


def merge(
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    ours: Mapping[str, Any],
    policy: str | Callable[[str], str],
    side: str,
    *,
    even_unchanged: bool = False,
) -> Merge:
    """Decide field by field what happens to ``ours``, the values that ``side`` ("external" or "odoo") brings.

    ``theirs`` are the values where they are to be written, ``base`` those last agreed there, all comparable.
    A field that the base does not know is not in conflict: nobody can say that it was changed. ``policy`` is
    "external", "odoo" (that side wins) or "ask", or a function that gives it for a field in conflict.

    What ``side`` itself did not change is no conflict either, and the others' change stays; with
    ``even_unchanged`` the policy decides about it.
    """
    write: set[str] = set()
    agreed: set[str] = set()
    kept: set[str] = set()
    undecided: set[str] = set()
    for name, value in ours.items():
        current = theirs.get(name, _MISSING)
        before = base.get(name, _MISSING)
        if current == value:
            agreed.add(name)
        elif current is _MISSING or before is _MISSING or current == before:
            write.add(name)
        elif value == before and not even_unchanged:
            kept.add(name)
        else:
            chosen = policy(name) if callable(policy) else policy
            (undecided if chosen == "ask" else write if chosen == side else kept).add(name)
    return Merge(frozenset(write), frozenset(agreed), frozenset(kept), frozenset(undecided))


def fate(
    name: str, decision: Decision | None, found_in: str, direction: str, merged: Merge, is_only: bool
) -> str:
    """Return what becomes of the entry of a field after a run in a ``direction`` ("import" or "export").

    "open": a person must decide, again where both sides moved on after a decision. "waiting": nothing to do
    yet. "settled": the decision is carried out. "agreed": the conflict went away by itself. ``found_in`` is
    the direction that found the conflict: it alone can tell that there is none any more. ``is_only`` says
    that the entity is not synchronised in the other direction.
    """
    if name in merged.open:
        return "open"
    is_handled = name in merged.write or name in merged.agreed
    if decision is None:
        return "agreed" if is_handled or name in merged.kept or found_in == direction else "waiting"
    return "settled" if is_handled or is_only or direction == decision.done_by else "waiting"
