"""Jobs to be, alone, in chains and in groups. Nothing is stored before ``delay()``."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import chain as joined
from itertools import pairwise
from typing import Any, Self, Unpack, cast
from weakref import ref

from isthmus.delay.batch import keep_node
from isthmus.delay.enqueued import Job
from isthmus.delay.graph import connect, delay_part
from isthmus.delay.property import NOTHING, JobProperties, Stated, stated
from isthmus.delay.target import JOIN_METHOD, JOIN_MODEL, Target, target_in
from isthmus.jobs.spec import OnFailure

#: Shared by all calls without any, since thousands of empty dictionaries are something too.
_NO_KWARGS: Mapping[str, Any] = {}


class Part(ABC):
    """What a graph of jobs is made of: a single one, or a chain or group of parts."""

    __slots__ = ()

    #: The nodes that wait for what the part waits for; those that come last; all, in order.
    _heads: Sequence[Delayable]
    _tails: Sequence[Delayable]
    _nodes: Sequence[Delayable]

    def on_done(self, *others: Part | Job, on_failure: OnFailure = "wait") -> Self:
        """Let other parts, or jobs that were delayed before, run after this one; return this one.

        ``on_failure`` says what becomes of them when it fails: they ``"wait"`` until it is done after all,
        they are cancelled too (``"cancel"``), or they ``"run"`` all the same. Between large groups stands a
        job that does nothing (``base._join_jobs``), so that 1,000 jobs after 1,000 jobs are 2,000 edges and
        no million. Raises ValueError for a job that would wait for itself.
        """
        heads = [head for other in others for head in part_of(other)._heads]
        connect(self._tails, heads, on_failure)
        return self

    @abstractmethod
    def delay(self) -> Any:
        """Store every job of the graph that the part belongs to, in the current transaction.

        Return the Job of a single node; of a chain or group, the list of its jobs in order. What was delayed
        before is not stored again. Raises ValueError when the part waits for one that was not delayed, when
        jobs wait for each other in a circle, or when they belong to different transactions.
        """


class Delayable(Part):
    """A node: a call to be made later. ``record.delayable(**properties).method(…)`` makes one.

    ``job`` is the Job once it was delayed, None before.
    """

    __slots__ = (
        "__weakref__",
        "_args",
        "_children",
        "_is_silent",
        "_kwargs",
        "_parents",
        "_records",
        "_stated",
        "_stored_children",
        "_target",
        "job",
    )

    def __init__(self, records: Any, properties: Stated = NOTHING) -> None:
        self.job: Job | None = None
        self._records = records
        self._stated = properties
        self._target: Target | None = None
        self._args: tuple[Any, ...] = ()
        self._kwargs: Mapping[str, Any] = _NO_KWARGS
        self._children: dict[Delayable, OnFailure] | None = None
        self._parents: dict[Delayable, OnFailure] | None = None
        self._stored_children: set[Delayable] | None = None
        self._is_silent = False

    def __getattr__(self, name: str) -> Callable[..., Delayable]:
        if name.startswith("__") or name in _SLOTS:
            raise AttributeError(name)
        if self._target is not None:
            raise AttributeError(f"{self} is a call already, and has no {name!r}")
        target = target_in(type(self._records), name)

        def call(*args: Any, **kwargs: Any) -> Delayable:
            self._target, self._args, self._kwargs = target, args, kwargs or _NO_KWARGS
            return self

        return call

    def set(self, properties: Mapping[str, Any] | None = None, /, **more: Unpack[JobProperties]) -> Self:
        """Set properties, from a dictionary or by name; return the node.

        Raises ValueError for an unknown property, or a value that it cannot have.
        """
        self._stated = stated({**(properties or {}), **more}, self._stated)
        return self

    def delay(self) -> Job:
        """Store the job with the whole graph that it belongs to; return it."""
        called(self)
        delay_part(self)
        assert self.job is not None
        return self.job

    def split(self, size: int, chain: bool = False) -> DelayableGroup | DelayableChain:
        """Return a group (or chain) of nodes in place of this one, each on at most ``size`` of its records.

        Their descriptions, and a text that is their identity key, get the number of the part. Raises
        ValueError before the method was called, after the node was connected, and for a size below 1.
        """
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"the size of a part is a number of records from 1, not {size!r}")
        called(self)
        if self._children or self._parents or self.job:
            raise ValueError(f"{self} is connected or delayed already: split it before")
        starts = range(0, len(self._records), size) or [0]
        parts = [self._part(start, size, number, len(starts)) for number, start in enumerate(starts, 1)]
        self._is_silent = True
        return DelayableChain(*parts) if chain else DelayableGroup(*parts)

    def _part(self, start: int, size: int, number: int, count: int) -> Delayable:
        part = Delayable(self._records[start : start + size], self._stated)
        part._target, part._args, part._kwargs = self._target, self._args, self._kwargs
        target = called(self)
        part.set(description=f"{self._stated.description or target.title} (split {number}/{count})")
        identity = self._stated.identity_key or target.options.identity_key
        if count > 1 and isinstance(identity, str):
            part.set(identity_key=f"{identity} (split {number}/{count})")
        return part

    @property
    def _heads(self) -> Sequence[Delayable]:  # type: ignore[override]
        return (self,)

    _tails = _nodes = _heads  # type: ignore[assignment]

    def _join(self) -> Delayable:
        """Return a node that does nothing, to stand between many parents and many children."""
        join = Delayable(self._records.env[JOIN_MODEL], Stated(priority=0))
        join._target = target_in(type(join._records), JOIN_METHOD)
        join._is_silent = True
        return join

    @property
    def _is_join(self) -> bool:
        return self._target is not None and self._target.method == JOIN_METHOD

    def __repr__(self) -> str:
        return f"{self._records!r}.{self._target.method if self._target else '…'}"

    def __del__(self) -> None:
        if self.job is None and self._target is not None and not self._is_silent:
            said = f"{self} was prepared and never delayed: call delay()"
            warnings.warn(said, ResourceWarning, stacklevel=2, source=self)


_SLOTS = frozenset(Delayable.__slots__)


class Composition(Part):
    """Parts put together."""

    __slots__ = ("_heads", "_nodes", "_tails")

    def delay(self) -> list[Job]:
        """Store the jobs with the whole graph that they belong to; return them in order."""
        delay_part(self)
        return [node.job for node in self._nodes if node.job is not None]


class DelayableChain(Composition):
    """Parts that run one after the other: each waits for the one before. ``chain`` is the same.

    Raises ValueError without any part. A group of nothing is passed over.
    """

    __slots__ = ()

    def __init__(self, *parts: Part | Job, on_failure: OnFailure = "wait") -> None:
        if not parts:
            raise ValueError("chain() of nothing: give it at least one job")
        found = [part for one in parts if (part := part_of(one))._nodes]
        for before, after in pairwise(found):
            connect(before._tails, after._heads, on_failure)
        self._heads = found[0]._heads if found else ()
        self._tails = found[-1]._tails if found else ()
        self._nodes = list(joined.from_iterable(part._nodes for part in found))


class DelayableGroup(Composition):
    """Parts that run side by side. ``group`` is the same. A group of nothing is delayed as nothing."""

    __slots__ = ()

    def __init__(self, *parts: Part | Job) -> None:
        found = [part_of(one) for one in parts]
        if all(type(one) is Delayable for one in found):
            self._heads = self._tails = self._nodes = cast("list[Delayable]", found)
            return
        self._heads = list(joined.from_iterable(part._heads for part in found))
        self._tails = list(joined.from_iterable(part._tails for part in found))
        self._nodes = list(joined.from_iterable(part._nodes for part in found))


def part_of(one: Part | Job) -> Part:
    """Return a part, or the node of a job that was delayed before.

    Raises TypeError for anything else, ValueError for a node whose method was not called yet.
    """
    if isinstance(one, Delayable):
        called(one)
        return one
    if isinstance(one, Job):
        return node_of(one)
    if not isinstance(one, Part):
        raise TypeError(
            f"a graph is made of record.delayable().method(…), chains, groups and jobs; not {one!r}"
        )
    return one


def node_of(job: Job) -> Delayable:
    """Return the node of a job that was delayed."""
    known = job._node() if isinstance(job._node, ref) else job._node
    if known is not None:
        return known
    node = Delayable(job.records, job._stated)
    node._target, node._args, node._kwargs, node.job = job._target, job.args, job.kwargs, job
    keep_node(job, node)
    return node


def called(node: Delayable) -> Target:
    """Return the method that a node calls. Raises ValueError when there is none yet."""
    if node._target is None:
        raise ValueError(f"{node} calls no method yet: write record.delayable().method(…)")
    return node._target


chain = DelayableChain
group = DelayableGroup
