"""Who is on a card, and who voted for it."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.errors import rejected
from isthmus.sandbox.trello.journal import card_ref
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import MEMBER, select_all

Data = dict[str, Any]


@route("GET", "/cards/{card}/members")
def read_members(call: Call, card: str) -> list[Data]:
    """Return the members of a card."""
    return _people(call, call.state.get("card", card)["idMembers"])


@route("GET", "/cards/{card}/membersvoted")
def read_voters(call: Call, card: str) -> list[Data]:
    """Return who voted for a card."""
    return _people(call, call.state.get("card", card)["idMembersVoted"])


def _people(call: Call, members: list[str]) -> list[Data]:
    return select_all(call.state.by_id("member", members).values(), MEMBER)


@route("POST", "/cards/{card}/idmembers", "/cards/{card}/members")
def add_member(call: Call, card: str) -> list[Data]:
    """Put a member on a card; return all its members."""
    data, person = call.state.get("card", card), call.named("member", "value")
    if person["id"] in data["idMembers"]:
        raise rejected("member is already on the card")
    data["idMembers"] = [*data["idMembers"], person["id"]]
    return _journal_member(call, data, person, "addMemberToCard", {})


@route("DELETE", "/cards/{card}/idmembers/{member}", "/cards/{card}/members/{member}")
def remove_member(call: Call, card: str, member: str) -> list[Data]:
    """Take a member off a card; return those who stay."""
    data, person = call.state.get("card", card), call.state.get("member", member)
    if person["id"] not in data["idMembers"]:
        raise rejected("member is not on the card")
    data["idMembers"] = [one for one in data["idMembers"] if one != person["id"]]
    return _journal_member(call, data, person, "removeMemberFromCard", {"deactivated": False})


def _journal_member(call: Call, card: Data, person: Data, type_: str, more: Data) -> list[Data]:
    told = {
        "idMember": person["id"],
        "member": {"id": person["id"], "name": person["fullName"]},
        "card": card_ref(card),
        **more,
    }
    call.journal.add(type_, call.board_of(card), told, touches=card, member=person)
    call.state.save("card", card)
    return _people(call, card["idMembers"])


@route("POST", "/cards/{card}/membersvoted")
def vote(call: Call, card: str) -> Data:
    """Vote for a card."""
    data, person = call.state.get("card", card), call.named("member", "value")
    if person["id"] in data["idMembersVoted"]:
        raise rejected("member has already voted on the card")
    return _vote(call, data, [*data["idMembersVoted"], person["id"]], voted=True)


@route("DELETE", "/cards/{card}/membersvoted/{member}")
def unvote(call: Call, card: str, member: str) -> Data:
    """Take a vote back."""
    data, person = call.state.get("card", card), call.state.get("member", member)
    if person["id"] not in data["idMembersVoted"]:
        raise rejected("member has not voted on the card")
    return _vote(call, data, [one for one in data["idMembersVoted"] if one != person["id"]], voted=False)


def _vote(call: Call, card: Data, voters: list[str], *, voted: bool) -> Data:
    card["idMembersVoted"] = voters
    card["badges"] = {**card["badges"], "votes": len(voters)}
    call.journal.add(
        "voteOnCard", call.board_of(card), {"card": card_ref(card), "voted": voted}, touches=card
    )
    call.state.save("card", card)
    return {"_value": None}
