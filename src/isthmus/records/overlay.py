"""A record store that keeps what is written to itself: the store below is only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.clock import Clock, SystemClock
from isthmus.records.domain import Domain
from isthmus.records.fields import Field
from isthmus.records.store import NO_CONTEXT, Context, RecordStore, Values

X2MANY = ("one2many", "many2many")
ZERO = ("integer", "float", "monetary")


@dataclass(frozen=True, slots=True)
class Withheld:
    """A change that was not made. ``kind`` is "create", "write" or "unlink".

    The ``id`` of a new record is below 0. ``before`` and ``after`` have the values that differ, as they read.
    """

    model: str
    id: int
    kind: str
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


class OverlayStore:
    """Read a store as if everything written to this one had been written there.

    Implements :class:`isthmus.records.store.RecordStore`. Records that are created get ids below 0. Searches
    are answered by the store below, so they do not know of what was written here, but for what is deleted.
    ``tell`` is called with each change.
    """

    def __init__(
        self, below: RecordStore, tell: Callable[[Withheld], None], clock: Clock | None = None
    ) -> None:
        self._below = below
        self._tell = tell
        self._clock = clock or SystemClock()
        self._rows: dict[str, dict[int, Values]] = {}
        self._gone: dict[str, set[int]] = {}
        self._known: dict[tuple[str, str], int] = {}
        self._last = 0
        self.transactional = below.transactional
        self.autonomous = below.autonomous

    def __repr__(self) -> str:
        return f"<OverlayStore over {self._below!r}>"

    # --- reading ---

    def author(self) -> int | None:
        return self._below.author()

    def fields(self, model: str) -> Mapping[str, Field]:
        return self._below.fields(model)

    def search(
        self,
        model: str,
        domain: Domain,
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context = NO_CONTEXT,
    ) -> list[int]:
        found = self._below.search(model, domain, offset=offset, limit=limit, order=order, context=context)
        return [id_ for id_ in found if id_ not in self._gone.get(model, ())]

    def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context = NO_CONTEXT,
    ) -> list[Values]:
        rows = self._below.search_read(
            model, domain, fields, offset=offset, limit=limit, order=order, context=context
        )
        there = [row for row in rows if row["id"] not in self._gone.get(model, ())]
        return [self._laid_over(model, row, fields) for row in there]

    def count(self, model: str, domain: Domain, *, context: Context = NO_CONTEXT) -> int:
        return self._below.count(model, domain, context=context)

    def read(
        self, model: str, ids: Sequence[int], fields: Sequence[str], *, context: Context = NO_CONTEXT
    ) -> list[Values]:
        gone = self._gone.get(model, set())
        real = [id_ for id_ in ids if id_ > 0 and id_ not in gone]
        found = (
            {row["id"]: row for row in self._below.read(model, real, fields, context=context)} if real else {}
        )
        own = self._rows.get(model, {})
        found |= {id_: self._blank(model, id_, fields) for id_ in ids if id_ < 0 and id_ in own}
        return [self._laid_over(model, found[id_], fields) for id_ in ids if id_ in found and id_ not in gone]

    def _laid_over(self, model: str, row: Values, fields: Sequence[str]) -> Values:
        own = self._rows.get(model, {}).get(row["id"])
        if own is None:
            return row
        return {**row, **{name: own[name] for name in fields if name in own}}

    def _blank(self, model: str, id_: int, names: Sequence[str]) -> Values:
        known = self.fields(model)
        return {"id": id_, **{name: _empty(known[name]) for name in names if name != "id"}}

    # --- writing ---

    def create(self, model: str, rows: Sequence[Values], *, context: Context = NO_CONTEXT) -> list[int]:
        return [self._create(model, values) for values in rows]

    def _create(self, model: str, values: Values) -> int:
        known, id_ = self.fields(model), self._new_id()
        after = {name: self._as_read(known[name], value, []) for name, value in values.items()}
        filled = {"active": True} if "active" in known else {}
        named = {"display_name": after["name"]} if "name" in after else {}
        self._rows.setdefault(model, {})[id_] = {**filled, **named, **after, **self._stamp(known)}
        self._tell(Withheld(model, id_, "create", {}, after))
        return id_

    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context = NO_CONTEXT) -> None:
        self.write_each(model, [(id_, values) for id_ in ids], context=context)

    def write_each(
        self, model: str, rows: Sequence[tuple[int, Values]], *, context: Context = NO_CONTEXT
    ) -> None:
        known = self.fields(model)
        names = sorted({name for _, values in rows for name in values})
        present = {
            row["id"]: row for row in self.read(model, [id_ for id_, _ in rows], names, context=context)
        }
        for id_, values in rows:
            before = present[id_]
            after = {name: self._as_read(known[name], value, before[name]) for name, value in values.items()}
            changed = {name: value for name, value in after.items() if value != before[name]}
            if changed:
                own = self._rows.setdefault(model, {}).setdefault(id_, {})
                own |= {**changed, **self._stamp(known)}
                self._tell(Withheld(model, id_, "write", {name: before[name] for name in changed}, changed))

    def upsert(
        self, model: str, rows: Sequence[tuple[str, Values]], *, context: Context = NO_CONTEXT
    ) -> list[int]:
        ids = []
        for identifier, values in rows:
            if (id_ := self._known.get((model, identifier))) is None:
                id_ = self._known[model, identifier] = self._create(model, values)
            else:
                self.write(model, [id_], values, context=context)
            ids.append(id_)
        return ids

    def unlink(self, model: str, ids: Sequence[int], *, context: Context = NO_CONTEXT) -> None:
        for id_ in ids:
            self._gone.setdefault(model, set()).add(id_)
            self._tell(Withheld(model, id_, "unlink"))

    # --- values ---

    def _new_id(self) -> int:
        self._last -= 1
        return self._last

    def _stamp(self, known: Mapping[str, Field]) -> Values:
        """Return who changed a record last, and when."""
        stamps = {"write_date": self._clock.now().replace(microsecond=0), "write_uid": self.author()}
        return {name: value for name, value in stamps.items() if name in known}

    def _as_read(self, known: Field, value: Any, before: Any) -> Any:
        """Return what a field reads as once a value is written; x2many commands become ids."""
        if known.type not in X2MANY:
            return _empty(known) if value is None else value
        ids = dict.fromkeys(before or ())
        for command in value or ():
            match command:
                case (6, _, replacing):
                    ids = dict.fromkeys(replacing)
                case (5, *_):
                    ids = {}
                case (4, id_, *_):
                    ids[id_] = None
                case (2 | 3, id_, *_):
                    ids.pop(id_, None)
                case (0, _, values):
                    ids[self._create(str(getattr(known, "comodel", "")), dict(values))] = None
                case int():
                    ids[command] = None
        return list(ids)


def _empty(known: Field) -> Any:
    if known.type in X2MANY:
        return []
    return 0 if known.type in ZERO else False
