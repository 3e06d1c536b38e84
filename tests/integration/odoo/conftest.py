"""An Odoo to work on: the simulated ones, and the real one that the environment names."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest

from isthmus.odoo import OdooConnection, RpcStore
from isthmus.records.domain import Domain
from tests.some_odoo import ODOOS, Settings, some_odoo

EVERYTHING = {"active_test": False}


@pytest.fixture(scope="module", params=ODOOS)
def settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    """URL, database, login and key of an Odoo."""
    with some_odoo(request.param) as found:
        yield found


@dataclass
class Workshop:
    """A project of a test's own in an Odoo; it and what belongs to it are deleted afterwards."""

    store: RpcStore
    tag: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def __post_init__(self) -> None:
        (self.project,) = self.store.create("project.project", [{"name": f"isthmus test {self.tag}"}])
        tasks = self.store.fields("project.task")
        self.nobody: dict[str, Any] = {"user_ids": [(5,)]} if "user_ids" in tasks else {"user_id": False}
        self.hours = "allocated_hours" if "allocated_hours" in tasks else "planned_hours"
        self.has_times = tasks["date_deadline"].type == "datetime"

    def due(self, at: datetime) -> date:
        """Return a deadline as this version keeps it: before 17 a day."""
        return at if self.has_times else at.date()

    def row(self, key: str, **values: Any) -> tuple[str, dict[str, Any]]:
        """Return a task to upsert, known under an identifier of this test."""
        return f"__isthmus_test__.{self.tag}_{key}", {"name": key, "project_id": self.project, **values}

    def tasks(self, *names: str, **values: Any) -> list[int]:
        rows = [{"name": name, "project_id": self.project, **self.nobody, **values} for name in names]
        return self.store.create("project.task", rows)

    def tags(self, count: int) -> list[int]:
        return self.store.create("project.tags", [{"name": f"{self.tag} {n}"} for n in range(count)])

    def find(self, **values: Any) -> list[int]:
        terms = [("project_id", "=", self.project), *((name, "=", value) for name, value in values.items())]
        return self.store.search("project.task", Domain.parse(terms), order="id", context=EVERYTHING)

    def clean(self) -> None:
        self.store.unlink("project.task", self.find())
        self.store.unlink("project.project", [self.project])
        tags = self.store.search("project.tags", Domain.parse([("name", "=like", f"{self.tag}%")]))
        self.store.unlink("project.tags", tags)


@pytest.fixture
def connection(settings: Settings) -> OdooConnection:
    return OdooConnection(*settings)


@pytest.fixture
def workshop(connection: OdooConnection) -> Iterator[Workshop]:
    shop = Workshop(RpcStore(connection))
    connection.calls.clear()
    yield shop
    shop.clean()
