"""The dispatcher: claims jobs within the limits of their channels, and sends a message for each.

Who gets the message adopts the lease and runs the job (:mod:`isthmus.jobs.handover`); until then the lease is
the dispatcher's. What it has to know stands in the database, so that a message may be lost: what nobody
adopts is sent again after a while, under the same token.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from isthmus.errors import UnreachableError
from isthmus.jobs.claim import Ack, Claim, Failure, Result
from isthmus.jobs.doorbell import Bell
from isthmus.jobs.ending import tell_end
from isthmus.jobs.handover import Offer
from isthmus.jobs.housekeeping import Chore, Every
from isthmus.jobs.patience import back_off_s, described
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.telemetry import emit

#: How long the dispatcher sleeps at most before it looks by itself, in seconds.
POLL_S = 1.0

#: After how many seconds a message that nobody took up is sent again; then after twice as many, and so on, up
#: to the most, so that a queue which nobody reads does not fill up.
RESEND_S = (30.0, 900.0)

CANCELLED = Result(kind="cancelled", failure=Failure("", "Cancelled before anybody began it."))
RELEASED = Result(kind="release")


class Post(Protocol):
    """What carries messages. Each method but ``close`` raises UnreachableError when it cannot."""

    def connect(self) -> None:
        """Be ready to send."""
        ...

    def send(self, claim: Claim) -> None:
        """Send the message of a claim: its id and its token."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


@dataclass(slots=True)
class Sent:
    """A message on its way: when it is to be sent again, and how long after that once more."""

    again_at: float
    wait_s: float

    def is_overdue(self, now: float) -> bool:
        """Whether the message may be lost."""
        return now >= self.again_at


