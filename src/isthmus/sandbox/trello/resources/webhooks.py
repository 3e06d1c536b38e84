"""Webhooks: made for a model with a token, after the callback has answered a HEAD request."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.change import Reader, flag, read_changes, single_field, text
from isthmus.sandbox.trello.courier import head_status
from isthmus.sandbox.trello.errors import invalid_value, no_route, not_found, rejected
from isthmus.sandbox.trello.resources.tokens import find_token
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import scalar, select

Data = dict[str, Any]

#: What a webhook may watch.
MODELS = ("board", "card", "list", "member", "checklist", "label")


def _callback(call: Call, webhook: Data) -> str:
    url = call.params.needed("callbackURL")
    if not url.startswith(("http://", "https://")):
        raise invalid_value("callbackURL")
    return url


def _model(call: Call, webhook: Data) -> str:
    id_ = call.params.id("idModel")
    if not any(call.state.find(kind, id_) for kind in MODELS):
        raise invalid_value("idModel")
    return id_


READERS: dict[str, Reader] = {
    "description": text("description"),
    "callbackURL": _callback,
    "idModel": _model,
    "active": flag("active"),
}


def _own(call: Call, webhook: str) -> Data:
    """Return a webhook of the caller's token; others do not exist for it."""
    found = call.state.get("webhook", webhook)
    if found["idToken"] != call.token["id"]:
        raise not_found()
    return found


@route("POST", "/webhooks")
def create(call: Call) -> Data:
    """Make a webhook; the callback must answer HEAD with 200."""
    return _create(call, call.token)


@route("POST", "/tokens/{token}/webhooks")
def create_for_token(call: Call, token: str) -> Data:
    """Make a webhook of the token in the path."""
    return _create(call, find_token(call, token))


def _create(call: Call, token: Data) -> Data:
    model, url = _model(call, {}), _callback(call, {})
    for other in call.state.rows("webhook", ("token", "=", token["id"]), ("model", "=", model)):
        if other["callbackURL"] == url:
            raise rejected("A webhook with that callback, model, and token already exists")
    _check_callback(url)
    webhook = {
        "id": call.new_id(),
        "description": call.params.text("description") or "",
        "idModel": model,
        "callbackURL": url,
        "active": call.params.flag("active", True),
        "consecutiveFailures": 0,
        "firstConsecutiveFailDate": None,
        "idToken": token["id"],
    }
    return select(call.state.add("webhook", webhook), None)


def _check_callback(url: str) -> None:
    status = head_status(url)
    if status != 200:
        got = "undefined" if status is None else str(status)
        raise rejected(f"URL ({url}) did not return 200 status code, got {got}")


@route("GET", "/webhooks/{webhook}")
def read(call: Call, webhook: str) -> Data:
    """Return a webhook."""
    return select(_own(call, webhook), None)


@route("GET", "/webhooks/{webhook}/{field}")
def read_field(call: Call, webhook: str, field: str) -> Any:
    """Return a single field."""
    data = select(_own(call, webhook), None)
    if field not in data:
        raise no_route(call.method, call.path)
    return scalar(data[field])


@route("PUT", "/webhooks/{webhook}", "/tokens/{token}/webhooks/{webhook}")
def update(call: Call, webhook: str, token: str = "") -> Data:
    """Change a webhook; a new callback is checked first, and reviving one forgets its failures."""
    data = _own(call, webhook)
    changes = read_changes(call, data, READERS)
    if "callbackURL" in changes:
        _check_callback(changes["callbackURL"])
    if changes.get("active"):
        changes.update(consecutiveFailures=0, firstConsecutiveFailDate=None)
    data.update(changes)
    return select(call.state.save("webhook", data), None)


@route("PUT", "/webhooks/{webhook}/{field}")
def update_field(call: Call, webhook: str, field: str) -> Data:
    """Change a single field given as ``value``."""
    single_field(call, field, READERS)
    return update(call, webhook)


@route("DELETE", "/webhooks/{webhook}", "/tokens/{token}/webhooks/{webhook}")
def delete(call: Call, webhook: str, token: str = "") -> Data:
    """Delete a webhook."""
    call.state.remove("webhook", ("external_id", "=", _own(call, webhook)["id"]))
    return {"_value": None}
