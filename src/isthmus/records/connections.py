"""Connections between two transactions: the next one begins with what the last one gave back.

The engine's pool looks over whatever it takes and gives, which costs a short transaction as much as its work.
"""

from __future__ import annotations

import threading
import time

import sqlalchemy as sa

from isthmus.records.engine import TRUSTED_AT, TRUSTED_S


class Connections:
    """Keeps at most ``most`` connections of an engine at hand. Safe to share between threads.

    What has rested for longer than :data:`~isthmus.records.engine.TRUSTED_S` goes back to the pool, which
    asks whether it lives before somebody else gets it.
    """

    def __init__(self, engine: sa.Engine, most: int) -> None:
        self._engine = engine
        self.most = most
        self._resting: list[tuple[sa.Connection, float]] = []
        self.asking = 0
        self._counting = threading.Lock()

    def take(self) -> sa.Connection:
        """Return a connection without a transaction. Raises what the engine does when it cannot connect."""
        if (rested := self._rested()) is not None:
            return rested
        with self._counting:
            self.asking += 1
        try:
            # Once more, now that whoever gives back knows of us: what rests is none of the pool's.
            return self._rested() or self._engine.connect()
        finally:
            with self._counting:
                self.asking -= 1

    def _rested(self) -> sa.Connection | None:
        while (rested := self._pop()) is not None:
            connection, since = rested
            if time.monotonic() - since <= TRUSTED_S:
                return connection
            _hand_over(connection, since)
        return None

    def give_back(self, connection: sa.Connection) -> None:
        """Take a connection back whose transaction is over."""
        if connection.invalidated:
            self.give_up(connection)
            return
        if len(self._resting) >= self.most:
            connection.close()
            return
        self._resting.append((connection, time.monotonic()))
        if self.asking:  # whoever waits for the pool does not see what rests here
            self.close()

    def give_up(self, connection: sa.Connection) -> None:
        """Close a connection that is lost, and what nobody uses: it is likely to be lost with it."""
        connection.close()
        self.close()
        self._engine.dispose()

    def _pop(self) -> tuple[sa.Connection, float] | None:
        try:
            return self._resting.pop()
        except IndexError:  # another thread was faster, or there is none
            return None

    def close(self) -> None:
        """Give what rests back to the pool."""
        while (rested := self._pop()) is not None:
            _hand_over(*rested)


def _hand_over(connection: sa.Connection, since: float) -> None:
    """Give a connection to the pool, which must not believe that it lives because it comes just now."""
    info = connection.info
    connection.close()
    info[TRUSTED_AT] = since
