"""The reference lists every command, option, setting, variable and event, and nothing that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from isthmus.cli.root import FAILED, INTERRUPTED, MISUSED, REMOTE, cli
from isthmus.config import VARIABLES, OdooSettings, Settings
from isthmus.telemetry import CATALOGUE
from tests.house.tree import DOCS, ROOT


def commands(command: Any, path: str = "isthmus") -> Iterator[tuple[str, Any]]:
    """Yield the path and the command of every leaf of the command line."""
    inner = getattr(command, "commands", {})
    if not inner:
        yield path, command
    for name, one in inner.items():
        yield from commands(one, f"{path} {name}")


LEAVES = dict(commands(typer.main.get_command(cli)))


def sections(page: str) -> dict[str, str]:
    """Return the text of each section of a reference page, by its heading in code quotes."""
    parts = re.split(r"^#{2,4} `([^`]+)`.*$", (DOCS / "reference" / page).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options(command: Any) -> list[str]:
    """Return the long names of a command's options."""
    return [
        name
        for parameter in command.params
        for name in [*parameter.opts, *parameter.secondary_opts]
        if name.startswith("--") and name != "--help"
    ]


def test_the_reference_has_the_commands_that_exist() -> None:
    assert {name for name in sections("cli.md") if name.startswith("isthmus ")} == set(LEAVES)


@pytest.mark.parametrize("path", LEAVES)
def test_every_option_of_a_command_is_documented(path: str) -> None:
    text = sections("cli.md")[path]
    assert [name for name in options(LEAVES[path]) if f"`{name}" not in text] == []


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_and_option_has_a_help_text(path: str) -> None:
    assert LEAVES[path].help
    assert [one.name for one in LEAVES[path].params if not getattr(one, "help", None)] == []


def test_the_global_options_and_exit_codes_are_documented() -> None:
    text = (DOCS / "reference" / "cli.md").read_text()
    assert [name for name in options(typer.main.get_command(cli)) if f"`{name}" not in text] == []
    assert [code for code in (0, FAILED, MISUSED, REMOTE, INTERRUPTED) if f"| {code} |" not in text] == []


def test_the_reference_has_the_settings_that_exist() -> None:
    settings = [name for name in Settings.__struct_fields__ if name not in ("path", "odoo")]
    known = {*settings, *(f"odoo.NAME.{name}" for name in OdooSettings.__struct_fields__), *VARIABLES}
    assert set(sections("settings.md")) == known


def test_the_reference_has_the_events_that_exist() -> None:
    listed = re.findall(
        r"^\| `([\w.]+)` \|", (DOCS / "reference" / "telemetry.md").read_text(), flags=re.MULTILINE
    )
    assert listed == sorted(CATALOGUE)


def test_the_catalogue_has_the_events_that_are_told() -> None:
    source = "\n".join(
        file.read_text() for file in (ROOT / "src").rglob("*.py") if file.name != "telemetry.py"
    )
    told = set(re.findall(r'\b(?:emit|span)\(\s*"([\w.]+)"', source))
    assert told == set(CATALOGUE)
