"""What synchronizers do with transactions, savepoints and leases, over PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.connector.shop import new_database
from tests.integration.connector.test_synchronizers import (
    backend,
    env,
    shop,
    test_a_changed_row_that_the_database_refuses_does_not_hold_up_the_others,
    test_a_create_whose_answer_was_lost_is_found_again_instead_of_doubled,
    test_a_row_that_the_database_refuses_does_not_fail_its_page,
    test_a_run_that_stood_still_until_its_lease_was_taken_over_commits_no_further_page,
    test_an_external_deletion_follows_the_policy,
    test_an_import_creates_pairs_and_a_second_one_writes_nothing,
    test_an_import_that_was_cut_off_goes_on_from_its_checkpoint,
    test_one_record_is_imported_by_its_id,
    test_the_lease_of_a_process_that_was_killed_is_free_at_once,
    test_two_runs_of_one_backend_do_not_meet_whatever_their_direction,
)

pytestmark = pytest.mark.postgres

__all__ = [
    "backend",
    "env",
    "shop",
    "test_a_changed_row_that_the_database_refuses_does_not_hold_up_the_others",
    "test_a_create_whose_answer_was_lost_is_found_again_instead_of_doubled",
    "test_a_row_that_the_database_refuses_does_not_fail_its_page",
    "test_a_run_that_stood_still_until_its_lease_was_taken_over_commits_no_further_page",
    "test_an_external_deletion_follows_the_policy",
    "test_an_import_creates_pairs_and_a_second_one_writes_nothing",
    "test_an_import_that_was_cut_off_goes_on_from_its_checkpoint",
    "test_one_record_is_imported_by_its_id",
    "test_the_lease_of_a_process_that_was_killed_is_free_at_once",
    "test_two_runs_of_one_backend_do_not_meet_whatever_their_direction",
]


@pytest.fixture
def database(postgres_url: str) -> Any:
    """Give an empty PostgreSQL database in the place of the SQLite one."""
    return new_database(postgres_url)
