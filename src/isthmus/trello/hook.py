"""What Trello sends when something happened on a board: whether it is genuine, and the hint in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from isthmus.hints import Hook, Told, digest_of
from isthmus.trello.action import is_id, subjects_of
from isthmus.trello.client import CLIENT

SIGNATURE = "x-trello-webhook"


def source_of(backend: Any) -> str:
    """Return what hints of a backend have as their source."""
    return f"trello/{backend.uuid}"


def identifier_of(backend: Any) -> str:
    """Return what comes back with webhooks that our own changes caused."""
    return f"isthmus-{backend.uuid}"


def path_of_hook(backend: Any) -> str:
    """Return the path of a backend's receiver. Nobody who lacks the app secret can guess its end."""
    return f"/hooks/{source_of(backend)}/{_path_secret(backend)}"


def hook_of(backend: Any) -> Hook:
    """Return the hook of a backend that has an app secret."""
    secret, base, own = backend.app_secret.reveal(), backend.webhook_url or "", identifier_of(backend)

    def is_genuine(path: str, body: bytes, headers: Mapping[str, str]) -> bool:
        return fits(headers.get(SIGNATURE, ""), secret, body, base + path)

    def is_echo(headers: Mapping[str, str]) -> bool:
        return headers.get(CLIENT.lower()) == own

    return Hook(source_of(backend), digest_of(_path_secret(backend)), read_trello_hook, is_genuine, is_echo)


def fits(given: str, secret: str, body: bytes, callback: str) -> bool:
    """Tell whether a signature is that of the body as it came, sent to the callback as it was registered."""
    made = hmac.new(secret.encode(), body + callback.encode("utf-8", "surrogatepass"), hashlib.sha1)
    return hmac.compare_digest(base64.b64encode(made.digest()), given.encode("utf-8", "surrogatepass"))


def read_trello_hook(body: bytes) -> Told:
    """Return what an action names, and the action's id, by which it is known.

    Raises ValueError with a reason.
    """
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("it is not JSON") from None
    action = told.get("action") if isinstance(told, dict) else None
    if not isinstance(action, dict) or not is_id(action.get("id")):
        raise ValueError("it has no action with an id")
    return Told(subjects_of(action), action["id"])


def _path_secret(backend: Any) -> str:
    return hmac.new(
        backend.app_secret.reveal().encode(), f"path of {backend.uuid}".encode(), hashlib.sha256
    ).hexdigest()
