"""The short chaos. ``make chaos`` runs the long one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.jobs.harness import Chaos, Plan
from tests.own_postgres import OwnPostgres


@pytest.fixture
def plan() -> Plan:
    """Give a plan by the seed CHAOS_SEED, or always the same: the long version asks for others."""
    seed = int(os.environ.get("CHAOS_SEED", "1"))
    print(f"CHAOS_SEED={seed}")
    return Plan(seed)


def test_workers_that_die_and_rise_in_one_file_lose_nothing_and_double_nothing(
    tmp_path: Path, plan: Plan
) -> None:
    with Chaos(tmp_path, plan) as chaos:
        assert chaos.run() == []


@pytest.mark.postgres
def test_workers_and_a_server_that_die_and_rise_lose_nothing_and_double_nothing(
    tmp_path: Path, plan: Plan
) -> None:
    with OwnPostgres() as server, Chaos(tmp_path, plan, server) as chaos:
        assert chaos.run() == []
