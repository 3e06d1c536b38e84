"""Invertible converters: how a value goes into Odoo, how it comes back, and when two values mean the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from isthmus.connector.comparison import neutral
from isthmus.connector.modifiers import (
    RecordMapper,
    Source,
    external_to_m2m,
    external_to_m2o,
    m2m_to_external,
    m2o_to_external,
)

if TYPE_CHECKING:
    from isthmus.connector.base_mapper import Mapper

Function = Callable[[Any], Any]


class Converter:
    """Base of the converters. Override :meth:`to_odoo`, :meth:`to_external`, perhaps :meth:`comparable`."""

    #: Whether the methods are slow, and remember what they returned: an import then calls them ahead of time,
    #: in a thread of its own.
    remembers = False

    def to_odoo(self, value: Any) -> Any:
        """Return Odoo's value for an external one (None: missing)."""
        return value

    def to_external(self, value: Any) -> Any:
        """Return the external value for Odoo's (False: empty)."""
        return value

    def comparable(self, value: Any) -> Any:
        """Return Odoo's value in the form in which it is compared; JSON-ready."""
        return neutral(value)

    def comparable_external(self, value: Any) -> Any:
        """Return an external value in the form in which it is compared; JSON-ready."""
        return self.comparable(self.to_odoo(value))

    def inward(self, field: str) -> Source:
        """Return the source of an import rule."""
        return Converted(field, self, self.to_odoo)

    def outward(self, field: str) -> Source:
        """Return the source of an export rule."""
        return Converted(field, self, self.to_external)

    def __repr__(self) -> str:
        return type(self).__name__.lower()


class Converted(RecordMapper):
    """A field that goes through one direction of a converter."""

    def __init__(self, field: str, converter: Converter, function: Function) -> None:
        super().__init__(field)
        self.converter = converter
        self.function = function

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        return self.function(value)

    def __repr__(self) -> str:
        return f"{self.converter!r}({self.field})"


class Same(Converter):
    """Take the value over as a plain ``direct`` entry does, a many2one through the binder."""

    def inward(self, field: str) -> Source:
        return field

    def outward(self, field: str) -> Source:
        return field


class Opposite(Converter):
    """Turn true into false: *archived* against *active*. A missing value counts as false."""

    def to_odoo(self, value: Any) -> bool:
        return not value

    def to_external(self, value: Any) -> bool:
        return not value

    def comparable(self, value: Any) -> bool:
        return bool(value)


class Truth(Converter):
    """A boolean; a missing value counts as false."""

    def to_odoo(self, value: Any) -> bool:
        return bool(value)

    def to_external(self, value: Any) -> bool:
        return bool(value)

    def comparable(self, value: Any) -> bool:
        return bool(value)


class Instant(Converter):
    """A moment: ISO 8601 outside, naive UTC in Odoo; to the second, since Odoo reads back no fractions."""

    def to_odoo(self, value: Any) -> Any:
        if not value:
            return False
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return moment.replace(microsecond=0)

    def to_external(self, value: Any) -> str | None:
        if not value:
            return None
        moment: datetime = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def comparable(self, value: Any) -> Any:
        return neutral(value, "datetime")


class Choice(Converter):
    """One of a few values, by a table from external values to Odoo's.

    ``also`` maps further values of Odoo back to external ones: they mean the same there, so that a difference
    between them is nobody's news. ``otherwise`` is the external value for any other one of Odoo.
    """

    def __init__(
        self, table: Mapping[Any, Any], *, also: Mapping[Any, Any] | None = None, otherwise: Any = None
    ) -> None:
        self.table = dict(table)
        self.back = {**(also or {}), **{odoo: external for external, odoo in self.table.items()}}
        self.otherwise = otherwise

    def to_odoo(self, value: Any) -> Any:
        if value is None:
            value = self.otherwise
        try:
            return self.table[value]
        except KeyError:
            known = ", ".join(map(repr, self.table))
            raise ValueError(f"{value!r} is none of {known}") from None

    def to_external(self, value: Any) -> Any:
        return self.back.get(value, self.otherwise)

    def comparable(self, value: Any) -> Any:
        return neutral(self.to_external(value))


class Through(Converter):
    """Two functions, inverse as far as ``comparable`` can tell; they get no empty values."""

    def __init__(
        self,
        to_odoo: Function,
        to_external: Function,
        comparable: Function = neutral,
        *,
        name: str = "",
        empty: Any = None,
        remembers: bool = False,
    ) -> None:
        """``comparable`` gets Odoo's value; ``name`` is for tables; ``empty`` is the empty external value.

        ``remembers``: the functions are slow, and remember what they returned.
        """
        self.remembers = remembers
        self._to_odoo = to_odoo
        self._to_external = to_external
        self._comparable = comparable
        self.name = name or f"{to_odoo.__name__}/{to_external.__name__}"
        self.empty = empty

    def to_odoo(self, value: Any) -> Any:
        return False if value is None or value is False or value == "" else self._to_odoo(value)

    def to_external(self, value: Any) -> Any:
        return self.empty if value is None or value is False or value == "" else self._to_external(value)

    def comparable(self, value: Any) -> Any:
        return self._comparable(value)

    def __repr__(self) -> str:
        return self.name


class Related(Converter):
    """An external id against a many2one, through the binder of ``binding`` (None: where it can be told)."""

    def __init__(self, binding: str | None = None) -> None:
        self.binding = binding

    def inward(self, field: str) -> Source:
        return external_to_m2o(field, self.binding)

    def outward(self, field: str) -> Source:
        return m2o_to_external(field, self.binding)

    def comparable(self, value: Any) -> Any:
        return neutral(value, "many2one")

    def comparable_external(self, value: Any) -> Any:
        return neutral(value)


class RelatedMany(Related):
    """A list of external ids, in any order, against an x2many."""

    def inward(self, field: str) -> Source:
        return external_to_m2m(field, self.binding)

    def outward(self, field: str) -> Source:
        return m2m_to_external(field, self.binding)

    def comparable(self, value: Any) -> Any:
        return neutral(value, "many2many")

    def comparable_external(self, value: Any) -> Any:
        return sorted(value or ())


same = Same()
opposite = Opposite()
truth = Truth()
instant = Instant()
