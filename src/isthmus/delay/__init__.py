"""Calling methods of records later, through the job queue.

``record.with_delay(priority=5).export()`` enqueues a call and returns its job.
``record.delayable().export()`` is a node of a graph, which ``chain`` and ``group`` put together.
"""

from isthmus.delay.call import call
from isthmus.delay.enqueued import Job
from isthmus.delay.identity import identity_exact
from isthmus.delay.node import Delayable, DelayableChain, DelayableGroup, chain, group
from isthmus.delay.options import JobOptions, job
from isthmus.delay.records import CODEC
from isthmus.delay.target import options_of, retry_pattern_of

__all__ = [
    "CODEC",
    "Delayable",
    "DelayableChain",
    "DelayableGroup",
    "Job",
    "JobOptions",
    "call",
    "chain",
    "group",
    "identity_exact",
    "job",
    "options_of",
    "retry_pattern_of",
]
