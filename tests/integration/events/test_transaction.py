"""Events and transactions on a database in a file: what a commit keeps and a rollback takes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from isthmus import fields, models
from isthmus.components import Component, ComponentRegistry
from isthmus.events import after_commit
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase, open_environment, upgrade_schema

TOLD: list[str] = []

with capture() as CLASSES:

    class Order(models.Model):
        _name = "shop.order"

        name = fields.Char()

    class Journal(models.Model):
        _name = "shop.journal"

        line = fields.Char()

    class JournalListener(Component):
        _name = "journal.listener"
        _inherit = "base.event.listener"
        _apply_on = "shop.order"

        def on_record_create(self, record: Any, fields: Any = None) -> None:
            self.env["shop.journal"].create({"line": f"{record.name} was created"})

    class MailListener(Component):
        _name = "mail.listener"
        _inherit = "base.event.listener"
        _apply_on = "shop.order"

        @after_commit
        def on_record_create(self, record: Any, fields: Any = None) -> None:
            TOLD.append(record.name)

    class RefusingListener(Component):
        _name = "refusing.listener"
        _inherit = "base.event.listener"
        _apply_on = "shop.order"

        def on_record_create(self, record: Any, fields: Any = None) -> None:
            if record.name == "refused":
                raise PermissionError(record.name)


@pytest.fixture
def environment(tmp_path: Path) -> Any:
    registry = Registry.build(["isthmus.events"], classes=CLASSES)
    services = {ComponentRegistry: ComponentRegistry.build(["isthmus.events"], classes=CLASSES)}
    database = SqlDatabase(f"sqlite:///{tmp_path}/shop.sqlite")
    upgrade_schema(database, registry)
    TOLD.clear()
    return lambda: open_environment(registry, database, services=services)


def journal(environment: Any) -> list[str]:
    with environment() as env:
        return env["shop.journal"].search([]).mapped("line")  # type: ignore[no-any-return]


def test_what_a_listener_writes_commits_with_the_change(environment: Any) -> None:
    with environment() as env:
        env["shop.order"].create({"name": "first"})

    assert journal(environment) == ["first was created"]


def test_after_commit_runs_once_the_change_is_permanent(environment: Any) -> None:
    with environment() as env:
        env["shop.order"].create([{"name": "first"}, {"name": "second"}])
        assert TOLD == []
        env.commit()
        assert TOLD == ["first", "second"]

    assert TOLD == ["first", "second"]


def test_after_commit_never_runs_for_what_is_rolled_back(environment: Any) -> None:
    with environment() as env:
        env["shop.order"].create({"name": "first"})
        env.rollback()

    assert (TOLD, journal(environment)) == ([], [])


def test_a_listener_that_refuses_takes_the_change_back(environment: Any) -> None:
    with pytest.raises(PermissionError, match="refused") as caught, environment() as env:
        env["shop.order"].create({"name": "refused"})

    assert "refusing.listener" in caught.value.__notes__[0]
    assert (TOLD, journal(environment)) == ([], [])
    with environment() as env:
        assert env["shop.order"].search_count([]) == 0
