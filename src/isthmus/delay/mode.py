"""Where delayed jobs go: to the queue, to a test that watches, or nowhere, since they run at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from isthmus.delay.enqueued import Job
from isthmus.errors import ConfigurationError
from isthmus.jobs.spec import Added, Edge, JobSpec
from isthmus.jobs.store import Queue
from isthmus.records import Environment

#: The context key under which jobs run at once, and the environment variables that do the same.
NO_DELAY = "queue_job__no_delay"
VARIABLES = ("ISTHMUS_JOBS_NO_DELAY", "QUEUE_JOB__NO_DELAY")


class Keeper(Protocol):
    """Who takes jobs in place of the queue."""

    def keep(self, jobs: Sequence[Job], specs: Sequence[JobSpec], edges: Sequence[Edge]) -> list[Added]:
        """Take jobs; return what became of each, in order."""
        ...


#: What tests have put in place of the queue, the innermost last; None means: at once.
_instead: list[Keeper | None] = []


@contextmanager
def instead_of_queue(keeper: Keeper | None) -> Iterator[None]:
    """Give the jobs delayed during the block, in any thread, to a keeper; None: run them at once."""
    _instead.append(keeper)
    try:
        yield
    finally:
        _instead.pop()


def runs_at_once(environments: Iterable[Environment]) -> bool:
    """Tell whether jobs are run instead of stored.

    The context key of one environment decides for all; else the innermost test; else the variables.
    """
    for env in environments:
        if env.context and env.context.get(NO_DELAY):
            return True
    if _instead:
        return _instead[-1] is None
    for name in VARIABLES:
        said = os.environ.get(name)
        if said and said.lower() not in ("0", "false", "no"):
            return True
    return False


def keep(env: Any, jobs: Sequence[Job], specs: Sequence[JobSpec], edges: Sequence[Edge]) -> list[Added]:
    """Store jobs in the transaction of an environment; return what became of each, in order.

    Raises ConfigurationError when there is no queue.
    """
    if _instead and (keeper := _instead[-1]) is not None:
        return keeper.keep(jobs, specs, edges)
    queue = env.find_service(Queue)
    if queue is None:
        raise ConfigurationError(
            f"there is no job queue to put {jobs[0].model_name}.{jobs[0].method_name} into",
            hint=f"Open the environment with a Queue among its services, or set {VARIABLES[0]}=1.",
        )
    return queue.add(env.transaction.local, specs, edges)  # type: ignore[no-any-return]
