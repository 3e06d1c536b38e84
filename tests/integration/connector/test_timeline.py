"""Timelines: every change of a pair with its cause, and nothing where nothing happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from isthmus.components import ComponentRegistry
from isthmus.connector.operation import export_backend, import_backend
from isthmus.connector.story import Story, stories
from isthmus.connector.timeline import CAUSE
from isthmus.errors import ConfigurationError
from isthmus.records import open_environment
from tests.integration.connector.shop import Shop, components, new_database, registry
from tests.still_clock import StillClock


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def env(shop: Shop, clock: StillClock) -> Iterator[Any]:
    services = {ComponentRegistry: components, Shop: shop}
    with open_environment(registry, new_database(), services=services, clock=clock) as env:
        yield env


@pytest.fixture
def backend(env: Any) -> Any:
    return env["shop.backend"].create({"name": "shop"})


def story(env: Any, external_id: str) -> Story:
    (found,) = stories(env, "shop.partner", external_id)
    return found


def told(env: Any, external_id: str) -> list[tuple[str, str]]:
    return [(step.operation, step.outcome) for step in story(env, external_id).steps]


def test_a_change_is_told_with_what_was_found_and_what_was_written_for_it(
    env: Any, backend: Any, shop: Shop
) -> None:
    (one,) = shop.add()
    import_backend(backend)
    shop.partners[one]["town"] = "Bern"
    import_backend(backend.with_context(**{CAUSE: "a webhook"}))
    env["shop.partner"].search([]).odoo_id.write({"email": "new@x.example"})
    export_backend(backend)
    found = story(env, one)
    assert [(step.operation, step.outcome) for step in found.steps] == [
        ("import", "created"), ("import", "updated"), ("export", "updated"),
    ]  # fmt: skip
    created, updated, exported = found.steps
    assert (created.seen, created.wrote) == ({}, {})
    assert updated.seen == {"town": [None, "Bern"]}
    assert updated.wrote == {"city": [None, "Bern"]}
    assert updated.cause == "a webhook"
    assert exported.seen == {"email": [f"{one}@x.example", "new@x.example"]}
    assert exported.wrote == {"mail": [f"{one}@x.example", "new@x.example"]}
    assert (found.state, found.backend, found.odoo_model) == ("synced", "shop", "s.partner")


def test_what_changes_nothing_leaves_no_entry(env: Any, backend: Any, shop: Shop) -> None:
    (one,) = shop.add()
    for _ in range(3):
        import_backend(backend)
        export_backend(backend)
    assert told(env, one) == [("import", "created")]


def test_what_fails_again_and_again_is_one_entry_that_counts(env: Any, backend: Any, shop: Shop) -> None:
    (one,) = shop.add(town="boom")
    for _ in range(3):
        import_backend(backend)
    (entry,) = env["connector.timeline"].search([("external_id", "=", one)])
    assert (entry.outcome, entry.times) == ("failed", 3)
    assert "no such town" in entry.reason
    shop.partners[one]["town"] = "Bern"
    import_backend(backend)
    assert told(env, one) == [("import", "failed"), ("import", "created")]
    assert story(env, one).steps[0].times == 3


def test_a_conflict_a_deletion_and_a_pair_that_is_gone_are_told(env: Any, backend: Any, shop: Shop) -> None:
    (one,) = shop.add()
    backend.write({"conflict_policy": "ask", "import_deletion": "unlink"})
    import_backend(backend)
    env["shop.partner"].search([]).odoo_id.write({"email": "theirs@x.example"})
    shop.partners[one]["mail"] = "ours@x.example"
    import_backend(backend)
    assert told(env, one)[-1] == ("import", "conflict")
    assert "email" in story(env, one).steps[-1].reason
    del shop.partners[one]
    import_backend(backend)
    found = story(env, one)
    assert (found.steps[-1].outcome, found.state) == ("deleted", None)


def test_a_record_of_odoo_is_asked_for_by_its_number(env: Any, backend: Any, shop: Shop) -> None:
    (one,) = shop.add()
    import_backend(backend)
    partner = env["shop.partner"].search([]).odoo_id
    (found,) = stories(env, "s.partner", str(partner.id))
    assert (found.external_id, found.odoo_id) == (one, partner.id)
    assert [step.outcome for step in found.steps] == ["created"]
    assert stories(env, "s.partner", "4711") == []
    with pytest.raises(ConfigurationError, match="'Bern' is not the id"):
        stories(env, "s.partner", "Bern")
    with pytest.raises(ConfigurationError, match="no connector pairs") as caught:
        stories(env, "s.partners", "1")
    assert caught.value.hint == "Did you mean 's.partner'?"


def test_a_deletion_in_odoo_is_told_once(env: Any, backend: Any, shop: Shop) -> None:
    (one,) = shop.add()
    import_backend(backend)
    env["shop.partner"].search([]).odoo_id.write({"active": False})
    export_backend(backend)
    del shop.partners[one]
    env["shop.partner"].search([]).odoo_id.with_context(active_test=False).write({"name": "late"})
    export_backend(backend)
    assert told(env, one)[-1] == ("import", "deleted")
    assert told(env, one).count(("import", "deleted")) == 1


def test_timelines_are_kept_as_long_as_the_backend_says(
    env: Any, backend: Any, shop: Shop, clock: StillClock
) -> None:
    (one,) = shop.add()
    import_backend(backend)
    clock.sleep(timedelta(days=89).total_seconds())
    import_backend(backend)
    assert told(env, one) == [("import", "created")]
    clock.sleep(timedelta(days=2).total_seconds())
    import_backend(backend)
    assert story(env, one).steps == []
    backend.write({"timeline_days": 0})
    shop.partners[one]["town"] = "Bern"
    import_backend(backend)
    assert story(env, one).steps == []


def test_long_texts_are_cut(env: Any, backend: Any, shop: Shop) -> None:
    (one,) = shop.add()
    import_backend(backend)
    shop.partners[one]["town"] = "B" * 5000
    import_backend(backend)
    _, after = story(env, one).steps[-1].seen["town"]
    assert after.startswith("BBB")
    assert after.endswith("… (5,000 characters)")
    assert len(after) < 250
