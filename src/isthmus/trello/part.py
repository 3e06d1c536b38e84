"""Parts of cards: what comes and goes with a card, and is nothing without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.components import AbstractComponent
from isthmus.connector.entity_parts import EntityBatchExporter, EntityImporter
from isthmus.connector.mapper import ImportMapper
from isthmus.connector.reading import chunked
from isthmus.trello.base import TrelloComponent
from isthmus.trello.entity import TrelloEntity
from isthmus.trello.model import PartBinding
from isthmus.trello.paired_cards import paired_cards
from isthmus.trello.synchronizer import TrelloImporter

#: How many tasks are named in one search for what belongs to them.
TASKS = 1000


class PartImporter(EntityImporter, TrelloComponent, AbstractComponent):
    """Imports parts of those cards that are paired; those of mirrors and separators are left out."""

    _name = "trello.part.importer"
    _inherit = ["connector.entity.importer", "base.trello.connector"]

    _part_of = {"idCard": "trello.card"}

    @property
    def cards(self) -> frozenset[str]:
        """The cards that are paired."""
        return self.wholes["trello.card"]


class PartImportMapper(ImportMapper, TrelloComponent, AbstractComponent):
    """Maps parts that go to the tasks of their cards."""

    _name = "trello.part.import.mapper"
    _inherit = ["base.import.mapper", "base.trello.connector"]

    def prefetch(self, records: Sequence[Mapping[str, Any]]) -> None:
        cards = [record["idCard"] for record in records if record.get("idCard")]
        self.links.load_internal("trello.card", cards, unwrap=True)
        super().prefetch(records)

    def task_of(self, record: Mapping[str, Any]) -> int:
        """Return the id of the task of a part's card. Raises MappingError when it has none."""
        return self.links.internal("trello.card", record["idCard"], unwrap=True)


class PartBatchExporter(EntityBatchExporter, TrelloComponent, AbstractComponent):
    """Finds what belongs to tasks that are cards, and is not on the cards yet."""

    _name = "trello.part.batch.exporter"
    _inherit = ["connector.entity.batch.exporter", "base.trello.connector"]

    def tasks(self) -> list[int]:
        """Return the ids of the tasks that are cards."""
        return list(paired_cards(self))

    def of_tasks(self, model: str, domain: list[Any], among: Sequence[Any] = ()) -> list[int]:
        """Return the ids of the records of a domain that belong to paired tasks by ``res_id``, in order.

        ``among``: a domain of few records, which are asked for their tasks, instead of all tasks for theirs.
        """
        if among:
            tasks, rows = set(self.tasks()), self.env[model]._read_rows([*among, *domain], ["res_id"])
            return sorted(row["id"] for row in rows if row["res_id"] in tasks)
        found: list[int] = []
        for part in chunked(self.tasks(), TASKS):
            found += self.env[model].search([("res_id", "in", part), *domain], order="id").ids
        return sorted(found)


class CardPart(TrelloEntity):
    """A kind of object that belongs to a card; its pair keeps which one."""

    class Binding:
        _inherit = PartBinding._name

    part_of = {"idCard": "trello.card"}
    keeps = {"card": "idCard"}

    class Importer(PartImporter, TrelloImporter):
        pass
