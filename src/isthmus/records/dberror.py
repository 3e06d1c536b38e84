"""Database errors become Isthmus errors here, once, by one table for each driver."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from isthmus.errors import (
    ConcurrentWriteError,
    ConfigurationError,
    ConstraintError,
    DatabaseAwayError,
    FieldError,
    IsthmusError,
    RecordError,
    SchemaError,
)

#: PostgreSQL's error codes, by their longest known prefix. Source: PostgreSQL manual, appendix A.
SQLSTATES: dict[str, type[IsthmusError]] = {
    "08": ConcurrentWriteError,  # the connection broke
    "22": FieldError,  # a value does not fit its type
    "23": ConstraintError,
    "25P02": RecordError,  # an earlier statement failed
    "25006": ConfigurationError,  # read-only transaction
    "28": ConfigurationError,  # credentials
    "3D": ConfigurationError,  # no such database
    "40": ConcurrentWriteError,  # serialization failure, deadlock
    "42501": ConfigurationError,  # missing rights
    "42703": SchemaError,  # no such column
    "42P01": SchemaError,  # no such table
    "53": DatabaseAwayError,  # disk full, too many connections
    "55P03": ConcurrentWriteError,  # lock not available
    "57014": ConcurrentWriteError,  # cancelled by a timeout
    "57P": ConcurrentWriteError,  # the server shuts down or starts
}

#: SQLite's error names, by their longest known prefix. Source: https://www.sqlite.org/rescode.html
SQLITE_CODES: dict[str, type[IsthmusError]] = {
    "SQLITE_AUTH": ConfigurationError,
    "SQLITE_BUSY": ConcurrentWriteError,
    "SQLITE_CANTOPEN": ConfigurationError,
    "SQLITE_CONSTRAINT": ConstraintError,
    "SQLITE_CORRUPT": ConfigurationError,
    "SQLITE_FULL": DatabaseAwayError,
    "SQLITE_IOERR": DatabaseAwayError,
    "SQLITE_LOCKED": ConcurrentWriteError,
    "SQLITE_NOTADB": ConfigurationError,
    "SQLITE_PERM": ConfigurationError,
    "SQLITE_READONLY": ConfigurationError,
    "SQLITE_TOOBIG": FieldError,
}

_HINTS: dict[type[IsthmusError], str] = {
    ConcurrentWriteError: "Try again; another transaction was writing the same data.",
    DatabaseAwayError: "Nothing was written. Make room on the disk of the database, then try again.",
    ConfigurationError: "Check the database setting, that the database is there, and the rights to it.",
    RecordError: "An earlier statement of the transaction failed: put env.savepoint() around what may fail.",
    SchemaError: "Run: isthmus db upgrade",
}

_BROKEN = "Try again; the connection to the database broke, and what was not committed is undone."

_NO_SUCH = re.compile(r"no such (table|column)|has no column named")


@dataclass(frozen=True, slots=True)
class Violation:
    """What a database says about a refused constraint, as far as it says it."""

    kind: str  # "unique", "check", "foreign key", "required"
    table: str | None = None
    columns: tuple[str, ...] = ()
    constraint: str | None = None


def translated(error: sa.exc.SQLAlchemyError, where: str) -> Exception:
    """Return the Isthmus error for a database error at ``where``; the error itself when it is our mistake.

    A ConstraintError carries a :class:`Violation` in ``details["violation"]``.
    """
    if isinstance(error, sa.exc.TimeoutError):
        return ConcurrentWriteError(
            f"No connection to {where} became free in time.",
            hint="Close environments earlier, or use fewer threads.",
        )
    if not isinstance(error, sa.exc.DBAPIError) or error.orig is None:
        return error
    original = error.orig
    reason = " ".join(str(original).split())
    kind = _kind(original)
    if kind is None and _is_disconnected(error):
        kind = ConcurrentWriteError
    if kind is None:
        return error
    if kind is ConstraintError:
        return ConstraintError(f"{where} refused the values: {reason}", violation=_violation(original))
    is_broken = kind is ConcurrentWriteError and _is_disconnected(error)
    return kind(f"{where}: {reason}", hint=_BROKEN if is_broken else _HINTS.get(kind))


def unreachable(error: sa.exc.SQLAlchemyError, where: str) -> Exception:
    """Return the error for a connection that could not be opened."""
    found = translated(error, where)
    if (
        isinstance(found, ConcurrentWriteError)
        and found.retryable
        and not isinstance(error, sa.exc.OperationalError)
    ):
        return found
    original = getattr(error, "orig", None)
    reason = " ".join(str(original or error).split())
    kind = ConfigurationError
    if isinstance(found, DatabaseAwayError | ConcurrentWriteError) or not hasattr(
        original, "sqlite_errorname"
    ):
        kind = DatabaseAwayError  # of PostgreSQL nobody can tell whether it is the settings or the server
    return kind(f"Cannot open the database {where}: {reason}", hint=_HINTS[ConfigurationError])


def _is_sqlite(original: BaseException | None) -> bool:
    return hasattr(original, "sqlite_errorname")


def _kind(original: BaseException) -> type[IsthmusError] | None:
    sqlstate = getattr(original, "sqlstate", None)
    if sqlstate:
        return _longest_prefix(SQLSTATES, sqlstate)
    name = getattr(original, "sqlite_errorname", None)
    if name == "SQLITE_ERROR" and _NO_SUCH.search(str(original)):
        return SchemaError
    return _longest_prefix(SQLITE_CODES, name) if name else None


def _longest_prefix(table: dict[str, type[IsthmusError]], code: str) -> type[IsthmusError] | None:
    return next((table[code[:length]] for length in range(len(code), 0, -1) if code[:length] in table), None)


def _is_disconnected(error: sa.exc.DBAPIError) -> bool:
    return error.connection_invalidated


# --- constraints ---------------------------------------------------------------------------------------

_POSTGRESQL_KINDS = {"23502": "required", "23503": "foreign key", "23505": "unique", "23514": "check"}
_SQLITE_KINDS = {
    "UNIQUE": "unique", "PRIMARY KEY": "unique", "NOT NULL": "required", "CHECK": "check",
    "FOREIGN KEY": "foreign key",
}  # fmt: skip
_SQLITE_VIOLATION = re.compile(
    r"(UNIQUE|PRIMARY KEY|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (.*))?", re.S
)


def _violation(original: Any) -> Violation:
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:
        return Violation(
            _POSTGRESQL_KINDS.get(original.sqlstate, "constraint"),
            diagnosis.table_name,
            (diagnosis.column_name,) if diagnosis.column_name else (),
            diagnosis.constraint_name,
        )
    found = _SQLITE_VIOLATION.search(str(original))
    if found is None:
        return Violation("constraint")
    kind, subject = _SQLITE_KINDS[found[1]], found[2] or ""
    if kind == "check":
        return Violation(kind, constraint=subject)
    columns = [part.strip().partition(".") for part in subject.split(",") if "." in part]
    return Violation(kind, columns[0][0] if columns else None, tuple(column for _, _, column in columns))
