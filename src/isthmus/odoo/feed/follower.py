"""Looking for changes again and again: in rounds, and sooner where hints came."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from isthmus.clock import Clock, SystemClock
from isthmus.hints import Hints
from isthmus.odoo.feed.feed import Feed, Look

#: A model of which a hint says that records were deleted has this behind its source.
DELETED = "/deleted"

#: After failures the next round waits longer, up to so many intervals.
_MOST_INTERVALS = 16

Report = Callable[[Sequence[Look]], None]


def source_of(odoo: str) -> str:
    """Return what hints about an Odoo have as their source."""
    return f"odoo/{odoo}"


class Follower:
    """Run a feed until ``hints`` are closed. ``report`` is told of each round; ``models``: only these."""

    def __init__(
        self,
        feed: Feed,
        hints: Hints,
        interval_s: float,
        report: Report = lambda looks: None,
        *,
        models: Collection[str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.feed = feed
        self.hints = hints
        self.interval_s = interval_s
        self.models = frozenset(feed.models if models is None else models)
        self._report = report
        self._clock = clock or SystemClock()

    def run(self) -> None:
        """Look at once, then after each interval; at models that hints name when these have settled."""
        due, failures = self._clock.monotonic(), 0
        while not self.hints.is_closed:
            if self._clock.monotonic() >= due:
                self.hints.take()  # a look at everything answers them
                failures = failures + 1 if self._looked(self.feed.round(self.models)) else 0
                due = self._clock.monotonic() + self.interval_s * min(2**failures, _MOST_INTERVALS)
            else:
                self._follow_hints()
            self.hints.wait(due - self._clock.monotonic())

    def _follow_hints(self) -> None:
        changed, deleted = named(self.hints.take(), source_of(self.feed.odoo))
        deleted &= self.models
        changed = (changed & self.models) - deleted
        if changed:
            self._looked(self.feed.round(changed, sweep=False))
        if deleted:
            self._looked(self.feed.round(deleted, sweep=True))

    def _looked(self, looks: Sequence[Look]) -> bool:
        """Report a round; say whether all of it failed."""
        self._report(looks)
        return bool(looks) and all(look.error for look in looks)


def named(subjects: Iterable[tuple[str, str]], source: str) -> tuple[set[str], set[str]]:
    """Return the models that hints of a source say were changed, and those with deletions."""
    changed = {model for told, model in subjects if told == source}
    deleted = {model for told, model in subjects if told == source + DELETED}
    return changed, deleted
