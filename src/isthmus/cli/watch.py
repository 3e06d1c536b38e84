"""A watch: round after round, and between them what hints name, as soon as they come."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from isthmus.cli.backend_record import find_backend, working_backend
from isthmus.cli.round_table import show_followed, show_round
from isthmus.cli.session import Session
from isthmus.connector.due import Due
from isthmus.connector.inbox import Subject, put
from isthmus.errors import BrakeError, RemoteError, RetryableJobError
from isthmus.events.origin import reference
from isthmus.hints import SETTLE_S, Sink

if TYPE_CHECKING:
    from isthmus.app import App
    from isthmus.connector.direct import Followed
    from isthmus.connector.round import Round

#: What a watch survives: the next round tries again.
PASSING = (RemoteError, RetryableJobError, BrakeError)

#: So soon after a failure a round tries again, and then after twice as long each time, up to the interval.
RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for: the backend, its entities (None: all), and how its rounds are."""

    name: str
    entities: list[str] | None = None
    max_deletes: str | None = None
    full: bool = False


def run_round(session: Session, app: App, asked: Asked, is_over: Callable[[], bool]) -> Round:
    """Run a round and return what it did."""
    from isthmus.connector.round import sync_backend

    with (
        working_backend(app, asked.name, "isthmus sync") as backend,
        session.console.progress() as progress,
    ):
        return sync_backend(backend, asked.entities, progress, asked.max_deletes, is_over, full=asked.full)


@dataclass(slots=True)
class Watch:
    """Runs rounds, a pause of ``interval`` seconds between them, until ``due`` is closed.

    In the pauses it follows what is due. While a side is away, nothing is followed directly: the next round
    does it, sooner than after the interval.
    """

    session: Session
    app: App
    asked: Asked
    interval: float
    due: Due
    #: What the contexts that follow hints have in common: connections above all.
    shared: dict[str, Any] = field(default_factory=dict)
    failures: int = 0

    def run(self, address: tuple[str, int] | None) -> None:
        """Go on until the end; with an address, take webhooks there."""
        with self._listening(address):
            self.session.console.note(
                f"Watching {self.asked.name}: a round every {self.interval:g} s. "
                "Ctrl-C ends it between two pages."
            )
            while not self.due.is_closed:
                self.due.take()  # the round follows them
                done = self._trying(lambda: run_round(self.session, self.app, self.asked, self._is_over))
                if done is not None:
                    show_round(self.session, self.asked.name, done)
                self._between_rounds()
            self.session.console.note("Ended.")

    def _between_rounds(self) -> None:
        """Follow what is due until it is time for a round, or only a round can go on."""
        clock = self.app.clock
        end = clock.monotonic() + pause_after(self.failures, self.interval)
        while not self.due.is_closed and (left := end - clock.monotonic()) > 0:
            self.due.wait(left, for_hints=not self.failures)
            if self.failures or not (subjects := self.due.take()):
                continue
            followed = self._trying(partial(self._follow, subjects))
            if followed is None:
                end = min(end, clock.monotonic() + pause_after(self.failures, self.interval))
                continue
            show_followed(self.session, self.asked.name, followed)
            if followed.left:
                return

    def _trying(self, step: Callable[[], Any]) -> Any:
        """Take a step and return what it did; None, with a word, where a side cannot do it now."""
        try:
            done = step()
        except PASSING as error:
            self.failures += 1
            self.session.console.failure(error)
            return None
        self.failures = 0
        return done

    def _follow(self, subjects: list[Subject]) -> Followed:
        from isthmus.connector.direct import follow

        with working_backend(self.app, self.asked.name, "webhook") as backend:
            return follow(
                backend, subjects, self.asked.entities, self.asked.max_deletes, self.shared, self._is_over
            )

    def _is_over(self) -> bool:
        return self.due.is_closed

    @contextmanager
    def _listening(self, address: tuple[str, int] | None) -> Iterator[None]:
        if address is None:
            yield
            return
        from isthmus.web import WebServer, receiver_of

        with WebServer(receiver_of(self.app, taker(self.app, self.asked.name, self.due)), *address) as server:
            self.session.console.note(f"Taking webhooks at {server.url}.")
            yield


def taker(app: App, name: str, due: Due) -> Sink:
    """Return what keeps hints about a backend and the Odoo it is paired with, and has them followed."""
    with app.environment(None) as env:
        backend = find_backend(env, name)
        sources = {hook.source for hook in backend.hooks()}
        odoo, kept_for = f"odoo/{backend.odoo}", reference(backend)

    def take(source: str, model: str, ids: Iterable[int | str]) -> None:
        if source in sources:
            side, settle_s = "external", 0.0
        elif source == odoo or source.startswith(f"{odoo}/"):
            side, settle_s = "odoo", SETTLE_S  # what Odoo tells of may not be committed yet
        else:
            return
        subjects = [Subject(side, model, str(one)) for one in ids] or [Subject(side, model)]
        put(app.database, app.registry, kept_for, subjects, app.clock.now())
        for subject in subjects:
            due.add(subject, settle_s)

    return take


def pause_after(failures: int, interval: float) -> float:
    """Return how long to wait for the next round after so many failures in a row."""
    return min(interval, RETRY_S * 2 ** min(failures - 1, 20)) if failures else interval


@contextmanager
def told_to_end(close: Callable[[], None]) -> Iterator[None]:
    """Close at SIGTERM or SIGINT; a second signal ends the process as it would without this."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def tell(number: int, _frame: FrameType | None) -> None:
        close()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, tell)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
