"""Hints that something may have changed: whoever polls looks sooner. Any number of them cause one look.

A hint is believed in nothing but that a look may be worth it. Hints are kept in memory: one that is lost
costs time and no change, since polling goes on without it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.clock import Clock, SystemClock

#: ``sink(source, model, ids)``: where hints go. ``source`` is who sends them, such as ``odoo/main``.
Sink = Callable[[str, str, Iterable[int | str]], None]

#: A server that sends hints before it commits (Odoo 17 and 18) has committed after so long, mostly.
SETTLE_S = 2.0

#: So many subjects and ids of one subject are kept; more say nothing new.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """What a body tells of: ``(model, ids)`` each, no ids where it does not say which.

    ``key``: what it is known by where it can come twice; None where it cannot.
    """

    subjects: Sequence[tuple[str, Sequence[int | str]]]
    key: Any = None


#: ``read(body)`` raises ValueError, with a reason, for what cannot be read.
Read = Callable[[bytes], Told]


@dataclass(frozen=True, slots=True)
class Hook:
    """An address that hints are taken at. ``digest``: of its secret, which is kept nowhere here.

    ``read``: what reads its bodies, None for what is common to the source's kind. ``is_genuine(path, body,
    headers)`` checks a signature; ``is_echo(headers)`` tells what we did ourselves. Names of headers are in
    lower case.
    """

    source: str
    digest: str
    read: Read | None = None
    is_genuine: Callable[[str, bytes, Mapping[str, str]], bool] | None = None
    is_echo: Callable[[Mapping[str, str]], bool] | None = None


def digest_of(secret: str) -> str:
    """Return what the secret of an address is known by."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class Subject:
    """What is known of one model of one source: when it is settled, how many hints came, about which
    records.
    """

    ready: float
    count: int = 0
    ids: set[int | str] = field(default_factory=set)


class Hints:
    """Collects hints until they are taken. Safe to share between threads.

    ``settling``: for kinds of sources (``odoo``) whose hints settle in another time than ``settle_s``.
    """

    def __init__(
        self,
        *,
        settle_s: float = SETTLE_S,
        settling: Mapping[str, float] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settle_s = settle_s
        self._settling = settling or {}
        self._clock = clock or SystemClock()
        self._subjects: dict[tuple[str, str], Subject] = {}
        self._changed = threading.Condition()
        self._is_closed = False

    def add(self, source: str, model: str, ids: Iterable[int | str] = ()) -> None:
        """Take a hint."""
        with self._changed:
            known = self._subjects.get((source, model))
            if known is None:
                if len(self._subjects) >= MOST:
                    return
                known = self._subjects[source, model] = Subject(
                    self._clock.monotonic() + self._settling.get(source.partition("/")[0], self.settle_s)
                )
                self._changed.notify_all()
            known.count += 1
            known.ids.update(list(ids)[: MOST - len(known.ids)])

    def take(self) -> Mapping[tuple[str, str], Subject]:
        """Return what has settled by now, by source and model, and forget it."""
        with self._changed:
            now = self._clock.monotonic()
            ready = {key: one for key, one in self._subjects.items() if now >= one.ready}
            for key in ready:
                del self._subjects[key]
            return ready

    def wait(self, seconds: float) -> None:
        """Wait until hints have settled, or for so long, or until :meth:`close`."""
        end = self._clock.monotonic() + seconds
        with self._changed:
            while not self._is_closed:
                now = self._clock.monotonic()
                settled = min((one.ready for one in self._subjects.values()), default=end)
                left = min(end, settled) - now
                if left <= 0:
                    return
                self._changed.wait(left)

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def is_closed(self) -> bool:
        """Whether the end was asked for."""
        return self._is_closed
