"""Lists: showing them with their cards, and making them."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello import pos, template
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_view import CardView
from isthmus.sandbox.trello.journal import list_ref
from isthmus.sandbox.trello.paging import cards_of_list
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.view import Fields, fields_of, select, wanted

Data = dict[str, Any]


def lists_with_cards(call: Call, lists: list[Data], default: Fields) -> list[Data]:
    """Return lists as ``fields`` asks, with their cards when ``cards`` names a filter."""
    fields = fields_of(call.params, "fields", "list", default)
    shown = [dict(select(one, fields)) for one in lists]
    if wanted(call.params, "cards"):
        view = CardView(call.state, call.params, prefix="card_")
        for one, answer in zip(lists, shown, strict=True):
            cards = cards_of_list(call.state, one, str(call.params.raw("cards")), Params({}))
            answer["cards"] = view.show(cards)
    return shown


def make_list(call: Call, board: Data, name: str, wish: Any, closed: bool = False) -> Data:
    """Make a list at a position of a board, and journal it."""
    siblings = call.state.values("list", "pos", ("board", "=", board["id"]))
    list_ = template.fresh(
        template.LIST,
        id=call.new_id(),
        name=name,
        idBoard=board["id"],
        idOrganization=board["idOrganization"],
        pos=pos.place(wish, siblings, call.settings.first_pos),
        closed=closed,
    )
    call.state.add("list", list_)
    call.journal.add("createList", board, {"list": list_ref(list_)})
    return list_
