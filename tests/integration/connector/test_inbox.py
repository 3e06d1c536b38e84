"""The inbox of hints, on SQLite and PostgreSQL: told by many at once, kept once, lost never."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from isthmus.components import ComponentRegistry
from isthmus.connector.inbox import Subject, put
from isthmus.records import open_environment
from tests.integration.connector.shop import components, new_database, registry

NOW = datetime(2026, 11, 26, 12)
ONE, OTHER = Subject("external", "shop.customer", "1"), Subject("external", "shop.customer")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Any]:
    url = f"sqlite:///{tmp_path}/inbox.sqlite"
    database = new_database(request.getfixturevalue("postgres_url") if request.param == "postgres" else url)
    yield database
    database.close()


def inbox_of(env: Any) -> Any:
    backend = env["shop.backend"].search([]) or env["shop.backend"].create({"name": "b"})
    env.commit()
    with backend.work_on(backend._name) as work:
        return work.component(usage="inbox")


def test_what_many_tell_at_once_is_one_hint_and_stays_when_it_is_told_again(database: Any) -> None:
    with open_environment(registry, database, services={ComponentRegistry: components}) as env:
        inbox = inbox_of(env)

        def tell() -> None:
            for _ in range(25):
                put(database, registry, "shop.backend,1", [ONE, OTHER], NOW)

        threads = [threading.Thread(target=tell) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = inbox.waiting("external")
        assert sorted((one.subject.record, one.times) for one in found) == [("", 100), ("1", 100)]
        assert inbox.waiting("odoo") == []
        assert [one.subject for one in inbox.waiting("external", [ONE])] == [ONE]
        assert inbox.waiting("external", before=NOW) == []

        put(database, registry, "shop.backend,1", [ONE], NOW)  # while the others are followed
        inbox.settle(found)
        env.commit()
        assert [(one.subject, one.times) for one in inbox.waiting("external")] == [(ONE, 101)]
        put(database, registry, "shop.backend,2", [ONE], NOW)
        inbox.settle(inbox.waiting("external"))
        env.commit()
        assert inbox.waiting("external") == []
        assert env["connector.hint"].search([]).mapped("backend") == ["shop.backend,2"]
