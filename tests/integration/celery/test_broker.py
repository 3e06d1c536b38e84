"""Jobs through a real broker: RabbitMQ (ISTHMUS_TEST_AMQP) and Redis (ISTHMUS_TEST_REDIS)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from isthmus.app import App
from isthmus.celery import station
from isthmus.celery.application import TASK, application, run
from isthmus.config import Settings
from tests.integration.celery.conftest import delay, install
from tests.integration.celery.test_celery import Sending
from tests.integration.jobs.dispatching import until
from tests.wire import Wire


def broker(variable: str) -> str:
    """Return the URL of a broker that the environment names."""
    url = os.environ.get(variable)
    if not url:
        pytest.skip(f"{variable} does not name a broker, as in amqp://guest:guest@127.0.0.1:5672//")
    return url


@pytest.fixture(params=["ISTHMUS_TEST_AMQP", "ISTHMUS_TEST_REDIS"])
def url(request: pytest.FixtureRequest) -> str:
    return broker(request.param)


class House:
    """An installation with a queue of its own on a broker."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.queue = f"isthmus-test-{os.getpid()}-{folder.name}"
        self.settings = install(folder, f"sqlite:///{folder}/isthmus.sqlite", url, celery_queue=self.queue)
        self.app = App.load(self.settings, environ={})
        self.made = application(self.app.settings)

    def delay(self, method: str, *arguments: Any, **properties: Any) -> str:
        return delay(self.settings, method, *arguments, **properties)

    def state(self, uuid: str) -> str:
        return str(self.app.desk.show(uuid).state)

    def mailbox(self) -> Any:
        """Take messages out of the queue, in place of a Celery worker."""
        return self.made.connection().SimpleQueue(self.queue)

    @contextmanager
    def celery(self) -> Iterator[subprocess.Popen[str]]:
        """Run a Celery worker of one process in a process group of its own, with its log in a file."""
        log = self.folder / "celery.log"
        command = ["-m", "celery", "-A", "isthmus.celery", "worker", "-c", "1", "-l", "INFO"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        environ = {**os.environ, "ISTHMUS_CONFIG": str(self.settings), "C_FORCE_ROOT": "1"}
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, *command, *quiet], stdout=file, stderr=file, env=environ, text=True,
                start_new_session=True,
            )  # fmt: skip
            try:
                until(lambda: " ready." in log.read_text() or process.poll() is not None)
                assert process.poll() is None, log.read_text()
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)

    def close(self) -> None:
        with self.made.connection() as connection:
            connection.default_channel.queue_delete(self.queue)
            connection.default_channel.exchange_delete(self.queue)
        self.app.close()


@pytest.fixture
def house(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    made = House(tmp_path, url)
    monkeypatch.setenv("ISTHMUS_CONFIG", str(made.settings))
    yield made
    station.leave()
    made.close()


@pytest.fixture
def rabbit_house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, broker("ISTHMUS_TEST_AMQP"))
    yield made
    made.close()


def test_jobs_are_sent_over_a_real_broker(house: House) -> None:
    with Sending(house.app, house.made), house.mailbox() as mailbox:
        uuids = [house.delay("export", f"SO{number}") for number in range(3)]
        messages = [mailbox.get(timeout=20) for _ in uuids]
        assert [message.headers["id"] for message in messages] == uuids
        assert [run(*message.payload[0]) for message in messages] == ["done"] * 3
        assert [run(*message.payload[0]) for message in messages] == ["refused"] * 3  # delivered once more
        for message in messages:
            message.ack()
    with house.app.environment(None) as env:
        assert env["shop.order"].search([]).mapped("name") == ["SO0", "SO1", "SO2"]


def test_a_broker_that_is_cut_off_costs_no_job(house: House, url: str) -> None:
    parts = urlsplit(url)
    with Wire(parts.hostname or "", parts.port or 5672) as wire, house.mailbox() as mailbox:
        far = url.replace(parts.netloc.rpartition("@")[2], f"127.0.0.1:{wire.port}")
        stated = Settings(celery_broker=far, celery_queue=house.queue)
        with Sending(house.app, application(stated)):
            early = house.delay("export", "SO1")
            message = mailbox.get(timeout=20)
            wire.cut()
            uuid = house.delay("export", "SO2")
            assert wire.refused.wait(20)
            until(lambda: house.state(early) == house.state(uuid) == "pending")
            assert run(*message.payload[0]) == "refused"
            wire.mend()
            assert [run(*mailbox.get(timeout=20).payload[0]) for _ in range(2)] == ["done"] * 2
    assert (house.app.desk.show(early).attempt, house.app.desk.show(uuid).attempt) == (1, 1)


def test_a_connection_that_broke_unnoticed_is_opened_again(house: House, url: str) -> None:
    parts = urlsplit(url)
    with Wire(parts.hostname or "", parts.port or 5672) as wire, house.mailbox() as mailbox:
        far = url.replace(parts.netloc.rpartition("@")[2], f"127.0.0.1:{wire.port}")
        with Sending(house.app, application(Settings(celery_broker=far, celery_queue=house.queue))):
            house.delay("export", "SO1")
            mailbox.get(timeout=20)
            wire.cut()
            wire.mend()
            house.delay("export", "SO2")
            assert run(*mailbox.get(timeout=20).payload[0]) == "done"


def test_a_job_whose_celery_process_ends_in_the_middle_is_tried_again(rabbit_house: House) -> None:
    """Killed: that counts as an attempt. Told to end, with all processes of the service: that does not."""
    house, flag, other = rabbit_house, rabbit_house.folder / "flag", rabbit_house.folder / "other"
    with Sending(house.app, house.made) as sending, house.celery() as worker:
        for nonsense in ([1, 1 << 32 | 1], [999, 5], [-1, 0]):
            house.made.send_task(TASK, args=nonsense, ignore_result=True)
        killed = house.delay("hold", str(flag))
        child = int(until(lambda: flag.exists() and flag.read_text()))
        assert house.state(killed) == "started"
        os.kill(child, signal.SIGKILL)
        until(lambda: sending.dispatcher.bury_now() or house.state(killed) == "done")
        told = house.delay("hold", str(other))
        until(lambda: other.exists() and other.read_text())
        os.killpg(worker.pid, signal.SIGTERM)  # as systemd does
        until(lambda: house.state(told) != "started")
        worker.wait(30)
    first, second = house.app.desk.show(killed), house.app.desk.show(told)
    assert (first.state, first.attempt, first.result) == ("done", 2, "2")
    assert (second.state, second.attempt) == ("pending", 0)
    assert house.app.desk.stats().workers == []
