"""The referee of the job benchmark with a toy contestant: real processes, a real pipe."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from race.contestant import Contestant
from race.heat import Scale, run
from race.process import ContestantError

TOYS = Path(__file__).parents[1] / "data" / "race"
TOY = Contestant("toy", "toy", "SQLite", Path(sys.executable), batch=1, jobs=40)
TINY = Scale(rounds=1, share=1, singles=10, pickups=5, idle_s=0.01)


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TOYS))


def test_a_heat_drains_every_job_and_measures_all_that_the_table_shows(tmp_path: Path) -> None:
    values = run(TOY, "", tmp_path / "heat", TINY)
    assert {"single", "bulk", "drain", "p50", "p99"} <= set(values)
    assert all(values[name] > 0 for name in ("single", "bulk", "drain"))


def test_a_contestant_may_be_measured_by_its_pace_alone(tmp_path: Path) -> None:
    assert set(run(replace(TOY, everything=False), "", tmp_path / "heat", TINY)) == {"drain"}


def test_a_worker_that_ends_is_reported_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ContestantError, match="no luck today"):
        run(replace(TOY, batch=13), "", tmp_path / "heat", TINY)


def test_a_driver_that_fails_is_reported_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ContestantError, match=r"could not install:[^$]*No module named"):
        run(replace(TOY, module="nobody"), "", tmp_path / "heat", TINY)
