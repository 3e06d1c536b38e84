"""Errors of the record layer become what an Odoo server says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from isthmus.errors import ConcurrentWriteError, ConstraintError, FieldError, MissingRecordError, RecordError
from isthmus.records.environment import Environment
from isthmus.sandbox.odoo.errors import Refusal, ValidationError, database_error, python_error, value_error
from isthmus.sandbox.odoo.session import Session
from isthmus.sandbox.odoo.values import in_use, missing_value

NOT_COMPLETED = "The operation cannot be completed: "

#: What Python itself raises on values that make no sense; Odoo lets these through to the caller.
PYTHON_ERRORS = (ValueError, TypeError, KeyError, AttributeError, IndexError)


@contextmanager
def record_errors(env: Environment) -> Iterator[None]:
    """Raise what goes wrong inside the block as a Refusal."""
    try:
        yield
    except Refusal:
        raise
    except ConstraintError as error:
        raise _constraint(env, error) from error
    except ConcurrentWriteError as error:
        message = "could not serialize access due to concurrent update\n"
        raise database_error("SerializationFailure", message) from error
    except (MissingRecordError, FieldError) as error:
        raise value_error(error.message) from error
    except PYTHON_ERRORS as error:
        if isinstance(error, RecordError):
            raise value_error(error.message) from error
        raise python_error(error) from error


def _constraint(env: Environment, error: ConstraintError) -> Refusal:
    series = env.service(Session).series
    model = env[error.details["model"]] if error.details.get("model") in env.registry else None
    name = str(error.details.get("field"))
    if model is not None and name in model._fields:
        return missing_value(series, model, model._fields[name])
    return _violated(series, model, error)


def _violated(series: int, model: Any, error: ConstraintError) -> Refusal:
    if error.details.get("kind") == "foreign key":
        return ValidationError(in_use(series, str(error.details.get("constraint")), None, None, ""))
    for name, rule, message in model._sql_constraints if model is not None else ():
        if name == error.details.get("constraint"):
            said = NOT_COMPLETED + message if series >= 16 else _before_16(model, name, message)
            return _unique(series, model, rule.partition("(")[2].rstrip(")").split(","), message, said)
    return ValidationError(NOT_COMPLETED + error.message)


def _before_16(model: Any, name: str, message: str) -> str:
    """Return what 14 and 15 say: the message to who has a language, the name of the constraint to others."""
    return message if model.env.context.get("lang") else f"{model._table}_{name}"


def _unique(series: int, model: Any, columns: list[str], message: str, said: str) -> Refusal:
    """Return the refusal of a declared constraint; ``load`` names the field, before 19 in its own words."""
    if len(columns) != 1 or columns[0] not in model._fields:
        return ValidationError(said)
    name, label = columns[0], model._fields[columns[0]].string
    cell = (
        f"The value for the field '{name}' already exists (this is probably '{label}' in the current model)."
    )
    return ValidationError(said, field=name, cell=message if series >= 19 else cell)
