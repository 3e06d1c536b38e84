"""Filters and windows of lists of cards and actions, with the quirks of the service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from isthmus.sandbox.trello.errors import invalid_value, limited
from isthmus.sandbox.trello.ids import created_at, first_id_at, is_id
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.timestamp import iso
from isthmus.sandbox.trello.view import ACTION, Fields, fields_of, select

Data = dict[str, Any]
Terms = list[Any]

MOST = 1000
CARD_FILTERS = ("all", "open", "closed", "none", "visible")


def cards_of_board(state: State, board: Data, filter_: str, params: Params) -> list[Data]:
    """Return a board's cards in board order: by their list's position, then their own.

    With ``limit`` these are the newest by identifier, still in board order; ``before`` and ``since`` cut by
    identifier (a date counts as the first identifier of its second).
    """
    lists = state.rows("list", ("board", "=", board["id"]))
    terms: Terms = [("board", "=", board["id"]), *_card_filter(filter_, "cards")]
    if filter_ == "visible":
        terms.append(("list", "in", [one["id"] for one in lists if not one["closed"]]))
    _refuse_fat_reads(state, terms, filter_, params)
    rank = {one["id"]: place for place, one in enumerate(lists)}
    cards = _windowed_cards(state, terms, params)
    return sorted(cards, key=lambda card: (rank.get(card["idList"], -1), card["pos"], card["id"]))


def cards_of_list(state: State, list_: Data, filter_: str, params: Params) -> list[Data]:
    """Return a list's cards in their order."""
    terms: Terms = [("list", "=", list_["id"]), *_card_filter(filter_, "cards")]
    if filter_ == "visible" and list_["closed"]:
        return []
    return sorted(_windowed_cards(state, terms, params), key=lambda card: (card["pos"], card["id"]))


def _card_filter(filter_: str, name: str) -> Terms:
    match filter_:
        case "all":
            return []
        case "open" | "visible":
            return [("closed", "=", False)]
        case "closed":
            return [("closed", "=", True)]
        case "none":
            return [("external_id", "=", "none")]
    raise invalid_value(name)


def _windowed_cards(state: State, terms: Terms, params: Params) -> list[Data]:
    for name, operator in (("before", "<"), ("since", ">")):
        bound = params.bound(name)
        if bound is not None:
            terms.append(("external_id", operator, bound if is_id(bound) else first_id_at(_as_date(bound))))
    if "limit" not in params:
        return state.rows("card", *terms, order="id")
    return state.rows(
        "card", *terms, order="external_id desc", limit=params.whole("limit", MOST, least=1, most=MOST)
    )


def _as_date(bound: datetime | str) -> datetime:
    return created_at(bound) if isinstance(bound, str) else bound


def _refuse_fat_reads(state: State, terms: Terms, filter_: str, params: Params) -> None:
    """Refuse all cards with all actions on a big board: no wait helps, the request has to shrink."""
    fat = filter_ == "all" and str(params.raw("actions", "none")) == "all" and "limit" not in params
    if fat and state.count("card", *terms) > MOST:
        raise limited("API_TOO_MANY_CARDS_REQUESTED", "Too many cards requested", None)


def lists_of_board(state: State, board: Data, filter_: str) -> list[Data]:
    """Return a board's lists in their order."""
    terms = _card_filter(filter_, "lists") if filter_ in ("all", "open", "closed", "none") else None
    if terms is None:
        raise invalid_value("lists")
    return state.rows("list", ("board", "=", board["id"]), *terms)


def actions(
    state: State, terms: Terms, params: Params, *, default: str = "all", nested: str = ""
) -> list[Data] | Data:
    """Return actions newest first: 50 by default, at most 1000; ``format=count`` gives their number.

    ``since`` and ``before`` take dates (exclusive) or identifiers, which are turned into their second.
    Nested in another resource (under the parameter ``nested``) the window is ignored, as the service does.
    """
    name = nested or "filter"
    selected: Terms = [*terms, *_action_filter(params.names(name) or default.split(","), name)]
    if not nested:
        selected += _action_window(params)
    if params.raw(f"{nested}_format" if nested else "format") == "count":
        return {"_value": state.count("action", *selected)}
    most = params.whole(f"{nested}_limit" if nested else "limit", 50, most=MOST)
    page = 0 if nested else params.whole("page", 0, most=MOST)
    found = state.rows("action", *selected, limit=most * (page + 1))[most * page :] if most else []
    fields = fields_of(params, "action_fields" if nested else "fields", "action", ACTION)
    return [_shown(action, params, fields) for action in found]


def _action_window(params: Params) -> Terms:
    terms: Terms = []
    for name, operator in (("before", "<"), ("since", ">")):
        bound = params.bound(name)
        if bound is not None:
            terms.append(("date", operator, iso(_as_date(bound))))
    return terms


def _action_filter(words: list[str], name: str) -> Terms:
    """Return the domain of ``createCard,updateCard:idList``; ``all`` selects everything."""
    if "all" in words or words == ["true"]:
        return []
    parts: Terms = []
    for word in words:
        type_, _, changed = word.partition(":")
        if not type_.isalpha():
            raise invalid_value(name)
        if changed:
            parts += ["&", ("type", "=", type_), ("changed", "=", changed)]
        else:
            parts.append(("type", "=", type_))
    return ["|"] * (len(words) - 1) + parts


def _shown(action: Data, params: Params, fields: Fields) -> Data:
    shown = select(action, fields)
    left_out = {
        name for name in ("memberCreator", "member") if str(params.raw(name, "true")).lower() == "false"
    }
    return {name: value for name, value in shown.items() if name not in left_out} if left_out else shown
