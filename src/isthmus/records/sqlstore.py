"""The record store over SQL: as few statements as a call can do with, whatever the number of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from isthmus.clock import Clock
from isthmus.errors import ConcurrentWriteError, ConstraintError, MissingRecordError
from isthmus.records.fields import Field, Many2many
from isthmus.records.links import LinkTable
from isthmus.records.modelinfo import ModelInfo
from isthmus.records.sqlquery import SqlQueries
from isthmus.records.store import NO_CONTEXT, Context, Values
from isthmus.records.violation import explained

if TYPE_CHECKING:
    from isthmus.records.registry import Registry
    from isthmus.records.tables import Tables
    from isthmus.records.transaction import SqlTransaction

#: A many2many, records, and the commands for each of them.
Links = tuple[Field, Sequence[int], Any]


class SqlStore(SqlQueries):
    """Keep a registry's local models in a SQL database, inside one transaction.

    Values are checked against the fields (FieldError), refused constraints come as ConstraintError with the
    message of ``_sql_constraints``, and ``create_date`` and ``write_date`` are set from the clock.
    """

    transactional = True
    autonomous = False

    def __init__(self, registry: Registry, tables: Tables, transaction: SqlTransaction, clock: Clock) -> None:
        super().__init__(registry, tables, transaction)
        self._clock = clock

    # --- writing ---

    def author(self) -> int | None:
        """Return None: local records keep no author."""
        return None

    def create(self, model: str, rows: Sequence[Values], *, context: Context = NO_CONTEXT) -> list[int]:
        info = self._model(model)
        if not rows:
            return []
        split = [info.split(values) for values in rows]
        now = self._clock.now()
        stamps = info.stamps(now, now)
        filled = dict.fromkeys(name for plain, _ in split for name in plain) | info.zeros
        ids = self._transaction.new_ids(info.table, len(rows))
        parameters = [
            {**filled, **plain, "id": id_, **stamps} for id_, (plain, _) in zip(ids, split, strict=True)
        ]
        with (
            self._explaining(model, rows),
            self._all_or_none(len(rows) > 1 or any(links for _, links in split)),
        ):
            self._transaction.change(info.table.insert(), parameters)
            self._write_links(
                [
                    (field, [id_], commands)
                    for id_, (_, links) in zip(ids, split, strict=True)
                    for field, commands in links
                ],
                is_new=True,
            )
        return ids

    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context = NO_CONTEXT) -> None:
        info = self._model(model)
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return
        plain, links = info.split(values)
        changes = {**plain, **info.stamps(None, self._clock.now())}
        with self._explaining(model, [values]), self._all_or_none(len(wanted) > 1 or bool(links)):
            done = self._transaction.change(
                info.table.update().where(self._among(info, wanted)).values(changes)
            )
            if done.rowcount != len(wanted):
                raise self._missing(info, wanted)
            self._write_links([(field, wanted, commands) for field, commands in links])

    def write_each(
        self,
        model: str,
        rows: Sequence[tuple[int, Values]],
        *,
        context: Context = NO_CONTEXT,
    ) -> None:
        info = self._model(model)
        if not rows:
            return
        stamp = info.stamps(None, self._clock.now())
        merged: defaultdict[int, Values] = defaultdict(dict)
        linked: list[Links] = []
        for id_, values in rows:
            plain, links = info.split(values)
            merged[id_].update(plain)
            linked += [(field, [id_], commands) for field, commands in links]
        batches: defaultdict[tuple[str, ...], list[Values]] = defaultdict(list)
        for id_, plain in merged.items():
            batches[tuple(sorted(plain))].append({**plain, "id_": id_})
        is_composed = len(merged) > 1 or bool(linked)
        with self._explaining(model, [values for _, values in rows]), self._all_or_none(is_composed):
            for names, parameters in batches.items():
                self._update_each(info, names, parameters, stamp)
            self._write_links(linked)

    def _update_each(
        self, info: ModelInfo, names: Sequence[str], parameters: list[Values], stamp: Values
    ) -> None:
        changes = {name: sa.bindparam(name, type_=info.table.c[name].type) for name in names}
        statement = (
            info.table.update().where(info.table.c.id == sa.bindparam("id_")).values({**changes, **stamp})
        )
        done = self._transaction.change(statement, parameters)
        if done.rowcount != len(parameters):
            raise self._missing(info, [one["id_"] for one in parameters])

    @contextmanager
    def _all_or_none(self, is_composed: bool = True) -> Iterator[None]:
        """Undo the first steps of a call when a later one fails, whatever the caller does with the error.

        A call that is a single step needs no savepoint.
        """
        with self._transaction.savepoint() if is_composed else nullcontext():
            yield

    def unlink(self, model: str, ids: Sequence[int], *, context: Context = NO_CONTEXT) -> None:
        info = self._model(model)
        if not ids:
            return
        known = self._tables.identifiers.c
        with self._explaining(model, []), self._all_or_none():
            self._transaction.change(info.table.delete().where(self._among(info, ids)))
            forget = self._tables.identifiers.delete().where(
                known.model == model, self._transaction.dialect.one_of(known.record_id, list(ids))
            )
            self._transaction.change(forget)

    def _write_links(self, links: Sequence[Links], *, is_new: bool = False) -> None:
        by_field: defaultdict[str, list[Links]] = defaultdict(list)
        for link in links:
            by_field[link[0].name].append(link)
        for own in by_field.values():
            field = own[0][0]
            assert isinstance(field, Many2many)
            table = LinkTable(self._transaction, self._tables.relation(field), field)
            table.apply([(ids, commands) for _, ids, commands in own], is_new=is_new)

    # --- external identifiers ---

    def upsert(
        self,
        model: str,
        rows: Sequence[tuple[str, Values]],
        *,
        context: Context = NO_CONTEXT,
    ) -> list[int]:
        if not rows:
            return []
        merged: dict[str, Values] = {}
        for identifier, values in rows:
            merged.setdefault(identifier, {}).update(values)
        self._transaction.lock()
        known = self._identified(model, list(merged))
        fresh = [identifier for identifier in merged if identifier not in known]
        with self._all_or_none():
            self.write_each(model, [(known[key], values) for key, values in merged.items() if key in known])
            known |= zip(fresh, self.create(model, [merged[key] for key in fresh]), strict=True)
            self._identify(model, {key: known[key] for key in fresh})
        return [known[identifier] for identifier, _ in rows]

    def _identified(self, model: str, identifiers: list[str]) -> dict[str, int]:
        """Return the ids of the existing records known under identifiers."""
        table, names = self._model(model).table, self._tables.identifiers
        query = (
            sa.select(names.c.identifier, names.c.record_id)
            .join(table, table.c.id == names.c.record_id)
            .where(names.c.model == model, self._transaction.dialect.one_of(names.c.identifier, identifiers))
        )
        return {row[0]: row[1] for row in self._transaction.read(query).all()}

    def _identify(self, model: str, ids: Mapping[str, int]) -> None:
        """Remember identifiers; those of records that were deleted by cascade are taken over."""
        if not ids:
            return
        table, names = self._model(model).table, self._tables.identifiers
        ours = self._transaction.dialect.one_of(names.c.identifier, list(ids))
        is_gone = ~sa.exists().where(table.c.id == names.c.record_id)
        self._transaction.change(names.delete().where(names.c.model == model, ours, is_gone))
        rows = [{"model": model, "identifier": key, "record_id": id_} for key, id_ in ids.items()]
        try:
            self._transaction.change(names.insert(), rows)
        except ConstraintError as error:
            # Somebody else committed one of the identifiers after we looked for them.
            raise ConcurrentWriteError(
                f"{model}: another transaction has just created a record for the same external identifier.",
                hint="Try again; the record will be found and updated.",
            ) from error

    # --- errors ---

    def _missing(self, info: ModelInfo, ids: Sequence[int]) -> MissingRecordError:
        query = sa.select(info.table.c.id).where(self._among(info, ids))
        present = set(self._transaction.read(query).scalars())
        missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in present]
        return MissingRecordError(
            f"{info.name}: no record(s) with id {', '.join(map(str, missing[:20]))}; nothing was written.",
            hint="Use records.exists() to keep only those that exist.",
            model=info.name,
            ids=missing,
        )

    @contextmanager
    def _explaining(self, model: str, rows: Sequence[Values]) -> Iterator[None]:
        try:
            yield
        except ConstraintError as error:
            raise explained(error, self._registry, self._tables, model, rows) from error
