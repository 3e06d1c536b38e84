"""An installation whose jobs go to Celery workers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from isthmus.app import App
from isthmus.connector.secret import FernetCipher

SHOP = Path(__file__).with_name("shop.py")


def install(folder: Path, database: str, broker: str, **settings: str) -> Path:
    """Set up an installation with the shop in a folder; return its settings file."""
    shutil.copy(SHOP, folder / "celery_shop.py")
    (folder / "isthmus.key").write_text(FernetCipher.new_key())
    stated = {"database": database, "celery_broker": broker, **settings}
    lines = [f'{name} = "{value}"' for name, value in stated.items()]
    file = folder / "isthmus.toml"
    file.write_text("\n".join(['connectors = ["celery_shop"]', *lines, ""]))
    with App.load(file, environ={}) as app:
        app.upgrade()
    return file


def delay(file: Path, method: str, *arguments: Any, **properties: Any) -> str:
    """Enqueue a job of the shop; return its uuid."""
    with App.load(file, environ={}) as app, app.environment(None) as env:
        records: Any = env["shop.order"].with_delay(**properties)
        return str(getattr(records, method)(*arguments).uuid)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the settings file of an installation whose broker is in this process, with a queue of its own."""
    file = install(tmp_path, f"sqlite:///{tmp_path}/isthmus.sqlite", "memory://", celery_queue=tmp_path.name)
    for name in ("ISTHMUS_DATABASE", "ISTHMUS_CELERY_BROKER", "CELERY_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ISTHMUS_CONFIG", str(file))
    return file
