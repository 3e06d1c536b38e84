"""Tokens: what one may do, until when, and taking it back."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.errors import no_route, not_found, rejected
from isthmus.sandbox.trello.resources.members import full
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import scalar, select, select_all

Data = dict[str, Any]

SHOWN = ("id", "identifier", "idMember", "dateCreated", "dateExpires", "permissions")


def find_token(call: Call, value: str) -> Data:
    """Return the token of a path. Raises ApiError 400 ``invalid token`` for an unknown one."""
    found = next(iter(call.state.rows("token", ("value", "=", value))), None)
    if found is None:
        raise rejected("invalid token")
    return found


@route("GET", "/tokens/{token}")
def read(call: Call, token: str) -> Data:
    """Return a token; ``webhooks=true`` adds its webhooks."""
    data = find_token(call, token)
    shown = {name: data[name] for name in SHOWN}
    if call.params.flag("webhooks"):
        shown["webhooks"] = webhooks_of(call, data)
    return shown


@route("GET", "/tokens/{token}/member")
def read_member(call: Call, token: str) -> Data:
    """Return the member whose token it is."""
    return full(call, call.state.get("member", find_token(call, token)["idMember"]))


@route("GET", "/tokens/{token}/webhooks")
def read_webhooks(call: Call, token: str) -> list[Data]:
    """Return the webhooks made with a token: the only way to list them."""
    return webhooks_of(call, find_token(call, token))


@route("GET", "/tokens/{token}/webhooks/{webhook}")
def read_webhook(call: Call, token: str, webhook: str) -> Data:
    """Return one webhook of a token."""
    token_id = find_token(call, token)["id"]
    found = call.state.get("webhook", webhook)
    if found["idToken"] != token_id:
        raise not_found()
    return select(found, None)


def webhooks_of(call: Call, token: Data) -> list[Data]:
    """Return a token's webhooks as answers show them."""
    return select_all(call.state.rows("webhook", ("token", "=", token["id"])), None)


@route("GET", "/tokens/{token}/{field}")
def read_field(call: Call, token: str, field: str) -> Any:
    """Return a single field."""
    data = find_token(call, token)
    if field not in SHOWN:
        raise no_route(call.method, call.path)
    return scalar(data[field])


@route("DELETE", "/tokens/{token}")
def delete(call: Call, token: str) -> Data:
    """Revoke a token; its webhooks die with it."""
    data = find_token(call, token)
    call.state.remove("webhook", ("token", "=", data["id"]))
    call.state.remove("token", ("external_id", "=", data["id"]))
    call.settings.callers.clear()
    return {"_value": None}
