"""Which webhooks are told about an action, with what; and what becomes of a webhook that fails."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from isthmus.sandbox.trello.courier import Delivery
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.timestamp import iso, parse
from isthmus.sandbox.trello.view import select

Data = dict[str, Any]

#: A webhook is switched off after this many failures in a row, the first of them this long ago.
MOST_FAILURES = 1000
PATIENCE = timedelta(days=30)


def deliveries(state: State, actions: list[Data], client: str | None) -> list[Delivery]:
    """Return one delivery for each action and each active webhook that watches something it happened on."""
    if not actions:
        return []
    webhooks = [one for one in state.rows("webhook") if one["active"]]
    return [
        Delivery(webhook["id"], webhook["callbackURL"], _body(state, webhook, action), client)
        for action in actions
        for webhook in webhooks
        if webhook["idModel"] in watched(action)
    ]


def watched(action: Data) -> set[str]:
    """Return the identifiers of everything that an action happened on."""
    data = action["data"]
    parts = ("board", "card", "list", "listBefore", "listAfter", "checklist", "label", "member")
    found = {data[part]["id"] for part in parts if isinstance(data.get(part), dict) and "id" in data[part]}
    return found | {action["idMemberCreator"]}


def _body(state: State, webhook: Data, action: Data) -> bytes:
    """Return the JSON of a delivery; ``model`` is what the webhook watches, as it is now."""
    told = {name: webhook[name] for name in ("id", "idModel", "callbackURL")}
    model = _model(state, webhook["idModel"])
    return msgspec.json.encode({"model": model, "action": action, "webhook": told})


def _model(state: State, id_: str) -> Data:
    for kind in ("board", "card", "list", "member", "checklist", "label"):
        found = state.find(kind, id_)
        if found is not None:
            return select(found, None)
    return {"id": id_}


def after(webhook: Data, status: int | None, now: datetime) -> Data | None:
    """Return a webhook after a delivery; None when it is to be deleted (the receiver said 410)."""
    if status == 410:
        return None
    if status == 200:
        return {**webhook, "consecutiveFailures": 0, "firstConsecutiveFailDate": None}
    failures = webhook["consecutiveFailures"] + 1
    first = webhook["firstConsecutiveFailDate"] or iso(now)
    worn_out = failures >= MOST_FAILURES and now - parse(first) > PATIENCE
    return {
        **webhook,
        "consecutiveFailures": failures,
        "firstConsecutiveFailDate": first,
        "active": webhook["active"] and not worn_out,
    }
