"""Following hints directly: what they name is imported or exported at once, without a round.

It runs in the process that takes the hints, under the lease of a round: nothing has to be woken, what is
known of both sides stays known, and imports, exports and rounds of one backend never meet, so that all that
happens to a record happens in order. What fails, or what only a round can tell, stays in the inbox.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus import telemetry
from isthmus.connector.chosen import in_direction
from isthmus.connector.holding import leased
from isthmus.connector.inbox import SIDE_OF, Hinted, Subject, names_of
from isthmus.connector.meter import Meter
from isthmus.connector.outcome import Tally
from isthmus.connector.report import report_of
from isthmus.connector.round import Round, StoppedError, waiting
from isthmus.connector.working import working
from isthmus.errors import BrakeError
from isthmus.events.origin import reference

#: Where a backend has a brake, nothing goes without a round, which counts what goes together.
NONE_GOES = "0"

#: So long a lease is left as it is; it lasts five minutes.
RENEW_S = 60.0


@dataclass(slots=True)
class Followed:
    """What following hints did. ``left``: hints that stay for the next round."""

    round: Round = field(default_factory=Round)
    left: int = 0


def follow(
    backend: Any,
    subjects: Collection[Subject],
    entities: Sequence[str] | None = None,
    max_deletes: str | None = None,
    shared: dict[str, Any] | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Followed:
    """Import and export what the kept hints about these subjects name; return what that did.

    Commits as it goes. ``entities`` (None: all) and ``max_deletes`` are those of rounds; ``shared`` is what
    work contexts have in common, and may be given again. ``is_over`` is asked between pages; when it says so,
    it ends there. Hints that were followed are taken away; all others stay. Raises what
    :func:`isthmus.connector.round.sync_backend` does, but for BrakeError: what a brake would count is left to
    the next round.
    """
    done = Followed(left=sum(not one.record for one in subjects))
    known = {} if shared is None else shared
    limit = brake(backend, max_deletes)
    with (
        telemetry.span("sync.hints", backend=reference(backend), subjects=len(subjects)) as event,
        leased(backend) as lease,
    ):
        attributes = {"shared": known, "pause": pausing(lease.renew, is_over)}
        try:
            for direction, reports in (("import", done.round.imports), ("export", done.round.exports)):
                told = Concerns(backend, subjects, direction, in_direction(backend, entities, direction))
                for entity in told.entities:
                    with working(backend, entity, direction, limit, **attributes) as work, Meter() as meter:
                        tally = told.follow(work)
                    reports.append(report_of(entity, tally, meter))
                done.left += len(told.left)
        except StoppedError:
            done.round.stopped = True
        event["left"] = done.left
    done.round.conflicts = waiting(backend)
    return done


def brake(backend: Any, max_deletes: str | None) -> str | None:
    """Return the limit of deletions under which hints are followed."""
    stated = backend.max_deletes if max_deletes is None else max_deletes
    return NONE_GOES if stated else None


def pausing(renew: Callable[[], None], is_over: Callable[[], bool]) -> Callable[[], None]:
    """Return what ends the work where it is over, and renews its lease: not while that is fresh."""
    start = time.monotonic()

    def pause() -> None:
        nonlocal start
        if is_over():
            raise StoppedError
        if time.monotonic() - start >= RENEW_S:
            renew()
            start = time.monotonic()

    return pause


class Concerns:
    """The kept hints about some subjects in one direction, and the entities that each is about."""

    def __init__(
        self, backend: Any, subjects: Collection[Subject], direction: str, entities: Sequence[str]
    ) -> None:
        self._backend = backend
        self._direction = direction
        with backend.work_on(backend._name) as work:
            self._inbox = work.component(usage="inbox")
        kept = self._inbox.waiting(SIDE_OF[direction], subjects)
        owners = {one: self._inbox.owners(one, direction) for one in kept if one.subject.record}
        if direction == "export":
            owners = self._pairs_first(owners)
        self._of = {one: [name for name in names if name in entities] for one, names in owners.items()}
        #: The entities that hints are about, in their order.
        self.entities = [name for name in entities if any(name in names for names in self._of.values())]
        #: Hints that only a round can follow.
        self.left: set[Hinted] = set()
        self._settle([one for one, names in self._of.items() if not names])

    def follow(self, work: Any) -> Tally:
        """Import or export what hints name of an entity, and take those away that are about no later one."""
        entity = work.model_name
        hints = [one for one, names in self._of.items() if entity in names]
        batch = work.component(usage=f"batch.{self._direction}er")
        tally: Tally
        try:
            tally, left = batch.run_told(names_of(hints, self._direction))
        except BrakeError:
            work.env.rollback()
            self.left |= set(hints)
            return Tally()
        self.left |= {one for one in hints if one.subject.record in map(str, left)}
        self._settle([one for one in hints if self._of[one][-1] == entity and one not in self.left])
        return tally

    def _settle(self, hints: Sequence[Hinted]) -> None:
        if hints:
            self._inbox.settle(hints)
            self._inbox.env.commit()

    def _pairs_first(self, owners: Mapping[Hinted, list[str]]) -> dict[Hinted, list[str]]:
        """Return the owners; of a record that has a pair, its entity alone: no other has to create it."""
        ids = names_of(owners, "export")
        paired = {
            entity: self._paired(entity, ids)
            for entity in {one for names in owners.values() for one in names}
        }
        return {
            hint: [name for name in names if int(hint.subject.record) in paired[name]] or names
            for hint, names in owners.items()
        }

    def _paired(self, entity: str, ids: Sequence[int]) -> frozenset[int]:
        with self._backend.work_on(entity) as work:
            return frozenset(work.component(usage="binder").wrap(ids))
