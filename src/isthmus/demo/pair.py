"""A card with its task."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """The id of the card in Trello, and that of its task in Odoo."""

    card: str
    task: int
