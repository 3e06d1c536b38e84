"""Who is calling: passwords, API keys, and the pause after too many failures.

Source: recorded logins (tests/data/odoo-probes); the pause is Odoo's ``base.login_cooldown_*`` defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from isthmus.clock import Clock
from isthmus.records.environment import Environment
from isthmus.sandbox.odoo.errors import AccessDenied
from isthmus.sandbox.odoo.secrets import digest

COOLDOWN_AFTER = 5
COOLDOWN_S = 60.0


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0


class Doorkeeper:
    """Check callers. Failures are counted by address and login (or user id), in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, Any], _Failures] = {}

    def login(self, env: Environment, address: str, login: Any, secret: Any) -> int:
        """Return the user of a login with its password or API key. Raises AccessDenied."""
        found = env["res.users"].search([("login", "=", str(login))], limit=1)
        return self._admit(env, (address, str(login)), found.id or 0, secret)

    def check(self, env: Environment, address: str, uid: int, secret: Any) -> int:
        """Return ``uid`` when the password or API key is that user's. Raises AccessDenied."""
        return self._admit(env, (address, uid), uid, secret)

    def _admit(self, env: Environment, source: tuple[str, Any], uid: int, secret: Any) -> int:
        failures = self._failures.get(source, _Failures())
        now = self._clock.monotonic()
        if failures.count >= COOLDOWN_AFTER and now - failures.last < COOLDOWN_S:
            raise AccessDenied("Too many login failures, please wait a bit before trying again.")
        if not (uid and isinstance(secret, str) and secret and _is_right(env, uid, secret)):
            self._failures[source] = _Failures(failures.count + 1, now)
            raise AccessDenied
        self._failures.pop(source, None)
        return uid


def _is_right(env: Environment, uid: int, secret: str) -> bool:
    user: Any = env["res.users"].browse(uid).exists()
    if not user or not user.active:
        return False
    return bool(user.password == digest(secret) or env["res.users.apikeys"].user_of(secret) == uid)
