"""The seam to where jobs are kept: one meaning on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from isthmus.jobs.spec import Added, Edge, JobSpec


class Queue(Protocol):
    """Where jobs are put: the part of the store that callers of ``with_delay`` need."""

    def add(self, transaction: Any, specs: Sequence[JobSpec], edges: Sequence[Edge] = ()) -> list[Added]:
        """Store jobs, parents before their children, inside the caller's transaction; return what became of
        each, in order.

        A rollback leaves nothing. Where a job with the same identity exists, its uuid is returned, nothing is
        stored for that spec, and edges that name the spec mean the existing job. An edge may name jobs that
        are stored already: as a parent, whatever has become of it; as a child, which waits unless it has
        started by the time of the commit. Workers hear of the jobs at commit.
        """
        ...
