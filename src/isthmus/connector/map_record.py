"""What a mapper makes of records: one record to be mapped, a page of mapped ones, the failures among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isthmus.errors import MappingError

if TYPE_CHECKING:
    from isthmus.connector.base_mapper import Mapper

ARROW = " › "


class Options(dict[str, Any]):
    """The options of one mapping call, as keys and as attributes; an option that was not given is None."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)


class MapRecord:
    """A record together with its mapper. ``parent`` is the map record that it is a line of, if any."""

    __slots__ = ("_updates", "mapper", "parent", "source")

    def __init__(self, mapper: Mapper, source: Any, parent: MapRecord | None = None) -> None:
        self.mapper = mapper
        self.source = source
        self.parent = parent
        self._updates: dict[str, Any] = {}

    def update(self, *args: Any, **values: Any) -> None:
        """Set values that win over everything that the mapper says; arguments as those of ``dict.update``."""
        self._updates.update(*args, **values)

    def values(self, for_create: bool = False, fields: Any = None, **options: Any) -> dict[str, Any]:
        """Return the mapped values.

        ``fields`` limits the mapping to what depends on these source fields: None means all, an empty
        collection that nothing changed. ``options`` reach mapping methods as ``self.options``, for this
        call only.
        Raises MappingError naming mapper, rule, path, field and value.
        """
        values = self.mapper.map_one(self, for_create=for_create, fields=fields, options=options)
        values.update(self._updates)
        return values

    def __repr__(self) -> str:
        return f"<{self.mapper.record_label(self.source)} for {self.mapper._name}>"


@dataclass(frozen=True, slots=True)
class Failure:
    """One rule that failed on one record of a page; ``index`` is the record's position (from 0)."""

    index: int
    record: Any
    error: MappingError


@dataclass(frozen=True, slots=True)
class MappedPage:
    """The values of a page of records, in their order; None for each record that failed.

    Iterating gives ``(record, values)`` of those that did not. A record can have several failures.
    """

    records: list[Any]
    values: list[dict[str, Any] | None]
    failures: list[Failure]

    def __iter__(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        for record, values in zip(self.records, self.values, strict=True):
            if values is not None:
                yield record, values

    def __len__(self) -> int:
        return len(self.records)

    def complete(self) -> list[dict[str, Any]]:
        """Return the values of all records. Raises the first MappingError when any failed."""
        if self.failures:
            raise self.failures[0].error
        return [values for values in self.values if values is not None]


# --- failures ------------------------------------------------------------------------------------------


def mapping_error(
    error: Exception, *, mapper: str, rule: str, path: str, field: str | None, value: Any
) -> MappingError:
    """Return the error for a rule that raised: it names mapper, rule, path, field and value."""
    if isinstance(error, MappingError):
        reason, hint = error.message, error.hint
    else:
        reason, hint = (
            f"{type(error).__name__}: {getattr(error, 'message', error)}",
            getattr(error, "hint", None),
        )
    details = {"mapper": mapper, "rule": rule, "path": path, "field": field, "value": value, "reason": reason}
    return _told(details, hint)


def under(error: MappingError, part: str) -> MappingError:
    """Return the error with one more part in front of its path: the line or record that it happened in."""
    if "path" not in error.details:  # raised by a hook around the rules, which knows no path
        return mapping_error(error, mapper="", rule="", path=part, field=None, value=None)
    path = error.details["path"]
    path = part + path if path.startswith("[") or not path else part + ARROW + path
    longer = _told({**error.details, "path": path}, error.hint)
    longer.__cause__ = error.__cause__
    return longer


def _told(details: Mapping[str, Any], hint: str | None) -> MappingError:
    where = f"{details['mapper']}, rule {details['rule']}" if details["rule"] else details["mapper"]
    value = "" if details["field"] is None else f" (value {_shown(details['value'])})"
    at = f" [{where}]" if where else ""
    return MappingError(f"{details['path']}: {details['reason']}{value}{at}", hint=hint, **details)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
