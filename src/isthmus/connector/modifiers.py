"""Modifiers: what happens to a value on its way from the source field to the target field.

``direct = [(convert("price", float), "list_price")]``. They nest: ``convert(none("price"), float)``. Any
function ``(mapper, record, target)`` may stand in their place; :class:`RecordMapper` is the base to write one
that can be named, nested and explained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isthmus.errors import IsthmusError, MappingError

if TYPE_CHECKING:
    from isthmus.connector.base_mapper import Mapper

#: The name of a field, or ``(mapper, record, target) -> value``.
Source = str | Callable[["Mapper", Any, str], Any]


def source_of(source: Source) -> str | None:
    """Return the field that a source reads (the first part of a path); None when it cannot be known."""
    if isinstance(source, str):
        return source.partition(".")[0]
    return getattr(source, "source", None)


def describe(source: Source) -> str:
    """Return a source as a person would write it: ``convert(price, float)``."""
    if isinstance(source, str):
        return source
    if isinstance(source, RecordMapper):
        return repr(source)
    return getattr(source, "__name__", type(source).__name__)


class RecordMapper:
    """Map one field or one value: the base of modifiers and of reusable rules.

    ``field`` is a field name or another source, which is mapped first. Override :meth:`map_value`::

        class Shouting(RecordMapper):
            def map_value(self, mapper, value, target):
                return value.upper() if value else value

        direct = [(Shouting("name"), "name")]
    """

    def __init__(self, field: Source) -> None:
        self.field = field

    @property
    def source(self) -> str | None:
        """The field that is read, through any nesting; None when it cannot be known."""
        return source_of(self.field)

    def __call__(self, mapper: Mapper, record: Any, target: str) -> Any:
        return self.map_value(mapper, self.read(mapper, record, target), target)

    def read(self, mapper: Mapper, record: Any, target: str) -> Any:
        """Return the value to be mapped; None or False where the source has none."""
        return (
            mapper.read(record, self.field)
            if isinstance(self.field, str)
            else self.field(mapper, record, target)
        )

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        """Return the target's value for the source's."""
        return value

    def prefetch(self, mapper: Mapper, records: Sequence[Any], target: str) -> None:
        """Look up for all records at once what :meth:`map_value` would look up for each."""
        if isinstance(self.field, RecordMapper):
            self.field.prefetch(mapper, records, target)

    def peek(self, mapper: Mapper, records: Sequence[Any], target: str) -> list[Any]:
        """Return the source values that can be read; False, None and "" are left out."""
        values = []
        for record in records:
            try:
                value = self.read(mapper, record, target)
            except IsthmusError:
                continue
            except (
                Exception
            ):  # whatever a rule of the connector raises is reported with its record, when that is mapped
                continue
            if value is not None and value is not False and value != "":
                values.append(value)
        return values

    def arguments(self) -> tuple[str, ...]:
        """Return what to show in brackets behind the source."""
        return ()

    def __repr__(self) -> str:
        shown = ", ".join((describe(self.field), *self.arguments()))
        return f"{type(self).__name__}({shown})"


class none(RecordMapper):  # noqa: N801 - the field's own name for it
    """Replace an empty value (False, 0, "" and the like) by None."""

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        return value or None


class convert(RecordMapper):  # noqa: N801
    """Convert the value by a type or a function of one argument.

    What is missing (None, False, and "" unless text is wanted) becomes the empty value of the direction;
    0 is converted.
    """

    def __init__(self, field: Source, conv_type: Callable[[Any], Any]) -> None:
        super().__init__(field)
        self.conv_type = conv_type

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        if value is None or (value is False and self.conv_type is not bool):
            return mapper.empty
        if isinstance(value, str) and not value and self.conv_type is not str:
            return mapper.empty
        return self.conv_type(value)

    def arguments(self) -> tuple[str, ...]:
        return (getattr(self.conv_type, "__name__", repr(self.conv_type)),)


class follow_m2o_relations(RecordMapper):  # noqa: N801
    """Follow ``"a.b.c"`` through records or nested dicts to the last value; empty as soon as one is."""

    field: str

    def read(self, mapper: Mapper, record: Any, target: str) -> Any:
        value = record
        for name in self.field.split("."):
            value = mapper.read(value, name)
            if value is None or value is False or (not value and hasattr(value, "_ids")):
                return mapper.empty
        return value


class _Link(RecordMapper):
    """Base of the modifiers that go through a binder; ``binding`` is the binding model or None."""

    def __init__(self, field: Source, binding: str | None = None) -> None:
        super().__init__(field)
        self.binding = binding

    def arguments(self) -> tuple[str, ...]:
        return (f"binding={self.binding}",) if self.binding else ()


class external_to_m2o(_Link):  # noqa: N801
    """Turn an external id into the id of the record that is bound to it. Raises MappingError when none is."""

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        if value is None or value is False or value == "":
            return mapper.empty
        model, unwrap = self._link(mapper, target)
        return mapper.links.internal(model, value, unwrap=unwrap)

    def prefetch(self, mapper: Mapper, records: Sequence[Any], target: str) -> None:
        super().prefetch(mapper, records, target)
        model, unwrap = self._link(mapper, target)
        mapper.links.load_internal(model, self.peek(mapper, records, target), unwrap=unwrap)

    def _link(self, mapper: Mapper, target: str) -> tuple[str, bool]:
        field = mapper.field_of(target)
        return mapper.link_to(field.comodel if field is not None else None, self.binding)


class external_to_m2m(external_to_m2o):  # noqa: N801
    """Turn a list of external ids into the command that sets an x2many field to the records bound to them."""

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        link = super().map_value
        return [(6, 0, [link(mapper, one, target) for one in value or ()])]

    def peek(self, mapper: Mapper, records: Sequence[Any], target: str) -> list[Any]:
        return [one for value in super().peek(mapper, records, target) for one in value]


class m2o_to_external(_Link):  # noqa: N801
    """Turn a record into the external id that it is bound to. Raises MappingError when it is not bound."""

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        if not value:
            return mapper.empty
        model, wrap = mapper.link_to(self._model(mapper, value), self.binding)
        return mapper.links.external(model, id_of(value), wrap=wrap)

    def prefetch(self, mapper: Mapper, records: Sequence[Any], target: str) -> None:
        super().prefetch(mapper, records, target)
        values = self.peek(mapper, records, target)
        for name in {self._model(mapper, value) for value in values}:
            model, wrap = mapper.link_to(name, self.binding)
            ids = [id_of(value) for value in values if value and self._model(mapper, value) == name]
            mapper.links.load_external(model, ids, wrap=wrap)

    def _model(self, mapper: Mapper, value: Any) -> str | None:
        if hasattr(value, "_ids"):
            return str(value._name)
        field = mapper.field_of(self.source) if self.source else None
        return field.comodel if field is not None else None


class m2m_to_external(m2o_to_external):  # noqa: N801
    """Turn the records of an x2many field into the list of their external ids."""

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        link = super().map_value
        return [link(mapper, one, target) for one in value or ()]

    def peek(self, mapper: Mapper, records: Sequence[Any], target: str) -> list[Any]:
        return [one for value in super().peek(mapper, records, target) for one in value]


def id_of(value: Any) -> int:
    """Return the id of a record, an id or a pair ``[id, name]``. Raises MappingError on anything else."""
    if isinstance(value, int):
        return value
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], int):
        return value[0]
    if hasattr(value, "_ids"):
        return int(value.id)
    raise MappingError(f"{value!r} is neither a record nor the id of one")


def read_field(record: Any, name: str) -> Any:
    """Return a field of a record or a key of a mapping; None when the key is missing."""
    return record.get(name) if isinstance(record, Mapping) else record[name]
