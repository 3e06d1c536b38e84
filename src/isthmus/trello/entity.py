"""What the entities of Trello share."""

from __future__ import annotations

from typing import ClassVar

from isthmus.connector.entity import Entity
from isthmus.trello.model import TrelloBinding
from isthmus.trello.synchronizer import TrelloExporter, TrelloImporter


class TrelloEntity(Entity):
    """A kind of object of Trello."""

    _collection: ClassVar[str] = "trello.backend"

    version = changed = "dateLastActivity"

    Importer = TrelloImporter
    Exporter = TrelloExporter

    class Binding:
        _inherit = TrelloBinding._name
