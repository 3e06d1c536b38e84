"""Which connectors an app loads, and where it finds them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from isthmus.app import connectors
from isthmus.config import Settings
from isthmus.errors import ConfigurationError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def test_without_a_list_every_installed_connector_is_loaded(folder: Path) -> None:
    assert "isthmus.trello" in connectors(Settings(path=folder / "isthmus.toml"))


def test_a_connector_may_lie_beside_the_settings_file(folder: Path) -> None:
    (folder / "corner_shop.py").write_text("DEPENDS = ('isthmus.connector',)\n")
    settings = Settings(path=folder / "isthmus.toml", connectors=("corner_shop",))
    assert connectors(settings) == ("corner_shop",)
    assert sys.path[-1] == str(folder)


def test_the_folder_of_the_settings_hides_no_installed_module(folder: Path) -> None:
    (folder / "isthmus.py").write_text("raise SystemExit")
    settings = Settings(path=folder / "isthmus.toml", connectors=("isthmus.trello",))
    assert connectors(settings) == ("isthmus.trello",)


def test_a_connector_that_is_nowhere_is_refused_with_the_nearest_name(folder: Path) -> None:
    settings = Settings(path=folder / "isthmus.toml", connectors=("isthmus.trelo",))
    with pytest.raises(ConfigurationError, match=r"(?s)'isthmus\.trelo'.*not installed.*'isthmus\.trello'"):
        connectors(settings)
    settings = Settings(path=folder / "isthmus.toml", connectors=("corner_shop_elsewhere",))
    with pytest.raises(ConfigurationError, match=r"Put corner_shop_elsewhere\.py beside"):
        connectors(settings)
