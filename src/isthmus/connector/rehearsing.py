"""Rehearsing: an environment in which everything is tried out and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from isthmus.clock import Clock
from isthmus.connector.rehearsal import Rehearsal
from isthmus.http.withholding import withholding
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.jobs.store import Queue
from isthmus.records import Environment, Registry, SqlDatabase, open_environment
from isthmus.records.overlay import OverlayStore
from isthmus.records.private_copy import private_copy
from isthmus.records.store import RecordStore


@contextmanager
def rehearsing(
    registry: Registry,
    database: SqlDatabase,
    odoo: RecordStore | None,
    odoo_name: str | None,
    services: Mapping[Any, Any],
    clock: Clock,
) -> Iterator[Environment]:
    """Open the environment.

    Local records are those of a private copy, Odoo's are overlaid, and requests that could change something
    on the other side are held back.
    """
    rehearsal = Rehearsal()
    copy = private_copy(database, registry, leave_empty=["connector_lease"])
    try:
        with (
            withholding(),
            open_environment(
                registry,
                copy,
                odoo=OverlayStore(odoo, rehearsal.withheld, clock) if odoo else None,
                odoo_name=odoo_name if odoo else None,
                services={**services, Queue: SqlJobStore(copy), Rehearsal: rehearsal},
                clock=clock,
            ) as env,
        ):
            yield env
    finally:
        copy.close()
