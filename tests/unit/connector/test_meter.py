"""Meters: which requests count, and for whom."""

from __future__ import annotations

from contextvars import copy_context
from threading import Thread

from isthmus import telemetry
from isthmus.connector.meter import Meter


def ask() -> None:
    telemetry.emit("http.request", method="GET")


def test_requests_inside_count_and_those_outside_do_not() -> None:
    ask()
    with Meter() as meter:
        ask()
        telemetry.emit("http.retry", method="GET")
        ask()
    ask()
    assert meter.calls == 2
    assert meter.seconds > 0


def test_blocks_of_one_meter_add_up_and_the_outer_one_counts_the_inner() -> None:
    inner = Meter()
    with Meter() as outer:
        for _ in range(2):
            with inner:
                ask()
    seconds = inner.seconds
    with inner:
        ask()
    assert (inner.calls, outer.calls) == (3, 2)
    assert inner.seconds > seconds


def test_a_thread_counts_for_the_block_in_which_it_was_started() -> None:
    with Meter() as meter:
        context = copy_context()
    with Meter() as other:
        thread = Thread(target=context.run, args=(ask,))
        thread.start()
        thread.join()
        stranger = Thread(target=ask)
        stranger.start()
        stranger.join()
    assert (meter.calls, other.calls) == (1, 0)
