"""The root of all commands: options in any place, exit codes, one sentence for each mistake."""

from __future__ import annotations

import pytest

from isthmus.cli.root import exit_code, hoisted
from isthmus.errors import (
    ConfigurationError,
    ConnectorError,
    IsthmusError,
    SchemaError,
    SecretError,
    UnauthorizedError,
    UnreachableError,
)
from tests.unit.cli.conftest import Run


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        (["verify", "x", "--json"], ["--json", "verify", "x"]),
        (["verify", "x", "-c", "a.toml", "-q"], ["-c", "a.toml", "-q", "verify", "x"]),
        (["verify", "--config=a.toml", "x"], ["--config=a.toml", "verify", "x"]),
        (["verify", "--", "--json"], ["verify", "--", "--json"]),
        (["verify", "--config"], ["--config", "verify"]),
        ([], []),
    ],
)
def test_global_options_are_understood_behind_the_command(typed: list[str], understood: list[str]) -> None:
    assert hoisted(typed) == understood


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnauthorizedError("no"), 3),
        (UnreachableError("no"), 3),
        (ConfigurationError("no"), 2),
        (SecretError("no"), 2),
        (SchemaError("no"), 2),
        (ConnectorError("no"), 1),
        (IsthmusError("no"), 1),
    ],
)
def test_the_exit_code_tells_whose_fault_it_was(error: IsthmusError, code: int) -> None:
    assert exit_code(error) == code


def test_a_mistyped_command_is_refused_with_the_nearest_one(run: Run) -> None:
    ran = run("improt")
    assert ran.code == 2
    assert ran.err == "Error: No such command 'improt'. Did you mean 'import'?\nHint: See `isthmus --help`.\n"


def test_a_mistyped_option_is_refused_with_the_help_of_its_command(run: Run) -> None:
    ran = run("db", "check", "--frist")
    assert ran.code == 2
    assert ran.err.endswith("Hint: See `isthmus db check --help`.\n")


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    ran = run()
    assert ran.code == 2
    assert "verify" in ran.out + ran.err


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").out.startswith("isthmus ")


def test_missing_settings_are_one_sentence_and_a_hint(run: Run) -> None:
    ran = run("db", "check")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("Error: there is no settings file ")
    assert "Hint: Make one with `isthmus init`" in ran.err


def test_machines_get_errors_as_json_on_stderr(run: Run) -> None:
    import json

    ran = run("--json", "db", "check")
    assert ran.out == ""
    assert json.loads(ran.err)["error"] == "ConfigurationError"


def test_debug_shows_where_an_error_came_from(run: Run) -> None:
    from isthmus.cli import main

    with pytest.raises(ConfigurationError):
        main(["db", "check", "--debug"])
