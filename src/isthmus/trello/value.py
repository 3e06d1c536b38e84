"""Custom fields of cards and properties of tasks: every value is a pair of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from isthmus.connector import mapper
from isthmus.connector.mapper import changed_by, mapping, only_create
from isthmus.connector.outcome import Outcome
from isthmus.connector.verifier import Verification
from isthmus.errors import NotFoundError
from isthmus.records import fields, model
from isthmus.trello.adapter import CardAdapter, Record, TrelloAdapter
from isthmus.trello.client import path_of
from isthmus.trello.custom_field import NEW, Column, from_trello, to_trello
from isthmus.trello.part import CardPart, PartBatchExporter, PartImporter, PartImportMapper
from isthmus.trello.synchronizer import TrelloExporter, TrelloImporter

PARAMS = {"fields": "id,idBoard", "customFieldItems": "true"}


class TaskValue(model.Model):
    """The value of a property of a task, in the form of :mod:`isthmus.trello.custom_field`.

    Odoo has no records for such values; these are its side of the pairs.
    """

    _name = "trello.task.value"
    _description = "Value of a property"

    task_id = fields.Many2one("project.task", "Task", required=True, index=True)
    field = fields.Char("Custom field", required=True, help="The id of the custom field.")
    name = fields.Char("Name")
    value = fields.Json("Value")
    active = fields.Boolean("Active", default=True)


class Value(CardPart):
    """A value of a custom field on a card, and that of a property. Once known, none is a value too."""

    _name = "trello.value"
    _odoo = "trello.task.value"
    _description = "Value of a custom field"

    match = ("task_id", "field")
    after = ("trello.checkitem", "trello.line")

    class Adapter(TrelloAdapter):
        """Values are found on their cards; the id of one is ``CARD:FIELD``."""

        reads_ahead = False  # which values a card had is looked up in the pairs

        def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Record], Any]]:
            """Yield the values of pages of cards, of the boards that have custom fields."""
            cards: CardAdapter = self.component(usage="backend.adapter", model_name="trello.card")
            columns = self.component(usage="custom.fields").columns()
            for records, following in cards.pages_with(PARAMS, cursor, only=columns):
                yield self.values_of(records), following

        def read(self, external_id: Any) -> Record:
            for record in self.read_many([external_id]):
                return record
            raise NotFoundError(f"Trello has no value {external_id}")

        def read_many(self, external_ids: Iterable[Any]) -> list[Record]:
            wanted = dict.fromkeys(str(one) for one in external_ids)
            found = self.of_cards(one.partition(":")[0] for one in wanted)
            return [one for one in found if one["id"] in wanted]

        def of_cards(self, cards: Iterable[str]) -> list[Record]:
            """Return the values of some cards, ten cards in a request."""
            paths = [path_of(f"/cards/{card}", **PARAMS) for card in dict.fromkeys(cards)]
            return self.values_of([card for card in self.client.get_many(paths) if card is not None])

        def values_of(self, cards: Sequence[Record]) -> list[Record]:
            """Return the values of cards: those that they have, and those that they had."""
            columns = self.component(usage="custom.fields").columns()
            domain = [*self.binder._scope(), ("card", "in", [card["id"] for card in cards])]
            known: dict[str, set[str]] = {}
            for row in self.model._read_rows(domain, ["card", "external_id"]):
                known.setdefault(row["card"], set()).add(row["external_id"])
            found: list[Record] = []
            for card in cards:
                items = {one["idCustomField"]: one for one in card.get("customFieldItems") or ()}
                had = known.get(card["id"], set())
                for column in columns.get(card["idBoard"], ()):
                    record = self._record(card["id"], column, items.get(column.id))
                    if record["value"] is not None or record["id"] in had:
                        found.append(record)
                there = {record["id"] for record in found}
                found += [emptied(id_) for id_ in sorted(had - there)]
            return found

        def _record(self, card: str, column: Column, item: Record | None) -> dict[str, Any]:
            about = {"id": f"{card}:{column.id}", "idCard": card, "field": column.id, "name": column.name}
            return {**about, "value": from_trello(column, item)}

        def create(self, data: Mapping[str, Any]) -> Record:
            return self._put(data["idCard"], data["field"], data["value"])

        def write(self, external_id: Any, data: Mapping[str, Any]) -> Record:
            card, _, field = str(external_id).partition(":")
            return self._put(card, field, data["value"])

        def delete(self, external_id: Any) -> None:
            card, _, field = str(external_id).partition(":")
            self._put(card, field, None)

        def find_created(self, values: Mapping[str, Any], announced: datetime) -> Record | None:
            found = self.read_many([f"{values['idCard']}:{values['field']}"])
            return next((one for one in found if one["value"] is not None), None)

        def _put(self, card: str, field: str, value: Any) -> Record:
            known = self.component(usage="custom.fields")
            column = known.column(field)
            if column is None:
                raise NotFoundError(f"Trello has no custom field {field} on a board that is synchronised")
            if isinstance(value, str) and value.startswith(NEW) and column.type == "list":
                value = self._option(field, value.removeprefix(NEW))
            item: Any = self.client.put(f"/cards/{card}/customField/{field}/item", to_trello(column, value))
            return self._record(card, column, item)

        def _option(self, field: str, label: str) -> str:
            """Return the id of an option of this label, which is made where there is none yet."""
            known = self.component(usage="custom.fields")
            known.forget()  # another value, or a try whose answer was lost, may have made it
            column = known.column(field)
            for id_, key in column.options.items() if column else ():
                if column.labels.get(key) == label:
                    return str(id_)
            made: Any = self.client.post(
                f"/customFields/{field}/options", {"value": {"text": label}, "pos": "bottom"}
            )
            known.forget()
            return str(made["id"])

    class ImportMapper(PartImportMapper):
        direct = [("value", "value")]

        @mapping
        @changed_by("idCard", "field", "name")
        @only_create
        def place(self, record: Mapping[str, Any]) -> dict[str, Any]:
            return {"task_id": self.task_of(record), "field": record["field"], "name": record["name"]}

    class ExportMapper(mapper.ExportMapper):
        direct = [("value", "value")]

        @mapping
        @changed_by("task_id")
        @only_create
        def place(self, record: Any) -> dict[str, Any]:
            card = self.links.external("trello.card", record.task_id.id, wrap=True)
            return {"idCard": card, "field": record.field}

    class Importer(PartImporter, TrelloImporter):
        """Values are brought into properties with each page."""

        def run_page(self, records: Sequence[Mapping[str, Any]], force: bool = False) -> list[Outcome]:
            cards = sorted({str(record.get("idCard")) for record in records})
            domain = [("backend_id", "=", self.collection.id), ("external_id", "in", cards)]
            tasks = [row["odoo_id"] for row in self.env["trello.card"]._read_rows(domain, ["odoo_id"])]
            values = self.component(usage="task.values")
            values.collect(tasks)
            outcomes: list[Outcome] = super().run_page(records, force)
            self.env.commit()  # a property is never ahead of the pairs, or its value would look like an edit
            values.show(tasks)
            return outcomes

    class Exporter(TrelloExporter):
        """What people entered is sent; an option that is made for it gets its id."""

        settles = frozenset({"value"})

        def run_page(self, bindings: Any, fields: Iterable[str] | None = None) -> list[Outcome]:
            outcomes: list[Outcome] = super().run_page(bindings, fields)
            return self._shown([one.odoo_id.id for one in bindings], outcomes)

        def create_page(self, odoo_ids: Sequence[int]) -> list[Outcome]:
            outcomes: list[Outcome] = super().create_page(odoo_ids)
            return self._shown(odoo_ids, outcomes)

        def _shown(self, ids: Sequence[int], outcomes: list[Outcome]) -> list[Outcome]:
            self.env.commit()
            rows = self.env["trello.task.value"]._read_rows([("id", "in", list(ids))], ["task_id"])
            self.component(usage="task.values").show({row["task_id"] for row in rows})
            return outcomes

    class BatchExporter(PartBatchExporter):
        def pairs(self) -> list[int]:
            self.component(usage="task.values").collect()
            return super().pairs()

        def domain(self) -> list[Any] | None:
            """Return the domain of the values on tasks that are cards."""
            columns = self.component(usage="custom.fields").columns()
            known = sorted({one.id for found in columns.values() for one in found})
            return [("task_id", "in", self.tasks()), ("field", "in", known)]

        def candidates(self, among: Sequence[Any] = ()) -> list[int]:
            """Return the ids of the values that there are: none needs no item."""
            rows = self.env["trello.task.value"]._read_rows([*among, *(self.domain() or ())], ["value"])
            return sorted(row["id"] for row in rows if row["value"] is not False)

    class Verifier:
        """Compares the custom fields with what the properties hold now."""

        def run(self, **options: Any) -> Verification:
            self.component(usage="task.values").collect()  # type: ignore[attr-defined]
            found: Verification = super().run(**options)  # type: ignore[misc]
            return found


def emptied(external_id: str) -> dict[str, Any]:
    """Return the record of a value that is gone."""
    card, _, field = external_id.partition(":")
    return {"id": external_id, "idCard": card, "field": field, "name": "", "value": None}
