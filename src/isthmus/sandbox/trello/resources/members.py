"""Members: who they are, and what is theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isthmus.sandbox.trello.board_view import BoardView
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_view import CardView
from isthmus.sandbox.trello.errors import invalid_value, no_route
from isthmus.sandbox.trello.paging import actions
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.quota import limit
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import fields_of, scalar, select, wanted

Data = dict[str, Any]

OWN: Data = {
    "aaBlockSyncUntil": None,
    "aaEmail": None,
    "aaEnrolledDate": None,
    "avatarSource": "none",
    "credentialsRemovedCount": 0,
    "domainClaimed": None,
    "gravatarHash": None,
    "idEnterprisesAdmin": [],
    "loginTypes": ["password"],
    "marketingOptIn": {"optedIn": False, "date": "2020-03-10T13:52:08.829Z"},
    "messagesDismissed": [],
    "oneTimeMessagesDismissed": [],
    "prefs": {
        "privacy": {"fullName": "public", "avatar": "public"},
        "sendSummaries": True,
        "minutesBetweenSummaries": 60,
        "minutesBeforeDeadlineToNotify": 1440,
        "colorBlind": False,
        "locale": "en-US",
    },
    "trophies": [],
    "uploadedAvatarHash": None,
    "uploadedAvatarUrl": None,
    "premiumFeatures": [],
    "isAaMastered": True,
    "ixUpdate": "1",
    "limits": {
        "boards": {"totalPerMember": limit(4500)},
        "orgs": {"totalPerMember": limit(850)},
    },
}

BOARD_FILTERS: dict[str, Callable[[Data], bool]] = {
    "all": lambda board: True,
    "members": lambda board: True,
    "open": lambda board: not board["closed"],
    "closed": lambda board: bool(board["closed"]),
    "starred": lambda board: bool(board["starred"]),
    "organization": lambda board: board["idOrganization"] is not None,
    "public": lambda board: board["prefs"].get("permissionLevel") == "public",
}


def who(call: Call, member: str) -> Data:
    """Return the member that a path names: ``me``, an identifier or a username."""
    return call.me if member == "me" else call.state.get("member", member)


def full(call: Call, member: Data) -> Data:
    """Return a member with every key; the e-mail is the caller's own or null."""
    boards = _boards_of(call, member, "all")
    shown = {**member, **OWN, "email": None}
    if member["id"] == call.me["id"]:
        shown["email"] = f"{member['username']}@example.invalid"
    shown["idBoards"] = [board["id"] for board in boards]
    shown["idOrganizations"] = list(
        dict.fromkeys(board["idOrganization"] for board in boards if board["idOrganization"])
    )
    return shown


@route("GET", "/members/{member}")
def read(call: Call, member: str) -> Data:
    """Return a member; ``boards`` nests the member's boards."""
    person = who(call, member)
    shown = dict(select(full(call, person), fields_of(call.params, "fields", "member", None)))
    if wanted(call.params, "boards"):
        fields = Params({"fields": call.params.raw("board_fields", "name,closed,idOrganization,pinned")})
        view_ = BoardView(call.state, fields)
        shown["boards"] = [
            view_.one(board) for board in _boards_of(call, person, str(call.params.raw("boards")))
        ]
    return shown


@route("GET", "/members/{member}/boards")
def read_boards(call: Call, member: str) -> list[Data]:
    """Return the boards that a member is on."""
    view_ = BoardView(call.state, call.params, None)
    return [
        view_.one(board) for board in _boards_of(call, who(call, member), call.params.text("filter") or "all")
    ]


def _boards_of(call: Call, member: Data, filter_: str) -> list[Data]:
    if filter_ not in BOARD_FILTERS:
        raise invalid_value("filter")
    fits = BOARD_FILTERS[filter_]
    boards = [board for board in call.state.rows("board") if fits(board)]
    return [board for board in boards if any(one["idMember"] == member["id"] for one in board["memberships"])]


@route("GET", "/members/{member}/cards")
def read_cards(call: Call, member: str) -> list[Data]:
    """Return the open cards that a member is on."""
    person = who(call, member)
    cards = call.state.rows("card", ("closed", "=", False))
    mine = [card for card in cards if person["id"] in card["idMembers"]]
    return CardView(call.state, call.params, listed=False).show(mine)


@route("GET", "/members/{member}/actions")
def read_actions(call: Call, member: str) -> Any:
    """Return what a member did, newest first."""
    return actions(call.state, [("member", "=", who(call, member)["id"])], call.params)


@route("GET", "/members/{member}/{field}")
def read_field(call: Call, member: str, field: str) -> Any:
    """Return a single field."""
    person = full(call, who(call, member))
    if field not in person:
        raise no_route(call.method, call.path)
    return scalar(person[field])
