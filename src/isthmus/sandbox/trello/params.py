"""The parameters of a request: query, form or JSON body, read by type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from isthmus.sandbox.message import Request
from isthmus.sandbox.trello.errors import ApiError, invalid_value
from isthmus.sandbox.trello.ids import is_id
from isthmus.sandbox.trello.multipart import parts
from isthmus.sandbox.trello.timestamp import iso, parse

#: The longest name or description. Source: Trello's OpenAPI description.
MAX_TEXT = 16384
INDEXED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


class Params:
    """Parameters by name. Methods return None (or the default) when the parameter is absent, and raise
    ApiError 400 ``invalid value for NAME`` when it cannot be used."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    @classmethod
    def of(cls, request: Request) -> Params:
        """Read the query and the body; the body wins. Raises ApiError 400 for a body that is not JSON."""
        return cls(nested({**request.query, **_body(request)}))

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def raw(self, name: str, default: Any = None) -> Any:
        """Return the value as it came."""
        return self.values.get(name, default)

    def text(self, name: str, *, required: bool = False, longest: int = MAX_TEXT) -> str | None:
        """Return a text of at most ``longest`` characters; ``required`` refuses an absent or empty one."""
        value = self.values.get(name)
        if value is None and not required:
            return None
        if isinstance(value, bool | dict | list) or value is None:
            raise invalid_value(name)
        text = str(value)
        if len(text) > longest or (required and not text.strip()):
            raise invalid_value(name)
        return text

    def needed(self, name: str) -> str:
        """Return a text that must be there and not empty."""
        return self.text(name, required=True) or ""

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean from ``true``/``false`` (JSON or text)."""
        value = self.values.get(name, default)
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        raise invalid_value(name)

    def whole(self, name: str, default: int, *, least: int = 0, most: int) -> int:
        """Return an integer within bounds."""
        try:
            value = int(self.values.get(name, default))
        except (TypeError, ValueError):
            raise invalid_value(name) from None
        if not least <= value <= most:
            raise invalid_value(name)
        return value

    def id(self, name: str) -> str:
        """Return an identifier that must be there."""
        value = self.values.get(name)
        if not is_id(value):
            raise invalid_value(name)
        return str(value)

    def ids(self, name: str) -> list[str]:
        """Return identifiers from a comma list or a JSON list, each once; empty text means none."""
        found = list(dict.fromkeys(self.names(name) or []))
        if not all(is_id(one) for one in found):
            raise invalid_value(name)
        return found

    def names(self, name: str) -> list[str] | None:
        """Return the words of a comma list or a JSON list; None when absent."""
        value = self.values.get(name)
        if value is None:
            return None
        words = value if isinstance(value, list) else str(value).split(",")
        return [str(word).strip() for word in words if str(word).strip()]

    def moment(self, name: str) -> str | None:
        """Return an instant as Trello writes it; null or empty text gives None, which clears the field."""
        value = self.values.get(name)
        if value in (None, "", "null"):
            return None
        try:
            return iso(parse(str(value)))
        except (ValueError, OverflowError):
            raise invalid_value(name) from None

    def bound(self, name: str) -> datetime | str | None:
        """Return the end of a window: an identifier as it came, or a datetime; None when absent."""
        value = self.values.get(name)
        if value in (None, "", "null"):
            return None
        if is_id(value):
            return str(value)
        try:
            return parse(str(value))
        except (ValueError, OverflowError):
            raise invalid_value(name) from None


def _body(request: Request) -> dict[str, Any]:
    if not request.body:
        return {}
    if request.content_type == "application/json":
        try:
            body = json.loads(request.body)
        except ValueError:
            raise ApiError(400, "Error parsing body") from None
        return body if isinstance(body, dict) else {}
    if request.content_type == "multipart/form-data":
        return dict(parts(request.headers["content-type"], request.body))
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def nested(values: dict[str, Any]) -> dict[str, Any]:
    """Turn ``value[text]=x`` and ``value/text=x`` into ``{"value": {"text": x}}``; leave the rest alone."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        *parents, last = _path(name)
        target = result
        for parent in parents:
            inner = target.get(parent)
            target[parent] = target = inner if isinstance(inner, dict) else {}
        target[last] = value
    return result


def _path(name: str) -> Iterator[str]:
    found = INDEXED.fullmatch(name)
    if found:
        yield found[1]
        yield from re.findall(r"\[([^\[\]]*)\]", found[2])
    else:
        yield from name.split("/")
