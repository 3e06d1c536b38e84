"""What the boards of an account say has happened: asked once in a round, for all its entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from isthmus.trello.client import TrelloClient, path_of

Action = Mapping[str, Any]

#: Actions are asked for from so much before the newest one that is known: they do not appear in order.
OVERLAP = timedelta(minutes=2)

#: The largest page of actions.
PAGE = 1000
FIELDS = {"fields": "type,date,data", "memberCreator": "false", "member": "false", "display": "false"}


@dataclass(frozen=True, slots=True)
class Place:
    """How far the actions of a board are known: its last activity, the newest action, and which were seen."""

    activity: str | None
    newest: str
    seen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, kept: Any) -> Place:
        """Return the place that :meth:`to_json` gave."""
        return cls(kept["activity"], kept["newest"], frozenset(kept["seen"]))

    def to_json(self) -> dict[str, Any]:
        """Return the place as a cursor keeps it."""
        return {"activity": self.activity, "newest": self.newest, "seen": sorted(self.seen)}

    def after(self, activity: str | None, actions: Iterable[Action]) -> Place:
        """Return the place behind these actions: those near its end are kept, since they come again."""
        told = list(actions)
        newest = max([self.newest, *(one["date"] for one in told)])
        least = earlier(newest)
        return Place(activity, newest, frozenset(one["id"] for one in told if one["date"] >= least))


def first_place(board: str, activity: str | None) -> Place:
    """Return the place of a board that is going to be looked at as a whole."""
    return Place(activity, activity or iso(datetime.fromtimestamp(int(board[:8], 16), UTC)))


@dataclass(slots=True)
class News:
    """Asks Trello, and remembers for the round what it said."""

    client: TrelloClient
    #: Board -> its last activity; read by whoever knows which boards count.
    boards: Mapping[str, str | None]
    _told: dict[tuple[str, str], list[Action]] = field(default_factory=dict)

    def actions(self, places: Mapping[str, Place]) -> dict[str, list[Action]]:
        """Return the actions of boards since a little before their places, the oldest first, none twice."""
        since = {board: earlier(place.newest) for board, place in places.items()}
        missing = [key for key in since.items() if key not in self._told]
        paths = [self._path(board, start) for board, start in missing]
        for (board, start), page in zip(missing, self.client.get_many(paths), strict=True):
            self._told[board, start] = self._whole(board, start, page or [])
        return {key[0]: self._told[key] for key in since.items()}

    def _whole(self, board: str, since: str, page: list[Action]) -> list[Action]:
        """Return all actions, of which the newest page is at hand: what it leaves out is older."""
        found = {one["id"]: one for one in page}
        while len(page) == PAGE:
            page = self.client.get(self._path(board, since, later(page[-1]["date"])))
            fresh = {one["id"]: one for one in page if one["id"] not in found}
            if not fresh:
                break
            found |= fresh
        return sorted(found.values(), key=lambda one: (one["date"], one["id"]))

    @staticmethod
    def _path(board: str, since: str, before: str | None = None) -> str:
        window = {"since": since, **({"before": before} if before else {})}
        return path_of(f"/boards/{board}/actions", limit=PAGE, **window, **FIELDS)


def cards_of(actions: Iterable[Action]) -> list[str]:
    """Return the cards that actions, the oldest first, tell of; not those that left for another board."""
    last: dict[str, str] = {}
    for action in actions:
        card = (action["data"].get("card") or {}).get("id")
        if card:
            last.pop(card, None)
            last[card] = action["type"]
    return [card for card, type_ in last.items() if type_ != "moveCardFromBoard"]


def earlier(date: str) -> str:
    """Return a date of Trello's less the overlap."""
    return iso(datetime.fromisoformat(date) - OVERLAP)


def later(date: str) -> str:
    """Return the next millisecond: windows leave their ends out."""
    return iso(datetime.fromisoformat(date) + timedelta(milliseconds=1))


def iso(moment: datetime) -> str:
    """Return a time as Trello writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
