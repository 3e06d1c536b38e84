"""How the figures of a benchmark are held against their targets and written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.report import Figure, main, meets, parser, publish, readable


@pytest.mark.parametrize(
    ("value", "unit", "target", "met"),
    [
        (0.9, "µs", "<= 1 µs", True),
        (1.1, "µs", "<= 1 µs", False),
        (250_000, "records/s", ">= 200,000 records/s", True),
        (3, "calls", "< 3 calls", False),
        (0, "writes", "== 0 writes", True),
    ],
)
def test_a_value_is_held_against_its_target(value: float, unit: str, target: str, met: bool) -> None:
    assert meets(value, unit, target) is met


@pytest.mark.parametrize("target", ["fast", "<= 1 ms"])
def test_a_target_that_cannot_be_read_or_has_another_unit_is_an_error(target: str) -> None:
    with pytest.raises(ValueError, match="target"):
        meets(1, "µs", target)


def test_a_script_prints_a_table_and_writes_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[bool] = []

    def measure(quick: bool) -> list[Figure]:
        asked.append(quick)
        return [Figure("lookup", 0.25, "µs", "<= 1 µs", "5.5 µs"), Figure("build", 4, "ms")]

    status = main("Components", measure, ["--quick", "--json", str(tmp_path / "figures.json")])

    assert (status, asked) == (0, [True])
    assert "lookup" in capsys.readouterr().out
    assert json.loads((tmp_path / "figures.json").read_text()) == [
        {"name": "lookup", "value": 0.25, "unit": "µs", "target": "<= 1 µs", "peer": "5.5 µs", "met": True},
        {"name": "build", "value": 4, "unit": "ms", "target": None, "peer": None, "met": None},
    ]


def test_a_target_counts_that_is_missed_by_a_figure_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    figures = [Figure("shown", 1, "µs"), Figure("hidden", 2, "µs", "<= 1 µs")]
    status = publish("Some", figures, parser("Some").parse_args([]), shown=figures[:1])
    assert (status, "hidden" in capsys.readouterr().out) == (1, False)


def test_a_missed_target_is_an_exit_code() -> None:
    assert main("Slow", lambda quick: [Figure("lookup", 2, "µs", "<= 1 µs")], []) == 1


def test_numbers_are_shown_with_three_digits_or_with_separators() -> None:
    assert [readable(value) for value in (0.12345, 12.345, 1234567.8)] == ["0.123", "12.3", "1,234,568"]
