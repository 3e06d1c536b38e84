"""The connector of the benchmark's installation: a model with jobs that do nothing, or sleep."""

from __future__ import annotations

import time

from peers.course import mark

from isthmus import models
from isthmus.delay import job


class Job(models.Model):
    """Has no fields and no records: the jobs are calls of the empty recordset."""

    _name = "bench.job"

    @job(default_channel="root.bench")
    def nothing(self) -> None:
        """Do nothing."""
        mark()

    @job(default_channel="root.bench")
    def nap(self) -> None:
        """Do nothing for 5 ms, as if a remote were asked."""
        mark()
        time.sleep(0.005)
