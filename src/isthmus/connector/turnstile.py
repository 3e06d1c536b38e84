"""A turnstile for the workers of many machines: PostgreSQL keeps the turns, its advisory locks the places."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from isthmus.errors import IsthmusError
from isthmus.odoo.turnstile import Leave, book, postpone
from isthmus.records import Registry, SqlDatabase, fields, model
from isthmus.records.database import SqlTransaction


class Turn(model.Model):
    """When the next call to an Odoo may be made."""

    _name = "connector.turn"
    _description = "Turn"

    name = fields.Char("Odoo", required=True)
    turn_at = fields.Float("Turn", required=True)

    _sql_constraints = [("name_uniq", "unique(name)", "This Odoo has a turn already.")]


#: The database's own time, which is one for all machines. ``now()`` would stand still in a transaction.
_NOW: sa.ColumnElement[float] = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Double())


class PostgresTurnstile:
    """A turnstile for all workers that use one PostgreSQL database.

    Implements :class:`isthmus.odoo.turnstile.Turnstile`. Each call has short transactions of its own; a place
    is a lock that lasts as long as its transaction, so that it ends with its holder's connection.
    """

    def __init__(self, database: SqlDatabase, registry: Registry) -> None:
        self._database = database
        self._table = database.tables(registry).table("connector.turn")

    def __repr__(self) -> str:
        return f"<PostgresTurnstile {self._database!r}>"

    def book(self, name: str, interval_s: float, patience_s: float) -> float:
        return self._move(name, lambda turn_at, now: book(turn_at, now, interval_s, patience_s))

    def postpone(self, name: str, seconds: float) -> None:
        self._move(name, lambda turn_at, now: (postpone(turn_at, now, seconds), 0.0))

    def enter(self, name: str, places: int) -> Leave | None:
        transaction = self._database.transaction()
        try:
            for place in range(places):
                if transaction.try_advisory_lock(f"odoo place {place} of {name}"):
                    return lambda: _leave(transaction)
        except BaseException:
            transaction.close()
            raise
        transaction.close()
        return None

    def _move(self, name: str, decide: Callable[[float, float], tuple[float, float]]) -> float:
        columns = self._table.c
        with self._database.begin() as transaction:
            turn_at, now = self._look(transaction, name)
            turn_at, wait = decide(turn_at, now)
            transaction.change(self._table.update().where(columns.name == name).values(turn_at=turn_at))
        return wait

    def _look(self, transaction: SqlTransaction, name: str) -> tuple[float, float]:
        """Return the turn and the time, and keep others from changing the turn meanwhile."""
        columns = self._table.c
        look = sa.select(columns.turn_at, _NOW).where(columns.name == name).with_for_update()
        found = transaction.read(look).one_or_none()
        if found is None:
            (id_,) = transaction.new_ids(self._table, 1)
            row = {"id": id_, "name": name, "turn_at": 0.0}
            transaction.change(self._database.dialect.insert_missing(self._table), [row])
            found = transaction.read(look).one()
        turn_at, now = found
        return float(turn_at), float(now)


def _leave(transaction: SqlTransaction) -> None:
    """Give a place back. When the connection is lost the place is free already, and the call was made."""
    with suppress(IsthmusError, sa.exc.SQLAlchemyError):
        transaction.close()
