"""One request on its way through the simulated Trello: who calls, what is asked, and what it is done with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from isthmus.sandbox.trello import pos
from isthmus.sandbox.trello.errors import invalid_value
from isthmus.sandbox.trello.ids import IdFactory
from isthmus.sandbox.trello.journal import Journal
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.timestamp import Ticker

Data = dict[str, Any]


@dataclass(slots=True)
class Settings:
    """What a whole sandbox shares: identifiers, time, where positions start, the app of the key.

    ``callers`` remembers the token and member of each token's value, so that not every request looks them up.
    """

    ids: IdFactory
    ticker: Ticker
    large_pos: bool = False
    #: Bytes of the largest file that may be uploaded.
    largest_file: int = 10 * 1024 * 1024
    app: Data | None = None
    callers: dict[str, tuple[Data, Data]] = field(default_factory=dict)

    @property
    def first_pos(self) -> int:
        """Return the position of the first card or list."""
        return pos.LARGE_BASE if self.large_pos else pos.CLASSIC_BASE

    @property
    def first_item_pos(self) -> int:
        """Return the position of the first checklist, check item or custom field."""
        return pos.LARGE_BASE if self.large_pos else pos.CLASSIC_ITEM_BASE


@dataclass(slots=True)
class Call:
    """What a route's function gets: parameters, state, journal, and the member and token that call."""

    method: str
    path: str
    params: Params
    state: State
    settings: Settings
    me: Data
    token: Data
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(
            self.state, self.me, self.settings.app, self.settings.ids, self.settings.ticker
        )

    def new_id(self) -> str:
        """Return an identifier made now."""
        return self.settings.ids.new(self.settings.ticker.now())

    def named(self, kind: str, parameter: str) -> Data:
        """Return the object whose identifier a parameter gives. Raises ApiError 400 when there is none."""
        found = self.state.find(kind, self.params.id(parameter))
        if found is None:
            raise invalid_value(parameter)
        return found

    def board_of(self, thing: Data) -> Data:
        """Return the board of a list, card, label or checklist."""
        return self.state.get("board", thing["idBoard"])
