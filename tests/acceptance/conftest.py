"""The command line as a user runs it: in a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.sandbox.boards import board_path
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import Limits, TrelloSandbox
from tests.command import Ran


class Isthmus:
    """The command in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, stdin: str = "", **environ: str) -> Ran:
        """Run a command to its end."""
        process = self.start(*arguments, **environ)
        out, err = process.communicate(stdin, timeout=120)
        assert "Traceback" not in err, err
        return Ran(process.returncode, out, err)

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ISTHMUS_")}
        return subprocess.Popen(
            [sys.executable, "-m", "isthmus.cli", *arguments],
            cwd=self.folder,
            env={**clean, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def isthmus(tmp_path: Path) -> Isthmus:
    """Give the command in an empty folder."""
    return Isthmus(tmp_path)


@pytest.fixture
def odoo() -> Iterator[OdooSandbox]:
    """Give a simulated Odoo."""
    with OdooSandbox() as server:
        yield server


@pytest.fixture
def trello() -> Iterator[TrelloSandbox]:
    """Give a simulated Trello with a real board."""
    server = TrelloSandbox(key="k3y", token="t0k3n", limits=Limits.off())
    server.load(board_path("03"))
    with server:
        yield server
