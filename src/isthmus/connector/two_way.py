"""One table of pairs for both directions.

::

    class CardMapper(TwoWayMapper):
        _name = "trello.card.mapper"
        _apply_on = "trello.card"
        pairs = [("name", "name"), ("closed", "active", opposite), ("due", "date_deadline", instant)]

    class CardImportMapper(CardMapper, ImportMapper):
        _name = "trello.card.import.mapper"

    class CardExportMapper(CardMapper, ExportMapper):
        _name = "trello.card.export.mapper"

The two concrete mappers are ordinary ones: each may add ``direct``, mapping methods and children of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from isthmus.connector.base_mapper import Mapper
from isthmus.connector.converter import Converter, Same, same
from isthmus.connector.rule import DirectRule, Rule


@dataclass(frozen=True, slots=True)
class Pair:
    """A field of the other side and one of Odoo with the same meaning, and what turns one into the other.

    An ``optional`` pair exists where Odoo has its field: not every version has, or not without some app.
    """

    external: str
    odoo: str
    converter: Converter = same
    only_create: bool = False
    optional: bool = False

    def rule(self, direction: str) -> DirectRule:
        """Return the rule for a direction: "import" or "export"."""
        if direction == "import":
            source, target = self.converter.inward(self.external), self.odoo
        else:
            source, target = self.converter.outward(self.odoo), self.external
        needs = self.odoo if self.optional else None
        return DirectRule.of(source, target, only_create=self.only_create, needs=needs)


class TwoWayMapper(Mapper):
    """A mapper whose pairs serve both directions: inherit from it and from ImportMapper or ExportMapper.

    ``pairs`` are :class:`Pair` or tuples ``(external, odoo)`` and ``(external, odoo, converter)``; they run
    before ``direct``. What a converter says about sameness holds for the comparison of values.
    """

    _name = "base.two.way.mapper"
    _abstract = True

    pairs: ClassVar[Sequence[Pair | tuple[Any, ...]]] = ()

    @classmethod
    def read_rules(cls) -> tuple[Rule, ...]:
        if not cls.direction:
            raise TypeError(
                f"{cls._name}: a TwoWayMapper is used through a class that is also an Import- or ExportMapper"
            )
        return (*(pair.rule(cls.direction) for pair in cls.all_pairs()), *super().read_rules())

    @classmethod
    def all_pairs(cls) -> tuple[Pair, ...]:
        """Return the pairs. Raises TypeError on an entry that is none."""
        return tuple(_pair(cls, entry) for entry in cls.pairs)

    def comparable_value(self, target: str, value: Any) -> Any:
        converter = self._converters.get(target)
        if converter is None:
            return super().comparable_value(target, value)
        return (
            converter.comparable(value)
            if self.direction == "import"
            else converter.comparable_external(value)
        )

    @cached_property
    def _converters(self) -> dict[str, Converter]:
        """The converters by target field; plain pairs are compared by the type of their field."""
        return {
            pair.odoo if self.direction == "import" else pair.external: pair.converter
            for pair in self.all_pairs()
            if not isinstance(pair.converter, Same)
        }


def _pair(cls: type[Mapper], entry: Any) -> Pair:
    match entry:
        case Pair():
            return entry
        case (str() as external, str() as odoo):
            return Pair(external, odoo)
        case (str() as external, str() as odoo, Converter() as converter):
            return Pair(external, odoo, converter)
        case _:
            raise TypeError(
                f"{cls._name}: {entry!r} in pairs is neither a Pair nor (external, odoo[, converter])"
            )
