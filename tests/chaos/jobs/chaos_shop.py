"""What the jobs of the chaos test do: leave one row, sometimes fail before it, sometimes after it."""

from __future__ import annotations

import random
import time

from isthmus import RetryableJobError, fields, models


class Effect(models.Model):
    _name = "chaos.effect"

    number = fields.Integer()
    began = fields.Float()
    ended = fields.Float()

    def work(self, number: int, sleep_s: float, failing: float) -> None:
        """Leave a row; times are of the clock that all processes of the machine share."""
        began = time.monotonic()
        if random.random() < failing / 2:
            raise RetryableJobError("bad luck before", seconds=0)
        time.sleep(sleep_s)
        self.create({"number": number, "began": began, "ended": time.monotonic()})
        if random.random() < failing / 2:
            raise RetryableJobError("bad luck after", seconds=0)

    def read_only(self, number: int) -> int:
        """Write nothing, so that the end is written together with others."""
        return number
