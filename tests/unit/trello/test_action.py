"""Which records an action of Trello names."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.trello.action import ANYTHING, subjects_of

CARD, OTHER, LIST, LABEL, BOARD, ACTION, OLD = (f"{number:024x}" for number in range(1, 8))
ITEMS = [("trello.checkitem", [CARD]), ("trello.line", [CARD])]
ON_CARD = {"card": {"id": CARD}, "list": {"id": LIST}, "board": {"id": BOARD}}


@pytest.mark.parametrize(
    ("type_", "data", "named"),
    [
        ("updateCard", ON_CARD, [("trello.card", [CARD])]),
        ("addLabelToCard", {**ON_CARD, "label": {"id": LABEL}}, [("trello.card", [CARD])]),
        ("deleteCard", ON_CARD, [("trello.card", [CARD])]),
        ("somethingNew", ON_CARD, [("trello.card", [CARD])]),
        ("commentCard", ON_CARD, [("trello.comment", [ACTION])]),
        ("updateComment", {**ON_CARD, "action": {"id": OLD}}, [("trello.comment", [OLD])]),
        ("deleteComment", {**ON_CARD, "action": {"id": OLD}}, [("trello.comment", [OLD])]),
        ("updateCheckItemStateOnCard", ON_CARD, ITEMS),
        ("removeChecklistFromCard", ON_CARD, ITEMS),
        ("updateCustomFieldItem", ON_CARD, [("trello.value", [CARD])]),
        ("addAttachmentToCard", ON_CARD, [("trello.link", [CARD]), ("trello.file", [CARD])]),
        (
            "copyCard",
            {**ON_CARD, "cardSource": {"id": OTHER}},
            [
                ("trello.card", [CARD]),
                ("trello.checkitem", [CARD, OTHER]),
                ("trello.line", [CARD, OTHER]),
                ("trello.value", [CARD]),
                ("trello.link", [CARD]),
                ("trello.file", [CARD]),
            ],
        ),
        ("updateList", {"list": {"id": LIST}, "board": {"id": BOARD}}, [("trello.list", [LIST])]),
        ("updateLabel", {"label": {"id": LABEL}, "board": {"id": BOARD}}, [("trello.label", [LABEL])]),
        ("updateBoard", {"board": {"id": BOARD}}, [("trello.board", [BOARD])]),
        ("deleteLabel", {"label": {"id": LABEL}, "board": {"id": BOARD}}, ANYTHING),
        ("moveCardFromBoard", ON_CARD, ANYTHING),
        ("addMemberToBoard", {"board": {"id": BOARD}}, ANYTHING),
        ("updateCard", {"card": {"id": "no id"}}, ANYTHING),
        ("updateCard", {"card": None, "list": [], "label": "x"}, ANYTHING),
        ("updateCard", ["what"], ANYTHING),
        (None, None, ANYTHING),
        (["x"], ON_CARD, [("trello.card", [CARD])]),
    ],
)
def test_an_action_names_what_has_to_be_read_again(type_: Any, data: Any, named: Any) -> None:
    assert subjects_of({"id": ACTION, "type": type_, "data": data}) == named
