"""Mappers: turn the values of one side into values of the other.

::

    class PartnerMapper(ImportMapper):
        _apply_on = "shop.partner"
        direct = [("email", "email"), (convert("age", int), "age")]

        @mapping
        def names(self, record):
            return {"name": f"{record['first']} {record['last']}"}

Order: ``direct`` in order, mapping methods (base class first, then definition order), ``children``,
``finalize``, updates of the map record; later keys win.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from isthmus.connector import comparison
from isthmus.connector.base_mapper import Mapper
from isthmus.connector.map_child import ExportMapChild, ImportMapChild, MapChild
from isthmus.connector.map_record import Failure, MappedPage, MapRecord
from isthmus.connector.modifiers import (
    RecordMapper,
    convert,
    external_to_m2m,
    external_to_m2o,
    follow_m2o_relations,
    m2m_to_external,
    m2o_to_external,
    none,
)
from isthmus.connector.rule import Step, changed_by, mapping, only_create
from isthmus.connector.two_way import Pair, TwoWayMapper


class ImportMapper(Mapper):
    """Map external data (a mapping such as decoded JSON) to values for Odoo.

    In ``direct``, a missing key or None becomes False; 0, "" and [] stay what they are. A plain source whose
    target is a many2one is an external id and goes through the binder.
    """

    _name = "base.import.mapper"
    _abstract = True
    _usage = "import.mapper"
    _map_child_usage = "import.map.child"

    direction = "import"

    def plain_step(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> Step:
        pick = self._picker(sources)

        def take_over(record: Any) -> dict[str, Any]:
            found = pick(record)
            if None in found:
                found = [False if value is None else value for value in found]
            return dict(zip(targets, found, strict=True))

        return take_over

    def link_modifier(self, source: str, target: str) -> RecordMapper | None:
        field = self.field_of(target)
        return external_to_m2o(source) if field is not None and field.type == "many2one" else None

    def comparable_value(self, target: str, value: Any) -> Any:
        field = self.field_of(target)
        return comparison.neutral(value, field.type if field is not None else None)

    def odoo_fields(self) -> set[str] | None:
        """Return the fields of Odoo that are written; None where a method may write any."""
        targets = [getattr(rule, "target", None) for rule in self.active_rules()]
        return None if None in targets else {str(target) for target in targets}

    def current(self, record: Any, targets: Iterable[str]) -> dict[str, Any]:
        """Return in comparable form what a record of Odoo holds in the given target fields."""
        return {target: self.comparable_value(target, record[target]) for target in targets}


class ExportMapper(Mapper):
    """Map a record of Odoo to values for the other side.

    In ``direct``, the empty value of Odoo (False) becomes None, since that is what JSON interfaces expect;
    the value of a boolean field stays. Set ``empty = False`` to keep False. A plain source that is a many2one
    goes through the binder and becomes an external id.
    """

    _name = "base.export.mapper"
    _abstract = True
    _usage = "export.mapper"
    _map_child_usage = "export.map.child"

    direction = "export"
    empty = None

    def plain_step(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> Step:
        pick = self._picker(sources)
        empties = tuple(self._empty_of(source) for source in sources)

        def take_over(record: Any) -> dict[str, Any]:
            found = zip(targets, pick(record), empties, strict=True)
            return {target: empty if value is False else value for target, value, empty in found}

        return take_over

    def odoo_fields(self) -> set[str] | None:
        """Return the fields of Odoo that are read; None where a rule may read any."""
        return None if self.reads_anything() else self.changed_by_fields()

    def _empty_of(self, source: str) -> Any:
        """Return what False means in a field: nothing, unless the field is boolean or unknown."""
        field = self.field_of(source)
        return False if field is None or field.type == "boolean" else self.empty

    def link_modifier(self, source: str, target: str) -> RecordMapper | None:
        field = self.field_of(source)
        return m2o_to_external(source) if field is not None and field.type == "many2one" else None


__all__ = [
    "ExportMapChild",
    "ExportMapper",
    "Failure",
    "ImportMapChild",
    "ImportMapper",
    "MapChild",
    "MapRecord",
    "MappedPage",
    "Mapper",
    "Pair",
    "RecordMapper",
    "TwoWayMapper",
    "changed_by",
    "convert",
    "external_to_m2m",
    "external_to_m2o",
    "follow_m2o_relations",
    "m2m_to_external",
    "m2o_to_external",
    "mapping",
    "none",
    "only_create",
]
