"""The states of a job, in the words of queue_job.

::

    wait_dependencies ──parents done──▶ pending ──claim──▶ enqueued ──begin──▶ started ──▶ done
                                           ▲                                      │──────▶ failed
                                           └──── retry, requeue, worker death ────┘──────▶ cancelled

``enqueued`` is a job that a worker has claimed and not begun yet.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a job stands."""

    WAIT_DEPENDENCIES = "wait_dependencies"
    PENDING = "pending"
    ENQUEUED = "enqueued"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self in FINAL


#: The states in which a job is over.
FINAL = frozenset({State.DONE, State.FAILED, State.CANCELLED})
