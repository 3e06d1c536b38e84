"""A new API key in place of the old one, made over the API. Odoo 19 and later.

The order is such that being cut off at any point leaves a key that works: make the new key, try it, keep it,
revoke the old one. Source: recorded calls of Odoo 19; administrators may do this, others when the system
parameter ``base.enable_programmatic_api_keys`` is set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from isthmus.errors import (
    AmbiguousError,
    ConfigurationError,
    MalformedAnswerError,
    RejectedError,
    RemoteError,
)
from isthmus.odoo.connection import OdooConnection
from isthmus.odoo.login import is_api_key

KEYS = "res.users.apikeys"

#: What a new key may be used for; keys for JSON-2 and the older protocols have this scope, or none.
SCOPE = "rpc"

Connect = Callable[[str], OdooConnection]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of a rotation. ``kept_old`` says why the old key is still valid; empty when it is not."""

    name: str
    expires: datetime | None
    kept_old: str = ""


def require_rotation(connection: OdooConnection, key: str) -> None:
    """Raise ConfigurationError when a key of this Odoo cannot be replaced over the API. Changes nothing."""
    version = connection.version()
    if not version.has("keys made over the API"):
        raise ConfigurationError(
            f"Odoo {version} makes API keys in its own pages only",
            hint="Make one in Odoo (My Profile, Account Security), then run `isthmus odoo secret`.",
        )
    if not is_api_key(key):
        raise ConfigurationError(
            "only an API key can be replaced by another; this is a password",
            hint="Make a key in Odoo (My Profile, Account Security), then run `isthmus odoo secret`.",
        )


def rotate(
    connection: OdooConnection,
    old: str,
    *,
    days: int,
    connect: Connect,
    keep: Callable[[str], None],
) -> Rotated:
    """Replace a key: make one that lives ``days`` (0: for ever), try it, ``keep`` it, revoke the old one.

    ``connect(key)`` gives a connection with a key. Raises RejectedError with Odoo's reason for making none.
    """
    require_rotation(connection, old)
    now = connection.server_now() or connection.clock.now()
    expires = now.replace(microsecond=0) + timedelta(days=days) if days else None
    name = f"isthmus {now:%Y-%m-%d %H:%M}"
    new = make_key(connection, old, name, expires)
    with_new = connect(new)
    try:
        with_new.authenticate()
        keep(new)
    except BaseException:
        revoke_key(connection, new)  # nobody will use it
        raise
    return Rotated(name, expires, revoke_key(with_new, old))


def make_key(connection: OdooConnection, old: str, name: str, expires: datetime | None) -> str:
    """Return a new key of the connection's user."""
    asked = {
        "key": old,
        "scope": SCOPE,
        "name": name,
        "expiration_date": expires.isoformat(" ") if expires else None,
    }
    try:
        new = connection.execute(KEYS, "generate", kwargs=asked)
    except AmbiguousError as error:
        error.hint = f"Look for a key named {name!r} in Odoo and delete it: nobody knows what it is."
        raise
    except RejectedError as error:
        error.hint = (
            "The user must be an administrator, or the system parameter "
            "base.enable_programmatic_api_keys be set; the user's groups limit the life of a key (--days); "
            "ten keys are the most."
        )
        raise
    if not isinstance(new, str) or not is_api_key(new):
        raise MalformedAnswerError("Odoo answered with something else than a key when asked for a new one")
    return new


def revoke_key(connection: OdooConnection, key: str) -> str:
    """Make a key useless; return why it was not done, empty when it was."""
    try:
        connection.execute(KEYS, "revoke", kwargs={"key": key}, idempotent=True)
    except RemoteError as error:
        return error.message
    return ""
