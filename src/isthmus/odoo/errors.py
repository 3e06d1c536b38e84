"""What Odoo answers when it refuses, translated once.

JSON-RPC and JSON-2 name the exception; for XML-RPC :mod:`isthmus.odoo.xmlfault` finds the name. Messages are
in the language of the user, numbers differ between versions, and a JSON-2 status 500 is mostly a mistake that
stays one: so only the name decides. Source: recorded answers of Odoo 18 and 19.

============  =====================================================================================
kind          error
============  =====================================================================================
access        UnauthorizedError (who), ForbiddenError (what); never tried again
validation    RemoteConstraintError (a constraint), RejectedError (a rule, a wrong value or argument)
missing       RemoteMissingRecordError, UnknownModelError, NotFoundError (a method)
conflict      ConflictError; may be tried again
rate          RateLimitedError; may be tried again after ``wait_s``
unreachable   UnreachableError: nothing was done; may be tried again
ambiguous     AmbiguousError: it may have been done; to be looked for before it is tried again
settings      ConfigurationError: no such database, no such protocol
============  =====================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from isthmus.errors import (
    ConfigurationError,
    ConflictError,
    ConstraintError,
    ForbiddenError,
    IsthmusError,
    MissingRecordError,
    ModelError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    RemoteError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.odoo.protocol import Call


class RemoteMissingRecordError(NotFoundError, MissingRecordError):
    """A record does not exist in Odoo, or no longer."""


class RemoteConstraintError(RejectedError, ConstraintError):
    """A constraint of Odoo refused the values."""


class UnknownModelError(NotFoundError, ModelError):
    """Odoo has no such model: the app that brings it is not installed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception as Odoo reports it: dotted class, message for the user, traceback."""

    name: str
    message: str
    debug: str = field(default="", repr=False)

    @classmethod
    def read(cls, data: Mapping[str, Any], fallback: str = "") -> Fault:
        """Read ``error.data`` of JSON-RPC or the error body of JSON-2."""
        arguments = data.get("arguments") or ()
        message = data.get("message") or next((str(one) for one in arguments if one), "") or fallback
        return cls(str(data.get("name") or ""), str(message).strip(), str(data.get("debug") or ""))


#: The error for each exception of Odoo: the longest prefix of its name decides.
FAULTS: dict[str, type[RemoteError]] = {
    "odoo.exceptions.AccessDenied": UnauthorizedError,
    "odoo.http.SessionExpiredException": UnauthorizedError,
    "werkzeug.exceptions.Unauthorized": UnauthorizedError,
    "odoo.exceptions.AccessError": ForbiddenError,
    "werkzeug.exceptions.Forbidden": ForbiddenError,
    "odoo.exceptions.MissingError": RemoteMissingRecordError,
    "odoo.exceptions.ValidationError": RemoteConstraintError,
    "odoo.exceptions.LockError": ConflictError,
    "odoo.exceptions.ConcurrencyError": ConflictError,
    "odoo.exceptions.": RejectedError,
    "werkzeug.exceptions.NotFound": NotFoundError,
    "werkzeug.exceptions.": RejectedError,
    "psycopg2.errors.SerializationFailure": ConflictError,
    "psycopg2.errors.DeadlockDetected": ConflictError,
    "psycopg2.errors.LockNotAvailable": ConflictError,
    "psycopg2.errors.UniqueViolation": RemoteConstraintError,
    "psycopg2.errors.NotNullViolation": RemoteConstraintError,
    "psycopg2.errors.ForeignKeyViolation": RemoteConstraintError,
    "psycopg2.errors.CheckViolation": RemoteConstraintError,
    "psycopg2.errors.AdminShutdown": UnreachableError,
    "psycopg2.IntegrityError": RemoteConstraintError,
    "psycopg2.OperationalError": UnreachableError,
    "psycopg2.InterfaceError": UnreachableError,
    "psycopg2.pool.PoolError": UnreachableError,
    "psycopg2.": RejectedError,
    "builtins.": RejectedError,
    "binascii.Error": RejectedError,
    "xml.parsers.expat.ExpatError": RejectedError,
}

#: What JSON-2 says of arguments that do not fit the method: nothing was called.
BAD_ARGUMENTS = "werkzeug.exceptions.UnprocessableEntity"

HINTS: dict[type[RemoteError], str] = {
    UnauthorizedError: "Check login and API key (or password). Five wrong tries lock the login for a minute.",
    ForbiddenError: "Give the user of the connection the rights for this, or use another user.",
    ConflictError: "Try again later: another transaction was changing the same records.",
    UnreachableError: "Try again later: Odoo has lost its database for the moment.",
}

_NO_MODEL = re.compile(r"Object (\S+) doesn't exist|the model '(\S+)' does not exist")
_NO_METHOD = ("builtins.AttributeError", "werkzeug.exceptions.NotFound")
_NO_DATABASE = re.compile(r'database "([^"]*)" does not exist')


def translate(
    fault: Fault, call: Call | str, *, debug: bool = False, mask: Callable[[str], str] = str
) -> IsthmusError:
    """Return the error that a fault stands for; ``mask`` keeps secrets out of what is shown of it.

    ``details`` has ``name`` and ``said`` (the user's message alone), and ``debug`` (the traceback) when asked
    for: tracebacks show paths and values of the server.
    """
    details: dict[str, Any] = {"name": fault.name, "said": mask(fault.message)}
    if isinstance(call, Call):
        details |= {"model": call.model, "method": call.method}
    if debug:
        details["debug"] = mask(fault.debug)
    return _special(fault, call, details) or _by_name(
        fault, f"Odoo refused {call}: {mask(_said(fault))}", details
    )


def _by_name(fault: Fault, message: str, details: dict[str, Any]) -> IsthmusError:
    fits = [prefix for prefix in FAULTS if fault.name.startswith(prefix)]
    kind = FAULTS[max(fits, key=len)] if fits else RemoteError
    return kind(message, hint=HINTS.get(kind), **details)


def _said(fault: Fault) -> str:
    """Return what to tell: a message meant for users alone, that of a programming error with its type."""
    kind = fault.name.rpartition(".")[2]
    if fault.message and fault.name.startswith("odoo.exceptions."):
        return fault.message
    return ": ".join(filter(None, (kind, fault.message))) or "no reason given"


def _special(fault: Fault, call: Call | str, details: dict[str, Any]) -> IsthmusError | None:
    """Return the error for a fault whose exception alone says too little."""
    if found := _NO_DATABASE.search(fault.message):
        return ConfigurationError(
            f"Odoo has no database {found[1]!r}",
            hint="Check the name of the database in the settings.",
            **details,
        )
    if fault.name.endswith("RequestEntityTooLarge"):
        return RejectedError(
            f"{call} was too large for Odoo", hint="Send fewer or smaller records.", **details
        )
    if fault.name.endswith("TooManyRequests"):
        return RateLimitedError(f"Odoo refused {call}: too many requests", wait_s=1.0)
    if not isinstance(call, Call):
        return None
    if _says_no_model(fault, call):
        return UnknownModelError(
            f"Odoo has no model {call.model!r}",
            hint="Install the app that brings it, or check the name.",
            **details,
        )
    if fault.name in _NO_METHOD and call.method in fault.message:
        return NotFoundError(
            f"Odoo's model {call.model!r} has no method {call.method!r}",
            hint="It may have another name in this version of Odoo.",
            **details,
        )
    return None


def _says_no_model(fault: Fault, call: Call) -> bool:
    """Odoo refuses an unknown model by a UserError in the user's language; the traceback is English.

    Where there is no traceback (XML-RPC), it counts that no rule of a model can refuse ``fields_get``.
    """
    found = _NO_MODEL.search(fault.message)
    if found:
        return call.model in found.groups()
    raised = "Object %s doesn't exist" in fault.debug or call.method == "fields_get"
    return raised and fault.name == "odoo.exceptions.UserError" and call.model in fault.message
