"""A simulated Trello: the real protocol over real HTTP, answering from a board export."""

from isthmus.sandbox.trello.limits import Limits
from isthmus.sandbox.trello.server import TrelloSandbox

__all__ = ["Limits", "TrelloSandbox"]
