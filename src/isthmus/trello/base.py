"""The parent of all components of Trello."""

from __future__ import annotations

from isthmus.connector.base import ConnectorComponent


class TrelloComponent(ConnectorComponent):
    """Serves Trello's backends only."""

    _abstract = True
    _name = "base.trello.connector"
    _inherit = ["base.connector"]
    _collection = "trello.backend"
