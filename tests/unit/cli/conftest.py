"""Run commands in this process and look at what they printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from isthmus.cli import main
from isthmus.cli.init import make_key

SHOP = "tests.unit.cli.shop"


@dataclass(frozen=True)
class Ran:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run ``isthmus`` in an empty folder, with nobody at the keyboard."""
    monkeypatch.chdir(tmp_path)

    def run_in_folder(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        printed = capsys.readouterr()
        return Ran(int(end.value.code or 0), printed.out, printed.err)

    return run_in_folder


@pytest.fixture
def shop(run: Run, tmp_path: Path) -> Run:
    """Run ``isthmus`` in a folder that is set up for the shop connector, without any Odoo."""
    make_key(tmp_path / "isthmus.key")
    (tmp_path / "isthmus.toml").write_text(f'connectors = ["{SHOP}"]\n')
    assert run("db", "upgrade").code == 0
    return run
