"""SQL databases: SQLite files for one machine, PostgreSQL for many."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from isthmus.records.connections import Connections
from isthmus.records.dialect import Dialect, Postgresql, Sqlite
from isthmus.records.engine import STEP_S, postgresql_engine, read_url, sqlite_engine
from isthmus.records.transaction import SqlTransaction

if TYPE_CHECKING:
    from isthmus.clock import Clock
    from isthmus.records.registry import Registry
    from isthmus.records.sqlstore import SqlStore
    from isthmus.records.tables import Tables

#: How long a SQLite writer waits for another one.
BUSY_TIMEOUT_S = 30.0


class SqlDatabase:
    """A database by its URL: ``sqlite:///path/file.sqlite``, ``postgresql://user@host/name``.

    ``sqlite://`` is a private database that is deleted with this object. ``synchronous`` is SQLite's setting:
    "NORMAL" survives the end of the process, "FULL" the end of power too, "OFF" neither. ``busy_timeout_s``
    limits the wait for another writer; ``pool_size`` the connections that are kept open; ``extra`` are tables
    of other layers that are kept beside those of the models and upgraded with them.
    Raises ConfigurationError for a URL that is none of these. Safe to share between threads.
    """

    def __init__(
        self,
        url: str,
        *,
        synchronous: str = "NORMAL",
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        pool_size: int = 10,
        extra: Sequence[sa.MetaData] = (),
    ) -> None:
        parsed = read_url(url)
        self.url = parsed.render_as_string(hide_password=True).replace("+psycopg", "", 1)
        self.busy_timeout_s = busy_timeout_s
        self.extra = tuple(extra)
        self._tables: dict[int, tuple[Registry, Tables]] = {}
        self.dialect: Dialect
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                parsed = parsed.set(database=self._private_file())
                synchronous = "OFF"
            self.dialect = Sqlite()
            step_s = min(STEP_S, busy_timeout_s)
            self.engine = sqlite_engine(parsed, synchronous, busy_timeout_s, step_s, pool_size)
        else:
            self.dialect = Postgresql()
            self.engine = postgresql_engine(parsed, self.dialect, pool_size)
        self.connections = Connections(self.engine, pool_size)

    def _private_file(self) -> str:
        import shutil  # both are large, and only this needs them
        import tempfile

        folder = tempfile.mkdtemp(prefix="isthmus-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return str(Path(folder) / "private.sqlite")

    def transaction(self) -> SqlTransaction:
        """Open a transaction; the connection is taken when it is first used. For one thread."""
        return SqlTransaction(self)

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        """Run the block in a transaction: commit at its end, roll back when it raises."""
        transaction = self.transaction()
        try:
            yield transaction
            transaction.commit()
        finally:
            transaction.close()

    def store(self, registry: Registry, transaction: SqlTransaction, clock: Clock) -> SqlStore:
        """Return the store of a registry's local models inside a transaction."""
        from isthmus.records.sqlstore import SqlStore

        return SqlStore(registry, self.tables(registry), transaction, clock)

    def tables(self, registry: Registry) -> Tables:
        """Return the tables that a registry's models are kept in; computed once for each registry."""
        from isthmus.records.tables import Tables

        found = self._tables.get(id(registry))
        if found is None:
            found = self._tables[id(registry)] = (registry, Tables(registry, self.extra))
        return found[1]

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.connections.close()
        self.engine.dispose()

    def __repr__(self) -> str:
        return f"<SqlDatabase {self.url}>"
