"""Boards and projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from isthmus.connector.converter import opposite
from isthmus.trello.adapter import Record, TrelloAdapter
from isthmus.trello.entity import TrelloEntity
from isthmus.trello.mapper import markdown
from isthmus.trello.synchronizer import ClosingDeleter, TrelloImporter


class Board(TrelloEntity):
    """A board and its project; one whose project was deleted is closed."""

    _name = "trello.board"
    _odoo = "project.project"
    _description = "Board"

    pairs = [("name", "name"), ("desc", "description", markdown), ("closed", "active", opposite)]

    ExportDeleter = ClosingDeleter

    class Adapter(TrelloAdapter):
        _path = "/boards"
        _fields = ("name", "desc", "closed", "dateLastActivity", "shortLink", "url")

        def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Record], Any]]:
            """Yield all boards at once."""
            if not cursor:
                yield self.read_many(self.boards()), None

        def count(self, filters: Any = None) -> int | None:
            return len(self.boards())

        def create(self, data: Mapping[str, Any]) -> Record:
            """Create a board, without the lists and labels that Trello gives a new one, and return it."""
            return super().create({"defaultLists": False, "defaultLabels": False, **data})

    class Importer(TrelloImporter):
        paired_suffices = True
