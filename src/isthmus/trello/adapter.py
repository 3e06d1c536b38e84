"""Adapters: boards, lists, labels and cards as the synchronizers want them.

Which boards are synchronised is said by the backend (ids or short links; none: all open ones of the token's
member). Everything else is read board by board.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from isthmus.components import AbstractComponent
from isthmus.connector.adapter import CRUDAdapter
from isthmus.errors import NotFoundError
from isthmus.trello.base import TrelloComponent
from isthmus.trello.client import TrelloClient, path_of
from isthmus.trello.known_boards import KnownBoards
from isthmus.trello.news import PAGE as ACTIONS
from isthmus.trello.news import iso
from isthmus.trello.refusal import TooLargeError

Record = Mapping[str, Any]

#: The largest page of cards that Trello gives, and where halving it ends.
PAGE, SMALLEST_PAGE = 1000, 50

#: How much earlier than our clock says a card may have been created by Trello's.
SKEW = timedelta(minutes=5)


class TrelloAdapter(CRUDAdapter, TrelloComponent, AbstractComponent):
    """What the adapters of Trello share: one path for each kind of object, the same verbs for all."""

    _name = "trello.adapter"

    #: Path of the objects, such as ``/cards``, and the fields that are read.
    _path = ""
    _fields: Sequence[str] = ()
    #: What a board calls its objects of this kind, and the largest number to ask for.
    _of_board = ""
    _filter: Mapping[str, Any] = {}

    reads_ahead = True

    def prepare_reading(self) -> None:
        _ = self.client, self.wanted_boards, self.boards()

    @cached_property
    def client(self) -> TrelloClient:
        """The client of the backend's account."""
        client: TrelloClient = self.component(usage="backend", model_name=self.collection).connect()
        return client

    @cached_property
    def wanted_boards(self) -> list[str]:
        """What the backend says of its boards: ids or short links, none for all open ones."""
        return list(self.collection.boards or ())

    def boards(self) -> list[str]:
        """Return the ids of the boards that are synchronised, in a fixed order.

        Raises NotFoundError for one that the token may not see.
        """
        return self._known_boards().ids

    def _known_boards(self) -> KnownBoards:
        known: KnownBoards | None = getattr(self.work, "trello_boards", None)
        if known is None:
            shared: dict[Any, Any] = getattr(self.work, "shared", {})
            key = ("trello.boards", self.collection.id)
            known = shared.get(key)
            if known is None or not known.holds(self.wanted_boards, self.env.now):
                ids = [board["id"] for board in self._find_boards()]
                known = KnownBoards(ids, self.wanted_boards, self.env.now)
            shared[key] = self.work.trello_boards = known  # type: ignore[attr-defined]
        return known

    def recall(self, cursor: Any) -> dict[str, Any]:
        """Return a cursor (an empty one for None), and believe the boards that it knows of: the jobs of
        single pages need not ask again.
        """
        known = KnownBoards.in_cursor(cursor)
        if known is not None and known.holds(self.wanted_boards, self.env.now):
            self.work.trello_boards = known  # type: ignore[attr-defined]
        return dict(cursor or {})

    def cursor(self, **place: Any) -> dict[str, Any]:
        """Return the cursor of a place, which knows the boards."""
        return {**place, **self._known_boards().as_cursor()}

    def behind(self, board: str) -> dict[str, Any] | None:
        """Return the cursor behind all of a board; None behind the last one."""
        return None if board == self.boards()[-1] else self.cursor(done=board)

    def boards_from(self, board: str | None) -> list[str]:
        """Return the boards from one on; all, where it is None or no longer among them."""
        known = self.boards()
        return known[known.index(board) :] if board in known else known

    def _find_boards(self) -> list[Record]:
        wanted = self.wanted_boards
        if not wanted:
            found: list[Record] = self.client.get("/members/me/boards", filter="open", fields=["name"])
            return sorted(found, key=lambda board: board["id"])
        return [self._board(board) for board in wanted]

    def _board(self, board: str) -> Record:
        try:
            found: Record = self.client.get(f"/boards/{board}", fields=["name"])
        except NotFoundError as error:
            raise NotFoundError(
                f"{self.collection.name}: Trello has no board {board!r} that the token may see",
                hint="Check the backend's boards: ids or short links, as in trello.com/b/SHORTLINK/name.",
                status=error.status,
            ) from error
        return found

    # --- reading ---

    def search(self, filters: Any = None) -> list[str]:
        """Return the ids of all objects of the synchronised boards."""
        return [record["id"] for records, _ in self.pages(filters) for record in records]

    def read(self, external_id: Any) -> Record:
        """Return one object. Raises NotFoundError."""
        record: Record = self.client.get(f"{self._path}/{external_id}", fields=self._fields)
        return record

    def read_many(self, external_ids: Iterable[Any]) -> list[Record]:
        """Return the objects that exist, ten in a request."""
        paths = [path_of(f"{self._path}/{external_id}", fields=self._fields) for external_id in external_ids]
        return [record for record in self.client.get_many(paths) if record is not None]

    def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Record], Any]]:
        """Yield ``(records, cursor of what follows)``, one page for each board."""
        done = self.recall(cursor).get("done")
        for board in self.boards_from(done):
            if board != done:
                yield self.of_board(board), self.behind(board)

    def of_board(self, board: str) -> list[Record]:
        """Return all objects of a board."""
        found: list[Record] = self.client.get(
            f"/boards/{board}/{self._of_board}", fields=self._fields, **self._filter
        )
        return found

    def twin(
        self, records: Iterable[Record], values: Mapping[str, Any], announced: datetime, key: str = "name"
    ) -> Record | None:
        """Return which of some records a create without an answer made, or None.

        It says the same, was made since the announcement (an id begins with the second of its making), and no
        pair knows it.
        """
        since = f"{int((announced - SKEW - datetime(1970, 1, 1)).total_seconds()):08x}"
        said = str(values.get(key) or "").strip()
        return self._unknown(
            one for one in records if str(one[key]).strip() == said and one["id"][:8] >= since
        )

    def _unknown(self, records: Iterable[Record]) -> Record | None:
        found = list(records)
        known = self.binder_for().to_internal_many(one["id"] for one in found)
        return next((one for one in found if one["id"] not in known), None)

    def twin_by_action(
        self, type_: str, kind: str, values: Mapping[str, Any], announced: datetime
    ) -> Record | None:
        """Return what a create without an answer made, and people renamed, moved or archived since, or None.

        The board remembers what we made since the announcement and what that was called then: actions of a
        ``type_``, which tell of a ``kind`` ("card", "list").
        """
        told: list[Record] = self.client.get(
            f"/boards/{values['idBoard']}/actions",
            filter=type_,
            since=iso(announced.replace(tzinfo=UTC) - SKEW),
            limit=ACTIONS,
            fields="data,idMemberCreator",
            memberCreator="false",
        )
        said = str(values["name"]).strip()
        ours = [one["data"][kind] for one in told if one["idMemberCreator"] == self.me]
        return self._unknown(self.read_many(one["id"] for one in ours if one["name"].strip() == said))

    @property
    def me(self) -> str:
        """The id of the token's member, in whose name everything is written."""
        known: str | None = getattr(self.work, "trello_me", None)
        if known is None:
            found: Any = self.client.get("/members/me", fields="username")
            known = self.work.trello_me = str(found["id"])  # type: ignore[attr-defined]
        return known

    # --- writing ---

    def create(self, data: Mapping[str, Any]) -> Record:
        """Create an object and return it."""
        record: Record = self.client.post(self._path, data)
        return record

    def write(self, external_id: Any, data: Mapping[str, Any]) -> Record:
        """Change an object and return it as it is then."""
        record: Record = self.client.put(f"{self._path}/{external_id}", data)
        return record

    def delete(self, external_id: Any) -> None:
        """Delete an object; one that is gone counts as deleted."""
        self.client.delete(f"{self._path}/{external_id}")


