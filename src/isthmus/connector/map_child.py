"""Mapping the lines of a record, each by the mapper of its model, into the form that the parent needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from isthmus.connector.base import ConnectorComponent
from isthmus.connector.comparison import neutral
from isthmus.connector.map_record import MapRecord, Options, under
from isthmus.errors import MappingError

if TYPE_CHECKING:
    from isthmus.connector.base_mapper import Mapper
    from isthmus.connector.links import Links

#: Options that concern the parent alone.
OF_THE_PARENT = frozenset({"fields", "binding"})


class LineErrors(MappingError):
    """Some lines of a record failed; ``errors`` has one error for each, with a path such as ``[3] › sku``."""

    def __init__(self, errors: list[MappingError]) -> None:
        super().__init__(errors[0].message, hint=errors[0].hint, **errors[0].details)
        self.errors = errors


class MapChild(ConnectorComponent):
    """Map the items of a record. The model of the work context is that of the lines.

    Hooks, in the order of their calls: :meth:`skip_item`, :meth:`get_item_values`, :meth:`format_items`.
    """

    _name = "base.map.child"
    _abstract = True
    _child_mapper_usage: ClassVar[str] = ""

    @cached_property
    def mapper(self) -> Mapper:
        """The mapper of the lines."""
        found: Mapper = self.component(usage=self._child_mapper_usage)
        return found

    def get_items(
        self, items: Iterable[Any], parent: MapRecord, to_attr: str, options: Mapping[str, Any]
    ) -> list[Any]:
        """Return the target's value for the items of ``parent``: [] when there are none.

        Raises LineErrors with one MappingError for each item that fails.
        """
        passed = {name: value for name, value in options.items() if name not in OF_THE_PARENT}
        return self.format_items(list(self._mapped(items, parent, to_attr, passed).values()))

    def skip_item(self, map_record: MapRecord) -> bool:
        """Hook: tell whether to leave an item out."""
        return False

    def get_item_values(
        self, map_record: MapRecord, to_attr: str, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Hook: return the values of an item; nothing leaves it out."""
        return map_record.values(**options)

    def format_items(self, items_values: list[dict[str, Any]]) -> list[Any]:
        """Hook: return the values of all items in the form that the target field takes."""
        return list(items_values)

    def prefetch(self, items: Sequence[Any], links: Links) -> None:
        """Look up at once what mapping these items will look up."""
        with self.mapper.session(Options(), links):
            self.mapper.prefetch(items)

    def _mapped(
        self, items: Iterable[Any], parent: MapRecord, to_attr: str, options: Mapping[str, Any]
    ) -> dict[MapRecord, dict[str, Any]]:
        mapped: dict[MapRecord, dict[str, Any]] = {}
        errors: list[MappingError] = []
        for index, item in enumerate(items):
            map_record = self.mapper.map_record(item, parent=parent)
            try:
                values = (
                    None if self.skip_item(map_record) else self.get_item_values(map_record, to_attr, options)
                )
            except MappingError as error:
                errors.append(under(error, f"[{index}]"))
                continue
            if values:
                mapped[map_record] = values
        if errors:
            raise LineErrors(errors)
        return mapped


class ImportMapChild(MapChild):
    """Map external items to x2many commands.

    For a new record each item is created. On update, an item is matched with the line that has the same key
    (``key`` of the lines' mapper, ``external_id`` where it maps one): a line that differs is updated, a line
    without an item is deleted, an item without a line is created. The record being updated is the option
    ``binding``; where it is not given, all lines are replaced.
    """

    _name = "base.map.child.import"
    _abstract = True
    _usage = "import.map.child"
    _child_mapper_usage = "import.mapper"

    def get_items(
        self, items: Iterable[Any], parent: MapRecord, to_attr: str, options: Mapping[str, Any]
    ) -> list[Any]:
        if options.get("for_create"):
            return super().get_items(items, parent, to_attr, options)
        passed = {name: value for name, value in options.items() if name not in OF_THE_PARENT}
        mapped = self._mapped(items, parent, to_attr, passed)
        binding = options.get("binding")
        if not binding:
            return [(5, 0, 0), *self.format_items([self._new(one, to_attr, passed) for one in mapped])]
        return self._matched(mapped, binding[to_attr], to_attr, passed)

    def format_items(self, items_values: list[dict[str, Any]]) -> list[Any]:
        """Return the commands that create the items."""
        return [(0, 0, values) for values in items_values]

    def line_key(self, line: Mapping[str, Any] | Any) -> tuple[Any, ...] | None:
        """Hook: return what a line (mapped values or a record) is known by among its siblings, or None."""
        names = self.mapper.key or "external_id"
        wanted = [names] if isinstance(names, str) else names
        key = tuple(neutral(line[name]) if name in line else None for name in wanted)
        return None if None in key else key

    def _matched(
        self, mapped: Mapping[MapRecord, dict[str, Any]], lines: Any, to_attr: str, options: Mapping[str, Any]
    ) -> list[Any]:
        known = {key: line for line in lines if (key := self.line_key(line)) is not None}
        left = {line.id: line for line in lines}
        updates: list[Any] = []
        new: list[dict[str, Any]] = []
        for map_record, values in mapped.items():
            key = self.line_key(values)
            line = known.pop(key, None) if key is not None else None
            if line is None:
                new.append(self._new(map_record, to_attr, options))
                continue
            del left[line.id]
            if self.mapper.children:
                values = self.get_item_values(map_record, to_attr, {**options, "binding": line})
            if changed := self._changed(line, values):
                updates.append((1, line.id, changed))
        return [*((2, line_id, 0) for line_id in left), *updates, *self.format_items(new)]

    def _new(self, map_record: MapRecord, to_attr: str, options: Mapping[str, Any]) -> dict[str, Any]:
        return self.get_item_values(map_record, to_attr, {**options, "for_create": True})

    def _changed(self, line: Any, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those values that differ from what the line holds."""
        same = self.mapper.comparable_value
        return {name: value for name, value in values.items() if same(name, value) != same(name, line[name])}


class ExportMapChild(MapChild):
    """Map lines of Odoo to a list of external items."""

    _name = "base.map.child.export"
    _abstract = True
    _usage = "export.map.child"
    _child_mapper_usage = "export.mapper"


class DefaultImportMapChild(ImportMapChild):
    """Serves lines that have no map child component of their own."""

    _name = "import.map.child"


class DefaultExportMapChild(ExportMapChild):
    """Serves lines that have no map child component of their own."""

    _name = "export.map.child"
