"""A run that would delete or archive too much stops before it does."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.errors import BrakeError, ConfigurationError
from tests.integration.connector.shop import Shop
from tests.integration.connector.test_synchronizers import backend, database, env, shop

__all__ = ["backend", "database", "env", "shop"]

TOTAL, GONE = 20, 6


@pytest.fixture
def ids(env: Any, backend: Any, shop: Shop) -> list[str]:
    found = shop.add(TOTAL)
    import_backend(backend)
    return found


def partners(env: Any, ids: list[str]) -> Any:
    return env["shop.partner"].search([("external_id", "in", ids)]).mapped("odoo_id")


def delete_outside(env: Any, shop: Shop, ids: list[str]) -> None:
    for id_ in ids:
        del shop.partners[id_]


@pytest.mark.parametrize("limit", ["5", "25%"])
@pytest.mark.parametrize("run", [import_backend, export_backend])
def test_it_stops_before_the_first_of_too_many_deletions(
    env: Any, backend: Any, shop: Shop, ids: list[str], run: Any, limit: str
) -> None:
    partners(env, ids).write({"city": "Bern"})  # an export looks at what changed
    delete_outside(env, shop, ids[:GONE])
    with pytest.raises(BrakeError, match=f"delete or archive {GONE} of {TOTAL} shop.partner, and 5 may go"):
        run(backend, max_deletes=limit)
    assert env["shop.partner"].search_count([("state", "=", "deleted")]) == 0
    assert len(env["s.partner"].search([])) == TOTAL
    (report,) = run(backend, max_deletes=str(GONE))
    assert report.counts["deleted"] == GONE


def test_a_run_that_takes_no_more_than_it_may_is_not_held_up(
    env: Any, backend: Any, shop: Shop, ids: list[str]
) -> None:
    delete_outside(env, shop, ids[:GONE])
    (report,) = import_backend(backend, max_deletes=str(GONE))
    assert report.counts["deleted"] == GONE


def test_the_backend_has_a_limit_of_its_own_that_a_run_may_override(
    env: Any, backend: Any, shop: Shop, ids: list[str]
) -> None:
    backend.max_deletes = "10%"
    delete_outside(env, shop, ids[:GONE])
    with pytest.raises(BrakeError, match=r"2 may go \(10%\)"):
        import_backend(backend)
    assert import_backend(backend, max_deletes="100%")[0].counts["deleted"] == GONE


def test_deletions_that_the_policy_ignores_are_not_counted(
    env: Any, backend: Any, shop: Shop, ids: list[str]
) -> None:
    backend.import_deletion = "ignore"
    delete_outside(env, shop, ids[:GONE])
    assert import_backend(backend, max_deletes="0")[0].counts["skipped"] == GONE


def test_a_limit_that_cannot_be_read_is_refused(backend: Any) -> None:
    with pytest.raises(ConfigurationError, match="'many' is no limit"):
        backend.write({"max_deletes": "many"})
