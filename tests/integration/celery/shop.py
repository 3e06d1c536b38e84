"""A connector whose methods are run as jobs by Celery workers, in other processes too."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from isthmus import RetryableJobError, fields, job, models


class Order(models.Model):
    _name = "shop.order"

    name = fields.Char()

    @job(default_channel="root.shop")
    def export(self, name: str) -> str:
        """Export an order."""
        self.create({"name": name})
        return name

    def fail(self) -> None:
        raise KeyError("no such order")

    def come_later(self) -> None:
        raise RetryableJobError("the shop is closed", seconds=3600)

    def leave(self) -> None:
        sys.exit(3)

    def hold(self, flag: str) -> int:
        """Say that it runs, in a file that is named by the flag; end once there is a file flag.go."""
        file = Path(flag)
        if file.exists():
            return 2
        file.write_text(str(os.getpid()))
        while not Path(f"{flag}.go").exists():
            time.sleep(0.01)
        return 1
