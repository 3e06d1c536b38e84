"""The story of a record: the pairs that it belongs to, how they stand, and what happened to them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from isthmus.errors import ConfigurationError
from isthmus.records.model import Model

#: What `isthmus why` shows unless told otherwise.
LIMIT = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. ``seen`` and ``wrote``: field -> [before, after]; times are naive UTC.

    What came again and again is one step: ``times`` times, until ``last``.
    """

    moment: datetime
    operation: str
    outcome: str
    cause: str = ""
    seen: dict[str, list[Any]] = field(default_factory=dict)
    wrote: dict[str, list[Any]] = field(default_factory=dict)
    reason: str = ""
    times: int = 1
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A pair and its steps, oldest first. ``state`` is None where the pair is not known any more."""

    backend: str
    backend_key: str
    entity: str
    external_id: str | None
    odoo_model: str | None
    odoo_id: int | None
    state: str | None = None
    last_sync: datetime | None = None
    last_error: str = ""
    steps: list[Step] = field(default_factory=list)


def stories(env: Any, model: str, record: str, limit: int = LIMIT) -> list[Story]:
    """Return the stories of a record: one for each pair that it belongs to.

    ``model`` is a binding model, whose records are named by their external id, or a model of Odoo, whose
    records are named by their number. Empty when nobody knows the record. Raises ConfigurationError for any
    other model.
    """
    entities = entities_of(env, model)
    by_external_id = model in entities
    if not by_external_id and not record.isdecimal():
        raise ConfigurationError(
            f"{record!r} is not the id of a record of {model}",
            hint="It is the number in the address of the record in Odoo.",
        )
    found = []
    for entity in entities:
        odoo_model = next(iter(env.registry[entity]._inherits), None)
        for backend in env[env.registry[entity]._declared_fields["backend_id"].comodel].search([]):
            named = {"external_id": record} if by_external_id else {"odoo_id": int(record)}
            found += list(_stories_in(backend, entity, odoo_model, named, limit))
    return found


def entities_of(env: Any, model: str) -> list[str]:
    """Return the binding models that pair a model's records: itself, or those that delegate to it."""
    known = {name: list(cls._inherits) for name, cls in env.registry.items() if _is_binding(cls)}
    if model in known:
        return [model]
    found = [name for name, behind in known.items() if model in behind]
    if not found:
        names = sorted({*known, *(one for behind in known.values() for one in behind)})
        near = difflib.get_close_matches(model, names, n=1)
        raise ConfigurationError(
            f"no connector pairs records of {model!r}; known: {', '.join(names) or 'none'}",
            hint=f"Did you mean {near[0]!r}?" if near else "Check `connectors` in the settings.",
        )
    return found


def _is_binding(cls: type[Model]) -> bool:
    return {"external_id", "backend_id"} <= set(cls._declared_fields) and not cls._abstract


def _stories_in(
    backend: Any, entity: str, odoo_model: str | None, named: dict[str, Any], limit: int
) -> Iterator[Story]:
    with backend.work_on(entity) as work:
        binder, timeline = work.component(usage="binder"), work.component(usage="timeline")
        behind = binder._odoo_field if odoo_model else None
        wanted = {behind if name == "odoo_id" else name: value for name, value in named.items()}
        terms = [(name, "=", value) for name, value in wanted.items() if name]
        names = ["external_id", "state", "last_sync_date", "last_error", *([behind] if behind else [])]
        rows = work.model._read_rows([("backend_id", "=", backend.id), *terms], names)
        for row in rows:
            odoo_id = row[behind] if behind else None
            steps = [_step(entry) for entry in timeline.of_pair(row["external_id"], odoo_id, limit)]
            yield Story(
                backend.name,
                f"{backend._name},{backend.id}",
                entity,
                row["external_id"] or None,
                odoo_model,
                odoo_id or None,
                row["state"],
                row["last_sync_date"] or None,
                row["last_error"] or "",
                steps,
            )
        if rows:
            return
        entries = timeline.of_pair(named.get("external_id"), named.get("odoo_id"), limit)
        if entries:
            last = entries[-1]
            yield Story(
                backend.name,
                f"{backend._name},{backend.id}",
                entity,
                last.external_id or None,
                odoo_model,
                last.odoo_id or None,
                steps=[_step(entry) for entry in entries],
            )


def _step(entry: Any) -> Step:
    return Step(
        entry.moment,
        entry.operation,
        entry.outcome,
        entry.cause or "",
        entry.seen or {},
        entry.wrote or {},
        entry.reason or "",
        entry.times,
        entry.last if entry.times > 1 else None,
    )
