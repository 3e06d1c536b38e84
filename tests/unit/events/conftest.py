"""A shop whose records are notified: things without a backend, bindings with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from isthmus import fields, models
from isthmus.components import ComponentRegistry
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase, open_environment, upgrade_schema

with capture() as SHOP:

    class Backend(models.Model):
        _name = "shop.backend"

        name = fields.Char()

    class Thing(models.Model):
        _name = "shop.thing"

        name = fields.Char()
        note = fields.Char()
        parent_id = fields.Many2one("shop.thing")

    class Binding(models.Model):
        _name = "shop.binding"
        _inherits = {"shop.thing": "thing_id"}

        thing_id = fields.Many2one("shop.thing", required=True, ondelete="cascade")
        backend_id = fields.Many2one("shop.backend")
        external_id = fields.Char()

        def _event_collection(self) -> Any:
            return self.backend_id


class World:
    """Registries and a database for the shop and the classes that a test declares."""

    def __init__(self, classes: list[type]) -> None:
        declared = [*SHOP, *classes]
        self.registry = Registry.build(["isthmus.events"], classes=declared)
        self.components = ComponentRegistry.build(["isthmus.events"], classes=declared)
        self.database = SqlDatabase("sqlite://")
        upgrade_schema(self.database, self.registry)

    @contextmanager
    def environment(self, **context: Any) -> Iterator[Any]:
        """Open a transaction under a context."""
        services = {ComponentRegistry: self.components}
        with open_environment(self.registry, self.database, services=services, context=context) as env:
            yield env


@pytest.fixture
def world() -> type[World]:
    return World
