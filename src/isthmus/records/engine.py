"""Engines: how connections to the two kinds of SQL database are made and kept."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from isthmus.errors import ConfigurationError
from isthmus.records.dialect import Postgresql, add_functions

if TYPE_CHECKING:
    import sqlite3

#: For how long a connection to PostgreSQL that was given back is believed to live.
TRUSTED_S = 1.0

#: Where the pool's connections to PostgreSQL say since when.
TRUSTED_AT = "trusted_at"

#: How long SQLite waits for another writer in one go, in seconds: nothing else happens in a thread meanwhile.
STEP_S = 0.25

#: A page of a new SQLite file. A short transaction changes some hundred bytes in each of a few pages, and the
#: whole of each goes through the log: with SQLite's own 4096, to store a job takes a tenth longer.
PAGE_BYTES = 1024

#: After how many pages of its log SQLite moves them into the file, in the middle of a commit. Workers do it
#: earlier, when they have nothing else to do.
CHECKPOINT_PAGES = 1000


def read_url(url: str) -> sa.URL:
    """Read a database URL. Raises ConfigurationError for one of no kind that is known."""
    expected = "Use sqlite:///path/file.sqlite or postgresql://user@host/name."
    try:
        read = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # The URL may hold a password, so it is not repeated.
        raise ConfigurationError("The database URL cannot be read.", hint=expected) from None
    match read.drivername:
        case "sqlite":
            return read
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return read.set(drivername="postgresql+psycopg")
        case other:
            raise ConfigurationError(f"Unknown kind of database {other!r}.", hint=expected)


def sqlite_engine(
    url: sa.URL, synchronous: str, busy_timeout_s: float, step_s: float, pool_size: int
) -> sa.Engine:
    """Return the engine of a SQLite file, whose connections are set up as Isthmus wants them.

    A connection is waited for ``busy_timeout_s``; what it is given then waits for others ``step_s`` at once.
    """
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=-1,
        connect_args={"timeout": busy_timeout_s, "isolation_level": None},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # heeded as long as the file is empty
        keep_log(connection, time.monotonic() + busy_timeout_s)
        for pragma in (
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA busy_timeout = {int(step_s * 1000)}")
        add_functions(connection)

    return engine


def keep_log(connection: sqlite3.Connection, deadline: float) -> None:
    """Have a file keep a write-ahead log.

    Of two who say so of a new file at once SQLite refuses one without waiting, lest they wait for each other.
    """
    import sqlite3  # more than a megabyte, which a worker on PostgreSQL does without

    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)


def postgresql_engine(url: sa.URL, dialect: Postgresql, pool_size: int) -> sa.Engine:
    """Return the engine of a PostgreSQL database; it asks a connection that rested whether it lives."""
    import psycopg

    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        # Encryption by Kerberos is rare, asked for first, and its libraries take memory: PGGSSENCMODE turns
        # it on.
        connect_args={"application_name": "isthmus", "gssencmode": os.environ.get("PGGSSENCMODE", "disable")},
    )

    @sa.event.listens_for(engine, "connect")
    @sa.event.listens_for(engine, "checkin")
    def trust(connection: object, record: Any) -> None:
        record.info[TRUSTED_AT] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def verify(connection: Any, record: Any, proxy: object) -> None:
        # What was in use a moment ago is believed to live; asking would cost every short transaction a
        # journey to the server.
        if time.monotonic() - record.info[TRUSTED_AT] <= TRUSTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise sa.exc.InvalidatePoolError from error  # the pool opens another one

    @sa.event.listens_for(engine, "first_connect")
    def learn(connection: Any, record: object) -> None:
        dialect.learn(connection)

    return engine
