"""How fast an Odoo may be asked, and by how many at once: one budget for all workers that share a turnstile.

Odoo Online has no documented limit; its operators ask for about one call a second and no parallel ones for
each database. Source: Odoo's Acceptable Use Policy, documentation pull requests 3647 and 3800.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from isthmus.clock import Clock, SystemClock
from isthmus.errors import RateLimitedError
from isthmus.http.status import retry_after_s
from isthmus.http.turnstile import Leave, LocalTurnstile, Turnstile
from isthmus.telemetry import emit

#: Odoo Online's own names; a database under another name is told apart by nobody.
HOSTED = ".odoo.com"

#: A pause that ends later is not waited for: the caller gets an error and can do something else meanwhile.
PATIENCE_S = 60.0

#: How long to wait for a place: as long as a call may take.
LONGEST_WAIT_S = 600.0

#: The first wait for a place, and the longest between two looks.
_FIRST_LOOK_S, _LAST_LOOK_S = 0.02, 0.25


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an Odoo takes: calls a second, and calls at once. 0 stands for any number."""

    rate: float = 0.0
    concurrency: int = 0

    @property
    def is_free(self) -> bool:
        """Whether there is no limit at all."""
        return not self.rate and not self.concurrency

    @property
    def interval_s(self) -> float:
        """The seconds from the start of one call to that of the next."""
        return 1.0 / self.rate if self.rate else 0.0

    def __str__(self) -> str:
        if self.is_free:
            return "as fast as it answers"
        pace = f"{self.rate:g} calls a second" if self.rate else "any number of calls a second"
        return f"{pace}, {self.concurrency} at once" if self.concurrency else pace


def is_hosted(url: str) -> bool:
    """Tell whether a URL is one of Odoo Online."""
    return (urlsplit(url).hostname or "").endswith(HOSTED)


def allowance_for(url: str, rate: float | None = None, concurrency: int | None = None) -> Allowance:
    """Return what is allowed: as set, else one call a second and no parallel ones on Odoo Online only."""
    usual = Allowance(1.0, 1) if is_hosted(url) else Allowance()
    return Allowance(
        usual.rate if rate is None else rate, usual.concurrency if concurrency is None else concurrency
    )


class Budget:
    """Make the requests to an Odoo wait for their turn. Safe to share between threads.

    Implements :class:`isthmus.http.Limiter`. ``name`` is what the Odoo is known by at the turnstile; the
    workers that give the same name at the same turnstile share one budget.
    """

    def __init__(
        self,
        name: str,
        allowance: Allowance,
        turnstile: Turnstile | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self.allowance = allowance
        self._clock = clock or SystemClock()
        self._turnstile = turnstile or LocalTurnstile(self._clock)

    def __repr__(self) -> str:
        return f"<Budget {self.name}: {self.allowance}>"

    @contextmanager
    def turn(self, method: str, path: str) -> Iterator[None]:
        """Take a place, wait for the turn, run the block, give the place back.

        Raises RateLimitedError when Odoo asked for a long pause, or when no place comes free in ten minutes.
        """
        leave = self._enter()
        try:
            self._await_turn()
            yield
        finally:
            leave()

    def learn(self, headers: Mapping[str, str]) -> None:
        """Pause when an answer says ``Retry-After``, which 429 and 503 may."""
        seconds = retry_after_s(headers.get("Retry-After"), self._clock)
        if seconds:
            self._turnstile.postpone(self.name, seconds)

    def pause(self, seconds: float, method: str, path: str) -> None:
        """Let nobody send for a while."""
        self._turnstile.postpone(self.name, seconds)

    def _enter(self) -> Leave:
        if not self.allowance.concurrency:
            return _nothing
        start, look = self._clock.monotonic(), _FIRST_LOOK_S
        while True:
            leave = self._turnstile.enter(self.name, self.allowance.concurrency)
            waited = self._clock.monotonic() - start
            if leave is not None:
                if waited > 0:
                    emit("http.wait", bucket=self.name, wait_s=waited)
                return leave
            if waited > LONGEST_WAIT_S:
                raise RateLimitedError(
                    f"other workers kept {self.name} busy for {waited:.0f} s",
                    wait_s=PATIENCE_S,
                    status=None,
                    hint="Start fewer workers, or allow more calls at once (concurrency).",
                )
            self._clock.sleep(look * random.uniform(0.5, 1.5))
            look = min(2 * look, _LAST_LOOK_S)

    def _await_turn(self) -> None:
        wait = self._turnstile.book(self.name, self.allowance.interval_s, PATIENCE_S)
        if wait > PATIENCE_S:
            raise RateLimitedError(
                f"{self.name} asked for a pause that lasts {wait:.0f} s more",
                wait_s=wait,
                status=None,
                hint=f"Try again in {wait:.0f} s; nothing was sent.",
            )
        if wait > 0:
            emit("http.wait", bucket=self.name, wait_s=wait)
            self._clock.sleep(wait)


def _nothing() -> None:
    """Give back no place."""
