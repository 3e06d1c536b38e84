"""``isthmus worker`` as it runs at a customer's: killed, told to end, told twice, wrongly set up."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from isthmus.app import App
from tests.acceptance.conftest import Isthmus
from tests.jobs import until

#: A job that says in which process it runs, and waits for a file before it ends.
SHOP = """
import os
import time
from pathlib import Path

from isthmus import fields, models


class Order(models.Model):
    _name = "shop.order"

    name = fields.Char()

    def push(self, name, hold=True, early=False):
        if early:
            self.create({"name": name})
        with Path(f"{name}.pids").open("a") as file:
            file.write(f"{os.getpid()}\\n")
        while hold and not Path(f"{name}.go").exists():
            time.sleep(0.01)
        if not early:
            self.create({"name": name})
"""


class Shop:
    """An installation in a folder."""

    def __init__(self, folder: Path, database: str, isthmus: Isthmus) -> None:
        self.folder = folder
        self._isthmus = isthmus
        (folder / "held_shop.py").write_text(SHOP)
        settings = folder / "isthmus.toml"
        settings.write_text(f'connectors = ["held_shop"]\ndatabase = "{database}"\n')
        self.app = App.load(settings, environ={})
        self.app.upgrade()
        self._started: list[subprocess.Popen[str]] = []

    def worker(self, *arguments: str) -> subprocess.Popen[str]:
        """Start workers; they are entered when this returns."""
        process = self._isthmus.start("worker", *arguments)
        self._started.append(process)
        until(lambda: self.app.desk.stats().workers)
        return process

    def delay(self, name: str, *, hold: bool = True, early: bool = False, **properties: Any) -> str:
        """Enqueue a job that writes an order, before or after it holds."""
        with self.app.environment(None) as env:
            return str(env["shop.order"].with_delay(**properties).push(name, hold, early).uuid)

    def runs(self, name: str) -> list[int]:
        """Return the processes in which a job has begun."""
        file = self.folder / f"{name}.pids"
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    def let_go(self, name: str) -> None:
        (self.folder / f"{name}.go").touch()

    def states(self, *uuids: str) -> list[str]:
        return [str(self.app.desk.show(uuid).state) for uuid in uuids]

    def orders(self) -> list[str]:
        with self.app.environment(None) as env:
            return sorted(env["shop.order"].search([]).mapped("name"))

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=30)
        self.app.close()


@pytest.fixture
def make_shop(tmp_path: Path, isthmus: Isthmus) -> Iterator[Callable[[str], Shop]]:
    made: list[Shop] = []

    def make(database: str) -> Shop:
        made.append(Shop(tmp_path, database, isthmus))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a command's end; return its exit code and what it said."""
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said, said
    return process.returncode, said


def test_a_job_whose_worker_is_killed_is_done_by_another_and_its_work_is_there_once(
    make_shop: Callable[[str], Shop], database_url: str
) -> None:
    shop = make_shop(database_url)
    process = shop.worker("--processes", "2", "--threads", "1")
    uuid = shop.delay("SO1", early=True)
    (killed,) = until(lambda: shop.runs("SO1"))
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(shop.runs("SO1")) == 2)  # well before the 30 s after which a silent worker is buried
    assert shop.runs("SO1")[1] != killed
    shop.let_go("SO1")
    until(lambda: shop.states(uuid) == ["done"])
    process.send_signal(signal.SIGTERM)
    code, _ = ended(process)
    assert code == 0
    assert shop.orders() == ["SO1"]  # what the killed one had written went with it
    assert shop.app.desk.stats().workers == []


def test_the_first_signal_lets_jobs_finish_and_gives_back_the_others(
    make_shop: Callable[[str], Shop], sqlite_url: str
) -> None:
    shop = make_shop(sqlite_url)
    running, waiting = shop.delay("SO1"), shop.delay("SO2")
    process = shop.worker("--threads", "1")
    until(lambda: shop.runs("SO1"))
    process.send_signal(signal.SIGTERM)
    until(lambda: shop.states(running, waiting)[1] == "pending")
    shop.let_go("SO1")
    assert ended(process)[0] == 0
    assert shop.states(running, waiting) == ["done", "pending"]
    assert shop.runs("SO2") == []
    assert shop.app.desk.show(waiting).attempt == 0


def test_the_second_signal_interrupts_jobs_which_are_tried_again_uncounted(
    make_shop: Callable[[str], Shop], sqlite_url: str
) -> None:
    shop = make_shop(sqlite_url)
    uuid = shop.delay("SO1", early=True)  # so that it holds up all other writers, the worker itself too
    process = shop.worker()
    until(lambda: shop.runs("SO1"))
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)  # the same one twice may arrive once
    assert ended(process)[0] == 0
    assert shop.states(uuid) == ["pending"]
    assert shop.app.desk.show(uuid).attempt == 0
    assert shop.orders() == []
    shop.let_go("SO1")
    shop.worker()
    until(lambda: shop.states(uuid) == ["done"])
    assert shop.orders() == ["SO1"]


def test_channels_are_set_first_and_workers_take_what_they_are_to(
    make_shop: Callable[[str], Shop], sqlite_url: str
) -> None:
    shop = make_shop(sqlite_url)
    first = shop.delay("SO1", hold=False)
    others = [shop.delay(name, hold=False, channel="root.mail") for name in ("SO2", "SO3")]
    shop.worker("--channels", "mail:1,root.fax:2:paused", "--only", "mail")
    set_for = {one.name: one.setting for one in shop.app.desk.channels() if one.setting is not None}
    assert set_for.keys() == {"root.mail", "root.fax"}
    until(lambda: shop.states(*others) == ["done", "done"])
    assert shop.states(first) == ["pending"]


def test_a_database_that_lags_behind_ends_the_worker(isthmus: Isthmus) -> None:
    (isthmus.folder / "isthmus.toml").write_text("connectors = []\n")
    ran = isthmus("worker", "--processes", "2")
    assert (ran.code, ran.out) == (2, "")
    assert "Hint: Run `isthmus db upgrade`." in ran.err
