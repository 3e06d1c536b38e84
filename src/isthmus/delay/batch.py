"""From nodes to stored jobs: identifiers, payloads and specs, for one or thousands at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import ref

from msgspec.structs import replace

from isthmus import collector
from isthmus.delay.call import call
from isthmus.delay.enqueued import Job
from isthmus.delay.mode import NO_DELAY, keep, runs_at_once
from isthmus.delay.property import Stated
from isthmus.delay.records import CODEC
from isthmus.delay.target import Target
from isthmus.jobs.payload import NO_ARGUMENTS, arguments_text, payload_text
from isthmus.jobs.spec import Edge, JobSpec, OnFailure
from isthmus.jobs.uuid7 import uuid7, uuids
from isthmus.records import Environment

if TYPE_CHECKING:
    from isthmus.delay.node import Delayable

#: An edge: the parent, the child, and what becomes of the child when the parent fails.
Link = tuple["Delayable", "Delayable", OnFailure]


def enqueue_call(
    records: Any, target: Target, args: tuple[Any, ...], kwargs: Mapping[str, Any], stated: Stated
) -> Job:
    """Store one call; return its job."""
    env = records.env
    require_open([env])
    job = Job(records, target, args, kwargs, stated, uuid7())
    spec = job.spec(payload_text(records._ids, arguments_of(job), context_of(records)))
    if runs_at_once([env]):
        run(job, spec)
    else:
        (added,) = keep(env, [job], [spec], ())
        job.uuid, job.is_new = added.uuid, added.is_new
    return job


def enqueue(nodes: Sequence[Delayable], links: Sequence[Link], graph: str | None) -> None:
    """Store the jobs of nodes, given parents first, and the edges between them.

    Raises ValueError when they belong to different transactions.
    """
    with collector.at_rest():
        _enqueue(nodes, links, graph)


def _enqueue(nodes: Sequence[Delayable], links: Sequence[Link], graph: str | None) -> None:
    jobs = [
        Job(node._records, target, node._args, node._kwargs, node._stated, uuid, graph)
        for node, uuid in zip(nodes, uuids(len(nodes)), strict=True)
        if (target := node._target) is not None
    ]
    by_node = dict(zip(nodes, jobs, strict=True)) if links else {}

    def uuid_of(node: Delayable) -> str:
        return (node.job or by_node[node]).uuid

    edges = [Edge(uuid_of(parent), uuid_of(child), policy) for parent, child, policy in links]
    known = (node for link in links for node in link[:2])
    keep_or_run(open_environment_of((*nodes, *known)), jobs, edges)
    for node, job in zip(nodes, jobs, strict=True):
        node.job = job
        keep_node(job, node)


def keep_node(job: Job, node: Delayable) -> None:
    """Let a job find its node again: for good once it is connected, as long as somebody has it before.

    Thousands of nodes that hold their jobs and are held by them would wait for the garbage collector.
    """
    job._node = node if node._children or node._parents else ref(node)


def open_environment_of(nodes: Sequence[Delayable]) -> Environment:
    """Return the environment of the first node whose transaction is not over; of the first where all are."""
    environments: list[Environment] = [node._records.env for node in nodes]
    return next((env for env in environments if not env.transaction.is_closed), environments[0])


def graph_id(nodes: Collection[Delayable]) -> str | None:
    """Return the identifier of a graph: that of the jobs which were delayed before, or a new one.

    None for a lone job. Raises ValueError when some belong to different graphs already.
    """
    if len(nodes) == 1:
        return None
    known = {node.job.graph for node in nodes if node.job is not None and node.job.graph}
    if len(known) > 1:
        raise ValueError(f"jobs of different graphs cannot be joined in one: {', '.join(sorted(known))}")
    return next(iter(known), None) or uuid7()


def keep_or_run(env: Environment, jobs: Sequence[Job], edges: Sequence[Edge]) -> None:
    """Hand jobs to where they are kept, or run them in their order in the no-delay mode."""
    environments = {id(job.records.env): job.records.env for job in jobs}.values()
    require_open([env, *environments])
    if any(one.transaction is not env.transaction for one in environments):
        raise ValueError("jobs that are delayed together belong to one transaction, but these to several")
    specs = specs_of(jobs)
    if runs_at_once(environments):
        for job, spec in zip(jobs, specs, strict=True):
            run(job, spec)
        return
    for job, one in zip(jobs, keep(env, jobs, specs, edges), strict=True):
        job.uuid, job.is_new = one.uuid, one.is_new


def require_open(environments: Sequence[Environment]) -> None:
    """Raise ValueError where the transaction of an environment is over."""
    for env in environments:
        if env.transaction.is_closed:
            raise ValueError(
                "jobs are delayed inside the block of their environment, and these belong to one that is "
                "closed"
            )


def specs_of(jobs: Sequence[Job]) -> list[JobSpec]:
    """Return what is stored of jobs. Where one differs from another by its call only, the rest is copied."""
    molds: dict[tuple[int, int, int], JobSpec] = {}
    found = []
    for job, payload in zip(jobs, payloads(jobs), strict=True):
        # The objects outlive the loop, so that one identity means one object.
        alike = (id(job._target), id(job._stated), id(job.records.env))
        mold = molds.get(alike)
        if mold is None:
            spec = job.spec(payload)
            if len(jobs) > 1 and job.is_alike:
                molds[alike] = spec
        else:
            spec = replace(mold, uuid=job.uuid, payload=payload)
        found.append(spec)
    return found


def run(job: Job, spec: JobSpec) -> None:
    """Run a job at once, from what would have been stored of it, as a worker would."""
    env = job.records.env
    if env.transaction.is_closed:
        raise ValueError(f"{job} is run inside the block of its environment, and that one is closed")
    # What the job delays in its turn is run at once too.
    kept = {NO_DELAY: True} if env.context.get(NO_DELAY) else {}
    result = call(env.with_context(kept), spec.model, spec.method, spec.payload, spec.uuid)
    job.result = None if result is None else CODEC.decode(result, env)


def payloads(jobs: Iterable[Job]) -> Iterator[str]:
    """Yield what each job is called on and with. What several jobs share is written once."""
    # The objects outlive the loop, so that one identity means one object.
    arguments: dict[tuple[int, int, int], str] = {}
    contexts: dict[tuple[int, type], str] = {}
    for job in jobs:
        records, args, kwargs = job.records, job.args, job.kwargs
        env = records.env
        call = (id(args) if args else 0, id(kwargs) if kwargs else 0, id(env))
        if call not in arguments:
            arguments[call] = arguments_of(job)
        around = (id(env), type(records))
        if around not in contexts:
            contexts[around] = context_of(records)
        yield payload_text(records._ids, arguments[call], contexts[around])


def arguments_of(job: Job) -> str:
    """Return the arguments of a job as JSON."""
    if not job.args and not job.kwargs:
        return NO_ARGUMENTS
    return arguments_text(CODEC, job.args, job.kwargs, job.records.env)


def context_of(records: Any) -> str:
    """Return the part of a context that goes with a job, as JSON."""
    env = records.env
    if not env.context:
        return "{}"
    wanted = records._job_prepare_context_before_enqueue_keys()
    return CODEC.encode({key: env.context[key] for key in wanted if key in env.context}, "context", env)
