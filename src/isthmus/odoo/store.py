"""The record store over RPC: models of a remote Odoo behind the same seam as local ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from isthmus.errors import FieldError, MalformedAnswerError
from isthmus.odoo.codec import decode_rows, encode_values, wire_context
from isthmus.odoo.connection import OdooConnection
from isthmus.odoo.creation import Creation, Made
from isthmus.odoo.dialect import Dialect
from isthmus.odoo.errors import RemoteMissingRecordError
from isthmus.odoo.field_memory import FieldMemory
from isthmus.odoo.load import EXTERNAL_ID, can_carry, can_carry_all, table
from isthmus.odoo.loader import LOAD_CHUNK, Loader
from isthmus.odoo.plan import SameValues, comparable, differing, merge, plan
from isthmus.odoo.tombstones import LocalMemory, UpsertMemory
from isthmus.records.domain import Domain
from isthmus.records.fields import Field
from isthmus.records.store import NO_CONTEXT, Context, Values

Item = TypeVar("Item")

#: Mails (to new assignees too) and log notes for imported records would double the cost of the import and
#: annoy people.
SILENT: dict[str, Any] = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
}

READ_CHUNK = 2000

_ORDER_FIELD = re.compile(r"(?:^|,)\s*(\w+)")


class RpcStore:
    """Keep records in a remote Odoo. Each call is final: nothing rolls back with the environment.

    Odoo applies defaults, commands and checks itself. New records are created silently (no mails, no log
    notes) unless the context says otherwise. Safe to share between threads.
    """

    transactional = False
    autonomous = True

    def __init__(
        self,
        connection: OdooConnection,
        *,
        load_chunk: int = LOAD_CHUNK,
        upserted: UpsertMemory | None = None,
    ) -> None:
        self.connection = connection
        self._upserted = upserted or LocalMemory(connection.clock.monotonic)
        self._loader = Loader(connection, load_chunk)
        self._memory = FieldMemory(connection)
        self._made = Made()
        self._dialect = Dialect(connection.version, self.fields, self._search_ids)

    def __repr__(self) -> str:
        return f"<RpcStore {self.connection!r}>"

    def author(self) -> int | None:
        return self.connection.authenticate()

    def fields(self, model: str) -> Mapping[str, Field]:
        """Return the fields that the connection's user may see. Raises UnknownModelError (a ModelError)."""
        return self._memory.fields(model)

    # --- reading ---

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
        asked = self._query(model, domain, offset, limit, order, context)
        return list(self._execute(model, "search", kwargs=asked, context=context))

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
        """Search and read at once.

        Many2one values come with their names and are cut down to ids: ``load`` cannot be passed, since models
        such as project.tags override ``search_read`` without it, and Odoo 14 has none.
        """
        known = self._known(model, fields)
        asked = {**self._query(model, domain, offset, limit, order, context), "fields": _asked(known, fields)}
        rows = self._execute(model, "search_read", kwargs=asked, context=context)
        return decode_rows(known, fields, rows)

    def count(self, model: str, domain: Domain, *, context: Context = NO_CONTEXT) -> int:
        asked = self._query(model, domain, 0, None, None, context)
        return int(self._execute(model, "search_count", kwargs=asked, context=context))

    def read(
        self, model: str, ids: Sequence[int], fields: Sequence[str], *, context: Context = NO_CONTEXT
    ) -> list[Values]:
        known = self._known(model, fields)
        asked = {"fields": _asked(known, fields), "load": "_classic_write"}
        rows: list[Mapping[str, Any]] = []
        for chunk in _chunks(list(dict.fromkeys(ids)), READ_CHUNK):
            rows += self._execute(model, "read", chunk, asked, context=context)
        by_id = {row["id"]: row for row in decode_rows(known, fields, rows)}
        return [by_id[id_] for id_ in ids if id_ in by_id]

    # --- writing ---

    def create(self, model: str, rows: Sequence[Values], *, context: Context = NO_CONTEXT) -> list[int]:
        """Create records once: what a call made whose answer was lost is found, see :class:`Creation`."""
        if not rows:
            return []
        encoded = [encode_values(self._known(model, values), values) for values in rows]
        asked = {"vals_list": encoded}
        fields = self.fields(model)
        creation = Creation(self.connection, self, self._made, model, fields, rows, context)
        found = creation.run(
            lambda: self._execute(model, "create", kwargs=asked, context={**SILENT, **context})
        )
        ids = found if isinstance(found, list) else [found]
        if len(ids) != len(rows):
            raise MalformedAnswerError(f"Odoo created {len(ids)} records of {model} for {len(rows)} rows")
        self._made.add(model, ids)
        return ids

    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context = NO_CONTEXT) -> None:
        if not ids or not values:
            return
        encoded = encode_values(self._known(model, values), values)
        self._execute(model, "write", list(dict.fromkeys(ids)), {"vals": encoded}, context=context)

    def write_each(
        self, model: str, rows: Sequence[tuple[int, Values]], *, context: Context = NO_CONTEXT
    ) -> None:
        """Write different values to many records; what does not differ is not written.

        Reads the present values once, writes equal values together, and hands the rest to ``load``. Silent
        like :meth:`create`, since tracking makes it two to four times as dear. Not all or none: after an
        error call it again, what was written then no longer differs. Raises MissingRecordError before
        anything is written when a record does not exist, RejectedError with ``details["row"]``, the index in
        ``rows``.
        """
        wanted = merge(rows)
        if not wanted:
            return
        fields = self._known(model, {name for values in wanted.values() for name in values})
        silent = {**SILENT, **context}
        positions: dict[str | int, int] = {id_: index for index, (id_, _) in enumerate(rows)}
        changes = self._changes(model, fields, wanted, context)
        for step in plan(fields, changes, wanted):
            if isinstance(step, SameValues):
                self.write(model, step.ids, dict(step.values), context=silent)
            else:
                indexes = [positions[id_] for id_ in step.keys]
                with self._memory.doubted(model, step.columns):
                    self._loader.load(model, step, wire_context(silent), indexes)

    def upsert(
        self, model: str, rows: Sequence[tuple[str, Values]], *, context: Context = NO_CONTEXT
    ) -> list[int]:
        """Create or update records by their external identifiers, through ``load``.

        Rows go in batches of the same columns; a batch is all or nothing. Raises RejectedError naming row,
        field and identifier (``details["row"]`` is the index in ``rows``), ConflictError when clashes do not
        end, and FieldError for values that ``load`` cannot carry.

        A record that was upserted before and is deleted by now, other than by :meth:`unlink` of this store,
        is not made again: RemoteMissingRecordError with the ``row``, and nothing is written.
        :meth:`forget_deleted` lets its identifier be used anew.
        """
        self._require_undeleted(model, [identifier for identifier, _ in rows], context)
        fields = self._known(model, {name for _, values in rows for name in values})
        silent = wire_context({**SILENT, **context})
        groups: dict[tuple[str, ...], list[int]] = {}
        for index, (_, values) in enumerate(rows):
            groups.setdefault(tuple(sorted(values)), []).append(index)
        for names, indexes in groups.items():
            _require_carriable(fields, names, [rows[index] for index in indexes])
        ids: dict[int, int] = {}
        for names, indexes in groups.items():
            rows_table = table(fields, EXTERNAL_ID, names, [rows[index] for index in indexes])
            with self._memory.doubted(model, rows_table.columns):
                found = self._loader.load(model, rows_table, silent, indexes)
            ids.update(zip(indexes, found, strict=True))
            self._made.add(model, found)
            self._upserted.remember(
                model, {rows[index][0]: id_ for index, id_ in zip(indexes, found, strict=True)}
            )
        return [ids[index] for index in range(len(rows))]

    def unlink(self, model: str, ids: Sequence[int], *, context: Context = NO_CONTEXT) -> None:
        """Delete records. Those that are gone are ignored, so a call that got no answer is repeated."""
        left = list(dict.fromkeys(ids))
        self._upserted.forget(model, left)
        while left:
            try:
                self._execute(model, "unlink", left, context=context, idempotent=True)
                return
            except RemoteMissingRecordError:
                there = self._existing(model, left, context)
                if len(there) == len(left):  # what is missing is another record, on which these depend
                    raise
                left = there

    def forget_deleted(self, model: str, identifiers: Iterable[str]) -> None:
        """Let records that somebody deleted be made again by the next upsert of these identifiers."""
        self._upserted.forget(model, self._upserted.known(model, identifiers).values())

    # --- what is there ---

    def _require_undeleted(self, model: str, identifiers: Sequence[str], context: Context) -> None:
        known = self._upserted.known(model, identifiers)
        if not known:
            return
        there = set(self._existing(model, list(known.values()), context))
        for row, identifier in enumerate(identifiers):
            id_ = known.get(identifier)
            if id_ is not None and id_ not in there:
                raise RemoteMissingRecordError(
                    f"Odoo has no {model} {id_} ({identifier}) any more: somebody deleted it",
                    hint="Leave it out, or call forget_deleted() to have it made again. Nothing was written.",
                    row=row,
                    identifier=identifier,
                    ids=[id_],
                )

    def _changes(
        self, model: str, fields: Mapping[str, Field], wanted: Mapping[int, Values], context: Context
    ) -> dict[int, Values]:
        """Return what differs from the present values, by record."""
        names = comparable(fields, {name for values in wanted.values() for name in values})
        current = {row["id"]: row for row in self.read(model, list(wanted), sorted(names), context=context)}
        missing = [id_ for id_ in wanted if id_ not in current]
        if missing:
            raise RemoteMissingRecordError(
                f"Odoo has no {model} with id {', '.join(map(str, missing[:10]))} (any more)",
                hint="Nothing was written; leave out what is gone.",
                ids=missing,
            )
        return {id_: differing(fields, current[id_], values) for id_, values in wanted.items()}

    def _existing(self, model: str, ids: Sequence[int], context: Context) -> list[int]:
        return [row["id"] for row in self.read(model, ids, [], context=context)]

    # --- asking ---

    def _search_ids(self, model: str, domain: Domain, context: Context) -> list[int]:
        return self.search(model, domain, context=context)

    def _query(
        self,
        model: str,
        domain: Domain,
        offset: int,
        limit: int | None,
        order: str | None,
        context: Context,
    ) -> dict[str, Any]:
        self._known(model, domain.fields())
        asked: dict[str, Any] = {"domain": self._dialect.spoken(model, domain, context).to_list()}
        if offset:
            asked["offset"] = offset
        if limit is not None:
            asked["limit"] = limit
        if order:
            self._known(model, _ORDER_FIELD.findall(order))
            asked["order"] = order
        return asked

    def _known(self, model: str, names: Iterable[str]) -> Mapping[str, Field]:
        """Return the model's fields. Raises FieldError with the nearest name when a name is unknown."""
        fields = self.fields(model)
        for name in names:
            if name not in fields:
                near = get_close_matches(name, fields, 1)
                raise FieldError(
                    f"Odoo's model {model!r} has no field {name!r} that {self.connection.login!r} may see",
                    hint=f"Did you mean {near[0]!r}?" if near else "Does its app need to be installed?",
                    model=model,
                    field=name,
                )
        return fields

    def _execute(
        self,
        model: str,
        method: str,
        ids: Sequence[int] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        context: Context,
        idempotent: bool | None = None,
    ) -> Any:
        with self._memory.doubted(model, kwargs):
            return self.connection.execute(
                model, method, ids, kwargs=kwargs, context=wire_context(context), idempotent=idempotent
            )


def _require_carriable(
    fields: Mapping[str, Field], names: Sequence[str], rows: Sequence[tuple[str, Values]]
) -> None:
    """Raise FieldError for the first value that a cell cannot hold."""
    for field in (fields[name] for name in names):
        if can_carry_all(field):
            continue
        for identifier, values in rows:
            if not can_carry(field, value := values[field.name]):
                raise FieldError(
                    f"upsert cannot carry {field!r} = {str(value)[:80]} of {identifier}",
                    hint="Give a many2many as [(6, 0, ids)]; write one2many and JSON fields afterwards.",
                )


def _asked(known: Mapping[str, Field], fields: Sequence[str]) -> list[str]:
    """Return the names to ask for: always one that is a column.

    Without any name Odoo reads every field; with ``id`` alone it does not look whether the records exist.
    """
    names = [name for name in fields if name != "id"]
    return names or [next((name for name, field in known.items() if field.prefetch and name != "id"), "id")]


def _chunks(items: Sequence[Item], size: int) -> Iterable[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
