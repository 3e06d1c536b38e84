"""Progress: what a running job says of how far it is."""

from __future__ import annotations

from typing import Any

from isthmus import models
from isthmus.jobs.runner import Run


class Reporting(models.AbstractModel):
    """Give every model the means to report a job's progress."""

    __slots__ = ()

    _inherit = "base"

    def report_progress(self: Any, done: float, total: float | None = None, note: str | None = None) -> None:
        """Say how far the job that runs has come; `isthmus jobs show` tells it. Without a job: nothing.

        It costs next to nothing: the worker writes the last report down about once a second.
        """
        run = self.env.find_service(Run)
        if run is not None:
            run.report(done, total, note)
