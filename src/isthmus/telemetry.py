"""What happens, told once at the seams and turned into text, metrics or traces by subscribers.

Core code says ``with span("sync.import", model=…)`` or ``emit("http.retry", …)``; it writes no log
sentences. :data:`CATALOGUE` names every event, so that the docs can list them and a test can compare.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Subscriber = Callable[[str, dict[str, Any]], None]

CATALOGUE: dict[str, str] = {
    "component.lookup": "a component was looked up for the first time with these arguments",
    "http.request": "an HTTP request was answered: method, url (without query), status, duration_s",
    "http.retry": "a request is tried again: method, url, attempt, wait_s, reason",
    "http.wait": "a request waits for the rate limit or for a place: bucket, wait_s",
    "job.broker": "the broker of a dispatcher does not answer; its jobs went back: worker, error, wait_s",
    "job.end": "an attempt of a job ended: uuid, model, method, attempt, state, error, duration_s",
    "job.hook": "a hook after the commit of a job failed; the job is done all the same: uuid, error",
    "job.process": "a worker process ended and is replaced: pid, code, lived_s",
    "job.store": "the job store failed and is tried again: worker, error, wait_s",
    "job.stuck": "a job does not end although it was interrupted: uuid, model, method",
    "job.worker": "a worker process entered or left the list of workers: worker, state",
    "odoo.call": "a call to Odoo: model, method, count, duration_s",
    "sync.batch": "a page of records was imported or exported: backend, model, size, counts, duration_s",
    "sync.hints": "hints were followed without a round: backend, subjects, left, duration_s",
    "sync.record": "one record was synchronised or set aside: model, external_id, odoo_id, outcome",
    "sync.failed": "one record was set aside: model, external_id, error",
    "odoo.feed": "changes in Odoo were delivered: odoo, model, changes",
    "odoo.feed.failed": "a look at a model of Odoo was cut off, and is repeated: odoo, model, error",
    "odoo.feed.hidden": "known records may not be seen any more: odoo, model, count",
    "schema.change": "the database schema was changed: table, change",
    "web.hook": "a webhook was answered: method, status, duration_s",
}

_subscribers: tuple[Subscriber, ...] = ()


def subscribe(subscriber: Subscriber) -> Callable[[], None]:
    """Call ``subscriber(name, fields)`` for every event from now on; return a function that ends it."""
    global _subscribers
    _subscribers = (*_subscribers, subscriber)

    def unsubscribe() -> None:
        global _subscribers
        _subscribers = tuple(one for one in _subscribers if one is not subscriber)

    return unsubscribe


def emit(name: str, /, **fields: Any) -> None:
    """Tell every subscriber that ``name`` happened. Costs one comparison when nobody subscribed."""
    for subscriber in _subscribers:
        subscriber(name, fields)


@contextmanager
def span(name: str, /, **fields: Any) -> Iterator[dict[str, Any]]:
    """Emit ``name`` at the end of the block with ``duration_s`` and, on failure, ``error`` (the type's name).

    The block gets the dictionary of fields and may add to it.
    """
    if not _subscribers:
        yield fields
        return
    start = time.perf_counter()
    try:
        yield fields
    except BaseException as error:
        fields["error"] = type(error).__name__
        raise
    finally:
        emit(name, **fields, duration_s=time.perf_counter() - start)
