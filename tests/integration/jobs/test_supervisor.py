"""The supervisor: replaces what dies, leaves the others alone, ends when told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")

#: Children that know no signal of ours, as workers that are just starting.
CHILD = (
    "import os, pathlib, sys, time; (pathlib.Path(sys.argv[1]) / str(os.getpid())).touch(); time.sleep(60)"
)
PARENT = """
import sys
from isthmus.jobs.supervisor import Supervisor
sys.exit(Supervisor([sys.executable, "-c", sys.argv[1], sys.argv[2]], 2).run())
"""


def until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not become true in ten seconds")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD, str(tmp_path)]) as process:
        yield process
        process.kill()


def children(folder: Path) -> set[int]:
    return {int(one.name) for one in folder.iterdir()}


def test_one_that_dies_is_replaced_and_the_others_live_on(
    supervisor: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    until(lambda: len(children(tmp_path)) == 2)
    first, second = sorted(children(tmp_path))
    os.kill(first, signal.SIGKILL)
    until(lambda: len(children(tmp_path)) == 3)
    assert is_alive(second)
    assert not is_alive(first)


def test_the_end_is_passed_on_and_waited_for(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    until(lambda: len(children(tmp_path)) == 2)
    supervisor.terminate()
    assert supervisor.wait(timeout=10) == 0
    assert not any(is_alive(pid) for pid in children(tmp_path))