class Dispatcher:
    """Send messages for due jobs until told to end.

    ``in_flight`` is how many jobs may be claimed and not begun; ``only`` the channels whose jobs are taken
    (none: all); ``ttl_s`` how long other machines believe in a dispatcher that says nothing.
    """

    def __init__(
        self,
        store: SqlJobStore,
        post: Post,
        bell: Bell,
        *,
        in_flight: int = 100,
        ttl_s: float = 30.0,
        only: Sequence[str] = (),
        chores: Sequence[Callable[[], float | None]] = (),
        resend_s: tuple[float, float] = RESEND_S,
    ) -> None:
        self.store = store
        self.id = 0
        self._post = post
        self._bell = bell
        self._in_flight = in_flight
        self._ttl_s = ttl_s
        self._only = tuple(only)
        self._resend_s = resend_s
        self._counter = itertools.count(1)
        self._beat = Every(ttl_s / 3)
        self._bury = Every(ttl_s / 3, at_once=True)
        self._chores = list(map(Chore, chores))
        self._sent: dict[int, Sent] = {}
        self._is_called = False
        self._is_ending = False
        self._wake_at: int | None = None
        self._failures = 0
        self._refusals = 0
        self._post_at = 0.0

    # --- from outside: signal handlers and other threads ---

    def stop(self) -> None:
        """End: what nobody has begun goes back."""
        self._is_ending = True
        self._bell.ring()

    drain = stop

    def bury_now(self) -> None:
        """Look for dead workers at once."""
        self._bury.next = 0.0
        self._bell.ring()

    # --- the loop ---

    def run(self, until_idle: bool = False) -> None:
        """Dispatch until told to end; with ``until_idle`` until there is nothing to send."""
        while not self._is_ending:
            busy = self._guarded(self._round)
            if until_idle and not busy and self.id:
                break
            if not busy and not self._is_ending:
                self._guarded(self._rest)
        self._guarded(self._leave)
        self._post.close()
        self._bell.close()

    def _guarded(self, step: Callable[[], bool]) -> bool:
        """Take a step; when the store fails, wait a little longer each time. The leases are the store's."""
        try:
            done = step()
        except Exception as error:  # the boundary: a database that is away must not end the dispatcher
            self._failures += 1
            wait_s = back_off_s(self._failures)
            emit("job.store", worker=self.id, error=described(error), wait_s=wait_s)
            self._bell.wait(wait_s)
            return True
        self._failures = 0
        return done

    def _round(self) -> bool:
        """Keep house, claim and send once; return whether there was anything to do."""
        if not self.id:
            self._enter()
        if not self._keep():
            return True
        held = self.store.offers(self.id)
        self._sent = {one.claim.token: sent for one in held if (sent := self._sent.get(one.claim.token))}
        self._settle([one.claim for one in held if one.stop], CANCELLED)
        waiting = [one for one in held if not one.stop]
        self._wake_at = None
        if time.monotonic() < self._post_at:
            return False
        try:
            self._post.connect()
            claims = self._claim(self._in_flight - len(waiting))
            number = self._send([*(one.claim for one in waiting), *claims])
        except UnreachableError as error:
            self._post_failed(error)
            return False
        self._refusals = 0
        return bool(claims or number)

    def _enter(self) -> None:
        # No thread of its own: that is how it is told from workers.
        self.id = self.store.register(self._bell.port, 0, self._ttl_s, self._only)
        self._counter = itertools.count(1)
        self._is_called = False
        emit("job.worker", worker=self.id, state="started")

    def _leave(self) -> bool:
        """Give back what nobody has begun, and leave. Messages under way are refused by their tokens."""
        if self.id:
            self._give_back()
            self.store.bury(self.id)
            emit("job.worker", worker=self.id, state="ended")
        return True

    def _keep(self) -> bool:
        """Do what is due now and then; False when others took the dispatcher for dead."""
        if self._beat.is_due() and not self.store.beat(self.id):
            emit("job.worker", worker=self.id, state="buried")
            self.id = 0
            return False
        if self._bury.is_due():
            self.store.bury_dead()
        for chore in self._chores:
            chore.keep()
        return True

    def _claim(self, room: int) -> list[Claim]:
        if room <= 0:
            return []
        found = self.store.claim(self.id, room, self._counter.__next__, self._only)
        self._wake_at = found.wake_at
        if self._is_called and len(found.claims) > self._in_flight // 2:
            self.store.want_calls(self.id, False)
            self._is_called = False
        return found.claims

    # --- sending ---

    def _send(self, claims: Sequence[Claim]) -> int:
        """Send what was not sent yet, and what may have been lost; return how many messages that were."""
        number = 0
        for claim in claims:
            sent = self._sent.get(claim.token)
            if sent is not None and not sent.is_overdue(time.monotonic()):
                continue
            self._post.send(claim)
            least, most = self._resend_s
            wait_s = least if sent is None else min(most, sent.wait_s * 2)
            self._sent[claim.token] = Sent(time.monotonic() + wait_s, wait_s)
            number += 1
        return number

    def _post_failed(self, error: UnreachableError) -> None:
        """Give back all that nobody has begun: who does not need messages may run it meanwhile."""
        self._refusals += 1
        wait_s = back_off_s(self._refusals)
        self._post_at = time.monotonic() + wait_s
        emit("job.broker", worker=self.id, error=error.message, wait_s=wait_s)
        self._give_back()

    def _give_back(self) -> None:
        held: list[Offer] = self.store.offers(self.id)
        self._settle([one.claim for one in held if one.stop], CANCELLED)
        self._settle([one.claim for one in held if not one.stop], RELEASED)
        self._sent.clear()

    def _settle(self, claims: Sequence[Claim], result: Result) -> None:
        if not claims:
            return
        acks = [Ack(claim, result) for claim in claims]
        with self.store.writing() as sql:
            lost = self.store.settle_in(sql, acks)
            self.store.call(sql)
        for ack in acks:
            if ack.claim.token not in lost:  # else somebody has begun it in this moment, and tells about it
                tell_end(ack, False)

    # --- sleeping ---

    def _rest(self) -> bool:
        """Sleep until called or until something is due. Before the first sleep it looks once more: what came
        before it asked to be called did not call.
        """
        if self.store.is_postgresql and not self._is_called and self.id:
            self.store.want_calls(self.id, True)
            self._is_called = True
            return True
        self._bell.wait(self._rest_s())
        return True

    def _rest_s(self) -> float:
        now = time.monotonic()
        due = [self._beat.next, self._bury.next, *(chore.next for chore in self._chores)]
        due += [sent.again_at for sent in self._sent.values()]
        if self._post_at > now:
            due.append(self._post_at)
        seconds = min(POLL_S * random.uniform(0.8, 1.0), min(due) - now)
        if self._wake_at is not None:
            seconds = min(seconds, (self._wake_at - self.store.now()) / 1_000_000)
        return max(0.0, seconds)
