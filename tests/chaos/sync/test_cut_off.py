"""Killed at every step, hindered on the wire: in the end both sides are what the edits made of them.

This is the short version; ``make chaos`` runs the long one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.sync.trials import brought, crowded, hindered, killed
from tests.chaos.sync.trouble import OUTAGES

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")


@pytest.fixture
def seed() -> int:
    """Give the seed CHAOS_SEED, or always the same: the long version asks for others."""
    found = int(os.environ.get("CHAOS_SEED", "1"))
    print(f"CHAOS_SEED={found}")
    return found


def test_a_round_that_is_killed_at_any_step_is_made_up_for(tmp_path: Path, seed: int) -> None:
    assert killed(tmp_path, seed, kills=5).kills.total() >= 3


def test_an_import_that_is_killed_at_any_step_goes_on_from_there(tmp_path: Path, seed: int) -> None:
    assert brought(tmp_path, seed, kills=4).kills.total() >= 3


def test_what_goes_wrong_on_the_wire_is_made_up_for(tmp_path: Path, seed: int) -> None:
    faults = hindered(tmp_path, seed, faults=14).faults
    assert any(faults[one] for one in OUTAGES)


@pytest.mark.postgres
def test_processes_that_synchronise_the_same_at_once_are_kept_apart(
    tmp_path: Path, seed: int, postgres_url: str
) -> None:
    tried = crowded(tmp_path, seed, bouts=1, database=postgres_url)
    assert tried.counts["refused"] + tried.kills.total() >= 1
