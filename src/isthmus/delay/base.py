"""What every model gets: ``with_delay`` and ``delayable``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, Unpack

from isthmus import models
from isthmus.delay.batch import enqueue_call
from isthmus.delay.call import JOB_UUID
from isthmus.delay.enqueued import Job
from isthmus.delay.mode import runs_at_once
from isthmus.delay.node import Delayable
from isthmus.delay.options import options_in
from isthmus.delay.property import JobProperties, Stated, stated
from isthmus.delay.target import target_in


class DelayedRecords:
    """Records whose methods are enqueued instead of called: each call returns its Job."""

    __slots__ = ("_records", "_stated")

    def __init__(self, records: Any, properties: Stated) -> None:
        self._records = records
        self._stated = properties

    def __getattr__(self, name: str) -> Callable[..., Job]:
        if name.startswith("__") or name in DelayedRecords.__slots__:
            raise AttributeError(name)
        target = target_in(type(self._records), name)

        def enqueue(*args: Any, **kwargs: Any) -> Job:
            return enqueue_call(self._records, target, args, kwargs, self._stated)

        return enqueue

    def __repr__(self) -> str:
        return f"<delayed {self._records!r}>"


class DelayingBase(models.AbstractModel):
    """Let the methods of every model be called later."""

    __slots__ = ()

    _inherit = "base"

    def with_delay(self, **properties: Unpack[JobProperties]) -> Any:
        """Return the records for a call that is enqueued: ``record.with_delay(priority=5).export("x")``.

        The call returns its Job at once; the job is stored in the current transaction, so that a rollback
        leaves nothing of it. Properties: ``priority`` (10; the smaller, the earlier), ``eta`` (seconds or a
        timedelta from now, or a datetime, naive is UTC), ``max_retries`` (attempts, 5; 0: no limit),
        ``description``, ``channel``, ``identity_key`` (text, or a function of the job: while a job with the
        same one waits, that one is returned), ``identity_until`` (``"started"``, ``"finished"`` or seconds),
        ``serial_key`` (jobs with the same one run one after the other) and ``timeout`` (seconds for one
        attempt).

        Raises ValueError for another property or a value that it cannot have. The call raises TypeError for
        what is no public method of the model, AttributeError for a field, JobEncodingError for an argument
        that cannot be kept, and ConfigurationError where there is no queue.
        """
        return DelayedRecords(self, stated(properties))

    def delayable(self, **properties: Unpack[JobProperties]) -> Any:
        """Return a node for a graph of jobs: ``record.delayable(priority=5).export("x")``.

        Nothing is stored before ``delay()``. Takes the properties of :meth:`with_delay`.
        """
        return Delayable(self, stated(properties))

    def _job_prepare_context_before_enqueue_keys(self) -> tuple[str, ...]:
        """Return the keys of the context that go with the jobs of the model, for a model to override."""
        # The last one is where a change comes from: a job must not send it back there.
        return ("tz", "lang", "allowed_company_ids", "force_company", "active_test", "company_id", "origin")

    def _join_jobs(self) -> None:
        """Do nothing: what a job between two large groups calls."""

    @classmethod
    def _finished(cls) -> None:
        super()._finished()
        for name in auto_delayed(cls):
            setattr(cls, name, delaying(getattr(cls, name), name))


def auto_delayed(cls: type) -> set[str]:
    """Return the names of the methods whose calls are to be enqueued."""
    marked = {
        name
        for base in cls.__mro__
        for name, method in vars(base).items()
        if isinstance(method, FunctionType) and hasattr(method, "_job_options")
    }
    return {name for name in marked if options_in(cls, name).auto_delay}


def delaying(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a method that enqueues itself when it is called, unless a job runs or nothing is to be delayed.

    The properties of the job are what the model's ``<method>_job_options(*args, **kwargs)`` returns, if it
    has one.
    """

    @functools.wraps(method)
    def later(self: Any, *args: Any, **kwargs: Any) -> Any:
        # Asked of the class at hand: an heir that calls this one by super() may say something else.
        when = target_in(type(self), name).options.auto_delay
        context = self.env.context
        is_wanted = when is True or context.get(when)
        if not is_wanted or context.get(JOB_UUID) or runs_at_once([self.env]):
            return method(self, *args, **kwargs)
        properties: dict[str, Any] = {}
        if hasattr(type(self), f"{name}_job_options"):
            properties = getattr(self, f"{name}_job_options")(*args, **kwargs)
        return getattr(self.with_delay(**properties), name)(*args, **kwargs)

    return later
