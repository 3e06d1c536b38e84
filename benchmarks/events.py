"""What an event costs: when nobody listens, and per record when somebody does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from report import Figure, main, seconds_per_call

from isthmus import fields, models
from isthmus.components import Component, ComponentRegistry
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase, open_environment, upgrade_schema

PEER = "OCA component_event in Odoo 18: 10.6 µs per record"
RECORDS = 1000

with capture() as MODELS:

    class Quiet(models.Model):
        _name = "shop.quiet"

        name = fields.Char()

    class Heard(models.Model):
        _name = "shop.heard"

        name = fields.Char()

    class Watched(models.Model):
        _name = "shop.watched"

        name = fields.Char()


with capture() as LISTENERS:

    class Listener(Component):
        _name = "listener"
        _inherit = "base.event.listener"
        _apply_on = "shop.heard"

        def on_record_write(self, record: Any, fields: Any = None) -> None:
            pass

    class Watcher(Component):
        _name = "watcher"
        _inherit = "base.event.listener"
        _apply_on = "shop.watched"

        def on_record_change(self, record: Any, old: Any, new: Any) -> None:
            pass


class Shop:
    """An environment with a thousand records of each model; ``close`` ends it."""

    def __init__(self, packages: list[str]) -> None:
        self._stack = ExitStack()
        registry = Registry.build(packages, classes=MODELS)
        database = SqlDatabase("sqlite://")
        upgrade_schema(database, registry)
        services = {ComponentRegistry: ComponentRegistry.build(["isthmus.events"], classes=LISTENERS)}
        self.env = self._stack.enter_context(open_environment(registry, database, services=services))
        self._turn = 0
        for name in ("shop.quiet", "shop.heard", "shop.watched"):
            self.env[name].create([{"name": str(number)} for number in range(RECORDS)])

    def writing(self, model: str) -> Callable[[], object]:
        """Return a function that writes a new value to every record of a model."""
        records = self.env[model].search([])

        def write() -> None:
            self._turn += 1
            records.write({"name": f"turn {self._turn}"})

        return write

    def close(self) -> None:
        self._stack.close()


def measure(quick: bool) -> list[Figure]:
    shop, plain = Shop(["isthmus.events"]), Shop([])
    quiet, heard = shop.env["shop.quiet"].search([]), shop.env["shop.heard"].search([])
    record = heard[0]
    event = heard._event("on_record_write")

    def micro(
        name: str, call: Callable[[], object], target: str | None = None, peer: str | None = None
    ) -> Figure:
        return Figure(name, seconds_per_call(call, quick=quick) * 1e6, "µs", target, peer)

    def per_record(model: str) -> float:
        without = seconds_per_call(plain.writing(model), quick=quick)
        return (seconds_per_call(shop.writing(model), quick=quick) - without) / RECORDS * 1e6

    figures = [
        micro(
            "event that nobody hears on any model", lambda: quiet._event("on_paid").notify(quiet), "<= 0.3 µs"
        ),
        micro(
            "event that nobody hears on this model",
            lambda: quiet._event("on_record_write").notify(quiet),
            "<= 0.3 µs",
        ),
        micro(
            "event with one listener",
            lambda: heard._event("on_record_write").notify(record, fields=("name",)),
        ),
        micro("notifying one more record of it", lambda: event.notify(record, fields=("name",))),
        Figure(
            "write of 1,000 records nobody hears of, more than without events",
            per_record("shop.quiet"),
            "µs per record",
            "<= 0.3 µs per record",
            PEER,
        ),
        Figure(
            "write of 1,000 records with one listener, more than without events",
            per_record("shop.heard"),
            "µs per record",
            "<= 10.6 µs per record",
            PEER,
        ),
        Figure("the same with old and new values", per_record("shop.watched"), "µs per record"),
    ]
    shop.close()
    plain.close()
    return figures


if __name__ == "__main__":
    sys.exit(main("Events", measure))
