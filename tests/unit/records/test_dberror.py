"""Database errors in our words."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa

from isthmus.errors import ConcurrentWriteError, ConstraintError, FieldError, IsthmusError, SchemaError
from isthmus.records.dberror import SQLITE_CODES, SQLSTATES, Violation, translated

WHERE = "sqlite:///x"


def wrapped(original: Exception) -> sa.exc.DBAPIError:
    return sa.exc.DBAPIError("SELECT geheim", {"value": "geheim"}, original, hide_parameters=True)


def sqlite_error(message: str, code: str) -> sqlite3.Error:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorname = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("SQLITE_BUSY", ConcurrentWriteError),
        ("SQLITE_BUSY_SNAPSHOT", ConcurrentWriteError),
        ("SQLITE_CONSTRAINT_UNIQUE", ConstraintError),
        ("SQLITE_TOOBIG", FieldError),
    ],
)
def test_a_sqlite_code_is_known_by_its_longest_prefix(code: str, kind: type[IsthmusError]) -> None:
    assert type(translated(wrapped(sqlite_error("no", code)), WHERE)) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.errors.SerializationFailure, ConcurrentWriteError),
        (psycopg.errors.DeadlockDetected, ConcurrentWriteError),
        (psycopg.errors.LockNotAvailable, ConcurrentWriteError),
        (psycopg.errors.QueryCanceled, ConcurrentWriteError),
        (psycopg.errors.AdminShutdown, ConcurrentWriteError),
        (psycopg.errors.UniqueViolation, ConstraintError),
        (psycopg.errors.UndefinedTable, SchemaError),
        (psycopg.errors.UndefinedColumn, SchemaError),
        (psycopg.errors.NumericValueOutOfRange, FieldError),
    ],
)
def test_a_postgresql_code_is_known_by_its_longest_prefix(
    error: type[psycopg.Error], kind: type[IsthmusError]
) -> None:
    assert type(translated(wrapped(error("no")), WHERE)) is kind


def test_a_mistake_of_ours_stays_what_it_is() -> None:
    for original in (
        sqlite_error('near "SELCT": syntax error', "SQLITE_ERROR"),
        psycopg.errors.SyntaxError("no"),
    ):
        error = wrapped(original)
        assert translated(error, WHERE) is error


@pytest.mark.parametrize(
    "message", ["no such table: x", "no such column: x.y", "table x has no column named y"]
)
def test_a_missing_table_or_column_says_to_upgrade(message: str) -> None:
    found = translated(wrapped(sqlite_error(message, "SQLITE_ERROR")), WHERE)
    assert isinstance(found, SchemaError)
    assert found.hint == "Run: isthmus db upgrade"


@pytest.mark.parametrize(
    ("message", "violation"),
    [
        ("UNIQUE constraint failed: t.a, t.b", Violation("unique", "t", ("a", "b"))),
        ("NOT NULL constraint failed: t.a", Violation("required", "t", ("a",))),
        ("CHECK constraint failed: t_positive", Violation("check", constraint="t_positive")),
        ("FOREIGN KEY constraint failed", Violation("foreign key")),
    ],
)
def test_sqlite_says_what_was_violated(message: str, violation: Violation) -> None:
    found = translated(wrapped(sqlite_error(message, "SQLITE_CONSTRAINT")), WHERE)
    assert isinstance(found, ConstraintError)
    assert found.details["violation"] == violation


def test_a_pool_without_a_free_connection_is_retryable() -> None:
    assert isinstance(translated(sa.exc.TimeoutError("QueuePool limit"), WHERE), ConcurrentWriteError)


def test_every_known_code_is_one_that_its_driver_has() -> None:
    assert all(hasattr(sqlite3, code) for code in SQLITE_CODES)
    states = {one.sqlstate for one in vars(psycopg.errors).values() if hasattr(one, "sqlstate")}
    states = {state for state in states if isinstance(state, str)}
    assert all(any(state.startswith(known) for state in states) for known in SQLSTATES)
