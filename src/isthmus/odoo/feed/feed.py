"""The change feed: what changed in an Odoo since it was last asked, delivered at least once.

A page is delivered and the cursor moved in one local transaction. Cut off anywhere, the same page is
delivered again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from isthmus.errors import IsthmusError
from isthmus.odoo.feed import cursor
from isthmus.odoo.feed.batch import Batch, Hear
from isthmus.odoo.feed.cursor import Place
from isthmus.odoo.feed.following import Following, Open
from isthmus.odoo.feed.server_time import ServerTime
from isthmus.odoo.feed.source import Source
from isthmus.odoo.feed.watch import Watch
from isthmus.odoo.store import RpcStore
from isthmus.telemetry import emit

#: As long as a request of a user may take (Odoo's limit_time_real).
OVERLAP = timedelta(seconds=120)

#: How often deletions are looked for.
SWEEP_EVERY = timedelta(minutes=10)

#: How many rows one call asks for.
PAGE = 2000


@dataclass(slots=True)
class Look:
    """What a look at one model delivered. ``error``: why it was cut off; what came before it counts."""

    model: str
    created: int = 0
    written: int = 0
    removed: int = 0
    is_baseline: bool = False
    error: Exception | None = None

    @property
    def total(self) -> int:
        """How many changes were delivered."""
        return self.created + self.written + self.removed

    def add(self, batch: Batch) -> None:
        """Count one more batch."""
        self.created += len(batch.created)
        self.written += len(batch.written)
        self.removed += len(batch.removed)


class Feed:
    """Follow some models of an Odoo. For one thread at a time.

    ``open_environment`` opens a local transaction, ``hear`` is told of each batch inside it. What is met for
    the first time starts at now, or with all that is there (``from_beginning``). Deletions are looked for
    every ``sweep_every`` (None: never) where a watch asks for it.
    """

    def __init__(
        self,
        odoo: str,
        store: RpcStore,
        watches: Sequence[Watch],
        open_environment: Open,
        hear: Hear,
        *,
        overlap: timedelta = OVERLAP,
        sweep_every: timedelta | None = SWEEP_EVERY,
        from_beginning: bool = False,
        page_size: int = PAGE,
    ) -> None:
        self.odoo = odoo
        self.watches = list(watches)
        self.sweep_every = sweep_every
        self.from_beginning = from_beginning
        self._open = open_environment
        time = ServerTime(overlap)
        self._followed = {
            watch.model: Following(
                odoo, Source(store, watch, time), open_environment, hear, overlap, page_size
            )
            for watch in watches
        }

    @property
    def models(self) -> list[str]:
        """The models that are followed."""
        return list(self._followed)

    def round(self, models: Collection[str] | None = None, *, sweep: bool | None = None) -> list[Look]:
        """Look at all models (or some), and return what was delivered.

        One that fails does not keep the others from being looked at. ``sweep``: look for deletions now, or
        not at all; None: when it is time.
        """
        chosen = [one for one in self._followed.values() if models is None or one.model in models]
        return [self._look(one, sweep) for one in chosen]

    def places(self) -> dict[str, Place | None]:
        """Return how far each model was followed; None for one that is not followed yet."""
        with self._open() as env:
            return {model: cursor.load(env, self.odoo, model) for model in self._followed}

    def _look(self, followed: Following, sweep: bool | None) -> Look:
        look = Look(followed.model)
        followed.tell = look.add
        try:
            place = followed.place()
            if place is None:
                place = followed.begin(self.from_beginning)
                look.is_baseline = not self.from_beginning
            if not look.is_baseline:
                place = followed.look(place)
            if place.known is not None and (self._is_due(place) if sweep is None else sweep):
                followed.sweep(place)
        except Exception as error:  # whoever hears is foreign code; one model must not cost the others
            look.error = error
            known = error.message if isinstance(error, IsthmusError) else str(error)
            emit(
                "odoo.feed.failed", odoo=self.odoo, model=look.model, error=f"{type(error).__name__}: {known}"
            )
        if look.total:
            emit("odoo.feed", odoo=self.odoo, model=look.model, changes=look.total)
        return look

    def _is_due(self, place: Place) -> bool:
        if self.sweep_every is None:
            return False
        with self._open() as env:
            return place.swept is None or env.now - place.swept >= self.sweep_every
