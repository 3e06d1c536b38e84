"""An interruption ends the job that it is meant for, and no other, whenever it comes."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import pytest

from isthmus.jobs.claim import Claim, Result
from isthmus.jobs.interruption import JobCancelled, JobInterruption, JobTimeout, WorkerStopped
from isthmus.jobs.runner import Run, Runner, attempted
from isthmus.jobs.watchdog import Watchdog
from tests.jobs import Background, until


def claim(number: int, timeout_s: float | None = None) -> Claim:
    return Claim(
        id=number, uuid=f"{number}", model="shop.order", method="push", payload="{}", odoo=None,
        channel="root", attempt=1, max_retries=5, crashes=0, timeout_s=timeout_s, token=number,
    )  # fmt: skip


def spin(claim: Claim, run: Run) -> Result:
    while True:
        time.sleep(0.001)


@pytest.mark.parametrize(
    ("kind", "becomes"), [(JobCancelled, "cancelled"), (JobTimeout, "retry"), (WorkerStopped, "retry")]
)
def test_a_job_is_ended_and_its_end_says_why(kind: type[JobInterruption], becomes: str) -> None:
    run, own = Run(), claim(1, timeout_s=5)
    thread = Background(lambda: attempted(spin, own, run))
    until(lambda: run.claim is own)
    assert run.interrupt(own, kind) is True
    assert run.interrupt(own, kind) is False  # once is enough
    result = thread.join()
    assert result.kind == becomes
    assert result.counts is (kind is not WorkerStopped)
    assert run.claim is None


def test_the_error_handling_of_a_job_does_not_swallow_it() -> None:
    def stubborn(claim: Claim, run: Run) -> Result:
        while True:
            try:
                spin(claim, run)
            except Exception:
                continue

    run, own = Run(), claim(1)
    thread = Background(lambda: attempted(stubborn, own, run))
    until(lambda: run.claim is own)
    run.interrupt(own, JobCancelled)
    assert thread.join().kind == "cancelled"


# One that arrives in a finalizer is swallowed by Python; the thread would be given up after a while.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_job_that_is_over_is_not_interrupted_and_neither_is_the_next_one() -> None:
    """An interrupter hits as many jobs as it can, at whatever instruction they are; none ends the thread, and
    each is reported once, as done or as cancelled.
    """
    run, ended = Run(), list[Any]()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    hits = [0]
    is_over = threading.Event()

    def body(claim: Claim, run: Run) -> Result:
        return Result(kind="done", value=str(sum(range(500))))

    def interrupt() -> None:
        while not is_over.is_set():
            own = run.claim
            if own is not None:
                hits[0] += run.interrupt(own, JobCancelled)

    def work() -> None:
        while hits[0] < 150 and len(ended) < 1_000_000:
            ended.append((len(ended), attempted(body, claim(len(ended)), run)))

    interrupter, worker = Background(interrupt), Background(work)
    try:
        worker.join()
    finally:
        is_over.set()
        interrupter.join()
        sys.setswitchinterval(before)
    assert [index for index, _ in ended] == list(range(len(ended)))
    kinds = [result.kind for _, result in ended]
    assert set(kinds) <= {"done", "cancelled"}
    assert kinds.count("cancelled") <= hits[0]
    assert hits[0] >= 150
    assert "cancelled" in kinds


def test_the_watchdog_goes_by_the_clock_alone() -> None:
    runner = Runner(spin, 2, lambda: 0, lambda: None, lambda claim, at: True)
    is_stopping = False
    watchdog = Watchdog(runner, lambda: is_stopping)
    runner.put([claim(1, timeout_s=0.001), claim(2)])
    until(
        lambda: len(runner.running()) == 2 and all(time.monotonic() - run.began > 0.01 for run in runner.runs)
    )
    watchdog.look()
    (timed_out,) = until(lambda: runner.collect()[0])
    assert (timed_out.claim.id, timed_out.result.kind) == (1, "retry")
    is_stopping = True
    watchdog.look()
    (stopped,) = until(lambda: runner.collect()[0])
    assert (stopped.claim.id, stopped.result.counts) == (2, False)
    runner.stop()
