"""Who signs in, and the memory of having been refused."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from isthmus.clock import Clock, SystemClock
from isthmus.errors import UnauthorizedError
from isthmus.http import redact
from isthmus.odoo.errors import HINTS

#: A refused login is not tried again for so long: Odoo locks a login out for a minute after five failures.
LOCKOUT_S = 60.0

#: An API key. A password that happens to look like one is taken for one.
#: Source: Odoo makes keys of 20 random bytes and shows them as hexadecimal digits.
_API_KEY = re.compile(r"[0-9a-f]{40}")

#: Ask for the secret that is valid now; None when nobody knows a newer one.
Renew = Callable[[], str | None]


def is_api_key(secret: str) -> bool:
    """Tell whether a secret looks like an API key, and not like a password."""
    return _API_KEY.fullmatch(secret) is not None


class Login:
    """A user of a database, with the API key or password. Safe to share between threads.

    A refused secret is not sent again for a minute. When ``renew`` knows another one (the key was replaced
    while this process ran), that one is tried instead, once.
    """

    def __init__(
        self,
        database: str,
        name: str,
        secret: str,
        *,
        clock: Clock | None = None,
        renew: Renew | None = None,
    ) -> None:
        self.database = database
        self.name = name
        self.secret = secret
        self._used = {secret}
        self._clock = clock or SystemClock()
        self._renew = renew
        self._lock = threading.RLock()
        #: Held while the server is asked who we are: whoever has to know waits, calls of others do not.
        self._asking = threading.RLock()
        self._uid: int | None = None
        self._refused_at: float | None = None

    def __repr__(self) -> str:
        return f"<Login {self.name!r} on {self.database!r}>"

    def user(self, ask: Callable[[], int | None]) -> int:
        """Return the user's id; ``ask`` gets it from the server, once, or None when it refuses."""
        with self._asking:
            known = self._uid
            if known is None:
                self.require_open()
                try:
                    known = ask()
                except UnauthorizedError:
                    self.refusal()
                    raise
                if not known:
                    raise self.refusal()
                with self._lock:
                    self._uid, self._refused_at = known, None
            return known

    def require_open(self) -> None:
        """Raise UnauthorizedError when the secret was refused less than a minute ago."""
        with self._lock:
            refused_at = self._refused_at
        if refused_at is not None and self._clock.monotonic() - refused_at < LOCKOUT_S:
            raise self._error()

    def refusal(self) -> UnauthorizedError:
        """Remember that the secret was refused, and return the error to raise."""
        with self._lock:
            self._refused_at = self._clock.monotonic()
            self._uid = None
        return self._error()

    def forget(self) -> None:
        """Ask for the user again before the next call: it may be archived, or its key revoked."""
        with self._lock:
            self._uid = None

    def renewed(self, refused: str) -> bool:
        """Tell whether there is another secret now than the refused one, and use it from here on."""
        with self._lock:
            if self.secret == refused and self._renew is not None:
                fresh = self._renew()
                if fresh and fresh != refused:
                    self.secret = fresh
                    self._used.add(fresh)
                    self._uid, self._refused_at = None, None
            return self.secret != refused

    def masked(self, text: str) -> str:
        """Return the text without any of the secrets."""
        return redact(text, self._used)

    def _error(self) -> UnauthorizedError:
        return UnauthorizedError(
            f"Odoo refused the login {self.name!r} on the database {self.database!r}",
            hint=HINTS[UnauthorizedError],
        )
