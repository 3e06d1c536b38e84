"""A job as whoever delayed it sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from weakref import ref

from msgspec.structs import replace

from isthmus.delay.property import NOTHING, Stated, Until, checked_text
from isthmus.delay.target import Target
from isthmus.jobs.spec import DEFAULT_PRIORITY, JobSpec

if TYPE_CHECKING:
    from isthmus.delay.node import Delayable

_UNASKED: Any = object()


class Job:
    """A method call that was enqueued.

    Jobs are equal, and hash, by ``uuid``. ``is_new`` is False when a job with the same identity was there
    already: then ``uuid`` is that one's. ``result`` is what the method returned where it was run at once (see
    the no-delay mode), else None. ``eta`` is naive UTC or None.
    """

    __slots__ = (
        "__weakref__",
        "_identity",
        "_node",
        "_serial",
        "_stated",
        "_target",
        "args",
        "eta",
        "graph",
        "is_new",
        "kwargs",
        "records",
        "result",
        "uuid",
    )

    def __init__(
        self,
        records: Any,
        target: Target,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        stated: Stated,
        uuid: str,
        graph: str | None = None,
    ) -> None:
        self.records = records
        self.args = args
        self.kwargs = kwargs
        self.uuid = uuid
        self.graph = graph
        self.is_new = True
        self.result: Any = None
        self.eta: datetime | None = None if stated.eta is None else moment(stated.eta, records.env)
        self._target = target
        self._stated = stated
        self._identity: str | None = _UNASKED
        self._serial: str | None = _UNASKED
        self._node: Delayable | ref[Delayable] | None = None

    @property
    def model_name(self) -> str:
        """The name of the model."""
        return self._target.model

    @property
    def method_name(self) -> str:
        """The name of the method."""
        return self._target.method

    @property
    def odoo(self) -> str | None:
        """The Odoo instance that the job works with."""
        return self.records.env.odoo_name  # type: ignore[no-any-return]

    @property
    def priority(self) -> int:
        """The smaller, the earlier."""
        return DEFAULT_PRIORITY if self._stated.priority is None else self._stated.priority

    @property
    def max_retries(self) -> int:
        """The number of attempts, 0 for no limit."""
        stated = self._stated.max_retries
        return self._target.options.max_retries if stated is None else stated

    @property
    def channel(self) -> str:
        """The channel in which the job waits for its turn."""
        return self._stated.channel or self._target.options.channel

    @property
    def timeout(self) -> float | None:
        """The seconds that one attempt may take, None for no limit."""
        stated = self._stated.timeout
        return self._target.options.timeout_s if stated is None else stated or None

    @property
    def description(self) -> str:
        """What was stated; else the first line of the method's docstring, else model and method."""
        return self._stated.description or self._target.title

    @property
    def identity_key(self) -> str | None:
        """What a twin would have too; a function that makes it is called once, when it is first asked for."""
        if self._identity is _UNASKED:
            self._identity = self._made("identity_key")
        return self._identity

    @property
    def identity_until(self) -> Until:
        """Until when a twin is refused."""
        return self._stated.identity_until or self._target.options.identity_until or "started"

    @property
    def serial_key(self) -> str | None:
        """Jobs with the same one run one after the other."""
        if self._serial is _UNASKED:
            self._serial = self._made("serial_key")
        return self._serial

    def _made(self, name: str) -> str | None:
        key = getattr(self._stated, name)
        if key is None:
            key = getattr(self._target.options, name)
        if not callable(key):
            return key  # type: ignore[no-any-return]
        made = key(self)
        return None if made is None else checked_text(name, made)

    @property
    def is_alike(self) -> bool:
        """Whether another job of the same call and properties differs in nothing but its arguments."""
        keys = (self._target.options, self._stated)
        return self.eta is None and not any(
            callable(one.identity_key) or callable(one.serial_key) for one in keys
        )

    def spec(self, payload: str) -> JobSpec:
        """Return what is stored of the job, with its call as JSON."""
        if self._stated is not NOTHING or self.graph is not None:
            return self._spec(payload)
        odoo = self.records.env.transaction.odoo_name
        mold = self._target.molds.get(odoo)
        if mold is not None:
            return replace(mold, uuid=self.uuid, payload=payload)
        spec = self._spec(payload)
        if self.is_alike:
            self._target.molds[odoo] = spec
        return spec

    def _spec(self, payload: str) -> JobSpec:
        return JobSpec(
            uuid=self.uuid,
            model=self._target.model,
            method=self._target.method,
            payload=payload,
            odoo=self.records.env.transaction.odoo_name,
            channel=self.channel,
            priority=self.priority,
            eta=self.eta,
            max_retries=self.max_retries,
            description=self._stated.description,
            identity=self.identity_key,
            identity_until=self.identity_until,
            serial_key=self.serial_key,
            timeout_s=self.timeout,
            graph=self.graph,
        )

    def __eq__(self, other: object) -> bool:
        return self.uuid == other.uuid if isinstance(other, Job) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.uuid)

    def __repr__(self) -> str:
        return f"<Job {self.uuid}: {self.records!r}.{self.method_name}>"


def moment(eta: datetime | timedelta, env: Any) -> datetime:
    """Return the moment of an earliest start. Raises ValueError when it lies beyond what a date can hold."""
    if isinstance(eta, datetime):
        return eta
    try:
        return env.now + eta  # type: ignore[no-any-return]
    except OverflowError:
        raise ValueError(f"eta is no date when it is {eta} from now") from None
