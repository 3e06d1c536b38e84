"""Real board exports under free licences, for the demo and the tests; README.md tells their origin."""

from __future__ import annotations

from pathlib import Path

from isthmus.errors import ConfigurationError

__all__ = ["available", "board_path"]

FOLDER = Path(__file__).parent


def available() -> list[str]:
    """Return the file names of the boards, in order."""
    return sorted(path.name for path in FOLDER.glob("*.json"))


def board_path(name: str) -> Path:
    """Return the file of a board by the start of its name: ``board_path("08")``.

    Raises ConfigurationError when no board, or more than one, begins so.
    """
    found = [one for one in available() if one.startswith(name)] if name else []
    if len(found) != 1:
        raise ConfigurationError(
            f"no single board begins with {name!r}", hint=f"The boards are: {', '.join(available())}."
        )
    return FOLDER / found[0]
