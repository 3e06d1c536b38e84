"""The two boards of the small world, between which people move cards."""

from __future__ import annotations

from typing import Any

from tests.integration.trello.board import BLUE, BOARD, DONE, RED, TODO, board, card, label

OTHER_BOARD = "5f0000000000000000000002"
LATER, NEVER = "5f0000000000000000000012", "5f0000000000000000000013"
GREEN, PINK = "5f0000000000000000000022", "5f0000000000000000000023"

#: The lists between which cards move, and the labels that they may have there, by board.
LISTS = {BOARD: [TODO, DONE], OTHER_BOARD: [LATER, NEVER]}
LABELS = {BOARD: [RED, BLUE], OTHER_BOARD: [GREEN, PINK]}


def boards(cards: int) -> list[dict[str, Any]]:
    """Return two boards as exports have them; so many cards are on the first."""
    return [board([card(number) for number in range(1, cards + 1)]), other_board()]


def other_board() -> dict[str, Any]:
    """Return an empty board."""
    lists = [
        {"id": LATER, "name": "Later", "closed": False, "idBoard": OTHER_BOARD, "pos": 65536},
        {"id": NEVER, "name": "Never", "closed": False, "idBoard": OTHER_BOARD, "pos": 131072},
    ]
    labels = [label(GREEN, "Chore", "green"), label(PINK, "Wish", "pink")]
    own = {"id": OTHER_BOARD, "name": "Another board", "shortLink": "aBoard02", "lists": lists}
    return board([], labels=[{**one, "idBoard": OTHER_BOARD} for one in labels], **own)


def board_of(list_: str) -> str:
    """Return the board of a list between which cards move; the first one for any other list."""
    return next((board for board, lists in LISTS.items() if list_ in lists), BOARD)
