"""Run commands in an empty folder, or in one with a small connector."""

from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.cli.init import make_key
from tests.command import Command

SHOP = "tests.unit.cli.shop"

Run = Command


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run ``isthmus`` in an empty folder, with nobody at the keyboard."""
    monkeypatch.chdir(tmp_path)
    return Command(capsys)


@pytest.fixture
def shop(run: Run, tmp_path: Path) -> Run:
    """Run ``isthmus`` in a folder that is set up for the shop connector, without any Odoo."""
    make_key(tmp_path / "isthmus.key")
    (tmp_path / "isthmus.toml").write_text(f'connectors = ["{SHOP}"]\n')
    assert run("db", "upgrade").code == 0
    return run
