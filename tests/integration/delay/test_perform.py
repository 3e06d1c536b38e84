"""How a job's body runs: its work and its end are one transaction, and whatever it raises is its failure."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from isthmus import FailedJobError, RetryableJobError, fields, job, models
from isthmus.delay.perform import Performer
from isthmus.inheritance import capture
from isthmus.jobs.desk import JobDesk
from isthmus.jobs.doorbell import DatagramBell
from isthmus.jobs.worker import Worker
from isthmus.telemetry import subscribe
from isthmus.testing import TrialApp
from tests.jobs import Background, until

#: What bodies of jobs call, by the name that they are enqueued with.
ACTS: dict[str, Callable[[Any], Any]] = {}

with capture() as SHOP:

    class Order(models.Model):
        _name = "shop.order"

        name = fields.Char()

        def act(self, name: str) -> Any:
            return ACTS[name](self)

        @job(max_retries=3, retry_pattern={1: 60})
        def come_again(self) -> None:
            raise RetryableJobError("not yet")


@pytest.fixture
def app(database_url: str) -> Iterator[TrialApp]:
    with TrialApp(*SHOP, database_url=database_url) as opened:
        yield opened
    ACTS.clear()


def delay(app: TrialApp, act: Callable[[Any], Any], **properties: Any) -> str:
    ACTS[name := f"act {len(ACTS)}"] = act
    with app.environment() as env:
        return str(env["shop.order"].with_delay(**properties).act(name).uuid)


def names(app: TrialApp) -> list[str]:
    with app.environment() as env:
        return sorted(env["shop.order"].search([]).mapped("name"))


class Working:
    """A worker in a thread of its own until the end of a block."""

    def __init__(self, app: TrialApp, **options: Any) -> None:
        performer = Performer(app.jobs, app._opened)
        self.worker = Worker(app.jobs, performer, DatagramBell(), threads=2, **options)

    def __enter__(self) -> Worker:
        self._thread = Background(self.worker.run)
        return self.worker

    def __exit__(self, *error: object) -> None:
        self.worker.stop()
        self._thread.join()


def test_a_body_whose_lease_was_taken_meanwhile_leaves_nothing(app: TrialApp) -> None:
    attempts: list[int] = []

    def work(order: Any) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            JobDesk(app.jobs).retry([order.env.context["job_uuid"]], force=True)
        order.create({"name": f"attempt {len(attempts)}"})

    uuid = delay(app, work)
    app.run_jobs()
    app.run_jobs()
    assert len(attempts) == 2
    assert names(app) == ["attempt 2"]
    assert app.desk.show(uuid).state == "done"


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (KeyError("zero"), "failed", "KeyError"),
        (SystemExit(3), "failed", "SystemExit"),
        (KeyboardInterrupt(), "failed", "KeyboardInterrupt"),
        (FailedJobError("no such order"), "failed", "FailedJobError"),
        (RetryableJobError("not yet"), "pending", None),
        (ConnectionError("cut"), "failed", "ConnectionError"),
    ],
)
def test_whatever_a_body_raises_undoes_its_work_and_ends_no_worker(
    app: TrialApp, error: BaseException, state: str, said: str | None
) -> None:
    def work(order: Any) -> None:
        order.create({"name": "undone"})
        raise error

    uuid, beside = delay(app, work), delay(app, lambda order: order.create({"name": "beside"}).id)
    app.run_jobs()
    found = app.desk.show(uuid)
    assert (str(found.state), (found.error or "").rpartition(".")[2] or None) == (state, said)
    assert app.desk.show(beside).state == "done"
    assert names(app) == ["beside"]


def test_what_fails_after_the_commit_is_told_and_the_job_is_done(app: TrialApp) -> None:
    def work(order: Any) -> None:
        order.create({"name": "there"})
        order.env.after_commit(lambda: sys.exit(1))

    uuid = delay(app, work)
    told: list[Any] = []
    unsubscribe: Any = subscribe(lambda name, fields: told.append((name, fields)))
    try:
        app.run_jobs()
    finally:
        unsubscribe()
    assert app.desk.show(uuid).state == "done"
    assert names(app) == ["there"]
    assert [fields["uuid"] for name, fields in told if name == "job.hook"] == [uuid]


def test_the_pattern_is_that_of_the_method_as_it_is_when_the_job_runs(
    app: TrialApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.environment() as env:
        uuid = env["shop.order"].with_delay().come_again().uuid
    newer = job(retry_pattern={1: 7200})(lambda self: None)
    monkeypatch.setattr(vars(Order)["come_again"], "_job_options", vars(newer)["_job_options"])
    app.run_jobs()
    found = app.desk.show(uuid)
    assert found.eta is not None
    assert timedelta(hours=2) <= found.eta - found.created < timedelta(hours=2, minutes=10)


def test_a_job_that_runs_tells_how_far_it_is_and_is_cancelled(app: TrialApp) -> None:
    ended = threading.Event()

    def work(order: Any) -> None:
        order.report_progress(3, 4, "three of four")
        try:
            while True:
                time.sleep(0.005)
        finally:
            ended.set()

    uuid = delay(app, work)
    with Working(app):
        found = until(lambda: (one := app.desk.show(uuid)).progress and one)
        assert found.progress == {"done": 3, "total": 4, "note": "three of four"}
        app.desk.cancel([uuid], "Ada")
        assert ended.wait(30)
        until(lambda: app.desk.show(uuid).state == "cancelled")
    assert names(app) == []


def test_a_job_that_takes_too_long_is_interrupted_and_tried_again(app: TrialApp) -> None:
    def work(order: Any) -> None:
        order.create({"name": "undone"})
        try:
            while True:
                time.sleep(0.005)
        except Exception:  # an interruption is none, so that this does not swallow it
            raise AssertionError from None

    uuid = delay(app, work, timeout=0.1, max_retries=2)
    with Working(app):
        found = until(lambda: (one := app.desk.show(uuid)).state == "pending" and one.reason and one)
    assert "took longer than the job's timeout of 0.1 s" in found.reason
    assert (found.attempt, names(app)) == (1, [])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE job SET model = 'shop.gone'", "shop.gone"),
        ("UPDATE job SET method = 'vanish'", "has no method 'vanish'"),
        ("UPDATE job SET method = '_write'", "is private"),
        ("UPDATE job SET payload = '{\"ids\": [1'", "cannot be read"),
        ("UPDATE job SET payload = ''", "cannot be read"),
        ("UPDATE job SET payload = '[]'", "cannot be read"),
        ("UPDATE job SET odoo = 'nowhere'", None),
    ],
)
def test_a_row_that_makes_no_sense_fails_its_job_and_nothing_else(
    app: TrialApp, statement: str, said: str | None
) -> None:
    uuid, beside = delay(app, lambda order: 1), delay(app, lambda order: order.create({"name": "beside"}).id)
    with app.jobs.writing() as sql:
        sql.run(f"{statement} WHERE uuid = ?", uuid)
    app.run_jobs()
    found = app.desk.show(uuid)
    if said is not None:
        assert found.state == "failed"
        assert said in (found.reason or "")
        assert found.attempt == 1
    assert app.desk.show(beside).state == "done"
    assert app.desk.why(uuid)
