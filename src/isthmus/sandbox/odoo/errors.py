"""What an Odoo server refuses, and how each protocol words it.

Every refusal carries the dotted name that Odoo puts on the wire, its XML-RPC fault code and JSON-2 status.

=====================  =====================================  =====  ======
class                  name on the wire                       fault  status
=====================  =====================================  =====  ======
AccessDenied           odoo.exceptions.AccessDenied           3      403
AccessError            odoo.exceptions.AccessError            4      403
UserError              odoo.exceptions.UserError              2      422
ValidationError        odoo.exceptions.ValidationError        2      422
MissingError           odoo.exceptions.MissingError           2      404
ForeignError           builtins.*, psycopg2.*, binascii.*     1      500
HttpError              werkzeug.exceptions.*                  1      its own
=====================  =====================================  =====  ======

Source: exchanges recorded on Odoo 18.0 and 19.0 (tests/data/odoo-probes).
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import PurePath
from typing import Any, ClassVar

from isthmus.errors import IsthmusError


class Refusal(IsthmusError):
    """An error answer of the simulated Odoo; ``message`` is what the caller reads."""

    name: str = "builtins.Exception"
    fault: ClassVar[int] = 1
    status: int = 500

    @property
    def arguments(self) -> list[Any]:
        """What the protocol calls ``arguments``: those of the Python exception on the server."""
        return [self.message]

    @property
    def detail(self) -> str:
        """What the last line of the traceback says after the name."""
        return self.message


class AccessDenied(Refusal):
    """Wrong login, password or key; or too many failures."""

    name = "odoo.exceptions.AccessDenied"
    fault = 3
    status = 403

    def __init__(self, message: str = "Access Denied") -> None:
        super().__init__(message)


class AccessError(Refusal):
    """A known user without the right to do this."""

    name = "odoo.exceptions.AccessError"
    fault = 4
    status = 403


class UserError(Refusal):
    """A business rule says no."""

    name = "odoo.exceptions.UserError"
    fault = 2
    status = 422


class ValidationError(UserError):
    """A constraint says no."""

    name = "odoo.exceptions.ValidationError"


class MissingError(UserError):
    """Records that do not exist, or no longer."""

    name = "odoo.exceptions.MissingError"
    status = 404

    def __init__(self, model: str, ids: Iterable[int], uid: int) -> None:
        record = f"{model}{tuple(ids)!r}"
        super().__init__(f"Record does not exist or has been deleted.\n(Record: {record}, User: {uid})")


class ForeignError(Refusal):
    """An exception of Python or of the database driver that Odoo lets through."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class HttpError(Refusal):
    """An error of the web framework, as JSON-2 answers it."""

    def __init__(self, kind: str, status: int, message: str) -> None:
        super().__init__(message)
        self.name = f"werkzeug.exceptions.{kind}"
        self.status = status

    @property
    def arguments(self) -> list[Any]:
        return [self.message, self.status]

    @property
    def detail(self) -> str:
        return f"{self.status} {HTTPStatus(self.status).phrase}: {self.message}"


def value_error(message: str) -> ForeignError:
    """Return Python's ValueError as Odoo shows it."""
    return ForeignError("builtins.ValueError", message)


def database_error(kind: str, message: str) -> ForeignError:
    """Return an error of the PostgreSQL driver, for instance ``NumericValueOutOfRange``."""
    return ForeignError(f"psycopg2.errors.{kind}", message)


def python_error(error: Exception) -> ForeignError:
    """Return any Python exception as Odoo shows it: the dotted name of its class and its text."""
    kind = type(error)
    message = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return ForeignError(f"{kind.__module__}.{kind.__qualname__}", message)


def traceback_text(refusal: Refusal) -> str:
    """Return the text of ``debug``: a traceback whose last line names the exception, as clients expect."""
    lines = ["Traceback (most recent call last):"]
    for frame in traceback.extract_tb(refusal.__traceback__):
        lines.append(f'  File "{PurePath(frame.filename).name}", line {frame.lineno}, in {frame.name}')
    return "\n".join([*lines, f"{refusal.name.removeprefix('builtins.')}: {refusal.detail}", ""])


def error_data(refusal: Refusal, series: int) -> dict[str, Any]:
    """Return the body of JSON-2 errors, which is also ``error.data`` of JSON-RPC."""
    quiet = series >= 19 and isinstance(refusal, AccessDenied)
    debug = f"{refusal.name}: {refusal.message}\n" if quiet else traceback_text(refusal)
    return {
        "name": refusal.name,
        "message": refusal.message,
        "arguments": refusal.arguments,
        "context": {},
        "debug": debug,
    }
