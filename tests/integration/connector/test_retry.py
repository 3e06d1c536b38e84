"""What was set aside is tried again, alone, whether it has a pair yet or not; then it is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.connector.retry import retry_backend
from isthmus.connector.round import Round
from isthmus.testing import TrialApp
from tests.integration.connector.shop import Shop, declared


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def env(shop: Shop) -> Iterator[Any]:
    with TrialApp(*declared, services={Shop: shop}).environment() as env:
        env["shop.backend"].create({"name": "shop", "timeline_days": 0})
        yield env


@pytest.fixture
def backend(env: Any) -> Any:
    return env["shop.backend"].search([])


def counts(done: Round) -> list[dict[str, int]]:
    """Return what became of records, import first; entities of which nothing was tried are left out."""
    return [
        {kind: number for kind, number in one.counts.items() if number}
        for one in (*done.imports, *done.exports)
    ]


def aside(env: Any) -> list[tuple[str, str]]:
    found = env["connector.set.aside"].search([])
    return [(one.direction, one.external_id or f"#{one.odoo_id}") for one in found]


def test_an_import_that_failed_without_a_pair_is_tried_again_alone(
    env: Any, backend: Any, shop: Shop
) -> None:
    bad, gone = shop.add(town="boom")[0], shop.add(town="boom")[0]
    shop.add(3)
    import_backend(backend)
    assert aside(env) == [("import", bad), ("import", gone)]
    del shop.partners[gone]
    still = retry_backend(backend)
    assert (counts(still), still.is_done) == ([{"failed": 1}], False)
    assert aside(env) == [("import", bad)]
    shop.partners[bad]["town"] = "Bern"
    shop.calls.clear()
    done = retry_backend(backend)
    assert (counts(done), done.is_done) == ([{"created": 1}], True)
    assert [call for call, _ in shop.calls] == ["read_many"]
    assert (aside(env), counts(retry_backend(backend))) == ([], [])


def test_what_failed_in_an_export_is_tried_again_with_a_pair_and_without(
    env: Any, backend: Any, shop: Shop
) -> None:
    ids = shop.add(2)
    import_backend(backend)
    refused, fine = (env["shop.partner"].search([("external_id", "=", id_)]).odoo_id for id_ in ids)
    refused.write({"city": "Rome"})
    new = env["s.partner"].create({"name": "New"})
    shop.refuse.add(ids[0])
    shop.is_full = True
    export_backend(backend)
    assert sorted(aside(env)) == [("export", f"#{new.id}"), ("export", ids[0])]
    fine.write({"city": "Bern"})  # it is not what a retry is about
    assert counts(retry_backend(backend)) == [{"failed": 2}]
    shop.is_full = False
    shop.refuse.clear()
    assert counts(retry_backend(backend)) == [{"created": 1, "updated": 1}]
    assert (shop.partners[ids[0]]["town"], shop.partners[ids[1]]["town"]) == ("Rome", None)
    assert aside(env) == []


def test_a_change_that_failed_and_was_taken_back_is_no_failure_any_more(
    env: Any, backend: Any, shop: Shop
) -> None:
    (one,) = shop.add()
    import_backend(backend)
    pair = env["shop.partner"].search([])
    pair.odoo_id.write({"city": "Rome"})
    shop.refuse.add(one)
    export_backend(backend)
    assert (pair.state, bool(pair.last_error)) == ("failed", True)
    pair.odoo_id.write({"city": False})
    assert counts(retry_backend(backend)) == [{"unchanged": 1}]
    assert (pair.state, pair.last_error, aside(env)) == ("synced", False, [])
