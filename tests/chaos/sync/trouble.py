"""What goes wrong on the wire between the installation and both sides, and how often it did."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from isthmus.sandbox.faults import (
    Answer,
    Belated,
    Delay,
    DropConnection,
    Fault,
    HalfBody,
    NoAnswer,
    Repeated,
    TruncatedBody,
)

#: An impatient client has given up by then (see ``victim.IMPATIENT``): before the server acted, or after.
TOO_LATE_S = 0.5

FAULTS: tuple[Fault, ...] = (
    DropConnection(),
    DropConnection(after_acting=True),
    Answer.bad_gateway(502),
    Answer.bad_gateway(502, after_acting=True),
    Answer.bad_gateway(503),
    Answer.bad_gateway(504, after_acting=True),
    Answer(500, "internal server error"),
    Answer.too_many(retry_after_s=1),
    TruncatedBody(),
    HalfBody(),
    Delay(0.02),
    Repeated(),
    Belated(0.02),
    Delay(TOO_LATE_S),
    NoAnswer(TOO_LATE_S),
)

#: What those are called that their type alone does not tell.
NAMES = (
    (DropConnection(), "cut off before acting"),
    (DropConnection(after_acting=True), "cut off after acting"),
    (Delay(TOO_LATE_S), "timeout before acting"),
    (NoAnswer(TOO_LATE_S), "timeout after acting"),
    (Delay(0.02), "answer late"),
    (Belated(0.02), "cut off, acted later"),
    (Repeated(), "acted twice"),
    (TruncatedBody(), "truncated body"),
    (HalfBody(), "half of the JSON"),
)

#: The names of outages.
OUTAGES = ("Odoo down", "Trello down", "both down")

#: So many requests in a row are told to come back later, more than any of them is tried again.
STORM = (5, 25)


class Trouble:
    """Makes trouble on two servers.

    ``played`` says how often what went wrong, ``storms`` how many runs of 429 there are in it.
    """

    def __init__(self, odoo: Any, trello: Any, dice: random.Random) -> None:
        self.played: Counter[str] = Counter()
        self.storms = 0
        self._servers = (odoo, trello)
        self._dice = dice

    def disturb(self, number: int) -> None:
        """Have some of the next requests go wrong, on either side."""
        for _ in range(number):
            server, fault = self._dice.choice(self._servers), self._dice.choice(FAULTS)
            server.faults.add(fault, times=1, when=self._later(self._dice.randrange(6), fault))

    def storm(self) -> None:
        """Have one side turn away all requests for a while."""
        server, skip = self._dice.choice(self._servers), self._dice.randrange(20)
        fault = Answer.too_many(retry_after_s=1)
        server.faults.add(fault, times=self._dice.randint(*STORM), when=self._later(skip, fault))
        self.storms += 1

    def _later(self, skip: int, fault: Fault) -> Callable[[Any], bool]:
        """Return a condition that lets some requests pass.

        What is created at Trello is not created twice behind the client's back: nobody could tell.
        """
        seen = iter(range(skip))
        is_twofold = isinstance(fault, Repeated)

        def when(request: Any) -> bool:
            is_creation = request.path.startswith("/1/") and request.method == "POST"
            return not (is_twofold and is_creation) and next(seen, None) is None and self._count(fault)

        return when

    def _count(self, fault: Fault) -> bool:
        """Count a fault that is about to be played."""
        self.played[name_of(fault)] += 1
        return True

    def outage(self, is_over: Callable[[], bool]) -> None:
        """Stop one server or both, after some requests or when it ``is_over``; start them where they were."""
        odoo, trello = self._servers
        which = self._dice.randrange(3)
        servers = [[odoo], [trello], [odoo, trello]][which]
        begun, after = self._asked(), self._dice.randrange(25)
        while not is_over() and self._asked() < begun + after:
            time.sleep(0.001)
        self._restart(servers, self._dice.choice([0.01, 0.1, 0.5]))
        self.played[OUTAGES[which]] += 1

    def _restart(self, servers: Sequence[Any], seconds: float) -> None:
        ports = [int(server.url.rpartition(":")[2]) for server in servers]
        for server in servers:
            server.stop()
        time.sleep(seconds)
        for server, port in zip(servers, ports, strict=True):
            server.start(port)

    def _asked(self) -> int:
        return sum(len(server.log) for server in self._servers)

    def calm(self) -> None:
        """Have nothing go wrong any more.

        What was put off is done by then: a write that comes late must not undo what people do next.
        """
        for server in self._servers:
            server.faults.clear()
            assert server.come_to_rest(), "a server is busy without end"


def name_of(fault: Fault) -> str:
    """Return what a fault is called in the summary."""
    if isinstance(fault, Answer):
        return f"{fault.status} {'after' if fault.after_acting else 'without'} acting"
    return next(name for one, name in NAMES if one == fault)
