"""What is stored of a job when it is enqueued. It never changes afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

ROOT = "root"
DEFAULT_PRIORITY = 10
DEFAULT_MAX_RETRIES = 5

#: What becomes of a child when its parent fails or is cancelled: it waits (a failed parent may still be
#: retried; it is cancelled once all of its parents are), it is cancelled, or it runs all the same.
OnFailure = Literal["wait", "cancel", "run"]


class JobSpec(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A method call to run later.

    ``payload`` is JSON: an object with ``ids`` (the records it is called on), ``args``, ``kwargs`` and
    ``context``, encoded by :class:`isthmus.jobs.codec.Codec`. ``eta`` is naive UTC. ``max_retries`` is the
    number of attempts, 0 for no limit. ``identity`` refuses a twin until the job has ``"started"``, has
    ``"finished"``, or for a number of seconds (``identity_until``). Jobs with one ``serial_key`` run one
    after the other. An empty key is none. ``timeout_s`` limits one attempt. Jobs that were delayed together
    share ``graph``.
    """

    uuid: str
    model: str
    method: str
    payload: str
    odoo: str | None = None
    channel: str = ROOT
    priority: int = DEFAULT_PRIORITY
    eta: datetime | None = None
    max_retries: int = DEFAULT_MAX_RETRIES
    description: str | None = None
    identity: str | None = None
    identity_until: Literal["started", "finished"] | float = "started"
    serial_key: str | None = None
    timeout_s: float | None = None
    graph: str | None = None


class Edge(msgspec.Struct, frozen=True, gc=False):
    """``child`` waits for ``parent``; both are uuids. The parent may be a job that is stored already."""

    parent: str
    child: str
    on_failure: OnFailure = "wait"


class Added(msgspec.Struct, frozen=True, gc=False):
    """What became of a spec: a new job, or (``is_new`` False) the twin with the same identity."""

    uuid: str
    is_new: bool
