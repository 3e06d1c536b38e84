"""Jobs in tests: trapped, to be looked at and performed by hand, or run at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

from isthmus.delay import Job
from isthmus.delay.batch import run
from isthmus.delay.mode import instead_of_queue
from isthmus.delay.property import stated
from isthmus.delay.target import JOIN_METHOD
from isthmus.jobs.spec import Added, Edge, JobSpec


class JobCall(NamedTuple):
    """A call that was enqueued: the method on its records, the arguments and the properties of the job."""

    method: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    properties: Mapping[str, Any]


#: The properties of a job that a test can look at.
PROPERTIES = (
    "priority",
    "eta",
    "max_retries",
    "description",
    "channel",
    "identity_key",
    "identity_until",
    "serial_key",
    "timeout",
)


@contextmanager
def trap_jobs() -> Iterator[JobsTrap]:
    """Keep the jobs that are delayed during the block, in any thread, instead of storing them.

    ::

        with trap_jobs() as trap:
            order.confirm()
            trap.assert_enqueued_job(order.export, args=("x",), properties={"priority": 5})
            trap.perform_enqueued_jobs()
    """
    trap = JobsTrap()
    with instead_of_queue(trap):
        yield trap


def run_jobs_inline() -> AbstractContextManager[None]:
    """Run the jobs that are delayed during the block at once, graphs in their order."""
    return instead_of_queue(None)


class JobsTrap:
    """The jobs of a :func:`trap_jobs` block.

    ``calls`` has every call that was enqueued so far, ``enqueued_jobs`` the jobs that were not performed yet.
    A job whose identity one of them has too is that one, as in the queue.
    """

    def __init__(self) -> None:
        self.calls: list[JobCall] = []
        self._kept: list[tuple[Job, JobSpec]] = []
        self._edges: list[Edge] = []
        self._identities: dict[str, Held] = {}

    @property
    def enqueued_jobs(self) -> list[Job]:
        """The jobs that wait to be performed, in the order in which they were delayed."""
        return [job for job, _ in self._kept if job.method_name != JOIN_METHOD]

    def keep(self, jobs: Sequence[Job], specs: Sequence[JobSpec], edges: Sequence[Edge]) -> list[Added]:
        """Take jobs in place of the queue."""
        found = [self._take(job, spec) for job, spec in zip(jobs, specs, strict=True)]
        now = {spec.uuid: one.uuid for spec, one in zip(specs, found, strict=True)}
        self._edges += [
            Edge(now.get(one.parent, one.parent), now.get(one.child, one.child), one.on_failure)
            for one in edges
        ]
        return found

    def _take(self, job: Job, spec: JobSpec) -> Added:
        now = job.records.env.now
        if spec.identity:
            held = self._identities.get(spec.identity)
            if held and (held.until is None or now < held.until):
                return Added(held.uuid, False)
            self._identities[spec.identity] = Held(spec.uuid, until(spec, now))
        self._kept.append((job, spec))
        if job.method_name != JOIN_METHOD:
            self.calls.append(
                JobCall(getattr(job.records, job.method_name), job.args, job.kwargs, shown(job))
            )
        return Added(spec.uuid, True)

    # --- looking ---

    def jobs_count(self, only: Any = None) -> int:
        """Return how many jobs wait; ``only`` those of a method: ``record.export``.

        A method of no records (``env["shop.order"].export``) means that of any.
        """
        return len([job for job in self.enqueued_jobs if only is None or is_call_of(job, only)])

    def assert_jobs_count(self, expected: int, only: Any = None) -> None:
        """Raise AssertionError, listing what was enqueued, unless so many jobs wait."""
        found = self.jobs_count(only)
        if found != expected:
            what = f" of {only.__self__!r}.{only.__name__}" if only is not None else ""
            raise AssertionError(f"expected {expected} jobs{what}, found {found}\n{self._listed()}")

    def assert_enqueued_job(
        self,
        method: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        """Raise AssertionError, listing what was enqueued, unless a job calls the method exactly so.

        Records (in any order) and arguments must be the same; of the properties only those that are named are
        compared, as they were stated (``eta=60``) or as they are stored. Raises ValueError for a property
        that does not exist.
        """
        wanted = dict(properties or {})
        stated(dict.fromkeys(wanted))  # refuses unknown ones
        for job in self.enqueued_jobs:
            if (
                job.records == method.__self__
                and is_call_of(job, method)
                and (job.args, job.kwargs) == (tuple(args), dict(kwargs or {}))
                and all(has_property(job, name, value) for name, value in wanted.items())
            ):
                return
        said = written(method.__self__, method.__name__, args, kwargs or {}, wanted)
        raise AssertionError(f"this job was not enqueued:\n  {said}\n{self._listed(tuple(wanted))}")

    def _listed(self, names: Sequence[str] = ()) -> str:
        lines = [
            written(job.records, job.method_name, job.args, job.kwargs, shown(job, names))
            for job in self.enqueued_jobs
        ]
        return "enqueued:\n  " + "\n  ".join(lines) if lines else "nothing was enqueued"

    # --- performing ---

    def perform_enqueued_jobs(self) -> None:
        """Perform the jobs that wait: lone ones by priority, then graphs, parents first.

        Each runs in the transaction that it was delayed in, from what would have been stored. What they
        delay in their turn waits for the next call. An exception of a job goes on; the jobs behind it are
        gone.
        """
        kept, self._kept = self._kept, []
        connected = {uuid for edge in self._edges for uuid in (edge.parent, edge.child)}
        lone = [one for one in kept if one[1].graph is None and one[1].uuid not in connected]
        lone.sort(key=lambda one: one[1].priority)
        rest = [one for one in kept if one[1].graph is not None or one[1].uuid in connected]
        for job, spec in (*lone, *self._in_order(rest)):
            self._perform(job, spec)

    def _perform(self, job: Job, spec: JobSpec) -> None:
        held = self._identities.get(spec.identity or "")
        is_mine = held is not None and held.uuid == spec.uuid
        if is_mine and spec.identity_until == "started":
            del self._identities[spec.identity or ""]
        run(job, spec)
        if is_mine and spec.identity_until == "finished":
            del self._identities[spec.identity or ""]

    def _in_order(self, kept: Sequence[tuple[Job, JobSpec]]) -> list[tuple[Job, JobSpec]]:
        by_uuid = {spec.uuid: (job, spec) for job, spec in kept}
        parents: dict[str, set[str]] = {uuid: set() for uuid in by_uuid}
        for edge in self._edges:
            if edge.child in by_uuid and edge.parent in by_uuid:
                parents[edge.child].add(edge.parent)
        return [by_uuid[uuid] for uuid in TopologicalSorter(parents).static_order()]


class Held(NamedTuple):
    """An identity that is taken: by which job, and until when where that is a moment."""

    uuid: str
    until: datetime | None


def until(spec: JobSpec, now: datetime) -> datetime | None:
    """Return the moment at which an identity is free again; None where it is not a matter of time."""
    seconds = spec.identity_until
    return now + timedelta(seconds=seconds) if isinstance(seconds, int | float) else None


def is_call_of(job: Job, method: Any) -> bool:
    """Tell whether a job calls a bound method; one of no records means that of any."""
    records = method.__self__
    return (job.model_name, job.method_name) == (records._name, method.__name__) and (
        not records or job.records == records
    )


def has_property(job: Job, name: str, value: Any) -> bool:
    """Tell whether a job has a property, as it was stated or as it is stored."""
    if getattr(job, name) == value:
        return True
    said = getattr(stated({name: value}), name)
    return said is not None and said == getattr(job._stated, name)


def shown(job: Job, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return the properties that were stated of a job, and the named ones."""
    return {
        name: getattr(job, name)
        for name in PROPERTIES
        if name in names or getattr(job._stated, name) is not None
    }


def written(
    records: Any, method: str, args: Sequence[Any], kwargs: Mapping[str, Any], properties: Mapping[str, Any]
) -> str:
    """Return a call with its properties as a person writes it."""
    given = ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())])
    listed = ", ".join(f"{name}={value!r}" for name, value in properties.items())
    return f"{records!r}.{method}({given})" + (f" with {listed}" if listed else "")
