"""A turnstile for the workers of many machines: PostgreSQL keeps the turns, its advisory locks the places."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa

from isthmus.errors import IsthmusError
from isthmus.http.turnstile import Decide, Leave, T, Turnstile
from isthmus.records import Registry, SqlDatabase, fields, model
from isthmus.records.transaction import SqlTransaction


class Turn(model.Model):
    """What the workers that share a budget of calls agreed on."""

    _name = "connector.turn"
    _description = "Turn"

    name = fields.Char("Budget", required=True)
    text = fields.Text("Agreement", required=True)

    _sql_constraints = [("name_uniq", "unique(name)", "This budget is kept already.")]


#: The database's own time, which is one for all machines. ``now()`` would stand still in a transaction.
_NOW: sa.ColumnElement[float] = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Double())


class PostgresTurnstile(Turnstile):
    """A turnstile for all workers that use one PostgreSQL database.

    Each call has short transactions of its own; a place is a lock that lasts as long as its transaction, so
    that it ends with its holder's connection.
    """

    def __init__(self, database: SqlDatabase, registry: Registry, own: SqlDatabase | None = None) -> None:
        """``own`` is the same database with connections of its own.

        Whoever comes here holds a connection already; many who do could wait for each other's second one.
        """
        self._database = own or database
        self._table = database.tables(registry).table("connector.turn")

    def __repr__(self) -> str:
        return f"<PostgresTurnstile {self._database!r}>"

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._database.close()

    def change(self, name: str, decide: Decide[T]) -> T:
        columns = self._table.c
        with self._database.begin() as transaction:
            text, result = decide(*self._look(transaction, name))
            transaction.change(self._table.update().where(columns.name == name).values(text=text))
        return result

    def enter(self, name: str, places: int) -> Leave | None:
        transaction = self._database.transaction()
        try:
            for place in range(places):
                if transaction.try_advisory_lock(f"place {place} of {name}"):
                    return lambda: _leave(transaction)
        except BaseException:
            transaction.close()
            raise
        transaction.close()
        return None

    def _look(self, transaction: SqlTransaction, name: str) -> tuple[str, float]:
        """Return the text and the time, and keep others from changing the text meanwhile."""
        columns = self._table.c
        look = sa.select(columns.text, _NOW).where(columns.name == name).with_for_update()
        found = transaction.read(look).one_or_none()
        if found is None:
            (id_,) = transaction.new_ids(self._table, 1)
            row = {"id": id_, "name": name, "text": ""}
            transaction.change(self._database.dialect.insert_missing(self._table), [row])
            found = transaction.read(look).one()
        text, now = found
        return text or "", float(now)


def _leave(transaction: SqlTransaction) -> None:
    """Give a place back. When the connection is lost the place is free already, and the call was made."""
    with suppress(IsthmusError, sa.exc.SQLAlchemyError):
        transaction.close()
