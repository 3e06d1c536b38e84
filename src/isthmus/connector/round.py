"""One round of both directions: what changed outside is imported, then what changed in Odoo is exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from isthmus.connector.chosen import in_direction
from isthmus.connector.holding import held
from isthmus.connector.inbox import SIDE_OF, Hinted, names_of
from isthmus.connector.meter import Meter
from isthmus.connector.outcome import Tally
from isthmus.connector.report import EntityReport, report_of
from isthmus.connector.working import Progress, silent, telling, working
from isthmus.hints import SETTLE_S


class StoppedError(Exception):
    """Somebody asked the round to end; what it did is committed."""


@dataclass(slots=True)
class Round:
    """What a round did. ``conflicts``: fields of the backend that wait for a person by now."""

    imports: list[EntityReport] = field(default_factory=list)
    exports: list[EntityReport] = field(default_factory=list)
    conflicts: int = 0
    stopped: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing is in conflict."""
        return not self.conflicts and self.is_done

    @property
    def is_done(self) -> bool:
        """Whether of the records that were looked at none failed and none is in conflict."""
        return all(report.ok for report in (*self.imports, *self.exports))


def sync_backend(
    backend: Any,
    entities: Sequence[str] | None = None,
    progress: Progress = silent,
    max_deletes: str | None = None,
    is_over: Callable[[], bool] = lambda: False,
    *,
    full: bool = False,
) -> Round:
    """Run one round over the entities of a backend (None: all) and return what it did.

    Commits as it goes. ``is_over`` is asked between pages; when it says so, the round ends there. ``full``
    looks at everything, whatever is known of changes. Raises what
    :func:`isthmus.connector.operation.import_backend` does.
    """
    done, shared = Round(), dict[str, Any]()

    def pause() -> None:
        if is_over():
            raise StoppedError

    try:
        for direction, reports in (("import", done.imports), ("export", done.exports)):
            chosen = in_direction(backend, entities, direction)
            if not chosen:
                continue
            with held(backend, direction, chosen) as (names, lease):
                hints = Told(backend, direction)
                for entity in names:
                    pause()
                    with (
                        working(backend, entity, direction, max_deletes, pause=pause, shared=shared) as work,
                        Meter() as meter,
                    ):
                        tally = go_through(
                            work,
                            direction,
                            telling(progress, entity, lease.renew),
                            hints.names(entity),
                            full=full,
                        )
                    reports.append(report_of(entity, tally, meter))
                hints.settle(names)
    except StoppedError:
        done.stopped = True
    done.conflicts = waiting(backend)
    return done


class Told:
    """The hints that a round follows in one direction: those that were kept before it began.

    What Odoo tells of may not be committed yet, so that its newest hints wait for their time.
    """

    def __init__(self, backend: Any, direction: str) -> None:
        self._direction = direction
        side = SIDE_OF[direction]
        before = backend.env.now - timedelta(seconds=SETTLE_S) if side == "odoo" else None
        with backend.work_on(backend._name) as work:
            self._inbox = work.component(usage="inbox")
        self._owned: list[tuple[Hinted, list[str]]] = [
            (one, self._inbox.owners(one, direction)) for one in self._inbox.waiting(side, before=before)
        ]

    def names(self, entity: str) -> list[Any]:
        """Return what hints name of an entity."""
        return names_of([one for one, owners in self._owned if entity in owners], self._direction)

    def settle(self, entities: Sequence[str]) -> None:
        """Take away what concerns only entities that were gone through, or none, and commit."""
        done = [one for one, owners in self._owned if set(owners) <= set(entities)]
        if done:
            self._inbox.settle(done)
            self._inbox.env.commit()


def go_through(
    work: Any,
    direction: str,
    progress: Callable[[int, int | None], None],
    hinted: Sequence[Any] = (),
    *,
    full: bool = False,
) -> Tally:
    """Synchronise what may have changed of an entity in one direction, what hints name, and what is not
    settled.

    Intakes of one round share ``work.shared``: what one of them asked, another need not ask again.
    """
    here = work.work_on()
    here.operation = f"{direction} changes of"
    checkpoint = here.component(usage="checkpoint")
    known = checkpoint.last() or {}
    changes = work.component(usage=f"{direction}.intake").changes(None if full else known.get("cursor"))
    batch = work.component(usage=f"batch.{direction}er")
    if changes.ids is None:
        tally: Tally = batch.run(progress=progress)
    else:
        ids = dict.fromkeys([*known.get("again", ()), *unsettled(work, direction), *changes.ids])
        tally = batch.run_some(list(ids), progress=progress)
        if others := [name for name in hinted if name not in ids]:
            tally.merge(batch.run_told(others)[0])
    if (changes.ids, changes.cursor) == (None, None):
        return tally  # nobody can tell, so there is nothing to ask the next time
    # What waits for a decision may be decided by an import, of which an export has to know.
    again = dict.fromkeys([*failed_ids(tally, direction), *unsettled(work, direction)])
    kept = {"cursor": changes.cursor, "again": list(again)}
    checkpoint.finish(kept, **tally.as_dict())
    work.env.commit()
    return tally


def unsettled(work: Any, direction: str) -> list[Any]:
    """Return the ids of pairs that wait for something else than a change: a decision, another try."""
    binder = work.component(usage="binder")
    name = binder._external_field if direction == "import" else binder._odoo_field
    states = ["pending", "conflict", "failed"]
    rows = work.env[work.model_name]._read_rows([*binder._scope(), ("state", "in", states)], [name])
    return [row[name] for row in rows if row[name]]


def failed_ids(tally: Tally, direction: str) -> list[Any]:
    """Return the ids of what was set aside: nobody will tell of them once more."""
    failed = [outcome for outcome in tally.notable if outcome.kind == "failed"]
    ids = [one.external_id if direction == "import" else one.odoo_id for one in failed]
    return [id_ for id_ in ids if id_ is not None]


def waiting(backend: Any) -> int:
    """Return how many fields of a backend's pairs wait for a decision."""
    domain = [("backend", "=", f"{backend._name},{backend.id}"), ("state", "!=", "settled")]
    return int(backend.env["connector.conflict"].search_count(domain))
