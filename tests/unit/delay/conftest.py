"""A shop whose methods are delayed, and a queue that remembers what it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from isthmus import fields, models
from isthmus.delay import job
from isthmus.inheritance import capture
from isthmus.jobs.spec import Added, Edge, JobSpec
from isthmus.jobs.store import Queue
from isthmus.records import Environment, Registry, SqlDatabase, open_environment, upgrade_schema
from tests.still_clock import StillClock

with capture() as SHOP:

    class Order(models.Model):
        _name = "shop.order"

        name = fields.Char()
        total = fields.Float()

        def export(self, *args: Any, **kwargs: Any) -> Any:
            """Export the order.

            To wherever it is wanted.
            """
            return list(args), kwargs, self.env.context.get("job_uuid")

        def plain(self, value: Any = None) -> Any:
            return value

        @job
        def bare(self) -> None:
            """Do nothing."""

        @job(default_channel="root.shop", retry_pattern={1: 60, 3: (5, 9)}, timeout=30, max_retries=2)
        def pay(self, amount: float) -> float:
            return amount

        def fail(self) -> None:
            raise KeyError("fail")

        def context_now(self) -> dict[str, Any]:
            return dict(self.env.context)

        def _private(self) -> None: ...

        @classmethod
        def of_class(cls) -> None: ...

        @staticmethod
        def of_nobody() -> None: ...

        @property
        def computed(self) -> int:
            return 1

    class Parcel(models.Model):
        _name = "shop.parcel"
        _inherit = "shop.order"

        def pay(self, amount: float) -> float:
            return amount * 2

        def _job_prepare_context_before_enqueue_keys(self) -> tuple[str, ...]:
            return (*super()._job_prepare_context_before_enqueue_keys(), "own_key")  # type: ignore[misc]


class MemoryQueue:
    """A queue that remembers; ``twins`` are identities that are taken, with the uuid of who has them."""

    def __init__(self) -> None:
        self.specs: list[JobSpec] = []
        self.edges: list[Edge] = []
        self.calls = 0
        self.transactions: list[Any] = []
        self.twins: dict[str, str] = {}

    def add(self, transaction: Any, specs: Sequence[JobSpec], edges: Sequence[Edge] = ()) -> list[Added]:
        self.calls += 1
        self.transactions.append(transaction)
        self.specs += specs
        self.edges += edges
        return [
            Added(self.twins.get(one.identity or "", one.uuid), one.identity not in self.twins)
            for one in specs
        ]


class World:
    """A registry of the shop and of what a test declares, with a database, a clock and a queue."""

    def __init__(self, classes: Sequence[type] = ()) -> None:
        self.registry = Registry.build(["isthmus.delay"], classes=[*SHOP, *classes])
        self.database = SqlDatabase("sqlite://")
        self.clock = StillClock()
        self.queue = MemoryQueue()
        upgrade_schema(self.database, self.registry)

    @contextmanager
    def environment(
        self, queue: bool = True, odoo_name: str | None = None, odoo: Any = None, **context: Any
    ) -> Iterator[Environment]:
        """Open a transaction under a context."""
        with open_environment(
            self.registry,
            self.database,
            odoo=odoo,
            odoo_name=odoo_name,
            services={Queue: self.queue} if queue else {},
            context=context,
            clock=self.clock,
        ) as env:
            yield env


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def env(world: World) -> Iterator[Any]:
    with world.environment() as opened:
        yield opened


@pytest.fixture
def queue(world: World) -> MemoryQueue:
    return world.queue


@pytest.fixture
def make_world() -> type[World]:
    return World
