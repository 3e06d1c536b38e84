"""Field values as they are typed on a command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.records.fields import Field

YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")


def parse_value(field: Field, text: str) -> Any:
    """Return the value of a text for a field; empty text is the empty value.

    Raises ConfigurationError naming the field and what it takes.
    """
    if not text:
        return False
    try:
        return read(field, text)
    except ValueError:
        raise ConfigurationError(f"{field.name} cannot be {text!r}: expected {expected(field)}") from None


def read(field: Field, text: str) -> Any:
    """Return the value of a text that is not empty. Raises ValueError when the field cannot hold it."""
    match field.type:
        case "integer" | "many2one":
            return int(text)
        case "float":
            return float(text)
        case "boolean":
            return read_boolean(text)
        case "json":
            return json.loads(text)
        case "selection" if text not in choices(field):
            raise ValueError(text)
        case _:
            return text


def read_boolean(text: str) -> bool:
    """Return what yes and no mean. Raises ValueError for anything else."""
    if text.lower() not in YES + NO:
        raise ValueError(text)
    return text.lower() in YES


def choices(field: Field) -> list[str]:
    """Return the values that a selection takes."""
    return [str(key) for key, _label in getattr(field, "selection", ())]


def expected(field: Field) -> str:
    """Return what a field takes, in words."""
    match field.type:
        case "selection":
            return "one of " + ", ".join(choices(field))
        case "boolean":
            return "yes or no"
        case "json":
            return "JSON"
        case "many2one":
            return f"the id of a {getattr(field, 'comodel', 'record')}"
        case _:
            return "a number"
