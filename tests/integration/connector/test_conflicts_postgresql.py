"""Conflicts over PostgreSQL: the table, its one open entry for a field, and decisions."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.errors import ConstraintError
from tests.integration.connector.shop import new_database
from tests.integration.connector.test_conflicts import (
    Pair,
    backend,
    env,
    pair,
    shop,
    test_a_conflict_is_settled_field_by_field,
    test_a_decision_whose_values_moved_on_before_it_was_carried_out_is_asked_again,
    test_a_value_of_its_own_is_written_to_both,
)

pytestmark = pytest.mark.postgres

__all__ = [
    "backend",
    "env",
    "pair",
    "shop",
    "test_a_conflict_is_settled_field_by_field",
    "test_a_decision_whose_values_moved_on_before_it_was_carried_out_is_asked_again",
    "test_a_value_of_its_own_is_written_to_both",
]


@pytest.fixture
def database(postgres_url: str) -> Any:
    """Give an empty PostgreSQL database in the place of the SQLite one."""
    return new_database(postgres_url)


def test_a_field_of_a_pair_has_one_open_entry_and_any_number_of_settled_ones(pair: Pair) -> None:
    pair.round()
    for mail in ("one", "two"):
        pair.entries.resolve(take="odoo")
        pair.partner.write({"email": mail})
        pair.outside["mail"] = f"not {mail}"
        pair.round()
    assert pair.env["connector.conflict"].search_count([]) == 3
    (row,) = pair.entries.read(
        ["model", "backend", "binding_id", "field", "found_in", "seen", "updated", "key"]
    )
    del row["id"]
    with pytest.raises(ConstraintError, match="open entry already"), pair.env.savepoint():
        pair.env["connector.conflict"].create(row)