class CardAdapter(TrelloAdapter):
    """Cards, archived ones included, in pages from the newest to the oldest of each board."""

    _path = "/cards"
    _fields = (
        "name", "desc", "idBoard", "idList", "idLabels", "idMembers", "start", "due", "dueComplete", "closed",
        "pos", "dateLastActivity", "cardRole", "mirrorSourceId",
    )  # fmt: skip

    def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Record], Any]]:
        """Yield pages of cards. The cursor holds the board and the oldest id that was read of it, or that all
        of it was read.
        """
        yield from self.pages_with({"fields": self._fields}, cursor)

    def pages_with(
        self, params: Mapping[str, Any], cursor: Any = None, only: Container[str] | None = None
    ) -> Iterator[tuple[list[Record], Any]]:
        """Yield pages of cards with what is asked of them; ``only`` of these boards (None: of all)."""
        for board, before in self.places_from(cursor):
            if only is not None and board not in only:
                continue
            for records, is_last in self._pages_of(board, before, params):
                oldest = records[0]["id"]
                yield records, self.behind(board) if is_last else self.cursor(board=board, before=oldest)

    def places_from(self, cursor: Any) -> Iterator[tuple[str, str | None]]:
        """Yield the boards that a cursor leaves, each with the oldest id that was read of it (None: none)."""
        start = self.recall(cursor)
        for board in self.boards_from(start.get("done") or start.get("board")):
            if board != start.get("done"):
                yield board, start["before"] if board == start.get("board") else None

    def _pages_of(
        self, board: str, before: str | None, params: Mapping[str, Any]
    ) -> Iterator[tuple[list[Record], bool]]:
        """Yield a board's cards in pages sorted by id, each with whether it is known to be the last one; a
        page that is too much for Trello is halved.

        With a limit Trello gives the newest cards, in the order of the board: what follows is older than the
        oldest one seen.
        """
        size = PAGE
        while True:
            try:
                found = self._page(board, size, before, params)
            except TooLargeError:
                if size <= SMALLEST_PAGE:
                    raise
                size //= 2
                continue
            cards = [card for _, card in sorted({card["id"]: card for card in found}.items())]
            is_last = len(found) < size or not cards or cards[0]["id"] == before
            if cards:
                yield cards, is_last
            if is_last:
                return
            before = cards[0]["id"]

    def _page(self, board: str, size: int, before: str | None, params: Mapping[str, Any]) -> list[Record]:
        window = {"before": before} if before else {}
        found: list[Record] = self.client.get(f"/boards/{board}/cards/all", limit=size, **params, **window)
        return found

    def count(self, filters: Any = None) -> int | None:
        """Return about how many cards there are: Trello numbers those of a board, and tells no more."""
        newest = {"fields": ["idShort"], "limit": 1}
        found = self.client.get_many(
            [path_of(f"/boards/{board}/cards/all", **newest) for board in self.boards()]
        )
        return sum(int(cards[0]["idShort"]) for cards in found if cards)

    def of_board(self, board: str) -> list[Record]:
        """Return all cards of a board."""
        pages = self._pages_of(board, None, {"fields": self._fields})
        return [card for page, _ in pages for card in page]

    def create(self, data: Mapping[str, Any]) -> Record:
        """Create a card and return it; that it is archived cannot be told at once and is written after."""
        later = {name: data[name] for name in ("closed",) if data.get(name)}
        made = super().create(
            {name: value for name, value in data.items() if name not in ("closed", "idBoard")}
        )
        return self.write(made["id"], later) if later else made

    def find_created(self, values: Mapping[str, Any], announced: datetime) -> Record | None:
        """Return the card of a list that an earlier try created without having had an answer, or None."""
        cards: list[Record] = self.client.get(
            f"/lists/{values['idList']}/cards", fields=self._fields, filter="all"
        )
        return self.twin(cards, values, announced) or self.twin_by_action(
            "createCard", "card", values, announced
        )
