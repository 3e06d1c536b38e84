"""Rate limits: fixed windows per key, token and member, the headers about them, and the 429 answers.

Source: the interface's page on rate limits and the headers of recorded traffic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from isthmus.sandbox.trello.errors import ApiError, limited

EXPOSED = (
    "x-rate-limit-api-key-interval-ms, x-rate-limit-api-key-max, x-rate-limit-api-key-remaining, "
    "x-rate-limit-api-token-interval-ms, x-rate-limit-api-token-max, x-rate-limit-api-token-remaining"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests fit in a window: ``(requests, seconds)`` each.

    After ``strikes`` 429 answers to a key in one window everything is refused until the window ends.
    """

    key: tuple[int, float] = (300, 10)
    token: tuple[int, float] = (100, 10)
    member: tuple[int, float] = (200, 10)
    members_route: tuple[int, float] = (100, 900)
    strikes: int = 200
    enforced: bool = True

    @classmethod
    def off(cls) -> Self:
        """Return limits that refuse nothing and send no headers: for measuring speed."""
        return cls(enforced=False)


@dataclass(slots=True)
class Window:
    """Requests counted from the first one until ``seconds`` later."""

    most: int
    seconds: float
    start: float = -math.inf
    used: int = 0

    def roll(self, now: float) -> None:
        """Begin a new window when the last one has ended."""
        if now >= self.start + self.seconds:
            self.start, self.used = now, 0

    @property
    def remaining(self) -> int:
        """Return how many requests still fit."""
        return max(self.most - self.used, 0)

    def wait_s(self, now: float) -> int:
        """Return the whole seconds until the window ends, at least one."""
        return max(math.ceil(self.start + self.seconds - now), 1)


class Gate:
    """Count requests and refuse those that are too many. ``now`` is monotonic seconds everywhere."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._windows: dict[tuple[str, str], Window] = {}

    def _window(self, name: str, who: str, now: float) -> Window:
        size = self.limits.strikes, self.limits.key[1]
        most, seconds = size if name == "strikes" else getattr(self.limits, name)
        window = self._windows.setdefault((name, who), Window(most, seconds))
        window.roll(now)
        return window

    def admit(self, key: str, token: str, member: str, *, members_route: bool, now: float) -> None:
        """Count one request. Raises ApiError 429 when a window is full or the key struck out."""
        if not self.limits.enforced:
            return
        strikes = self._window("strikes", key, now)
        if strikes.used > strikes.most:
            raise self._refuse(key, "API_KEY_LIMIT_EXCEEDED", strikes, now)
        key_window, token_window = self._window("key", key, now), self._window("token", token, now)
        route_window = self._window("members_route", token, now) if members_route else None
        if key_window.remaining == 0:
            raise self._refuse(key, "API_KEY_LIMIT_EXCEEDED", key_window, now)
        if token_window.remaining == 0:
            raise self._refuse(key, "API_TOKEN_LIMIT_EXCEEDED", token_window, now)
        if route_window is not None and route_window.remaining == 0:
            raise self._refuse(key, "RATE_LIMIT_EXCEEDED", route_window, now)
        member_window = self._window("member", member, now)
        for window in filter(None, (key_window, token_window, member_window, route_window)):
            window.used += 1

    def _refuse(self, key: str, error: str, window: Window, now: float) -> ApiError:
        self._window("strikes", key, now).used += 1
        route = error == "RATE_LIMIT_EXCEEDED"
        message = "Exceeded rate limit to /1/member" if route else "Rate limit exceeded"
        return limited(error, message, window.wait_s(now))

    def headers(self, key: str, token: str, member: str, *, now: float) -> dict[str, str]:
        """Return the headers that every answer carries."""
        if not self.limits.enforced:
            return {}
        told = {"Access-Control-Expose-Headers": EXPOSED}
        for label, name, who in (
            ("api-key", "key", key),
            ("api-token", "token", token),
            ("member", "member", member),
        ):
            window = self._window(name, who, now)
            told[f"x-rate-limit-{label}-interval-ms"] = str(int(window.seconds * 1000))
            told[f"x-rate-limit-{label}-max"] = str(window.most)
            told[f"x-rate-limit-{label}-remaining"] = str(window.remaining)
        return told
