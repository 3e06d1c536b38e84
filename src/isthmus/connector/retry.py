"""Trying again what was set aside, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from isthmus.connector.chosen import in_direction
from isthmus.connector.holding import held
from isthmus.connector.meter import Meter
from isthmus.connector.outcome import Tally
from isthmus.connector.report import report_of
from isthmus.connector.round import Round, failed_ids, waiting
from isthmus.connector.set_aside import id_of
from isthmus.connector.working import Progress, silent, telling, working


def retry_backend(backend: Any, entities: Sequence[str] | None = None, progress: Progress = silent) -> Round:
    """Import, then export, what failed of the entities (None: all) and was not done since; return a round.

    Entities of which nothing was set aside are left out. Commits as it goes. Raises what
    :func:`isthmus.connector.operation.import_backend` does.
    """
    done = Round()
    for direction, reports in (("import", done.imports), ("export", done.exports)):
        chosen = in_direction(backend, entities, direction)
        if not chosen:
            continue
        with held(backend, direction, chosen) as (names, lease):
            for entity in names:
                with working(backend, entity, direction) as work, Meter() as meter:
                    tally = try_again(work, direction, telling(progress, entity, lease.renew))
                if tally is not None:
                    reports.append(report_of(entity, tally, meter))
    done.conflicts = waiting(backend)
    return done


def try_again(work: Any, direction: str, progress: Callable[[int, int | None], None]) -> Tally | None:
    """Synchronise what was set aside of an entity in one direction; None where there is nothing."""
    aside = work.component(usage="set.aside")
    kept = [id_of(direction, entry) for entry in aside.entries(direction)]
    ids: list[Any] = list(kept) if direction == "import" else [int(id_) for id_ in kept]
    if direction == "export":
        ids = list(dict.fromkeys([*ids, *failed_pairs(work)]))
    if not ids:
        return None
    tally: Tally = work.component(usage=f"batch.{direction}er").run_some(ids, progress=progress)
    # What is gone on the side that it came from has no outcome, and can never have one.
    still = {str(id_) for id_ in failed_ids(tally, direction)}
    aside.forget(direction, [id_ for id_ in kept if id_ not in still])
    work.env.commit()
    return tally


def failed_pairs(work: Any) -> list[int]:
    """Return the records of Odoo whose pairs are marked as failed."""
    binder = work.component(usage="binder")
    pairs = work.env[work.model_name].search([*binder._scope(), ("state", "=", "failed")], order="id")
    return [binder.unwrap_binding(pair).id for pair in pairs]
