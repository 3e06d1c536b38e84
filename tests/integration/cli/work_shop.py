"""A connector whose work is done later: succeeds, fails, comes again, and is called at set times."""

from __future__ import annotations

from isthmus import RetryableJobError, cron, fields, job, models


class Order(models.Model):
    _name = "shop.order"

    name = fields.Char()

    @job(default_channel="root.shop")
    def push(self, number: int) -> int:
        """Push an order."""
        self.create({"name": f"SO{number}"})
        return number

    def fail(self) -> None:
        raise KeyError("no such order")

    def come_later(self) -> None:
        raise RetryableJobError("the shop is closed", seconds=3600)

    @cron("0 3 * * *", zone="Europe/Zurich")
    def nightly(self) -> None:
        self.create({"name": "night"})
