"""Which entities of a backend an operation is about."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from isthmus.errors import ConfigurationError


def chosen_entities(backend: Any, asked: Sequence[str] | None, direction: str | None) -> list[str]:
    """Return the entities asked for in their order of dependence; short names (``card``) are understood.

    Raises ConfigurationError for one that the backend does not have, or does not have in this direction.
    """
    known = backend.entities()
    if asked is None:
        return list(backend.entities(direction))
    short = {name.rpartition(".")[2]: name for name in known}
    chosen = set()
    for name in asked:
        full = name if name in known else short.get(name)
        if full is None:
            near = difflib.get_close_matches(name, [*known, *short], n=1)
            raise ConfigurationError(
                f"{backend.name} has no entity {name!r}: it has {', '.join(known)}",
                hint=f"Did you mean {near[0]!r}?" if near else None,
            )
        if direction and full not in backend.entities(direction):
            raise ConfigurationError(
                f"{full} is not set up for {direction} in {backend.name}",
                hint=f"Its direction is {backend.direction_of(full)!r}; change the backend's directions.",
            )
        chosen.add(full)
    return [name for name in known if name in chosen]


def in_direction(backend: Any, entities: Sequence[str] | None, direction: str) -> list[str]:
    """Return those of the entities (None: all) that go in a direction. Raises for one that does not exist."""
    known = backend.entities(direction)
    return [entity for entity in chosen_entities(backend, entities, None) if entity in known]
