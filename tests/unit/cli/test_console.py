"""Tables for people, JSON for machines."""

from __future__ import annotations

from datetime import datetime

import pytest

from isthmus.cli.console import Console, cell_text, error_data, table, to_json
from isthmus.errors import NotFoundError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (False, ""),
        (True, "yes"),
        (0, "0"),
        (1234.56, "1,234.6"),
        (["a", 1], "a, 1"),
        ("[bold]", "[bold]"),
    ],
)
def test_values_become_cells(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_text_from_outside_is_never_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    Console().result(None, table("t", ["name"], [["[red]card[/red]"]]))
    assert "[red]card[/red]" in capsys.readouterr().out


def test_a_long_line_is_printed_as_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Console().result(None, "x" * 500)
    assert capsys.readouterr().out == "x" * 500 + "\n"


def test_machines_get_the_data_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(json=True)
    console.note("working")
    console.result({"when": datetime(2026, 11, 22)}, "for people")
    printed = capsys.readouterr()
    assert printed.out == '{\n  "when": "2026-11-22T00:00:00"\n}\n'
    assert printed.err == ""


def test_quiet_leaves_out_notes_but_not_results(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(quiet=True)
    console.note("working")
    console.result({}, "done")
    assert capsys.readouterr() == ("done\n", "")


def test_errors_are_data_too() -> None:
    found = error_data(NotFoundError("no such board", hint="Check it.", board="b1"))
    assert found == {
        "error": "NotFoundError",
        "message": "no such board",
        "hint": "Check it.",
        "details": {"board": "b1"},
    }


def test_json_takes_any_value() -> None:
    assert to_json({"error": ValueError("x")}) == '{\n  "error": "x"\n}'


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with Console().progress() as progress:
        progress("trello.card", 1, None)
        progress("trello.card", 2, 2)
    assert capsys.readouterr() == ("", "")
