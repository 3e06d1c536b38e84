"""What the commands of one call share: the global options, the console, and the way to the app."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from isthmus.cli.console import Console
from isthmus.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Session:
    """One call of ``isthmus``. Commands get it as ``ctx.obj``."""

    console: Console
    config: Path | None = None

    @contextmanager
    def app(self) -> Iterator[Any]:
        """Give the app of the settings that apply, and close it afterwards."""
        from isthmus.app import App

        with App.load(self.config) as app:
            yield app


def ask_secret(label: str, *, required: bool = True) -> str:
    """Return a secret that is typed without echo, or the next line of stdin when nobody is there to type.

    Raises ConfigurationError when it is required and nothing comes.
    """
    if sys.stdin.isatty():
        found: str = typer.prompt(label, hide_input=True, err=True, default="", show_default=False)
    else:
        found = sys.stdin.readline()
    if required and not found.strip():
        raise ConfigurationError(f"{label}: nothing was given", hint="Type it, or pipe it to stdin.")
    return found.strip()
